package import FrameResults
package import FrameTools
internal import Frames
internal import ToolModel

/// The half without pixels: folds what all tools of a job measured, each frame once and in order, into their records,
/// events and summaries. A frame is kept until the slowest tool knows the objects in it.
package struct DetectPass<Frame> {
    /// A frame that is known whole.
    package struct Ready {
        package var frame: Frame
        /// For each tool that detects, its index among the tools and its objects.
        package var objects: [(tool: Int, objects: [TrackedObject])]
    }

    private let tools: [SelectedTool]
    private var detectors: [any EventDetector]
    /// Frames whose objects are not known yet, the oldest first, behind places of some that are known by now.
    private var waiting: [Frame?] = []
    private var gone = 0
    /// Frames that were taken, and those that are known whole.
    private var taken = 0
    private var known = 0

    package init(_ tools: [SelectedTool]) {
        self.tools = tools
        detectors = tools.map { $0.tool.detector(settings: $0.settings) }
    }

    /// Takes what was measured of the next frame.
    ///
    /// - Parameters:
    ///   - measures: one of each tool, in their order.
    ///   - time: seconds; nil where the file gives no time.
    ///   - frame: makes what is kept of the frame from what each tool stores of it.
    /// - Returns: the frames that are known whole by now, in order.
    package mutating func take(
        _ measures: [Measurement], time: Double?, frame: (_ records: [Measurement]) -> Frame
    ) -> [Ready] {
        let time = FrameTime(index: taken, time: time, duration: nil)
        var records: [Measurement] = []
        records.reserveCapacity(measures.count)
        for (index, measure) in zip(detectors.indices, measures) {
            records.append(detectors[index].fold(measure, at: time))
        }
        taken += 1
        waiting.append(frame(records))
        return release(keeping: detectors.reduce(0) { max($0, $1.latency) })
    }

    /// The last frame is in.
    ///
    /// - Parameter end: seconds at which it ends.
    /// - Returns: the frames that were still waiting.
    package mutating func finish(end: Double) -> [Ready] {
        for index in detectors.indices { detectors[index].finish(end: end) }
        return release(keeping: 0)
    }

    private mutating func release(keeping count: Int) -> [Ready] {
        var ready: [Ready] = []
        while waiting.count - gone > count, let next = waiting[gone] {
            waiting[gone] = nil
            gone += 1
            var frame = Ready(frame: next, objects: [])
            for index in detectors.indices where tools[index].descriptor.detects {
                let objects = detectors[index].detections(of: known)
                frame.objects.append((index, objects.map { TrackedObject($0) }))
            }
            known += 1
            ready.append(frame)
        }
        // Moving the others up costs as much for many places as for one.
        if gone > 64 {
            waiting.removeFirst(gone)
            gone = 0
        }
        return ready
    }

    /// What a tool made of the whole video.
    package struct Outcome {
        package let id: String
        /// In the order of their frames.
        package let events: [ToolEvent]
        package let numbers: Measurement
        package let classes: [ClassCount]?
    }

    /// What each tool made of the whole video, in the order of the tools.
    package var results: [Outcome] {
        zip(tools, detectors).map { Outcome(id: $0.id, events: $1.events, numbers: $1.summary, classes: $1.classes) }
    }
}
