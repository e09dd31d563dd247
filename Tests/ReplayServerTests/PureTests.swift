import Bytes
import ReplayServer
import TestSupport
import Testing
import WebSocketChannel

/// The decisions that need no socket, by table.
@Suite struct PureTests {
    @Test(
        arguments: [
            (nil, .whole), ("bytes=0-9", .part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-5", .part(95..<100)),
            ("bytes=99-99", .part(99..<100)), ("bytes=0-", .part(0..<100)), ("bytes=10-1000", .part(10..<100)),
            ("bytes=-1000", .part(0..<100)), (" Bytes = 1 - 2 ", .part(1..<3)),
            ("bytes=0-99999999999999999999999", .part(0..<100)), ("bytes=-99999999999999999999999", .part(0..<100)),
            ("bytes=100-", .refused), ("bytes=99999999999999999999999-", .refused), ("bytes=5-2", .refused),
            ("bytes=-0", .refused), ("bytes=-", .refused), ("bytes=", .refused), ("bytes", .refused),
            ("bytes=abc", .refused), ("bytes=1-x", .refused), ("bytes=+1-2", .refused), ("bytes=--1", .refused),
            ("bytes=0-9,20-29", .refused), ("bytes=0-0,0-0,0-0,0-0,0-0", .refused),
            ("lines=1-2", .whole), ("", .whole),
        ] as [(String?, ByteRange)])
    func `a range of a file of 100 bytes`(field: String?, range: ByteRange) {
        #expect(ByteRange(field, size: 100) == range)
    }

    @Test(arguments: ["bytes=0-", "bytes=0-0", "bytes=-1"])
    func `an empty file has no range, but is a whole`(field: String) {
        #expect(ByteRange(field, size: 0) == .refused)
        #expect(ByteRange(nil, size: 0) == .whole)
    }

    @Test func `a copy is good when its tag is named, weak or not, or any is`() {
        for field in ["\"a\"", "W/\"a\"", "*", "\"b\", \"a\"", "\"b\",W/\"a\" ,\"c\"", " * "] {
            #expect(EntityTag.isNamed("\"a\"", in: field), "\(field)")
        }
        for field in ["\"b\"", "a", "", "\"a", "\"ab\"", "W/\"b\""] {
            #expect(!EntityTag.isNamed("\"a\"", in: field), "\(field)")
        }
        #expect(!EntityTag.isNamed("\"a\"", in: nil))
    }

    @Test func `a range is of the client's file only if its strong tag says so`() {
        #expect(EntityTag.permitsRange("\"a\"", nil))
        #expect(EntityTag.permitsRange("\"a\"", "\"a\""))
        for field in ["\"b\"", "W/\"a\"", "Wed, 21 Oct 2015 07:28:00 GMT", ""] {
            #expect(!EntityTag.permitsRange("\"a\"", field), "\(field)")
        }
    }

    @Test(arguments: [
        "127.0.0.1", "127.0.0.1:8080", "127.9.9.9", "localhost", "LocalHost:1", "localhost.", "app.localhost:3",
        "[::1]", "[::1]:8080", "nas.example", "nas.example:99", "NAS.example.", "tv.example:8080", "192.168.1.5:8080",
    ])
    func `a host that is ours`(host: String) {
        let policy = AccessPolicy(boundHost: "192.168.1.5", hosts: ["nas.example", "tv.example:8080"])
        #expect(policy.refusal(host: host, origins: []) == nil)
    }

    @Test(
        arguments: [
            ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421),
            ("tv.example", 421),
            ("tv.example:81", 421), ("10.0.0.1", 421), ("127.0.0.256", 421), ("127.0.0", 421), ("0.0.0.0", 421),
            ("[::2]", 421), ("evillocalhost", 421), ("", 400), ("a b", 400), ("localhost:x", 400),
            ("localhost:99999", 400),
            ("localhost/", 400), ("user@localhost", 400), (nil, 400), (":80", 400), ("::1", 400),
        ] as [(String?, Int)])
    func `a host that is not ours`(host: String?, status: Int) {
        let policy = AccessPolicy(boundHost: "0.0.0.0", hosts: ["tv.example:8080"])
        #expect(policy.refusal(host: host, origins: [])?.status == status)
    }

    @Test(arguments: [
        "http://127.0.0.1:8080", "http://localhost:3000", "https://localhost", "http://[::1]:5", "http://app.localhost",
        "http://nas.example:8080", "https://ui.example", "HTTPS://UI.example", "http://127.1.2.3:9",
        "https://nas.example:8080",
    ])
    func `an origin that has access`(origin: String) {
        let policy = AccessPolicy(boundHost: "::", hosts: ["nas.example"], origins: ["https://ui.example"])
        #expect(policy.refusal(host: "nas.example:8080", origins: [origin]) == nil)
    }

    @Test(arguments: [
        "null", "https://evil.example", "http://127.0.0.1:8080.evil.example", "http://localhost.evil.example",
        "http://nas.example", "https://nas.example", "http://nas.example:8081", "https://nas.example:8081",
        "http://ui.example",
        "https://ui.example:444", "https://ui.example.evil.example", "", "localhost", "file://", "ftp://localhost",
        "http://", "http://user@localhost", "http://localhost/", "chrome-extension://localhost",
    ])
    func `an origin that has none`(origin: String) {
        let policy = AccessPolicy(boundHost: "::", hosts: ["nas.example"], origins: ["https://ui.example"])
        #expect(policy.refusal(host: "nas.example:8080", origins: [origin])?.status == 403)
    }

    @Test(
        arguments: [
            ("tv.example", "https://tv.example", true), ("tv.example", "https://tv.example:8443", true),
            ("tv.example:8443", "https://tv.example:8443", true), ("tv.example:443", "https://tv.example", true),
            ("tv.example", "http://tv.example:8080", true), ("tv.example:8443", "https://tv.example", false),
            ("tv.example", "https://evil.example", false), ("tv.example", "https://tv.example.evil.example", false),
            // Of a host that is not listed the port has to be right.
            ("localhost", "https://tv.example", false), ("192.168.1.5", "https://192.168.1.5:8443", false),
            ("192.168.1.5:8443", "https://192.168.1.5:8443", true),
        ])
    func `behind a proxy that speaks TLS the pages of a host are https`(host: String, origin: String, isAllowed: Bool) {
        let policy = AccessPolicy(boundHost: "127.0.0.1", hosts: ["tv.example"])
        let refusal = policy.refusal(host: host, origins: [origin], reachedAt: "192.168.1.5")
        #expect((refusal == nil) == isAllowed)
    }

    @Test(
        arguments: [
            ("192.168.1.5", "192.168.1.5", true), ("192.168.1.5:8000", "::ffff:192.168.1.5", true),
            ("[2001:DB8:0::1]:8000", "2001:db8::1", true), ("192.168.1.6", "192.168.1.5", false),
            ("[2001:db8::2]", "2001:db8::1", false), ("nas.example", "192.168.1.5", false),
            ("0.0.0.0", "192.168.1.5", false), ("192.168.1.5.evil.example", "192.168.1.5", false),
            ("3232235781", "192.168.1.5", false), ("192.168.1.5", nil, false),
        ] as [(String, String?, Bool)])
    func `the address that a client reached the server at is its host`(host: String, address: String?, isOurs: Bool) {
        let policy = AccessPolicy(boundHost: "0.0.0.0")
        #expect((policy.refusal(host: host, origins: [], reachedAt: address) == nil) == isOurs)
    }

    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1", ["http://127.0.0.1:80"], false),
            ("::1", "::1", ["http://[::1]:80"], false), ("127.0.0.1", "localhost", ["http://localhost:80"], false),
            ("192.168.1.5", "nas", ["http://nas:80"], true),
            ("0.0.0.0", "0.0.0.0", ["http://127.0.0.1:80", "http://192.168.1.5:80"], true),
            ("::", "::", ["http://127.0.0.1:80", "http://192.168.1.5:80", "http://[2001:db8::1]:80"], true),
        ] as [(String, String, [String], Bool)])
    func `the addresses that are told are ones that work`(
        bound: String, host: String, addresses: [String], isOpen: Bool
    ) {
        let devices = ["127.0.0.1", "::1", "192.168.1.5", "fe80::1", "2001:db8::1"]
        let place = ListeningPlace(bound: bound, port: 80, host: host, devices: devices)
        #expect(place.addresses == addresses && place.isOpen == isOpen && place.port == 80)
    }

    @Test func `two origins are one too many`() {
        let policy = AccessPolicy(boundHost: "127.0.0.1")
        #expect(policy.refusal(host: "localhost", origins: ["http://localhost", "http://localhost"])?.status == 403)
    }

    @Test(
        arguments: [
            ("/", []), ("/a/b", ["a", "b"]), ("/a/", ["a"]), ("/a%20b/%C3%A9", ["a b", "é"]), ("/a?b/../c", ["a"]),
            ("/a..b/...", ["a..b", "..."]),
        ] as [(String, [String])])
    func `a path is its decoded components`(target: String, components: [String]) {
        #expect(RequestTarget(target).components == components)
    }

    @Test(arguments: [
        "", "a", "//", "//a", "/a//b", "/a//", "/..", "/../a", "/a/..", "/.", "/a/./b", "/%2e%2e/a", "/%2E./a",
        "/a%2fb",
        "/a%5cb", "/a\\b", "/%252e%252e/a", "/a%252fb", "/a%00b", "/a%2500", "/%0a", "/%7f", "/%zz", "/%", "/%2",
        "/%ff",
        "/%c0%af", "http://127.0.0.1/a", "*",
    ])
    func `a path that nothing can have`(target: String) {
        #expect(RequestTarget(target).components == nil)
    }

    @Test(
        arguments: [
            ("/a%252e%5c%0a", "a%2e\\\n"), ("/%25", "%"), ("/%252f", "%2f"), ("/a%5cb", "a\\b"), ("/%7f", "\u{7f}"),
            ("/..a", "..a"), ("/%00", nil), ("/%2f", nil), ("/%2e", nil), ("/%2e%2E", nil), ("/%zz", nil),
        ] as [(String, String?)])
    func `a file's name may be anything that is decoded once and is one name`(target: String, name: String?) {
        #expect(RequestTarget(target).names == name.map { [RawPath($0)] })
    }

    @Test func `a file's name need not be text`() {
        #expect(RequestTarget("/%ff%fe").names == [RawPath(bytes: [0xff, 0xfe])])
        #expect(RequestTarget("/a/").endsWithSlash && !RequestTarget("/a").endsWithSlash)
    }

    @Test func `a query is decoded, and the last of a name counts`() {
        let query = RequestTarget("/a?x=1&y=a+b%26c&x=2&&flag&=n&bad=%zz").query
        #expect(query == ["x": "2", "y": "a b&c", "flag": "", "": "n", "bad": "%zz"])
    }
}
