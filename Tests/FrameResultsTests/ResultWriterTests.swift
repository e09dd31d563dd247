import Bytes
import FrameResults
import TestSupport
import Testing

@Suite("Result files") struct ResultWriterTests {
    private func head(_ frames: Int, video: JSON = .members(["codec": "h264"])) -> ResultHead {
        var report = DecodeReport()
        report.decodedFrames = frames
        return ResultHead(
            jobID: "eccb3f5c-07f4-5f69-92f9-aa2774046302",
            source: .init(path: RawPath("a.mp4"), size: 123, fingerprint: "x1:00"), video: video, decode: report,
            tools: [.members(["id": "luma", "version": "1.0.0", "settings": .object([])])],
            summary: .members(["luma": .members(["avg": .double(1.5)])]), events: [])
    }

    @discardableResult
    private func write(_ path: RawPath, frames: Int, isCompressed: Bool = false) throws -> ResultWriter.Finished {
        var writer = try ResultWriter(path: path, isCompressed: isCompressed)
        for frame in 0..<frames {
            try writer.append(time: Double(frame) / 25, measures: [("luma", [("avg", 100.25)]), ("scene", [])])
        }
        return try writer.finish(head(frames))
    }

    @Test(arguments: [1, 2, 3000]) func `a document is whole, dense and in order`(frames: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("deep/a.mp4.json")
        let published = try write(path, frames: frames)
        let bytes = try Files.read(path)
        #expect(published.size == Int64(bytes.count))
        #expect(published.sha256 == Digest.sha256(bytes))
        let document = try JSONReader.parse(bytes)
        #expect(document["total_frames"]?.int == frames)
        let list = try #require(document["frames"]?.array)
        #expect(list.compactMap { $0["frame_index"]?.int } == Array(0..<frames))
        #expect(list.allSatisfy { $0["detections"] == .object([]) })
        #expect(list.allSatisfy { $0["luma"]?["avg"] == .double(100.25) })
        // A tool without a measure has no key.
        #expect(list.allSatisfy { $0["scene"] == nil })
        #expect(document.members?.last?.key == "frames")
        // A head, a frame a line, the end.
        #expect(bytes.filter { $0 == 0x0a }.count == frames + 2)
        #expect(try Files.list(path.parent) == [path.lastComponent])
    }

    @Test(arguments: [1, 2, 5000]) func `a compressed document is one member that unpacks to the plain one`(
        frames: Int
    ) async throws {
        let folder = try TemporaryFolder()
        let (plain, packed) = (folder.path.appending("1.json"), folder.path.appending("1.json.gz"))
        let one = try write(plain, frames: frames)
        let two = try write(packed, frames: frames, isCompressed: true)
        #expect(one.sha256 == two.sha256 && one.size == two.contentSize && one.contentSize == one.size)
        #expect(try two.size == Files.status(packed).size)
        #expect(try ContentReader(packed).readAll() == Files.read(plain))
        #expect(try Files.list(folder.path).count == 2)
        if frames > 1000 { #expect(two.size * 10 < one.size) }
        // Readers that take one member alone, as browsers do, read all of it.
        let python = try #require(ExternalProgram.python)
        let program = """
            import sys, zlib
            member = zlib.decompressobj(31)
            data = member.decompress(open(sys.argv[1], 'rb').read())
            assert member.eof and not member.unused_data
            assert data == open(sys.argv[2], 'rb').read()
            """
        let outcome = try await python.run(["-c", program, packed.display, plain.display])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        // Heads, frames and contents are read as before.
        #expect(try HeadReader.read(packed) == HeadReader.read(plain))
        let content = try ResultContent(packed)
        #expect(content.sha256 == one.sha256 && content.size == one.size && content.fileSize == two.size)
        #expect(content.isCompressed)
        let stored = try StoredResult(packed)
        while try stored.nextLine() != nil {}
        #expect(stored.count == frames)
        try write(folder.path.appending("2.json.gz"), frames: frames, isCompressed: true)
        #expect(try Files.read(folder.path.appending("2.json.gz")) == Files.read(packed))
    }

    @Test func `the same content gives the same bytes`() throws {
        let folder = try TemporaryFolder()
        let one = try write(folder.path.appending("1.json"), frames: 500)
        let two = try write(folder.path.appending("2.json"), frames: 500)
        #expect(one == two)
    }

    @Test(arguments: [false, true]) func `a document that is begun anew has nothing of what was added before`(
        isCompressed: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("1.json")
        var writer = try ResultWriter(path: path, isCompressed: isCompressed)
        for _ in 0..<5000 { try writer.append(time: 0, measures: [("luma", [("avg", .nan)])]) }
        try writer.restart()
        for frame in 0..<500 {
            try writer.append(time: Double(frame) / 25, measures: [("luma", [("avg", 100.25)]), ("scene", [])])
        }
        let fresh = try write(folder.path.appending("2.json"), frames: 500, isCompressed: isCompressed)
        #expect(try writer.finish(head(500)) == fresh)
    }

    @Test func `a document is empty until it is finished, and the spool has no name`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        for _ in 0..<5000 { try writer.append(time: 0, measures: [("luma", [("avg", 1)])]) }
        #expect(try Files.list(folder.path) == [path.lastComponent])
        #expect(try Files.status(path).size == 0)
        _ = try writer.finish(head(5000))
        #expect(try Files.list(folder.path) == [path.lastComponent])
        #expect(try HeadReader.read(path)["total_frames"] == 5000)
    }

    @Test func `a file that is there, or a link, is not written to`() throws {
        let folder = try TemporaryFolder()
        let (path, link) = (folder.path.appending("a.json"), folder.path.appending("link.json"))
        _ = try write(path, frames: 10)
        let before = try Files.read(path)
        try Files.link(path.lastComponent, at: link)
        for name in [path, link] { #expect(throws: SystemError.self) { _ = try ResultWriter(path: name) } }
        #expect(try Files.read(path) == before)
        #expect(try Files.list(folder.path) == [path.lastComponent, link.lastComponent])
    }

    @Test func `a folder that cannot be written to is an error at once`() throws {
        let folder = try TemporaryFolder()
        let file = folder.path.appending("file")
        try AtomicFile.write([1], to: file, durable: false)
        do {
            _ = try ResultWriter(path: file.appending("a.json"))
            Issue.record("a file is no folder")
        } catch {
            #expect(error.path.contains("file"))
        }
    }

    @Test func `what a plugin's tool left out is counted as well, and the result can still be joined`() throws {
        let folder = try TemporaryFolder()
        for (value, isComplete) in [(1.0, true), (.nan, false)] {
            let path = folder.path.appending("\(isComplete).json")
            var writer = try ResultWriter(path: path)
            try writer.append(time: 0, measures: [("luma", [("avg", value)])])
            var head = head(1)
            head.summary = .members([
                "luma": .members(["avg": 1]),
                "people/people": .members(["objects": 1, "dropped_values": 3, "dropped_objects": 2]),
            ])
            _ = try writer.finish(head)
            let stored = try HeadReader.read(path)
            #expect(stored["sanitized"]?["dropped_values"]?.int == (isComplete ? 3 : 4))
            #expect(stored["sanitized"]?["dropped_objects"]?.int == 2)
            #expect(StoredHead(stored)?.isComplete == isComplete)
        }
    }

    @Test func `values that JSON cannot hold are dropped and counted`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        try writer.append(time: .nan, measures: [("luma", [("avg", .infinity), ("min", 1)])])
        try writer.append(time: nil, measures: [("luma", [("avg", 2), ("min", -.infinity)])])
        _ = try writer.finish(head(2, video: .members(["codec": "x", "duration": .double(.nan), "rate": .null])))
        let document = try JSONReader.parse(Files.read(path))
        #expect(document["sanitized"]?["dropped_values"] == 5)
        #expect(document["sanitized"]?["dropped_objects"] == 0)
        let frames = try #require(document["frames"]?.array)
        #expect(frames.allSatisfy { $0["time"] == nil })
        #expect(frames[0]["luma"] == .members(["min": 1]))
        #expect(frames[1]["luma"] == .members(["avg": 2]))
        #expect(document["video"] == .members(["codec": "x"]))
    }

    @Test func `the members of a document stand in the order of the contract`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        _ = try write(path, frames: 1)
        let keys = try JSONReader.parse(Files.read(path)).members?.map(\.key)
        #expect(
            keys == [
                "schema", "job_id", "status", "source", "video", "total_frames", "decode", "tools", "sanitized",
                "summary", "events", "frames",
            ])
    }

    @Test func `a name that is no text is kept exactly in a second member`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        try writer.append(time: 0, measures: [])
        var head = head(1)
        head.source.path = RawPath(bytes: [0x61, 0xff])
        _ = try writer.finish(head)
        let source = try #require(try HeadReader.read(path)["source"])
        #expect(source["path"] == "a\\xff")
        #expect(RawPath(source) == RawPath(bytes: [0x61, 0xff]))
    }

    @Test func `a frame of the four tools takes at most 400 bytes`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        // The longest numbers that these measures can have, at the end of a video of a day.
        let measures: [(String, [(key: String, value: Double)])] = [
            ("luma", [("min", 254.9961), ("avg", 254.9961), ("max", 254.9961), ("dif", 254.9961)]),
            ("scene", [("mafd", 99.9961), ("score", 99.9961)]), ("black", [("ratio", 0.9999)]),
            ("freeze", [("since", 5_183_999), ("difference", 0.0009)]),
        ]
        for _ in 0..<100 { try writer.append(time: 86399.983333, measures: measures) }
        _ = try writer.finish(head(100))
        let lines = try Files.read(path).split(separator: 0x0a).dropFirst().dropLast()
        #expect(lines.count == 100)
        for line in lines { #expect(line.count <= 400) }
    }
}

@Suite("Heads of results") struct HeadReaderTests {
    @Test func `a head is read without the frames`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        // What follows the first line is not even JSON.
        let head = #"{"schema":"forgebatch/result/1","total_frames":2,"frames":["#
        try AtomicFile.write(Array((head + "\n{broken").utf8), to: path, durable: false)
        let json = try HeadReader.read(path)
        #expect(json == .members(["schema": "forgebatch/result/1", "total_frames": 2]))
    }

    @Test func `a head longer than one read is read whole`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        for length in [65_000, 65_536, 200_000] {
            let text = String(repeating: "x", count: length)
            try AtomicFile.write(Array("{\"a\":\"\(text)\",\"frames\":[\n]}\n".utf8), to: path, durable: false)
            #expect(try HeadReader.read(path)["a"]?.string?.count == length)
        }
    }

    @Test(arguments: [
        "", "\n", "{}", "{}\n", "{\"frames\":[]}\n", "{\"a\":1,\"frames\":[1]}\n", "{\"a\":,\"frames\":[\n",
    ])
    func `what is no head is refused`(text: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        try AtomicFile.write(Array(text.utf8), to: path, durable: false)
        #expect(throws: JSONError.self) { try HeadReader.read(path) }
    }

    @Test func `a file that is missing is an error of the system`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SystemError.self) { try HeadReader.read(folder.path.appending("none.json")) }
    }
}

extension ResultWriter {
    /// Adds a frame of plain numbers.
    fileprivate mutating func append(
        time: Double?, measures: [(tool: String, values: [(key: String, value: Double)])]
    ) throws(SystemError) {
        try append(
            FrameRecord(time: time, measures: measures.map { ToolMeasures(tool: $0.tool, values: $0.values) }))
    }
}
