internal import Analysis
package import Bytes
internal import FrameResults
internal import FrameTools
internal import Jobs
package import ToolModel

/// Other thresholds for events: events are detected again from the measures that a result stores, without decoding and without
/// a change to the result itself.
package struct Reevaluation: Sendable {
    /// The new values, by tool and key.
    private let settings: [String: [String: SettingValue]]
    private let known: KnownTools
    /// The settings as they were given, for people.
    package let texts: [String]

    /// - Parameter known: the tools of the output folder.
    /// - Precondition: every setting is one of detection.
    package init(_ settings: [String: [String: SettingValue]], known: KnownTools) {
        for (tool, values) in settings {
            for key in values.keys {
                precondition(
                    known.descriptor(tool)?.setting(key)?.kind == .detection, "\(tool).\(key) needs pixels")
            }
        }
        self.settings = settings
        self.known = known
        texts = settings.flatMap { tool, values in
            values.map { key, value in "\(tool).\(key)=\(value.text)" }
        }.sorted()
    }

    /// Makes the result as it would be with the new thresholds, hands out its path, and removes it again. A result whose
    /// tools are not concerned is handed out itself.
    ///
    /// - Parameter folder: where the temporary file lies.
    /// - Throws: ``ArchiveError`` when the result was made by another version of a tool, or by one of a plugin whose manifest
    ///   is not in the output folder; `SystemError` or `JSONError` when it cannot be read.
    /// - Complexity: the size of the result; a few dozen frames are in memory.
    package func withDocument<Value>(
        of path: RawPath, in folder: RawPath, _ body: (RawPath) throws -> Value
    ) throws -> Value {
        let result = try StoredResult(path)
        guard var pass = try ReevaluationPass(result, settings, known) else { return try body(path) }
        try Files.makeDirectory(folder, durable: false)
        let spool = try Spool(in: folder)
        try pass.run(result, into: spool)
        // Never published: as long as it is open, a run beside this leaves it alone.
        var file = try AtomicFile(folder.appending(path.lastComponent), durable: false)
        let head = JSONWriter.encode(pass.head(result.head))
        try file.write(Array(head.dropLast()) + Array(",\"frames\":[\n".utf8))
        try spool.copy { try file.write($0) }
        try file.write(Array("\n]}\n".utf8))
        let value = try body(file.temporary)
        file.discard()
        return value
    }
}

/// One result on its way through the detectors of the tools that were given other settings.
private struct ReevaluationPass {
    private var tools: [SelectedTool] = []
    /// The ids of all tools of the result, in the order in which frames have them.
    private let order: [String]
    private var detecting: DetectPass<JSON>
    private var written = 0
    private var times: [Double] = []

    /// Nil when the result has none of the tools.
    init?(
        _ result: StoredResult, _ given: [String: [String: SettingValue]], _ known: KnownTools
    ) throws(ArchiveError) {
        order = (result.head["tools"]?.array ?? []).compactMap { $0["id"]?.string }
        // A tool that failed has nothing in the result.
        let stored = (result.head["tools"]?.array ?? []).filter { $0["status"]?.string != VideoStatus.failed.rawValue }
        let speaker = SelectedTool.speaker(among: stored.compactMap { known.tool($0)?.descriptor })
        for description in stored {
            guard let id = description["id"]?.string, let values = given[id] else { continue }
            guard let tool = known.tool(description) else {
                throw ArchiveError(
                    "made by \(id) of a plugin whose manifest is not in plugins/: it cannot be re-evaluated; use `forgebatch run --set`"
                )
            }
            let version = description["version"]?.string ?? "?"
            let descriptor = tool.descriptor
            guard version == descriptor.version else {
                throw ArchiveError(
                    "made by \(id) \(version), and this is \(descriptor.version): it cannot be re-evaluated; use `forgebatch run --set`"
                )
            }
            var complete = values
            for setting in descriptor.settings where complete[setting.key] == nil {
                complete[setting.key] = setting.value(description["settings"]?[setting.key])
            }
            tools.append(
                SelectedTool(
                    tool, ToolSettings(descriptor.settings, replacing: complete), speaksForFrame: id == speaker))
        }
        if tools.isEmpty { return nil }
        detecting = DetectPass(tools)
    }

    mutating func run(_ result: StoredResult, into spool: Spool) throws {
        let changesFrames = tools.contains { $0.descriptor.detects }
        while let line = try result.nextLine() {
            let frame = try JSONReader.parse(line)
            let time = frame["time"]?.double
            if let time { times = [times.last ?? time, time] }
            let measures = tools.map { Measurement(stored: frame[$0.id]) }
            let ready = detecting.take(measures, time: time) { _ in frame }
            // Without objects a frame stays as it is, to the byte.
            if changesFrames { try write(ready, into: spool) } else { try write(line, into: spool) }
        }
        let ready = detecting.finish(end: result.head["decode"]?["covered_duration"]?.double ?? end)
        if changesFrames { try write(ready, into: spool) }
    }

    /// Where a result does not tell when its last frame ends: a step after its time.
    private var end: Double {
        guard let last = times.last, let before = times.first else { return 0 }
        return rounded(last + (last - before))
    }

    private func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }

    private mutating func write(_ ready: [DetectPass<JSON>.Ready], into spool: Spool) throws {
        for whole in ready {
            var frame = whole.frame
            for (index, list) in whole.objects {
                let tool = tools[index]
                let objects = JSON.array(list.map(\.json))
                if tool.speaksForFrame {
                    frame = frame.replacing("detections", with: .members(["tracked_objects": objects]))
                } else {
                    frame = frame.placing(list.isEmpty ? nil : objects, of: tool.id, order)
                }
            }
            try write(JSONWriter.encode(frame), into: spool)
        }
    }

    private mutating func write(_ line: [UInt8], into spool: Spool) throws {
        try spool.append(written == 0 ? line : Array(",\n".utf8) + line)
        written += 1
    }

    /// The head with the new settings, summaries and events.
    func head(_ head: JSON) -> JSON {
        let results = detecting.results
        var summary = head["summary"] ?? .object([])
        for result in results { summary = summary.replacing(result.id, with: result.summary) }
        var events: [JSON] = []
        for id in order {
            if let result = results.first(where: { $0.id == id }) {
                events += result.events.map(\.json)
            } else {
                events += (head["events"]?.array ?? []).filter { $0["tool"]?.string == id }
            }
        }
        let described = (head["tools"]?.array ?? []).map { description -> JSON in
            guard let tool = tools.first(where: { $0.id == description["id"]?.string }) else { return description }
            return tool.descriptor.json(tool.settings)
        }
        return head.replacing("tools", with: .array(described)).replacing("summary", with: summary)
            .replacing("events", with: .array(JSON.events(events)))
    }
}

extension JSON {
    /// This frame with other objects under a tool's id; as results are written, without a member for what is empty.
    ///
    /// - Parameters:
    ///   - objects: nil for none.
    ///   - order: all tools, as frames have them.
    fileprivate func placing(_ objects: JSON?, of tool: String, _ order: [String]) -> JSON {
        guard var members else { return self }
        var own = (self[tool]?.members ?? []).filter { $0.key != "tracked_objects" }
        if let objects { own.append(Member("tracked_objects", objects)) }
        let place = members.firstIndex { $0.key == tool }
        if let place {
            if own.isEmpty { members.remove(at: place) } else { members[place].value = .object(own) }
        } else if !own.isEmpty {
            let before = Set(order.prefix { $0 != tool } + ["detections"])
            let last = members.lastIndex { before.contains($0.key) } ?? members.count - 1
            members.insert(Member(tool, .object(own)), at: last + 1)
        }
        return .object(members)
    }

    /// This object with another value under a key, which keeps its place or comes last.
    fileprivate func replacing(_ key: String, with value: JSON) -> JSON {
        guard var members else { return self }
        if let index = members.firstIndex(where: { $0.key == key }) {
            members[index].value = value
        } else {
            members.append(Member(key, value))
        }
        return .object(members)
    }
}
