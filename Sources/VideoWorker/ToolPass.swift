internal import Analysis
internal import Bytes
internal import FrameResults
internal import FrameTools
internal import Frames
internal import Jobs
internal import Media
internal import ToolModel

/// All tools of a job over one traversal of its video, and what a result stores of it.
struct ToolPass {
    private let tools: [SelectedTool]
    /// For each tool, whether what it measured comes from a stored frame.
    private let isKept: [Bool]
    private var measuring: MeasurePass
    private var detecting: DetectPass<FrameRecord>
    /// External tools that are sent frames.
    private let external: ExternalTools?
    /// Frames of which an external tool has still to say something, the oldest first.
    private var waiting: [(measured: [Measurement], stored: JSON?, time: Double?)] = []
    /// The number of the first of them.
    private var first = 0

    /// - Parameters:
    ///   - kept: tools that look at no picture: their measures come with stored frames.
    ///   - external: those of the tools that are other programs'.
    ///   - tools: what there is to choose from.
    init(
        _ requests: [JobRequest.Tool], kept: Set<String> = [], external: ExternalTools? = nil,
        among tools: [Tool] = ToolRegistry.all
    ) throws(WorkerError) {
        var selected: [(tool: Tool, settings: ToolSettings)] = []
        for request in requests {
            let tool = try Tool(request, among: tools)
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
        measuring = MeasurePass(
            self.tools.filter { !kept.contains($0.id) }, wantsSmall: external?.wantsSmall ?? false)
        self.external = external
        detecting = DetectPass(self.tools)
    }

    /// Takes the next frame.
    ///
    /// - Parameters:
    ///   - stored: the same frame in a result, for the tools that are kept.
    ///   - display: how the picture is shown; for external tools.
    ///   - wantsLuma: whether the frame's average luma is asked for; without it, nothing is read that no tool reads.
    /// - Returns: the frames that are known whole by now, in order, and the average luma of the one taken.
    /// - Throws: ``DecodeError`` when there is no memory for a frame that an external tool is sent.
    mutating func take(
        _ picture: Picture, _ time: FrameTime, stored: JSON? = nil,
        display: DisplayGeometry = DisplayGeometry(width: 0, height: 0), wantsLuma: Bool = true
    ) throws(DecodeError) -> (ready: [FrameRecord], luma: Double?) {
        let measured = measuring.take(picture, time, wantsLuma: wantsLuma)
        guard let external else { return (detect(measured.measures, stored, time: time.time), measured.luma) }
        try external.take(picture, time, small: measured.small, display: display)
        waiting.append((measured.measures, stored, time.time))
        return (release(), measured.luma)
    }

    /// The frames of which the external tools have said what they have to.
    private mutating func release() -> [FrameRecord] {
        var ready: [FrameRecord] = []
        while let frame = waiting.first, external?.knows(first) ?? true {
            waiting.removeFirst()
            ready += detect(frame.measured, frame.stored, time: frame.time)
            first += 1
        }
        return ready
    }

    /// Takes the next frame from a result alone.
    ///
    /// - Precondition: all tools are kept.
    /// - Returns: the frames that are known whole by now, in order.
    mutating func take(stored: JSON) -> [FrameRecord] { detect([], stored, time: stored["time"]?.double) }

    private mutating func detect(_ measured: [Measurement], _ stored: JSON?, time: Double?) -> [FrameRecord] {
        var rest = measured[...]
        let measures = tools.indices.map { index in
            if isKept[index] { return Measurement(stored: stored?[tools[index].id]) }
            if tools[index].descriptor.origin == nil { return rest.removeFirst() }
            return external?.feeds[tools[index].id]?.measurement(first) ?? Measurement()
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
        external?.finishFeeds()
        return release() + detecting.finish(end: end).map { complete($0) }
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

    /// The external tools that a process comes with, in the order of the request.
    func external(of request: JobRequest) -> [SelectedExternal] {
        zip(tools, request.tools).compactMap { pair in
            guard let origin = pair.0.descriptor.origin, let place = pair.1.plugin?.place,
                !request.kept.contains(pair.0.id), pair.1.leftOut == nil
            else { return nil }
            return SelectedExternal(
                descriptor: pair.0.descriptor, origin: origin, settings: pair.0.settings, place: place)
        }
    }

    /// Each tool's id, version and settings.
    var description: [JSON] { tools.map { $0.descriptor.json($0.settings) } }

    var summary: JSON {
        .object(detecting.results.map { JSON.Member($0.id, $0.summary) })
    }

    /// Events of all tools in the order of their first frame.
    var events: [JSON] { JSON.events(detecting.results.flatMap(\.events).map(\.json)) }
}

extension Tool {
    /// The tool of a request: one of this program, or of the plugin that the request describes.
    init(_ request: JobRequest.Tool, among tools: [Tool]) throws(WorkerError) {
        if let plugin = request.plugin {
            self.init(external: try ToolDescriptor(request.id, plugin))
        } else if let tool = tools.first(where: { $0.id == request.id }) {
            self = tool
        } else {
            throw WorkerError("no tool named \(request.id)")
        }
    }
}

extension ToolDescriptor {
    /// A tool of a plugin, by its id.
    fileprivate init(_ id: String, _ reference: JobRequest.PluginReference) throws(WorkerError) {
        let manifest: PluginManifest
        do {
            manifest = try PluginManifest(reference.manifest)
        } catch {
            throw WorkerError("\(id): \(error)")
        }
        let plugin = Plugin(manifest, fingerprint: reference.fingerprint, device: reference.device)
        guard let tool = plugin.tools.first(where: { $0.id == id }) else {
            throw WorkerError("the plugin \(manifest.id) has no tool \(id)")
        }
        self = tool
    }
}
