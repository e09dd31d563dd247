internal import Bytes
internal import FrameResults
internal import Jobs

/// Holds one result document against docs/schema/result-1.json and the rules that a schema cannot say.
struct ResultCheck {
    private(set) var breaches: [String] = []
    private var frames = 0
    private var lastTime: Double?

    /// A document with more breaches than this is simply broken.
    private static let mostBreaches = 20

    /// What a check of a file came to.
    struct Finding {
        var breaches: [String]
        /// Of the content, in hexadecimal; nil where the file cannot be read to its end.
        var sha256: String?
    }

    /// Checks a document, compressed or not. One laid out as this program writes it, a frame a line, is read line by line;
    /// of another one all is in memory, up to a gigabyte.
    ///
    /// - Throws: `SystemError` when the file cannot be opened.
    static func check(_ path: RawPath) throws(SystemError) -> Finding {
        var check = ResultCheck()
        var hash = Digest.Running()
        do {
            let lines = try LineReader(path)
            if try check.read(lines, &hash) { return Finding(breaches: check.breaches, sha256: hash.hex()) }
            let bytes = try ContentReader(path).readAll()
            check = ResultCheck()
            do throws(JSONError) {
                try check.read(bytes)
            } catch {
                check.add("not strict JSON: \(error)")
            }
            return Finding(breaches: check.breaches, sha256: Digest.sha256(bytes))
        } catch let error as SystemError {
            guard error.call != "open" else { throw error }
            check.add("it cannot be read: \(error.reason)")
            return Finding(breaches: check.breaches)
        } catch {
            check.add("not strict JSON: \(error)")
            return Finding(breaches: check.breaches)
        }
    }

    /// Reads a document of a head, a frame a line, and an end.
    ///
    /// - Returns: false for one that is laid out in another way, or has no end.
    private mutating func read(_ lines: LineReader, _ hash: inout Digest.Running) throws -> Bool {
        func next() throws(SystemError) -> [UInt8]? {
            guard let line = try lines.next() else { return nil }
            hash.update(lines.isTorn ? line : line + [0x0a])
            return line
        }
        guard let first = try next(), first.suffix(ResultCheck.opening.count).elementsEqual(ResultCheck.opening) else {
            return false
        }
        var document = JSON.null
        var fault: JSONError?
        do throws(JSONError) {
            document = try JSONReader.parse(Array(first.dropLast(ResultCheck.opening.count)) + [UInt8(ascii: "}")])
            head(document)
        } catch {
            fault = error
        }
        var before: [UInt8]?
        while let line = try next() {
            if line.elementsEqual("]}".utf8), !lines.isTorn {
                if let before { frame(in: before, isLast: true, &fault) }
                guard try next() == nil else { return false }
                if let fault { add("not strict JSON: \(fault)") } else { finish(document) }
                return true
            }
            if let before { frame(in: before, isLast: false, &fault) }
            before = line
        }
        return false
    }

    /// Checks the line of a frame; what follows the first that is no JSON is only hashed.
    private mutating func frame(in line: [UInt8], isLast: Bool, _ fault: inout JSONError?) {
        guard fault == nil else { return }
        do throws(JSONError) {
            guard isLast || line.last == UInt8(ascii: ",") else {
                throw JSONError(reason: "expected ',' after a frame", offset: line.count)
            }
            self.frame(try JSONReader.parse(isLast ? line : Array(line.dropLast())))
        } catch {
            fault = error
        }
    }

    /// What the first line of a result ends with.
    private static let opening = Array(",\"frames\":[".utf8)

    private mutating func add(_ text: String) {
        if breaches.count < ResultCheck.mostBreaches { breaches.append(text) }
    }

    private mutating func read(_ bytes: [UInt8]) throws(JSONError) {
        let document = try JSONReader.parse(bytes)
        head(document)
        for frame in document["frames"]?.array ?? [] { self.frame(frame) }
        if document["frames"]?.array == nil { add("frames: a list is wanted") }
        finish(document)
    }

    private mutating func head(_ document: JSON) {
        expect(document["schema"]?.string == ResultHead.schema, "schema: \(ResultHead.schema) is wanted")
        expect(document["job_id"]?.string.flatMap { JobID(text: $0) } != nil, "job_id: a UUID is wanted")
        expect(document["status"]?.string == VideoStatus.completedWord, "status: completed is wanted")
        let source = document["source"]
        expect(!(source?["path"]?.string ?? "").isEmpty, "source.path: a text is wanted")
        expect((source?["size"]?.int ?? -1) >= 0, "source.size: a count is wanted")
        expect(source?["fingerprint"]?.string?.hasPrefix("x1:") == true, "source.fingerprint: x1:… is wanted")
        for key in ["codec", "pixel_format"] {
            expect(!(document["video"]?[key]?.string ?? "").isEmpty, "video.\(key): a text is wanted")
        }
        for key in ["width", "height"] {
            expect((document["video"]?[key]?.int ?? 0) > 0, "video.\(key): pixels are wanted")
        }
        for key in [
            "demuxed_packets", "decoded_frames", "corrupt_frames", "concealed_frames", "error_count",
        ] { expect((document["decode"]?[key]?.int ?? -1) >= 0, "decode.\(key): a count is wanted") }
        expect(
            document["decode"]?["verdict"]?.string.flatMap { VideoStatus(rawValue: $0) }?.isVerdict == true,
            "decode.verdict: ok, warning or damaged is wanted")
        expect(document["decode"]?["reasons"]?.array != nil, "decode.reasons: a list is wanted")
        for key in ["dropped_values", "dropped_objects"] {
            expect((document["sanitized"]?[key]?.int ?? -1) >= 0, "sanitized.\(key): a count is wanted")
        }
        expect(document["summary"]?.members != nil, "summary: an object is wanted")
        expect(document["tools"]?.array != nil, "tools: a list is wanted")
        for (index, tool) in (document["tools"]?.array ?? []).enumerated() { check(tool, "tools[\(index)]") }
        expect(document["events"]?.array != nil, "events: a list is wanted")
        if holdsNull(.object((document.members ?? []).filter { $0.key != "frames" })) {
            add("a null; undefined values are absent keys")
        }
    }

    /// An entry of the tools that ran. Whether there still is such a tool does not matter.
    private mutating func check(_ tool: JSON, _ place: String) {
        let names = (tool["id"]?.string ?? "").split(separator: "/", omittingEmptySubsequences: false)
        func isName(_ text: Substring) -> Bool {
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isNumber || $0.isLowercase || "_-".contains($0)) }
        }
        expect((1...2).contains(names.count) && names.allSatisfy(isName), "\(place).id: tool or plugin/tool is wanted")
        expect(!(tool["version"]?.string ?? "").isEmpty, "\(place).version: a text is wanted")
        expect(tool["settings"]?.members != nil, "\(place).settings: an object is wanted")
        guard names.count == 2 else { return }
        expect(tool["fingerprint"]?.string?.hasPrefix("p1:") == true, "\(place).fingerprint: p1:… is wanted")
        expect(!(tool["device"]?.string ?? "").isEmpty, "\(place).device: a text is wanted")
        if tool["status"] != nil {
            expect(
                tool["status"]?.string == VideoStatus.failed.rawValue, "\(place).status: failed is wanted, or nothing")
            expect(!(tool["error"]?.string ?? "").isEmpty, "\(place).error: a text is wanted")
        }
    }

    private mutating func frame(_ frame: JSON) {
        if frame["frame_index"]?.int != frames {
            add("frame \(frames): frame_index is \(frame["frame_index"].map { JSONWriter.text($0) } ?? "missing")")
        }
        if frame["detections"]?.members == nil { add("frame \(frames): detections: an object is wanted") }
        if let time = frame["time"]?.double {
            if let lastTime, time < lastTime { add("frame \(frames): time falls") }
            lastTime = time
        }
        for member in frame.members ?? [] {
            guard let candidates = member.value["candidates"], CandidateList(candidates) == nil else { continue }
            add("frame \(frames): \(member.key).candidates: lists of equal length are wanted")
        }
        if holdsNull(frame) { add("frame \(frames): a null; undefined values are absent keys") }
        frames += 1
    }

    private mutating func finish(_ document: JSON) {
        expect(
            document["total_frames"]?.int == frames,
            "total_frames is \(document["total_frames"].map { JSONWriter.text($0) } ?? "missing"), there are \(frames)")
        expect(frames > 0, "no frame")
        for (index, event) in (document["events"]?.array ?? []).enumerated() {
            let isNamed = event["tool"]?.string != nil && event["type"]?.string != nil
            let first = event["start_frame"]?.int ?? -1
            let last = event["end_frame"]?.int ?? -1
            expect(
                isNamed && first >= 0 && last >= first && last < frames, "event \(index): frames \(first) to \(last)")
            expect(
                (event["start"]?.double ?? .nan) <= (event["end"]?.double ?? .nan),
                "event \(index): it ends before it starts")
        }
    }

    private mutating func expect(_ isRight: Bool, _ breach: String) {
        if !isRight { add(breach) }
    }

    private func holdsNull(_ value: JSON) -> Bool {
        switch value {
        case .null: true
        case .array(let elements): elements.contains { holdsNull($0) }
        case .object(let members): members.contains { holdsNull($0.value) }
        default: false
        }
    }
}
