import Bytes
import Glibc
import TestSupport
import Testing

@Suite struct FilesTests {
    @Test func `a file that is not published leaves nothing behind`() throws {
        let folder = try TemporaryFolder()
        do {
            var file = try AtomicFile(folder.path.appending("a.json"))
            try file.write([1, 2, 3])
        }
        #expect(try Files.list(folder.path) == [])
    }

    @Test func `a published file is whole`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("deep/er/a.txt")
        try AtomicFile.write(Array("abc".utf8), to: path)
        #expect(try Files.read(path) == Array("abc".utf8))
        #expect(try Files.list(path.parent).count == 1)
    }

    @Test func `nothing has the name until the file is published`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        try AtomicFile.write(Array("before".utf8), to: path)
        var file = try AtomicFile(path)
        for _ in 0..<100 { try file.write([UInt8](repeating: 0x61, count: 1000)) }
        #expect(try Files.read(path) == Array("before".utf8))
        #expect(file.size == 100_000)
        let temporary = try Files.list(folder.path).filter { $0 != RawPath("a.json") }
        #expect(temporary.count == 1)
        #expect(temporary.allSatisfy { $0.bytes.starts(with: ".fb-".utf8) })
        try file.publish()
        #expect(try Files.list(folder.path) == [RawPath("a.json")])
        #expect(try Files.read(path).count == 100_000)
    }

    @Test func `a file that cannot be published is removed`() throws {
        let folder = try TemporaryFolder()
        // A folder with something in it cannot be replaced by a file.
        let path = folder.path.appending("taken")
        try AtomicFile.write([1], to: path.appending("inside"), durable: false)
        #expect(throws: SystemError.self) { try AtomicFile.write([2], to: path) }
        #expect(try Files.list(folder.path) == [RawPath("taken")])
    }

    @Test func `a file that must be new is not one that is there, nor a link`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a")
        Files.close(try Files.open(path, Files.createExclusive))
        #expect(throws: SystemError.self) { try Files.open(path, Files.createExclusive) }
        let link = folder.path.appending("link")
        try Files.link(RawPath("elsewhere"), at: link)
        for flags in [Files.createExclusive, Files.createExclusiveReadWrite, Files.appendOrCreate] {
            #expect(throws: SystemError.self) { try Files.open(link, flags) }
        }
        #expect(!Files.exists(folder.path.appending("elsewhere")))
        #expect(try Files.linkTarget(link) == RawPath("elsewhere"))
    }

    @Test func `names of temporary files differ`() {
        let names = (0..<1000).map { _ in Files.temporaryName() }
        #expect(Set(names).count == 1000)
        #expect(names.allSatisfy { $0.bytes.count == 20 && $0.bytes.starts(with: Files.temporaryPrefix.utf8) })
    }

    @Test func `a file is read up to a limit`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a")
        try AtomicFile.write([UInt8](repeating: 1, count: 100_000), to: path, durable: false)
        #expect(try Files.read(path).count == 100_000)
        #expect(throws: SystemError.self) { try Files.read(path, limit: 1000) }
        #expect(throws: SystemError.self) { try Files.read(folder.path) }
        do {
            _ = try Files.read(folder.path.appending("none\u{1b}"))
            Issue.record("there is no such file")
        } catch {
            #expect(error.isMissing && !error.isDiskFull)
            #expect(error.description.hasSuffix("none\\u{1b}: open: No such file or directory"))
        }
    }

    @Test func `a fingerprint tells contents apart by size, ends and middle`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a")
        func fingerprint(_ bytes: [UInt8]) throws -> String {
            try AtomicFile.write(bytes, to: path, durable: false)
            let descriptor = try Files.openInput(path)
            defer { Files.close(descriptor) }
            return try Fingerprint.of(descriptor, size: Int64(bytes.count), path: path)
        }
        #expect(try fingerprint([]) == "x1:" + Digest.sha256(Array("0\n".utf8)))
        #expect(try fingerprint([1, 2]) == "x1:" + Digest.sha256(Array("2\n".utf8) + [1, 2]))
        let piece = 64 << 10
        let long = (0..<(5 * piece)).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let usual = try fingerprint(long)
        #expect(
            usual == "x1:"
                + Digest.sha256(
                    Array("\(long.count)\n".utf8) + long[..<piece] + long[(2 * piece)..<(3 * piece)]
                        + long[(4 * piece)...]))
        for place in [0, piece - 1, 2 * piece, 5 * piece - 1] {
            var other = long
            other[place] ^= 1
            #expect(try fingerprint(other) != usual, "\(place)")
        }
        #expect(try fingerprint(long.dropLast()) != usual)
    }
}

@Suite("Files of lines") struct LineFileTests {
    @Test func `lines are appended, and a second writer goes on`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("deep/a.ndjson")
        var file: LineFile? = try LineFile(path)
        #expect(file?.size == 0 && file?.bytesCut == 0)
        try file?.append(Array("one".utf8))
        try file?.sync()
        file = nil
        let second = try LineFile(path)
        try second.append(Array("two".utf8))
        #expect(second.size == 8)
        #expect(try Files.read(path) == Array("one\ntwo\n".utf8))
    }

    @Test(arguments: [1, 10, 65_535, 65_536, 65_537, 200_000])
    func `a torn tail of any length is cut off`(length: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.ndjson")
        let tail = [UInt8](repeating: 0x61, count: length)
        for whole in ["", "one\n", "one\ntwo\n"] {
            try AtomicFile.write(Array(whole.utf8) + tail, to: path, durable: false)
            let file = try LineFile(path)
            #expect(file.bytesCut == length)
            #expect(file.size == Int64(whole.utf8.count))
            try file.append(Array("new".utf8))
            #expect(try Files.read(path) == Array((whole + "new\n").utf8))
        }
    }

    @Test func `lines that are no JSON are left out and counted`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.ndjson")
        try AtomicFile.write(Array("{\"a\":1}\nnoise\n\n{\"a\":2}\n{\"a\":3".utf8), to: path, durable: false)
        let (objects, broken) = try LineFile.objects(path)
        #expect(objects.compactMap { $0["a"]?.int } == [1, 2])
        #expect(broken == 2)
        let missing = try LineFile.objects(folder.path.appending("none"))
        #expect(missing.objects == [] && missing.broken == 0)
        #expect(throws: SystemError.self) { try LineFile.objects(folder.path) }
    }
}

@Suite("Temporary files and whoever clears them away")
struct TemporaryFileTests {
    @Test("A name is temporary by its 16 digits and nothing behind them")
    func names() {
        #expect(Files.isTemporaryName(Files.temporaryName()))
        #expect(Files.isTemporaryName(RawPath(".fb-0123456789abcdef")))
        for name in [
            ".fb-cam.mkv.json", ".fb-0123456789abcdef.json", ".fb-0123456789abcde", ".fb-0123456789ABCDEF", ".fb-",
            "fb-0123456789abcdef0",
        ] { #expect(!Files.isTemporaryName(RawPath(name)), "\(name)") }
    }

    @Test("One that is being written stays, one whose writer is gone is removed")
    func abandoned() throws {
        let folder = try TemporaryFolder()
        var file = try AtomicFile(folder.path.appending("a.json"), durable: false)
        try file.write([1])
        Files.removeIfAbandoned(file.temporary)
        #expect(try Files.list(folder.path).count == 1)
        try file.publish()
        #expect(try Files.list(folder.path) == [RawPath("a.json")])
        let left = folder.path.appending(Files.temporaryName())
        try Files.write([1], to: Files.open(left, Files.createExclusive), path: left)
        let link = folder.path.appending(Files.temporaryName())
        #expect("a.json".withCString { name in link.withCString { symlink(name, $0) } } == 0)
        for name in [left, link] { Files.removeIfAbandoned(name) }
        #expect(try Files.list(folder.path) == [RawPath("a.json")])
    }

    @Test("Files that are made while another clears away all that it may are published, every one")
    func race() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await withTaskGroup { group in
            group.addTask {
                for number in 0..<300 {
                    do {
                        try AtomicFile.write([1], to: path.appending("f\(number)"), durable: false)
                    } catch {
                        Issue.record("\(error)")
                    }
                }
            }
            group.addTask {
                for _ in 0..<300 {
                    for name in (try? Files.list(path)) ?? [] where Files.isTemporaryName(name) {
                        Files.removeIfAbandoned(path.appending(name))
                    }
                }
            }
        }
        #expect(try Files.list(path).count == 300)
    }

    @Test("What is only wanted for a while is gone afterwards")
    func discarded() throws {
        let folder = try TemporaryFolder()
        var file = try AtomicFile(folder.path.appending("a.json"), durable: false)
        try file.write([1, 2])
        #expect(try Files.read(file.temporary) == [1, 2])
        file.discard()
        #expect(try Files.list(folder.path) == [])
    }
}
