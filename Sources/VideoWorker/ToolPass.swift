internal import Bytes
internal import FrameResults
internal import FrameTools
internal import Frames
internal import Jobs

/// All tools of a job over one traversal of its video: measure, fold, keep.
struct ToolPass {
    private struct Entry {
        let type: any FrameTool.Type
        let settings: ToolSettings
        var tool: any FrameTool
        var conclusion: any Conclusion
    }

    private var entries: [Entry] = []
    private let darkLevel: Double
    private let makesSmall: Bool
    private var previous: Picture?
    /// Frames whose objects are not known yet, the oldest first.
    private var waiting: [FrameRecord] = []
    /// Frames that are known whole.
    private var known = 0

    /// - Parameter tools: what there is to choose from.
    init(_ requests: [JobRequest.Tool], among tools: [any FrameTool.Type] = ToolRegistry.all) throws(WorkerError) {
        for request in requests {
            guard let type = tools.first(where: { $0.id == request.id }) else {
                throw WorkerError("no tool named \(request.id)")
            }
            let settings = ToolSettings(type.settings, replacing: request.settings)
            entries.append(
                Entry(
                    type: type, settings: settings, tool: type.init(settings: settings),
                    conclusion: type.conclusion(settings: settings)))
        }
        darkLevel = ToolPass.darkLevel(requests)
        makesSmall = entries.contains { $0.type.usesSmall }
    }

    /// The level of the black tool, with its default where it is not selected.
    private static func darkLevel(_ requests: [JobRequest.Tool]) -> Double {
        let given = requests.first { $0.id == "black" }?.settings ?? [:]
        return ToolSettings(ToolRegistry.tool("black")?.settings ?? [], replacing: given)["pixel"]
    }

    /// Takes the next frame.
    ///
    /// - Parameter wantsLuma: whether the frame's average luma is asked for; without it, nothing is read that no tool reads.
    /// - Returns: the frames that are known whole by now, in order, and the average luma of the one taken.
    mutating func take(_ picture: Picture, _ time: FrameTime, wantsLuma: Bool = true) -> (
        ready: [FrameRecord], luma: Double?
    ) {
        let store = FrameStore(
            picture: picture, time: time, before: previous, darkLevel: darkLevel, makesSmall: makesSmall)
        var measures: [ToolMeasures] = []
        measures.reserveCapacity(entries.count)
        for index in entries.indices {
            let measured = entries[index].tool.measure(store)
            let record = entries[index].conclusion.fold(measured, at: time)
            measures.append(
                ToolMeasures(
                    tool: entries[index].type.id, values: record.values, regions: record.regions.map(\.corners)))
        }
        previous = picture
        waiting.append(FrameRecord(time: time.time, measures: measures))
        let lag = entries.reduce(0) { max($0, $1.conclusion.lag) }
        let luma = wantsLuma ? Double(store.luma.sum) / Double(store.sampleCount) / picture.scale : nil
        return (release(keeping: lag), luma)
    }

    /// - Parameter end: seconds at which the last frame ends.
    /// - Returns: the frames that were still waiting.
    mutating func finish(end: Double) -> [FrameRecord] {
        previous = nil
        for index in entries.indices { entries[index].conclusion.finish(end: end) }
        return release(keeping: 0)
    }

    private mutating func release(keeping count: Int) -> [FrameRecord] {
        var ready: [FrameRecord] = []
        while waiting.count > count {
            var record = waiting.removeFirst()
            for (place, entry) in entries.indices.enumerated() where entries[entry].type.detects {
                let objects = entries[entry].conclusion.detections(of: known).map { TrackedObject($0) }
                // The first tool that detects speaks for the frame; others keep theirs under their own id.
                if record.detections == nil {
                    record.detections = objects
                } else {
                    record.measures[place].objects = objects
                }
            }
            known += 1
            ready.append(record)
        }
        return ready
    }

    /// Each tool's id, version and settings.
    var description: [JSON] {
        entries.map { entry in
            let settings = entry.type.settings.map { JSON.Member($0.key, $0.json(entry.settings[$0.key])) }
            return .object([
                JSON.Member("id", .string(entry.type.id)), JSON.Member("version", .string(entry.type.version)),
                JSON.Member("settings", .object(settings)),
            ])
        }
    }

    var summary: JSON {
        .object(entries.map { JSON.Member($0.type.id, .object($0.conclusion.summary.members)) })
    }

    /// Events of all tools in the order of their first frame.
    var events: [JSON] {
        let all = entries.flatMap { $0.conclusion.events }.enumerated()
        return all.sorted { ($0.element.startFrame, $0.offset) < ($1.element.startFrame, $1.offset) }
            .map { $0.element.json }
    }
}

extension Box {
    var corners: [Double] { [x1, y1, x2, y2] }
}

extension TrackedObject {
    fileprivate init(_ detection: Detection) {
        self.init(
            track: detection.track, classID: detection.classID, className: detection.className,
            corners: detection.box.corners)
    }
}

extension Measurement {
    var members: [JSON.Member] { values.map { JSON.Member($0.key, .double($0.value)) } }
}

extension ToolEvent {
    var json: JSON {
        EventRecord(
            tool: tool, type: type, startFrame: startFrame, endFrame: endFrame, start: start, end: end,
            isOpenAtEnd: isOpenAtEnd, values: values.members
        ).json
    }
}
