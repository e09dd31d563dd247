import Archive
import Bytes
import FrameResults
import Jobs
import TestSupport
import Testing

@Suite("Validation") struct ValidationTests {
    private func texts(_ made: MadeFolder) throws -> [String] {
        try Validation.folder(made.layout).breaches.map(\.text)
    }

    @Test func `a good folder has no breach`() throws {
        let made = try MadeFolder()
        let validation = try Validation.folder(made.layout)
        #expect(validation.breaches.map(\.text) == [])
        #expect(validation.results == 3)
        #expect(validation.logs == 1)
    }

    @Test(arguments: ["/", "///"]) func `a folder named with slashes at its end has no breach`(slashes: String) throws {
        let made = try MadeFolder()
        let validation = try Validation.folder(OutputLayout(root: made.layout.root.suffixed(slashes)))
        #expect(validation.breaches.map(\.text) == [])
        #expect(validation.results == 3)
    }

    @Test func `an empty folder has no breach`() throws {
        let folder = try TemporaryFolder()
        let validation = try Validation.folder(OutputLayout(root: folder.path))
        #expect(validation.breaches.isEmpty && validation.results == 0 && validation.logs == 0)
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let old: String
        let new: String
        let breach: String
        var testDescription: String { breach }
    }

    @Test(arguments: [
        Fault(old: "\"frame_index\":2", new: "\"frame_index\":3", breach: "frame 2: frame_index is 3"),
        Fault(old: "{\"frame_index\":2,", new: "{", breach: "frame 2: frame_index is missing"),
        Fault(old: "\"total_frames\":4", new: "\"total_frames\":5", breach: "total_frames is 5, there are 4"),
        Fault(old: "\"total_frames\":4,", new: "", breach: "total_frames is missing, there are 4"),
        Fault(old: "\"luma\":{\"avg\":100}", new: "\"luma\":null", breach: "a null; undefined values are absent keys"),
        Fault(old: "{\"avg\":100}}\n", new: "{\"avg\":[null]}}\n", breach: "frame 3: a null"),
        Fault(old: "\"time\":0.08", new: "\"time\":0.01", breach: "frame 2: time falls"),
        Fault(old: "\"detections\":{}", new: "\"detections\":[]", breach: "frame 0: detections: an object is wanted"),
        Fault(old: "forgebatch/result/1", new: "forgebatch/result/9", breach: "schema: forgebatch/result/1 is wanted"),
        Fault(old: "\"status\":\"completed\"", new: "\"status\":\"running\"", breach: "status: completed is wanted"),
        Fault(old: "\"codec\":\"h264\",", new: "", breach: "video.codec: a text is wanted"),
        Fault(old: "\"width\":64", new: "\"width\":0", breach: "video.width: pixels are wanted"),
        Fault(old: "x1:00", new: "00", breach: "source.fingerprint: x1:… is wanted"),
        Fault(
            old: "\"verdict\":\"ok\"", new: "\"verdict\":\"good\"",
            breach: "decode.verdict: ok, warning or damaged is wanted"),
        Fault(old: "\"error_count\":0,", new: "", breach: "decode.error_count: a count is wanted"),
        Fault(old: "\"end_frame\":1", new: "\"end_frame\":4", breach: "event 0: frames 1 to 4"),
        Fault(old: "\"start\":0.04", new: "\"start\":0.05", breach: "event 0: it ends before it starts"),
        Fault(old: "\"dropped_values\":0,", new: "", breach: "sanitized.dropped_values: a count is wanted"),
        Fault(old: "\"avg\":100}},", new: "\"avg\":NaN}},", breach: "not strict JSON"),
        Fault(old: "}},\n", new: "}}\n", breach: "not strict JSON: expected ','"),
        Fault(old: "\n]}\n", new: "\n", breach: "not strict JSON"),
        Fault(old: "\"luma\":{\"avg\":100}},\n", new: "\"luma\":{\"avg\":1,\"avg\":2}},\n", breach: "repeated key"),
    ])
    func `a fault in a result is found`(fault: Fault) throws {
        let made = try MadeFolder()
        try made.replace(fault.old, with: fault.new, in: made.result)
        let found = try Validation.result(made.result).breaches.map(\.text)
        #expect(found.contains { $0.contains(fault.breach) }, "\(found)")
        // In the folder the hash is wrong as well.
        #expect(try texts(made).contains("its SHA-256 is not the catalog's"))
    }

    @Test func `a changed byte that breaks no rule is found by the hash alone`() throws {
        let made = try MadeFolder()
        try made.replace("\"avg\":100", with: "\"avg\":101", in: made.result)
        #expect(try Validation.result(made.result).breaches.isEmpty)
        let breaches = try Validation.folder(made.layout).breaches
        #expect(breaches.map(\.text) == ["its SHA-256 is not the catalog's"])
        #expect(breaches.map(\.path) == [made.result])
    }

    @Test func `a result cut anywhere is found`() throws {
        let made = try MadeFolder()
        let bytes = try Files.read(made.result)
        for length in stride(from: 0, to: bytes.count - 1, by: 13) {
            try AtomicFile.write(Array(bytes.prefix(length)), to: made.result, durable: false)
            #expect(try !Validation.result(made.result).breaches.isEmpty, "\(length) of \(bytes.count) bytes")
        }
    }

    @Test func `a document that is laid out in another way is read as well`() throws {
        let made = try MadeFolder()
        let json = try JSONReader.parse(Files.read(made.result))
        try AtomicFile.write(JSONWriter.encode(json), to: made.result, durable: false)
        #expect(try Validation.result(made.result).breaches.map(\.text) == [])
    }

    @Test func `a hopeless document has no endless list of breaches`() throws {
        let made = try MadeFolder()
        let frames = Array(repeating: JSON.object([]), count: 1000)
        let json = JSON.members(["frames": .array(frames)])
        try AtomicFile.write(JSONWriter.encode(json), to: made.result, durable: false)
        let count = try Validation.result(made.result).breaches.count
        #expect(count > 5 && count <= 20)
    }

    @Test func `a missing result and one that nobody knows are found`() throws {
        let made = try MadeFolder()
        Files.remove(made.result)
        #expect(try texts(made) == ["in the catalog, but missing"])
        try made.made.writeResult(RawPath("other.mp4"))
        #expect(try texts(made).sorted() == ["in the catalog, but missing", "not in the catalog"])
    }

    @Test func `temporary files and other files are no results`() throws {
        let made = try MadeFolder()
        try AtomicFile.write([1], to: made.layout.results.appending("cam1/notes.txt"), durable: false)
        try AtomicFile.write([1], to: made.layout.results.appending(".fb-0011223344556677"), durable: false)
        #expect(try texts(made) == [])
    }

    @Test func `a catalog with noise in it is found`() throws {
        let made = try MadeFolder()
        let lines = try Files.read(made.layout.catalog)
        try AtomicFile.write(lines + Array("noise\n{\"a\":1}\n".utf8), to: made.layout.catalog, durable: false)
        let found = try texts(made)
        #expect(found.contains("1 lines are not strict JSON"))
        #expect(found.contains { $0.hasPrefix("a line is no entry") })
    }

    @Test func `a record of a run that is not JSON is found`() throws {
        let made = try MadeFolder()
        try AtomicFile.write(Array("{".utf8), to: made.layout.summary(run: MadeFolder.run), durable: false)
        #expect(try texts(made).contains { $0.hasPrefix("not strict JSON") })
    }
}

@Suite("Validation of logs") struct LogValidationTests {
    private func texts(_ made: MadeFolder) throws -> [String] {
        try Validation.folder(made.layout).breaches.map(\.text)
    }

    /// The log's lines without their line feeds.
    private func lines(_ made: MadeFolder) throws -> [[UInt8]] {
        try Files.read(made.log).split(separator: 0x0a).map { Array($0) }
    }

    private func write(_ lines: [[UInt8]], _ made: MadeFolder) throws {
        try AtomicFile.write(lines.flatMap { $0 + [0x0a] }, to: made.log, durable: false)
    }

    @Test func `a percentage that falls is found`() throws {
        let made = try MadeFolder()
        try made.replace(
            "\"current_frame\":3,\"total_frames\":4,\"percent\":75",
            with: "\"current_frame\":1,\"total_frames\":4,\"percent\":25", in: made.log)
        #expect(try texts(made) == ["line 5: the percentage falls"])
    }

    @Test func `a gap in the numbers is found`() throws {
        let made = try MadeFolder()
        var lines = try lines(made)
        lines.remove(at: 3)
        try write(lines, made)
        #expect(try texts(made) == ["line 4: seq 5 after 3"])
        try write(Array(lines.dropFirst()), made)
        #expect(try texts(made).first == "line 1: seq 2 after 0")
    }

    @Test func `a line of a job that has ended is found`() throws {
        let made = try MadeFolder()
        let job = JobID(video: made.videos[0])
        let late: [LogEvent] = [
            .progress(job: job, Progress(currentFrame: 4, totalFrames: 4)), .completed(job: job),
            .error(job: job, message: "late"), .jobRetry(job: job, attempt: 2, reason: ""),
        ]
        let lines = try lines(made)
        for event in late {
            let line = event.encode(time: UTCTime(milliseconds: 0), seq: lines.count + 1)
            try write(lines + [line], made)
            #expect(try texts(made) == ["line \(lines.count + 1): job \(job) had ended"])
        }
    }

    @Test(arguments: ["noise", "", "{}", "{\"ts\":\"x\",\"seq\":2}", "[1,]"])
    func `a line of garbage is found, and nothing else`(garbage: String) throws {
        let made = try MadeFolder()
        var lines = try lines(made)
        lines.insert(Array(garbage.utf8), at: 1)
        try write(lines, made)
        let found = try texts(made)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("line 2: ") == true)
    }

    @Test func `a torn last line is no breach`() throws {
        let made = try MadeFolder()
        let bytes = try Files.read(made.log)
        let last = try #require(bytes.dropLast().lastIndex(of: 0x0a))
        for length in stride(from: last + 2, to: bytes.count, by: 5) {
            try AtomicFile.write(Array(bytes.prefix(length)), to: made.log, durable: false)
            #expect(try texts(made) == [], "cut at \(length)")
        }
        // A run that was killed has no record, and its log ends anywhere.
        Files.remove(made.layout.summary(run: MadeFolder.run))
        for length in [last + 1, last / 2, 0] {
            let whole = bytes.prefix(length).lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
            try AtomicFile.write(Array(bytes.prefix(whole)), to: made.log, durable: false)
            #expect(try texts(made) == [], "cut at \(length)")
        }
    }

    /// Writes the log again with other events, each with its number.
    private func rewrite(_ made: MadeFolder, _ change: (inout [LogEvent]) -> Void) throws {
        var events = try lines(made).map { try LogLine.parse($0).event }
        change(&events)
        try write(
            events.enumerated().map { $0.element.encode(time: UTCTime(milliseconds: 0), seq: $0.offset + 1) }, made)
    }

    @Test func `a log that ends too early, or says other than what the protocol has, is found`() throws {
        let made = try MadeFolder()
        let whole = try Files.read(made.log)
        let (job, path) = (JobID(video: made.videos[0]), made.videos[0])
        func found(_ change: (inout [LogEvent]) -> Void) throws -> [String] {
            try AtomicFile.write(whole, to: made.log, durable: false)
            try rewrite(made, change)
            return try texts(made)
        }
        let planned = made.videos.map { LogEvent.jobPlanned(job: JobID(video: $0), path: $0, size: 100) }
        #expect(try found { _ in } == [])
        #expect(try found { $0.insert(contentsOf: planned, at: 1) } == [])
        #expect(try found { $0.removeLast() } == ["no run_finished, though the run wrote its record"])
        #expect(
            try found { $0.removeAll { $0 == .completed(job: job) } } == ["job \(job) was started and has no end"])
        #expect(
            try found { $0.removeAll { $0 == .progress(job: job, Progress(currentFrame: 4, totalFrames: 4)) } }
                == ["line 6: job \(job) is completed at frame 3 of 4, 75 %"])
        #expect(
            try found { $0.removeAll { $0.kind == .progress && $0.job == job } }
                == ["line 3: job \(job) is completed without progress"])
        #expect(try found { $0.remove(at: 1) } == ["line 2: job \(job) was not started"])
        let again = LogEvent.jobStarted(job: job, path: path, totalFrames: 4, size: 100)
        #expect(try found { $0.insert(again, at: 2) } == ["line 3: job \(job) is started again"])
        #expect(
            try found { $0.insert(contentsOf: planned.dropFirst(), at: 1) }
                == ["line 4: job \(job) was not planned", "2 jobs are planned, run_started says 3"])
        #expect(
            try found { $0.insert(contentsOf: planned + [planned[0]], at: 1) }
                == ["line 5: job \(job) is planned again"])
        #expect(
            try found {
                $0.insert(contentsOf: planned.dropFirst(), at: 1)
                $0.insert(planned[0], at: 4)
            } == [
                "line 4: job \(job) was not planned", "line 5: job \(job) is planned after its start",
                "2 jobs are planned, run_started says 3",
            ])
    }
}
