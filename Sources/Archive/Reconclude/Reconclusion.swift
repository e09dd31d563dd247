package import Bytes
internal import FrameResults
internal import FrameTools

/// Other thresholds for events: results are concluded again from their stored measures, without decoding and without a
/// change to the results themselves.
package struct Reconclusion: Sendable {
    /// The new values, by tool and key.
    private let settings: [String: [String: Double]]
    /// The settings as they were given, for people.
    package let texts: [String]

    /// - Precondition: every setting is one that concludes.
    package init(_ settings: [String: [String: Double]]) {
        for (tool, values) in settings {
            for key in values.keys {
                precondition(
                    ToolRegistry.tool(tool)?.settings.first { $0.key == key }?.kind == .concluding,
                    "\(tool).\(key) needs pixels")
            }
        }
        self.settings = settings
        texts = settings.flatMap { tool, values in
            values.map { key, value in
                let word = ToolRegistry.tool(tool)?.settings.first { $0.key == key }?.word(value)
                return "\(tool).\(key)=\(word ?? JSONWriter.text(.double(value)))"
            }
        }.sorted()
    }

    /// Makes the result as it would be with the new thresholds, hands out its path, and removes it again. A result whose
    /// tools are not concerned is handed out itself.
    ///
    /// - Parameter folder: where the temporary file lies.
    /// - Throws: ``ArchiveError`` when the result was made by another version of a tool, `SystemError` or `JSONError` when
    ///   it cannot be read.
    /// - Complexity: the size of the result; a few dozen frames are in memory.
    package func withDocument<Value>(
        of path: RawPath, in folder: RawPath, _ body: (RawPath) throws -> Value
    ) throws -> Value {
        let result = try StoredResult(path)
        guard var pass = try ReconclusionPass(result, settings) else { return try body(path) }
        try Files.makeDirectory(folder, durable: false)
        let spool = try Spool(in: folder)
        try pass.run(result, into: spool)
        let temporary = folder.appending(Files.temporaryName())
        defer { Files.remove(temporary) }
        var file = try AtomicFile(temporary, durable: false)
        let head = JSONWriter.encode(pass.head(result.head))
        try file.write(Array(head.dropLast()) + Array(",\"frames\":[\n".utf8))
        try spool.copy { try file.write($0) }
        try file.write(Array("\n]}\n".utf8))
        try file.publish()
        return try body(temporary)
    }
}

/// One result on its way through the concluding halves of the tools that were given other settings.
private struct ReconclusionPass {
    private struct Tool {
        let type: any FrameTool.Type
        let settings: ToolSettings
        /// Whether its objects are the frame's `detections`; else they stand under its own id.
        let speaksForFrame: Bool
    }

    private var tools: [Tool] = []
    private var conclusions: Conclusions
    private var waiting: [JSON] = []
    private var folded = 0
    private var written = 0
    private var times: [Double] = []

    /// Nil when the result has none of the tools.
    init?(_ result: StoredResult, _ given: [String: [String: Double]]) throws(ArchiveError) {
        let stored = result.head["tools"]?.array ?? []
        let detecting = stored.compactMap { $0["id"]?.string }.first { ToolRegistry.tool($0)?.detects == true }
        for description in stored {
            guard let id = description["id"]?.string, let values = given[id], let type = ToolRegistry.tool(id) else {
                continue
            }
            let version = description["version"]?.string ?? "?"
            guard version == type.version else {
                throw ArchiveError(
                    "made by \(id) \(version), and this is \(type.version): it cannot be concluded again; use `forgebatch run --set`"
                )
            }
            let known = type.settings.compactMap { setting in
                setting.stored(description["settings"]?[setting.key]).map { (setting.key, $0) }
            }
            let complete = Dictionary(uniqueKeysWithValues: known).merging(values) { $1 }
            tools.append(
                Tool(
                    type: type, settings: ToolSettings(type.settings, replacing: complete),
                    speaksForFrame: id == detecting))
        }
        if tools.isEmpty { return nil }
        conclusions = Conclusions(tools.map { ($0.type, $0.settings) })
    }

    mutating func run(_ result: StoredResult, into spool: Spool) throws {
        let changesFrames = tools.contains { $0.type.detects }
        while let line = try result.nextLine() {
            let frame = try JSONReader.parse(line)
            fold(frame)
            if changesFrames {
                waiting.append(frame)
                try release(keeping: conclusions.lag, into: spool)
            } else {
                try write(line, into: spool)
            }
        }
        conclusions.finish(end: result.head["decode"]?["covered_duration"]?.double ?? end)
        try release(keeping: 0, into: spool)
    }

    private mutating func fold(_ frame: JSON) {
        let time = frame["time"]?.double
        let measures = tools.map { Measurement(stored: frame[$0.type.id]) }
        conclusions.fold(measures, index: folded, time: time)
        folded += 1
        if let time { times = [times.last ?? time, time] }
    }

    /// Where a result does not tell when its last frame ends: a step after its time.
    private var end: Double {
        guard let last = times.last, let before = times.first else { return 0 }
        return rounded(last + (last - before))
    }

    private func rounded(_ value: Double) -> Double { (value * 1_000_000).rounded() / 1_000_000 }

    private mutating func release(keeping count: Int, into spool: Spool) throws {
        while waiting.count > count {
            let found = conclusions.detections(of: written)
            var frame = waiting.removeFirst()
            for (tool, detections) in zip(tools, found) where tool.type.detects {
                let objects = JSON.array(detections.map(\.json))
                if tool.speaksForFrame {
                    frame = frame.replacing("detections", with: .members(["tracked_objects": objects]))
                } else if let own = frame[tool.type.id] {
                    frame = frame.replacing(tool.type.id, with: own.replacing("tracked_objects", with: objects))
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
        let results = conclusions.results
        var summary = head["summary"] ?? .object([])
        for result in results { summary = summary.replacing(result.id, with: .object(result.summary.members)) }
        let order = (head["tools"]?.array ?? []).compactMap { $0["id"]?.string }
        var events: [JSON] = []
        for id in order {
            if let result = results.first(where: { $0.id == id }) {
                events += result.events.map(\.json)
            } else {
                events += (head["events"]?.array ?? []).filter { $0["tool"]?.string == id }
            }
        }
        let sorted = events.enumerated().sorted {
            ($0.element["start_frame"]?.int ?? 0, $0.offset) < ($1.element["start_frame"]?.int ?? 0, $1.offset)
        }
        let described = (head["tools"]?.array ?? []).map { description -> JSON in
            guard let tool = tools.first(where: { $0.type.id == description["id"]?.string }) else { return description }
            let settings = tool.type.settings.map { setting in
                let value = tool.settings[setting.key]
                return JSON.Member(setting.key, setting.word(value).map { .string($0) } ?? .double(value))
            }
            return description.replacing("settings", with: .object(settings))
        }
        return head.replacing("tools", with: .array(described)).replacing("summary", with: summary)
            .replacing("events", with: .array(sorted.map(\.element)))
    }
}

extension Setting {
    /// The value that a result holds.
    fileprivate func stored(_ json: JSON?) -> Double? { json?.string.flatMap { value($0) } ?? json?.double }
}

extension Measurement {
    /// What a result holds of a frame under a tool's id.
    fileprivate init(stored json: JSON?) {
        self.init()
        for member in json?.members ?? [] {
            if let value = member.value.double { set(member.key, value) }
        }
        regions = (json?["regions"]?.array ?? []).compactMap { region in
            let corners = region.array?.compactMap(\.double) ?? []
            return corners.count == 4 ? Box(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3]) : nil
        }
    }

    fileprivate var members: [JSON.Member] { values.map { JSON.Member($0.key, .double($0.value)) } }
}

extension Detection {
    fileprivate var json: JSON {
        TrackedObject(
            track: track, classID: classID, className: className, corners: [box.x1, box.y1, box.x2, box.y2]
        ).json
    }
}

extension ToolEvent {
    fileprivate var json: JSON {
        EventRecord(
            tool: tool, type: type, startFrame: startFrame, endFrame: endFrame, start: start, end: end,
            isOpenAtEnd: isOpenAtEnd, values: values.members
        ).json
    }
}

extension JSON {
    /// This object with another value under a key, which keeps its place or comes last.
    fileprivate func replacing(_ key: String, with value: JSON) -> JSON {
        guard var members else { return self }
        if let place = members.firstIndex(where: { $0.key == key }) {
            members[place].value = value
        } else {
            members.append(Member(key, value))
        }
        return .object(members)
    }
}
