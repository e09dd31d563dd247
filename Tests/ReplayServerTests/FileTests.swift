import Bytes
import ReplayServer
import TestSupport
import Testing
import VideoFormats

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
        ("a.ndjson", "application/x-ndjson"), ("a.png", "image/png"), ("a.jpg", "image/jpeg"),
        ("a.txt", "text/plain; charset=utf-8"), ("a.svg", "image/svg+xml"), ("a", "application/octet-stream"),
        ("a.exe", "application/octet-stream"), ("a.mp4", "application/octet-stream"),
    ])
    func `the name of a page's part says what it is`(name: String, type: String) {
        #expect(ContentType.of(RawPath(name)) == type)
    }

    @Test(arguments: [
        "a.html", "a.svg", "a.js", "a.css", "a.xml", "a.xhtml", "a.pdf", "a.mp4", "a.ico", "a", "a.json.html", "a.swf",
    ])
    func `a file of anybody's in which something could run is saved, not shown`(name: String) throws {
        try AtomicFile.write(Array("<svg>".utf8), to: root.folder.appending(name), durable: false)
        let answer = FileAnswer.make(try root.open([name]), for: WebRequest(.get, "/"))
        #expect(answer.fields["content-type"] == "application/octet-stream")
        #expect(answer.fields["content-disposition"] == "attachment; filename*=UTF-8''\(name)")
        #expect(answer.fields["content-security-policy"] == "sandbox")
    }

    @Test func `what is shown of anybody's is in a sandbox, and a page of ours is not`() throws {
        let shown = try answer([:])
        #expect(shown.fields["content-security-policy"] == "sandbox")
        #expect(shown.fields["content-disposition"] == nil)
        let page = FileAnswer.make(try root.open(["a.txt"]), for: WebRequest(.get, "/"), as: .page)
        #expect(page.fields["content-security-policy"] == nil)
    }

    @Test(
        arguments: [
            ([0, 0, 0, 24] + Array("ftypisom".utf8) + [0, 0, 2, 0] + Array("isomavc1".utf8), "video/mp4"),
            ([0, 0, 0, 20] + Array("ftypqt  ".utf8) + [0, 0, 2, 0] + Array("qt  ".utf8), "video/quicktime"),
            ([0, 0, 0, 20] + Array("moov".utf8), "video/quicktime"),
            ([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84] + Array("webm".utf8), "video/webm"),
            ([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x88] + Array("matroska".utf8), "video/x-matroska"),
            (Array("RIFF".utf8) + [1, 0, 0, 0] + Array("AVI LIST".utf8), "video/x-msvideo"),
            (Array("YUV4MPEG2 W32 H24\n".utf8), nil), (Array("GIF89a".utf8) + [0], nil),
            (Array("<!--ftyp--><svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>".utf8), nil),
            (Array("<html>".utf8), nil), ([], nil),
        ] as [([UInt8], String?)])
    func `a video's first bytes say what it is, whatever its name`(head: [UInt8], type: String?) {
        #expect(ContentType.video(FileHead(head, size: 100_000)) == type)
    }
}
