internal import Analysis
internal import Bytes
internal import FrameResults
internal import FrameTools
internal import Frames
internal import Jobs
internal import ToolModel

/// All tools of a job over one traversal of its video, and what a result stores of it.
struct ToolPass {
    private let tools: [SelectedTool]
    /// For each tool, whether what it measured comes from a stored frame.
    private let isKept: [Bool]
    private var measuring: MeasurePass
    private var detecting: DetectPass<FrameRecord>

    /// - Parameters:
    ///   - kept: tools that look at no picture: their measures come with stored frames.
    ///   - tools: what there is to choose from.
    init(
        _ requests: [JobRequest.Tool], kept: Set<String> = [],
        among tools: [Tool] = ToolRegistry.all
    ) throws(WorkerError) {
        var selected: [(tool: Tool, settings: ToolSettings)] = []
        for request in requests {
            guard let tool = tools.first(where: { $0.id == request.id }) else {
                throw WorkerError("no tool named \(request.id)")
            }
            var settings: [String: SettingValue] = [:]
            for (key, json) in request.settings {
                guard let value = tool.descriptor.setting(key)?.value(json) else {
                    throw WorkerError("\(request.id) has no setting \(key) of this type")
                }
                settings[key] = value
            }
            selected.append((tool, ToolSettings(tool.descriptor.settings, replacing: settings)))
        }
        let speaker = SelectedTool.speaker(among: selected.map { $0.tool.descriptor })
        self.tools = selected.map { SelectedTool($0.tool, $0.settings, speaksForFrame: $0.tool.id == speaker) }
        isKept = self.tools.map { kept.contains($0.id) }
        measuring = MeasurePass(self.tools.filter { !kept.contains($0.id) })
        detecting = DetectPass(self.tools)
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - stored: the same frame in a result, for the tools that are kept.
    ///   - wantsLuma: whether the frame's average luma is asked for; without it, nothing is read that no tool reads.
    /// - Returns: the frames that are known whole by now, in order, and the average luma of the one taken.
    mutating func take(_ picture: Picture, _ time: FrameTime, stored: JSON? = nil, wantsLuma: Bool = true) -> (
        ready: [FrameRecord], luma: Double?
    ) {
        let (measures, luma) = measuring.take(picture, time, wantsLuma: wantsLuma)
        return (detect(measures, stored, time: time.time), luma)
    }

    /// Takes the next frame from a result alone.
    ///
    /// - Precondition: all tools are kept.
    /// - Returns: the frames that are known whole by now, in order.
    mutating func take(stored: JSON) -> [FrameRecord] { detect([], stored, time: stored["time"]?.double) }

    private mutating func detect(_ measured: [Measurement], _ stored: JSON?, time: Double?) -> [FrameRecord] {
        var rest = measured[...]
        let measures = zip(tools, isKept).map { tool, isKept in
            isKept ? Measurement(stored: stored?[tool.id]) : rest.removeFirst()
        }
        let ready = detecting.take(measures, time: time) { records in
            FrameRecord(
                time: time,
                measures: zip(tools, records).map { tool, record in
                    ToolMeasures(
                        tool: tool.id, values: record.values, regions: record.regions.map(\.corners),
                        candidates: CandidateList(record.candidates))
                })
        }
        return ready.map { complete($0) }
    }

    /// - Parameter end: seconds at which the last frame ends.
    /// - Returns: the frames that were still waiting.
    mutating func finish(end: Double) -> [FrameRecord] {
        measuring.finish()
        return detecting.finish(end: end).map { complete($0) }
    }

    private func complete(_ ready: DetectPass<FrameRecord>.Ready) -> FrameRecord {
        var record = ready.frame
        for (index, objects) in ready.objects {
            if tools[index].speaksForFrame {
                record.detections = objects
            } else {
                record.measures[index].objects = objects
            }
        }
        return record
    }

    /// Each tool's id, version and settings.
    var description: [JSON] { tools.map { $0.descriptor.json($0.settings) } }

    var summary: JSON {
        .object(detecting.results.map { JSON.Member($0.id, $0.summary) })
    }

    /// Events of all tools in the order of their first frame.
    var events: [JSON] { JSON.events(detecting.results.flatMap(\.events).map(\.json)) }
}
