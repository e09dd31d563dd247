import Bytes
import ReplayServer
import TestSupport
import Testing

/// Files within a folder, and nothing outside of it.
@Suite struct FileTests {
    private let folder: TemporaryFolder
    private let root: FolderRoot

    init() throws {
        folder = try TemporaryFolder()
        let inside = folder.path.appending("root")
        try AtomicFile.write(Array("outside".utf8), to: folder.path.appending("secret.txt"), durable: false)
        try AtomicFile.write(Array("0123456789".utf8), to: inside.appending("a.txt"), durable: false)
        try AtomicFile.write(Array("deep".utf8), to: inside.appending("sub/b.json"), durable: false)
        try AtomicFile.write([], to: inside.appending("empty"), durable: false)
        try Files.link(RawPath("../secret.txt"), at: inside.appending("link.txt"))
        try Files.link(RawPath("a.txt"), at: inside.appending("alias.txt"))
        try Files.link(folder.path, at: inside.appending("up"))
        try Files.link(RawPath("root"), at: folder.path.appending("latest"))
        root = FolderRoot(inside)
    }

    @Test func `a file is found by the components of its path, also when the root is reached by a link`() throws {
        #expect(try root.open(["a.txt"]).read(at: 0, count: 100) == Array("0123456789".utf8))
        #expect(try root.open(["sub", "b.json"]).size == 4)
        #expect(try FolderRoot(folder.path.appending("latest")).open(["a.txt"]).size == 10)
    }

    @Test(
        arguments: [
            [], ["none"], ["sub"], ["a.txt", "x"], ["link.txt"], ["alias.txt"], ["up", "secret.txt"],
            ["..", "secret.txt"], ["sub", "..", "a.txt"], ["."], [""], ["", "a.txt"], ["sub/b.json"], ["a.txt\0"],
            ["up", "root", "a.txt"],
        ] as [[String]])
    func `what is no file below the root, or behind a link, is not there`(components: [String]) {
        #expect(throws: WebError(404, "there is no such file")) { try root.open(components) }
    }

    @Test func `a name that is not text is a name`() throws {
        let name = RawPath(bytes: [0xff, 0xfe, 0x2e, 0x70, 0x6e, 0x67])
        try AtomicFile.write([1], to: root.folder.appending(name), durable: false)
        #expect(try root.open([name]).size == 1)
    }

    @Test func `a descriptor is given back with its file, and when there was none to open`() throws {
        func open() throws -> Int { try Files.list(RawPath("/proc/self/fd")).count }
        let before = try open()
        for _ in 0..<300 {
            _ = try root.open(["a.txt"])
            _ = try? root.open(["up", "secret.txt"])
            _ = try? root.open(["sub"])
        }
        // Other tests open and close theirs meanwhile.
        #expect(try open() < before + 250)
    }

    private func answer(_ fields: [String: String], isHead: Bool = false, size: Int64? = nil) throws -> WebAnswer {
        let request = WebRequest(.get, "/a.txt", fields: fields, isHead: isHead)
        return FileAnswer.make(try root.open(["a.txt"]), for: request, entityTag: "\"t\"", size: size)
    }

    @Test func `a whole file comes with what it needs to be asked for again`() throws {
        let answer = try answer([:])
        #expect(answer.status == 200)
        #expect(answer.length == 10)
        #expect(answer.fields["etag"] == "\"t\"")
        #expect(answer.fields["accept-ranges"] == "bytes")
        #expect(answer.fields["content-type"] == "text/plain; charset=utf-8")
    }

    @Test func `a range, a range of another file, and one that cannot be had`() throws {
        let part = try answer(["Range": "bytes=2-4", "If-Range": "\"t\""])
        #expect(part.status == 206)
        #expect(part.fields["content-range"] == "bytes 2-4/10")
        #expect(part.length == 3)
        #expect(try answer(["Range": "bytes=2-4", "If-Range": "\"old\""]).length == 10)
        let none = try answer(["Range": "bytes=10-"])
        #expect(none.status == 416)
        #expect(none.fields["content-range"] == "bytes */10")
        #expect(try answer(["Range": "bytes=2-4"], isHead: true).length == 10)
    }

    @Test func `a file that grows is served up to the size that is given`() throws {
        #expect(try answer([:], size: 6).length == 6)
        #expect(try answer(["Range": "bytes=-2"], size: 6).fields["content-range"] == "bytes 4-5/6")
        #expect(try answer([:], size: 1000).length == 10)
    }

    @Test func `a client that has the file is told so before any range is looked at`() throws {
        let answer = try answer(["If-None-Match": "\"x\", \"t\"", "Range": "bytes=99-"])
        #expect(answer.status == 304)
        #expect(answer.body.isEmpty)
        #expect(answer.fields["etag"] == "\"t\"")
    }

    @Test func `a tag follows the size and the time of a file`() {
        let tags = Set([(1, 1), (1, 2), (2, 1), (16, 1), (1, 16)].map { EntityTag.of(size: $0.0, modified: $0.1) })
        #expect(tags.count == 5)
        #expect(tags.allSatisfy { $0.hasPrefix("\"") && $0.hasSuffix("\"") && !$0.hasPrefix("W/") })
    }

    @Test(arguments: [
        ("a.html", "text/html; charset=utf-8"), ("a.CSS", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"), ("a.json", "application/json"),
        ("a.ndjson", "application/x-ndjson"), ("a.png", "image/png"), ("a.jpg", "image/jpeg"), ("a.mp4", "video/mp4"),
        ("a.webm", "video/webm"), ("a.mkv", "video/x-matroska"), ("a.txt", "text/plain; charset=utf-8"),
        ("a.svg", "image/svg+xml"), ("a", "application/octet-stream"), ("a.exe", "application/octet-stream"),
    ])
    func `a file's name says what it is`(name: String, type: String) {
        #expect(ContentType.of(RawPath(name)) == type)
    }
}
