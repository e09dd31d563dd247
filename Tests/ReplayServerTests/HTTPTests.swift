import Testing

@testable import ReplayServer

@Suite("Ranges, tags, hosts and origins")
struct HTTPTests {
    @Test(
        "A range of a file of 100 bytes",
        arguments: [
            ("bytes=0-9", ByteRange.part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-5", .part(95..<100)),
            ("bytes=0-0", .part(0..<1)), ("bytes=99-99", .part(99..<100)), ("bytes=50-1000", .part(50..<100)),
            ("bytes=-1000", .part(0..<100)), ("bytes=100-", .unsatisfiable), ("bytes=100-200", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("bytes=9-1", .whole), ("bytes=", .whole), ("bytes=-", .whole),
            ("bytes=a-b", .whole), ("bytes=0-9,20-29", .whole), ("lines=1-2", .whole), ("bytes", .whole),
            ("BYTES=0-1", .part(0..<2)), ("bytes= 0-1", .part(0..<2)), ("bytes=+1-2", .whole), ("bytes=1.0-2", .whole),
            ("bytes=0-99999999999999999999", .part(0..<100)), ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=-99999999999999999999", .part(0..<100)), ("bytes=--5", .whole), ("bytes=0x1-2", .whole),
            ("bytes=9223372036854775807-9223372036854775807", .unsatisfiable),
        ])
    func ranges(field: String, wanted: ByteRange) {
        #expect(ByteRange(field, if: nil, tag: "\"t\"", size: 100) == wanted)
    }

    @Test("No range of an empty file can be had; without a range it is there")
    func empty() {
        for field in ["bytes=0-", "bytes=0-0", "bytes=-1"] {
            #expect(ByteRange(field, if: nil, tag: "\"t\"", size: 0) == .unsatisfiable)
        }
        #expect(ByteRange(nil, if: nil, tag: "\"t\"", size: 0) == .whole)
    }

    @Test("A range of another state of the file is all of it")
    func conditions() {
        #expect(ByteRange("bytes=0-1", if: "\"t\"", tag: "\"t\"", size: 9) == .part(0..<2))
        for other in ["\"u\"", "W/\"t\"", "Wed, 21 Oct 2015 07:28:00 GMT", ""] {
            #expect(ByteRange("bytes=0-1", if: other, tag: "\"t\"", size: 9) == .whole)
        }
    }

    @Test("A tag is found in a list, weak or not, and a star is any")
    func tags() {
        for list in ["\"t\"", "\"a\", \"t\"", "W/\"t\"", "*", " \"b\" ,\"t\" "] {
            #expect(EntityTags.contain(list, "\"t\""), "\(list)")
        }
        for list in ["", "t", "\"tt\"", "\"a\""] { #expect(!EntityTags.contain(list, "\"t\""), "\(list)") }
    }

    @Test("Hosts: the machine itself and those that are listed, and nothing that only looks like them")
    func hosts() {
        let access = Access(hosts: ["Box.example"], origins: [])
        for host in [
            "127.0.0.1", "127.0.0.1:80", "127.9.8.7:1", "localhost", "LOCALHOST:65535", "[::1]", "[::1]:8000",
            "box.example", "BOX.example:8000",
        ] { #expect(access.allows(host: host), "\(host)") }
        for host in [
            nil, "", ":80", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "box.example.evil",
            "127.0.0.1:80:80", "127.0.0.1:x", "127.0.0", "127.0.0.256", "128.0.0.1", "[::1", "[::1]x", "[::2]",
            "user@localhost", "localhost:123456", "0x7f.0.0.1", "2130706433",
        ] { #expect(!access.allows(host: host), "\(host ?? "nil")") }
    }

    @Test("Origins: this server, the machine itself, those that are listed; no other, and no null")
    func origins() {
        let access = Access(hosts: ["box.example"], origins: ["https://ok.example"])
        let host = "box.example:8000"
        for origin in [
            nil, "http://box.example:8000", "http://localhost:3000", "https://127.0.0.1", "http://[::1]:9",
            "https://ok.example", "HTTPS://OK.example",
        ] { #expect(access.allows(origin: origin, host: host), "\(origin ?? "nil")") }
        for origin in [
            "null", "", "https://evil.example", "http://box.example", "http://box.example:80", "https://ok.example:1",
            "https://ok.example.evil", "http://localhost.evil", "file://", "ftp://localhost", "localhost:3000",
            "http://localhost@evil.example", "http://evil.example/http://localhost",
        ] { #expect(!access.allows(origin: origin, host: host), "\(origin)") }
    }
}
