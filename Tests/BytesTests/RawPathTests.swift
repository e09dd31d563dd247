import Bytes
import TestSupport
import Testing

@Suite("Paths") struct RawPathTests {
    @Test func `a path is taken apart by its slashes`() {
        let known: [(String, String, String)] = [
            ("a", ".", "a"), ("a/b", "a", "b"), ("/a", "/", "a"), ("/a/b", "/a", "b"), ("/", "/", ""), ("", ".", ""),
        ]
        for (path, parent, last) in known {
            #expect(RawPath(path).parent == RawPath(parent), "\(path)")
            #expect(RawPath(path).lastComponent == RawPath(last), "\(path)")
        }
        #expect(RawPath("//a///b//").components.map { Array($0) } == [[0x61], [0x62]])
        #expect(RawPath("/a").isAbsolute && !RawPath("a/").isAbsolute && !RawPath("").isAbsolute)
    }

    @Test func `a path is put together with one slash`() {
        let known = [
            ("a", "b", "a/b"), ("a/", "b", "a/b"), ("/", "b", "/b"), ("", "b", "b"), ("a", "", "a"), ("", "", ""),
        ]
        for (one, two, joined) in known { #expect(RawPath(one).appending(two) == RawPath(joined)) }
        #expect(RawPath("a").suffixed(".json") == RawPath("a.json"))
    }

    @Test func `an extension is what follows the last dot of a name`() {
        let known: [(String, String?)] = [
            ("a.mp4", "mp4"), ("a.MP4", "mp4"), ("a.tar.gz", "gz"), (".mp4", nil), ("a.", nil), ("a", nil),
            ("x.y/a", nil),
            ("x.y/a.Mkv", "mkv"), ("a.m p", nil), ("a.é", nil), ("..mp4", "mp4"), ("", nil),
        ]
        for (path, expected) in known { #expect(RawPath(path).lowercasedExtension == expected, "\(path)") }
        #expect(RawPath(bytes: [0x61, 0x2e, 0xff]).lowercasedExtension == nil)
    }

    @Test func `a path lies inside another by whole components`() {
        let known = [
            ("/a/b", "/a", true), ("/a", "/a", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("a//b", "a/", true),
            ("b/a", "a", false), ("a", "", true),
        ]
        for (path, root, expected) in known { #expect(RawPath(path).isInside(RawPath(root)) == expected, "\(path)") }
    }

    @Test func `the order is that of bytes`() {
        let sorted = [RawPath("Z"), RawPath("a"), RawPath("a/b"), RawPath("aa"), RawPath("é"), RawPath(bytes: [0xff])]
        #expect(sorted.reversed().sorted() == sorted)
        // Two spellings of a character are two names.
        #expect(RawPath("\u{e9}") != RawPath("e\u{301}"))
    }

    @Test func `a path goes to C and comes back`() {
        for path in [RawPath(""), RawPath("a b/ü"), RawPath(bytes: [0xff, 0x0a, 0x80])] {
            #expect(path.withCString { RawPath(cString: $0) } == path)
        }
    }

    @Test func `a path goes through JSON and comes back, whatever its bytes`() throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<2000 {
            let path = RawPath(
                bytes: (0..<Int.random(in: 1...30, using: &generator)).map { _ in
                    UInt8.random(in: 1...255, using: &generator)
                })
            let line = JSONWriter.encode(.object(path.members() + path.members("result")))
            let json = try JSONReader.parse(line)
            #expect(RawPath(json) == path)
            #expect(RawPath(json, key: "result") == path)
            #expect((json["path_bytes"] == nil) == (path.text != nil))
        }
        #expect(RawPath(.object([])) == nil)
        #expect(RawPath(.members(["path": 1])) == nil)
    }

    @Test func `a path is shown on one line`() {
        #expect(RawPath(bytes: [0x61, 0x0a, 0xff, 0x1b]).display == "a\\n\\xff\\u{1b}")
        #expect(RawPath(bytes: [0xff]).text == nil)
    }
}
