import Bytes
import Glibc
import TestSupport
import Testing

@testable import BatchRun

/// A directory that is removed with its owner.
private final class Tree {
    let root: RawPath

    init() throws {
        var template = Array("/tmp/forgebatch-discovery-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap(mkdtemp).map { RawPath(cString: $0) }
        }
        root = try Files.resolve(try #require(made))
    }

    deinit { Self.remove(root) }

    private static func remove(_ path: RawPath) {
        if (try? Files.status(path, follow: false))?.kind == .directory {
            for name in (try? Files.list(path)) ?? [] { remove(path.appending(name)) }
        }
        _ = path.withCString { Glibc.remove($0) }
    }

    @discardableResult
    func file(_ name: String, _ bytes: [UInt8] = [1]) throws -> RawPath { try file(RawPath(name), bytes) }

    @discardableResult
    func file(_ name: RawPath, _ bytes: [UInt8] = [1]) throws -> RawPath {
        let path = root.appending(name)
        try AtomicFile.write(bytes, to: path, durable: false)
        return path
    }

    func link(_ target: String, at name: String) throws {
        try Files.makeDirectory(root.appending(name).parent, durable: false)
        try Files.link(RawPath(target), at: root.appending(name))
    }

    func fifo(_ name: String) { _ = root.appending(name).withCString { mkfifo($0, 0o600) } }

    func find(_ paths: [String]? = nil, listed: [RawPath] = [], _ change: (inout DiscoveryOptions) -> Void = { _ in })
        -> Discovery
    {
        var options = DiscoveryOptions(now: 2_000_000_000_000_000_000)
        change(&options)
        let paths = paths.map { $0.map { root.appending($0) } } ?? [root]
        return Discovery.find(paths, listed: listed, options: options)
    }
}

extension Discovery {
    fileprivate var names: [String] { candidates.map(\.relative.display) }
    fileprivate var reasons: [String] { problems.map { $0.path.lastComponent.display + ": " + $0.reason } }
}

struct DiscoveryTests {
    private let tree: Tree
    init() throws { tree = try Tree() }

    @Test func `candidates are sorted by bytes whatever their depth`() throws {
        for name in ["b.mp4", "a/z.mkv", "a.mp4", "B.MOV", "a/b/c.webm", "notes.txt", "é.avi"] { try tree.file(name) }
        let found = tree.find()
        #expect(found.names == ["B.MOV", "a.mp4", "a/b/c.webm", "a/z.mkv", "b.mp4", "é.avi"])
        #expect(found.candidates.first?.path == tree.root.appending("B.MOV"))
        #expect(found.problems.isEmpty)
        #expect(tree.find { $0.maxDepth = 1 }.names == ["B.MOV", "a.mp4", "b.mp4", "é.avi"])
        #expect(tree.find { $0.extensions = ["txt"] }.names == ["notes.txt"])
    }

    @Test func `hidden names and the leavings of other programs are left out unless asked for`() throws {
        for name in [
            ".h.mp4", ".d/x.mp4", "@eaDir/t.mp4", ".Trash-1/x.mp4", "#recycle/x.mp4", "r.forgebatch/x.mp4", "out/x.mp4",
            "ok.mp4",
        ] { try tree.file(name) }
        let output = tree.root.appending("out")
        #expect(tree.find { $0.output = output }.names == ["ok.mp4"])
        let hidden = tree.find {
            $0.output = output
            $0.hidden = true
        }
        #expect(hidden.names == [".d/x.mp4", ".h.mp4", "ok.mp4"])
        let asked = tree.find {
            $0.output = output
            $0.rules = [.include(Glob("@eaDir")), .include(Glob(".h*")), .include(Glob("out"))]
        }
        #expect(asked.names == [".h.mp4", "@eaDir/t.mp4"])
    }

    @Test func `the last matching rule wins`() throws {
        for name in ["a/keep.mp4", "a/x.mp4", "b/x.mp4", "c.mkv"] { try tree.file(name) }
        let some = tree.find { $0.rules = [.exclude(Glob("*.mp4")), .include(Glob("keep.*"))] }
        #expect(some.names == ["a/keep.mp4", "c.mkv"])
        #expect(
            tree.find { $0.rules = [.exclude(Glob("a")), .include(Glob("keep.*"))] }.names == ["b/x.mp4", "c.mkv"])
        #expect(tree.find { $0.rules = [.include(Glob("*.mkv"))] }.names == ["c.mkv"])
        #expect(tree.find { $0.rules = [.include(Glob("/a/**")), .exclude(Glob("x*"))] }.names == ["a/keep.mp4"])
    }

    @Test func `links are followed only when asked, and each file is taken once`() throws {
        let outside = try Tree()
        try outside.file("far.mp4")
        try outside.file("more/deep.mp4")
        try tree.file("d/real.mp4")
        try tree.link("d/real.mp4", at: "a-link.mp4")
        try tree.link("..", at: "d/loop")
        try tree.link("self.mp4", at: "self.mp4")
        try tree.link("nowhere", at: "dangling.mp4")
        try tree.link(outside.root.appending("far.mp4").display, at: "far.mp4")
        try tree.link(outside.root.appending("more").display, at: "more")
        let shy = tree.find()
        #expect(shy.names == ["d/real.mp4"])
        #expect(
            shy.reasons == [
                "dangling.mp4: dangling link", "far.mp4: link not followed (use --follow)",
                "self.mp4: link cannot be followed: Too many levels of symbolic links",
            ])
        let bold = tree.find { $0.follow = true }
        #expect(bold.names == ["d/real.mp4", "far.mp4", "more/deep.mp4"])
        #expect(bold.problems.count == 2)
    }

    @Test func `a FIFO with a video's name is a problem and is not opened`() throws {
        tree.fifo("p.mp4")
        tree.fifo("plain")
        try tree.link("/dev/zero", at: "zero.mp4")
        let reasons = ["p.mp4: not a regular file (fifo)", "zero.mp4: not a regular file (device)"]
        #expect(tree.find().reasons == reasons)
        #expect(tree.find(["p.mp4"]).reasons == [reasons[0]])
    }

    @Test func `an unreadable directory costs only itself`() throws {
        try tree.file("a/x.mp4")
        try tree.file("b.mp4")
        let closed = tree.root.appending("a")
        _ = closed.withCString { chmod($0, 0) }
        defer { _ = closed.withCString { chmod($0, 0o700) } }
        let found = heedingPermissions { tree.find() }
        #expect(found.names == ["b.mp4"])
        #expect(found.reasons == ["a: Permission denied"])
    }

    @Test func `names are bytes`() throws {
        let names = [
            RawPath("a\nb.mp4"), RawPath(bytes: [0x66, 0xff] + Array(".mp4".utf8)),
            RawPath(String(repeating: "n", count: 251) + ".mp4"),
        ]
        for name in names { try tree.file(name) }
        #expect(tree.find().candidates.map(\.relative) == names)
    }

    @Test func `roots with the same name are told apart in the order given`() throws {
        for name in ["one/v/x.mp4", "two/v/x.mp4", "two/v/y.bin"] { try tree.file(name) }
        #expect(tree.find(["one/v"]).names == ["x.mp4"])
        #expect(tree.find(["one/v/", "two/v"]).names == ["v/x.mp4", "v~2/x.mp4"])
        #expect(tree.find(["two/v/x.mp4", "two/v/y.bin"]).names == ["x.mp4", "y.bin"])
        #expect(tree.find(["two/v", "two/v/../v/x.mp4"]).names == ["x.mp4"])
        #expect(tree.find(["one/../two/v/.", "one"]).names == ["one/v/x.mp4", "v/x.mp4"])
        let listed = tree.find(["one/v"], listed: [tree.root.appending("two/v/y.bin")])
        #expect(listed.names == ["v/x.mp4", "v~2/y.bin"])
    }

    @Test func `a missing PATH is told and does not rename the others`() throws {
        try tree.file("v/x.mp4")
        let found = tree.find(["v", "gone", "v/gone.mp4"])
        #expect(found.names == ["v/x.mp4"])
        #expect(found.problems.map(\.isInput) == [true, true])
        #expect(tree.find(["v", "v/gone.mp4"]).names == ["x.mp4"])
        #expect(tree.find(["v/x.mp4\0"]).problems.count == 1)
    }

    @Test func `files that changed a moment ago are counted, not taken`() throws {
        let modified = try Files.status(try tree.file("x.mp4")).modified
        for (age, count) in [(Int64(99), 0), (100, 1)] {
            let found = tree.find {
                $0.now = modified + age
                $0.minAge = 100
            }
            #expect(found.candidates.count == count)
            #expect(found.tooYoung == 1 - count)
        }
    }

    @Test func `a file without a known extension is known by its first bytes`() throws {
        try tree.file("bmff", [0, 0, 0, 8] + Array("ftyp".utf8))
        try tree.file("clip.2024", [0x1a, 0x45, 0xdf, 0xa3])
        try tree.file("transport", (0..<400).map { $0 % 188 == 0 ? 0x47 : 0 })
        try tree.file("h264", [0, 0, 0, 1, 0x67])
        try tree.file("hevc", [0, 0, 0, 1, 0x40, 1])
        try tree.file("readme.txt", [0x1a, 0x45, 0xdf, 0xa3])
        try tree.file("wave", Array("RIFF....WAVE".utf8))
        try tree.file("empty", [])
        #expect(tree.find().names == ["bmff", "clip.2024", "h264", "hevc", "transport"])
    }

    @Test func `photos, sound and texts are not taken, whatever container they lie in`() throws {
        let heic = Array("\0\0\0\u{14}ftypheic\0\0\0\0mif1".utf8)
        let movie = Array("\0\0\0\u{14}ftypqt  \0\0\0\0qt  ".utf8)
        for name in ["a.HEIC", "b", "c.photo"] { try tree.file(name, heic) }
        for name in ["a.CR3", "a.m4b", "a.3ga", "a.mka", "a.wma", "a.oga"] { try tree.file(name, movie) }
        try tree.file("app.ts", Array("import x from \"y\"\n".utf8))
        try tree.file("x.dif", Array("--- a\n+++ b\n".utf8))
        try tree.file("seg.ts", [0x47, 0x40, 0, 0x10])
        try tree.file("damaged.mts", [0, 0, 0, 0])
        try tree.file("empty.tp", [])
        try tree.file("shot.photo", movie)
        let found = tree.find()
        #expect(found.names == ["damaged.mts", "empty.tp", "seg.ts", "shot.photo"])
        #expect(found.problems.isEmpty && found.untaken.isEmpty)
        #expect(tree.find { $0.extensions = ["ts", "heic"] }.names == ["a.HEIC", "app.ts", "seg.ts"])
        #expect(tree.find(["a.HEIC", "app.ts"]).names == ["a.HEIC", "app.ts"])
    }

    @Test func `a recording that cannot be opened stays a candidate`() throws {
        try tree.file("a.ts")
        try tree.file("b.unknown")
        for name in ["a.ts", "b.unknown"] { _ = tree.root.appending(name).withCString { chmod($0, 0) } }
        let found = heedingPermissions { tree.find() }
        #expect(found.names == ["a.ts"])
        #expect(found.reasons == ["b.unknown: Permission denied"])
    }

    @Test func `what looks like a video and is not read is named once, with what to do`() throws {
        for name in ["a.BRAW", "d/b.braw", "c.yuv", "program.swf", "ok.mp4"] { try tree.file(name) }
        let found = tree.find()
        #expect(found.names == ["ok.mp4"])
        #expect(found.untaken.map(\.relative.display) == ["a.BRAW", "c.yuv", "d/b.braw", "program.swf"])
        let note = try #require(found.untakenNote)
        #expect(
            note.hasPrefix("4 files look like video but are not supported: .braw 2 (Blackmagic RAW), .swf 1 (Flash)"))
        #expect(tree.find([".", "d", "d/b.braw"]).untaken.map(\.relative.lastComponent.display).count == 3)
        #expect(tree.find { $0.rules = [.exclude(Glob("d"))] }.untaken.count == 3)
        #expect(tree.find(["ok.mp4"]).untakenNote == nil)
    }

    @Test func `a format that the linked FFmpeg lacks is named, under any name`() throws {
        let flash = Array("FLV\u{1}\u{5}".utf8)
        try tree.file("a.flv", flash)
        try tree.file("b", flash)
        try tree.file("c.mkv")
        let found = tree.find { $0.missingFormats = ["flv", "gxf"] }
        #expect(found.names == ["c.mkv"])
        #expect(found.untaken.map(\.format) == ["Flash Video", "Flash Video"])
        #expect(
            found.untakenNote?.contains(".flv 1") == true && found.untakenNote?.contains("without extension 1") == true)
        #expect(tree.find().names == ["a.flv", "b", "c.mkv"])
    }

    @Test func `a list is split at lines or at NUL bytes`() {
        let bytes = Array("a b\n\nc\0d\0\0".utf8)
        #expect(Discovery.parseList(bytes, nullSeparated: false) == [RawPath("a b"), RawPath("c\0d\0\0")])
        #expect(Discovery.parseList(bytes, nullSeparated: true) == [RawPath("a b\n\nc"), RawPath("d")])
    }
}
