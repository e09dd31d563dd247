import Bytes
import TestSupport
import Testing

@Suite("Compressed files") struct GzipTests {
    private let folder: TemporaryFolder
    private var path: RawPath { folder.path.appending("a.gz") }

    init() throws { folder = try TemporaryFolder() }

    /// Bytes that compress somewhat, the same each time.
    private func content(_ count: Int) -> [UInt8] {
        var state: UInt32 = 7
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 28)
        }
    }

    private func write(_ bytes: [UInt8]) throws { try AtomicFile.write(bytes, to: path, durable: false) }

    private func read(_ most: Int = 1 << 16, limit: Int64 = Gzip.mostContent) throws -> [UInt8] {
        let reader = try ContentReader(path, limit: limit)
        var all: [UInt8] = []
        while true {
            let piece = try reader.read(most)
            if piece.isEmpty { return all }
            all += piece
        }
    }

    private func fault(limit: Int64 = Gzip.mostContent) -> String? {
        do {
            _ = try read(limit: limit)
            return nil
        } catch {
            return (error as? SystemError)?.reason
        }
    }

    @Test func `bytes have their known compressed form, without a name and a time`() throws {
        let head: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
        #expect(try Gzip.compress([]) == head + [3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(
            try Gzip.compress(Array("abc".utf8))
                == head + [0x4b, 0x4c, 0x4a, 0x06, 0x00, 0xc2, 0x41, 0x24, 0x35, 3, 0, 0, 0])
    }

    @Test(arguments: [0, 1, 2, 100, 65535, 65536, 65537, 300_000])
    func `what is compressed in pieces is read in pieces of any size`(size: Int) throws {
        let content = content(size)
        for step in [1 + size / 3, 1000, 1 << 20] {
            var writer = try GzipWriter()
            var bytes: [UInt8] = []
            for start in stride(from: 0, to: size, by: step) {
                bytes += writer.add(Array(content[start..<min(size, start + step)]))
            }
            bytes += writer.finish()
            try write(bytes)
            for most in [2, 777, 1 << 17] where size / most < 1 << 15 { #expect(try read(most) == content) }
        }
    }

    @Test func `other programs read what is written here, and the other way round`() async throws {
        let python = try #require(ExternalProgram.python)
        let content = content(200_000)
        try write(Gzip.compress(content))
        let plain = folder.path.appending("plain")
        let back = folder.path.appending("back.gz")
        let program = """
            import gzip, sys
            data = gzip.open(sys.argv[1]).read()
            open(sys.argv[2], 'wb').write(data)
            with gzip.open(sys.argv[3], 'wb', 9) as file: file.write(data)
            """
        let outcome = try await python.run(["-c", program, path.display, plain.display, back.display])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try Files.read(plain) == content)
        // It carries a name and a time in its header.
        #expect(try ContentReader(back).readAll() == content)
    }

    @Test func `members one behind the other are one content`() throws {
        let parts = [content(1000), [], content(70_000), [1]]
        try write(parts.flatMap { try Gzip.compress($0) })
        #expect(try read() == parts.flatMap { $0 })
        #expect(try read(3) == parts.flatMap { $0 })
    }

    @Test func `a file that is not compressed is read as it is, whatever its name`() throws {
        for plain in [[], [0x1f], Array("{}\n".utf8), [0x1f, 0x8c, 1, 2], content(200_000)] {
            try write(plain)
            #expect(try read() == plain)
        }
    }

    @Test func `a file cut anywhere is an error that says so`() throws {
        let bytes = try Gzip.compress(content(5000))
        for length in stride(from: 2, to: bytes.count, by: 7) {
            try write(Array(bytes.prefix(length)))
            #expect(fault() == "its compressed data ends too early", "\(length) of \(bytes.count) bytes")
        }
    }

    @Test func `a changed byte never gives another content`() throws {
        let content = content(3000)
        let bytes = try Gzip.compress(content)
        for place in 2..<bytes.count {
            var changed = bytes
            changed[place] ^= 0x10
            try write(changed)
            // Time and system in the header are nobody's content.
            if fault() == nil { #expect(try read() == content, "byte \(place)") }
        }
    }

    @Test func `bytes behind the end are an error`() throws {
        try write(Gzip.compress(content(100)) + Array("more".utf8))
        #expect(fault()?.hasPrefix("its compressed data is damaged") == true)
    }

    @Test func `a file that unpacks to more than its reader takes is an error before that much was made`() throws {
        try write(Gzip.compress([UInt8](repeating: 0, count: 10 << 20)))
        #expect(try Files.status(path).size < 20_000)
        #expect(fault(limit: 1 << 20) == "it unpacks to more than 1048576 bytes")
        #expect(fault(limit: 10 << 20) == nil)
        #expect(throws: SystemError.self) { try ContentReader(path).readAll(most: 1 << 20) }
    }

    @Test func `lines are read from a compressed file`() throws {
        try write(Gzip.compress(Array("one\n\ntwo\nthree".utf8)))
        let reader = try LineReader(path)
        var lines: [String] = []
        var isTorn = false
        while let line = try reader.next() {
            lines.append(String(decoding: line, as: UTF8.self))
            isTorn = reader.isTorn
        }
        #expect(lines == ["one", "", "two", "three"])
        #expect(isTorn)
    }

    @Test func `a document is read piece by piece from a compressed file`() throws {
        try write(Gzip.compress(Array("{\"a\":1,\"list\":[{\"b\":2},{\"b\":3}],\"c\":4}".utf8)))
        let reader = try DocumentReader(path, list: "list")
        #expect(reader.head["a"]?.int == 1)
        #expect(try reader.next()?["b"]?.int == 2)
        #expect(try reader.next()?["b"]?.int == 3)
        #expect(try reader.next() == nil)
        #expect(reader.tail["c"]?.int == 4)
    }

    @Test func `a compressed file opened to be read anywhere is unpacked, and leaves nothing behind`() throws {
        let content = content(300_000)
        let scratch = folder.path.appending("scratch")
        try Files.makeDirectory(scratch)
        try write(Gzip.compress(content))
        let unpacked = try Files.openUnpacked(path, in: scratch)
        #expect(try Files.list(scratch) == [])
        #expect(try Files.read(unpacked, at: 250_000, count: 100_000, path: path) == Array(content[250_000...]))
        Files.close(unpacked)
        #expect(throws: SystemError.self) { try Files.openUnpacked(path, limit: 1000, in: scratch) }
        #expect(try Files.list(scratch) == [])
        try write(content)
        let plain = try Files.openUnpacked(path, in: scratch)
        #expect(try Files.status(descriptor: plain, path: path) == Files.status(path))
        Files.close(plain)
    }
}
