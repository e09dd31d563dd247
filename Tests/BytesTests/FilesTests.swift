import Bytes
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

    @Test func `a published file is whole and its hash is right`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("deep/er/a.txt")
        let hash = try AtomicFile.write(Array("abc".utf8), to: path)
        #expect(hash == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try Files.read(path) == Array("abc".utf8))
        #expect(try Files.list(path.parent).count == 1)
    }

    @Test func `hidden characters and invalid bytes are shown as escapes`() {
        #expect(Escape.visible(bytes: Array("a\u{202e}b\n\u{1b}".utf8) + [0xff]) == "a\\u{202e}b\\n\\u{1b}\\xff")
        #expect(Escape.urlPath(Array("a b/ü#?%:".utf8)) == "a%20b/%C3%BC%23%3F%25%3A")
        #expect(Escape.shell(Array("it's".utf8)) == "'it'\\''s'")
    }

    @Test func `base64 is that of the RFC`() {
        let known = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        for (plain, encoded) in known {
            #expect(Base64.encode(Array(plain.utf8)) == encoded)
            #expect(Base64.decode(encoded) == Array(plain.utf8))
        }
    }
}
