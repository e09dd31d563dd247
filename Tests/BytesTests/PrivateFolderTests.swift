import Bytes
import Glibc
import TestSupport
import Testing

@Suite("A folder for one user of it")
struct PrivateFolderTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func make(_ path: String, in parent: RawPath) throws {
        try AtomicFile.write([65], to: parent.appending(path), durable: false)
    }

    @Test("Nobody else may look into it, and it goes with all that it holds")
    func removed() throws {
        try make("outside/kept", in: folder.path)
        let own = try PrivateFolder(in: folder.path, prefix: "own-")
        var raw = stat()
        #expect(own.path.withCString { stat($0, &raw) } == 0)
        #expect(raw.st_mode & 0o777 == 0o700)
        try make("a/b/c/d", in: own.path)
        try make("a/.up-0/x", in: own.path)
        try Files.link(folder.path.appending("outside"), at: own.path.appending("a/link"))
        try Files.link(RawPath("/nowhere"), at: own.path.appending("dangling"))
        #expect(own.path.appending("fifo").withCString { mkfifo($0, 0) } == 0)
        for closed in ["a/b/c", "a/b"] { #expect(own.path.appending(closed).withCString { chmod($0, 0) } == 0) }
        heedingPermissions { own.remove() }
        #expect(try Files.list(folder.path) == [RawPath("outside")])
        #expect(Files.exists(folder.path.appending("outside/kept")))
    }

    @Test("Folders within folders go however deep they lie, also where no path is that long")
    func deep() throws {
        let own = try PrivateFolder(in: folder.path, prefix: "own-")
        var current = try Files.open(own.path, O_RDONLY | O_DIRECTORY)
        for _ in 0..<3000 {
            #expect(mkdirat(current.number, "deeper", 0o700) == 0)
            let next = FileDescriptor(openat(current.number, "deeper", O_RDONLY | O_DIRECTORY))
            Files.close(current)
            current = next
        }
        Files.close(current)
        own.remove()
        #expect(try Files.list(folder.path).isEmpty)
    }

    @Test("A sweep takes what nobody uses any more, and nothing else")
    func sweep() throws {
        let used = try PrivateFolder(in: folder.path, prefix: "own-")
        let left = folder.path.appending("own-0123456789abcdef")
        try make("x/y", in: left)
        for name in ["own-0123456789abcdeg", "own-0123456789abcde", "other-0123456789abcdef"] {
            try make("\(name)/x", in: folder.path)
        }
        let other = folder.path.appending("other-0123456789abcdef")
        try Files.link(other, at: folder.path.appending("own-aaaaaaaaaaaaaaaa"))
        let before = try Files.list(folder.path)
        PrivateFolder.sweep(folder.path, prefix: "own-")
        #expect(try Files.list(folder.path) == before.filter { $0 != left.lastComponent })
        #expect(Files.exists(other.appending("x")))
        used.remove()
    }
}
