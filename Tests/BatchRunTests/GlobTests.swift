import Bytes
import Testing

@testable import BatchRun

struct GlobTests {
    @Test(arguments: [
        ("*.mp4", "a/b/c.mp4"), ("*.mp4", ".mp4"), ("a?c", "abc"), ("[a-c]x", "bx"), ("[!a-c]x", "dx"), ("[]]", "]"),
        ("a[", "a["), ("\\*", "*"), ("a/*.mp4", "a/x.mp4"), ("/x", "x"), ("a/**", "a/b/c"), ("**/c", "c"),
        ("**/c", "a/b/c"), ("a/**/c", "a/c"), ("a/**/c", "a/b/b/c"), ("/a**c", "a/b/c"), ("[\\]]", "]"), ("a\\", "a\\"),
    ])
    func `a pattern matches`(pattern: String, path: String) {
        #expect(Glob(pattern).matches(RawPath(path)))
    }

    @Test(arguments: [
        ("*.mp4", "a.mp4/x"), ("a?c", "a/c"), ("[!a-c]x", "ax"), ("\\*", "a"), ("a/*.mp4", "a/b/x.mp4"), ("/x", "a/x"),
        ("a/**", "a"), ("**/c", "a/bc"), ("a/**/c", "a/bc"), ("a[!b]c", "a/c"), ("[z-a]", "m"), ("d/", "d"), ("", "a"),
    ])
    func `a pattern does not match`(pattern: String, path: String) {
        #expect(!Glob(pattern).matches(RawPath(path)))
    }

    @Test func `a trailing slash asks for a directory at any depth`() {
        #expect(Glob("d/").matches(RawPath("a/d"), isDirectory: true))
        #expect(!Glob("/d/").matches(RawPath("a/d"), isDirectory: true))
    }

    @Test func `bytes that are not text are matched`() {
        #expect(Glob("?.mp4").matches(RawPath(bytes: [0xff] + Array(".mp4".utf8))))
        #expect(Glob("*").matches(RawPath("a\nb")))
    }

    @Test(.timeLimit(.minutes(1))) func `many stars take no time`() {
        let pattern = String(repeating: "*a", count: 100) + "b"
        #expect(!Glob(pattern).matches(RawPath(String(repeating: "a", count: 255))))
        let folders = String(repeating: "**/a*", count: 50) + "b"
        #expect(!Glob(folders).matches(RawPath(String(repeating: "a/", count: 1000) + "c")))
    }
}
