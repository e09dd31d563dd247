internal import Frames

/// The concluding halves of some tools, folded over measures that were stored before.
package struct Conclusions {
    private var all: [(id: String, conclusion: any Conclusion)] = []

    package init(_ tools: [(type: any FrameTool.Type, settings: ToolSettings)]) {
        all = tools.map { ($0.type.id, $0.type.conclusion(settings: $0.settings)) }
    }

    /// How many further frames have to be folded before a frame's detections are known.
    package var lag: Int { all.reduce(0) { max($0, $1.conclusion.lag) } }

    /// Takes the next frame's measures, one for each tool in order.
    package mutating func fold(_ measures: [Measurement], index: Int, time: Double?) {
        for (place, measure) in zip(all.indices, measures) {
            _ = all[place].conclusion.fold(measure, at: FrameTime(index: index, time: time, duration: nil))
        }
    }

    /// - Parameter end: seconds at which the last frame ends.
    package mutating func finish(end: Double) {
        for place in all.indices { all[place].conclusion.finish(end: end) }
    }

    /// The objects that each tool sees in a frame. Asked once for each frame in order, when ``lag`` more are folded or
    /// the end is reached.
    package mutating func detections(of index: Int) -> [[Detection]] {
        all.indices.map { all[$0].conclusion.detections(of: index) }
    }

    /// Each tool's events in the order of their frames, and its summary.
    package var results: [(id: String, events: [ToolEvent], summary: Measurement)] {
        all.map { ($0.id, $0.conclusion.events, $0.conclusion.summary) }
    }
}
