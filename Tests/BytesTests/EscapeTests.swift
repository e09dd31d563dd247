import Bytes
import TestSupport
import Testing

@Suite("Escaping") struct EscapeTests {
    /// Scalars that move a cursor, reorder text or hide.
    private static let hidden: [UInt32] =
        Array(0..<0x20) + Array(0x7f..<0xa0)
        + [0xad, 0x61c, 0x180e, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0xfeff]
        + [0xe0001, 0xe007f]

    @Test func `hidden characters are shown`() throws {
        for number in Self.hidden {
            let scalar = try #require(Unicode.Scalar(number))
            let shown = Escape.visible("a" + String(scalar) + "b")
            #expect(shown.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 && $0.value < 0x7f }, "\(number)")
            #expect(shown.hasPrefix("a\\") && shown.hasSuffix("b"))
            #expect(Escape.visible(bytes: Array(("a" + String(scalar) + "b").utf8)) == shown)
        }
        #expect(Escape.visible("\u{1b}[31m\u{9b}1m") == "\\u{1b}[31m\\u{9b}1m")
        #expect(Escape.visible("a\r\nb\tc") == "a\\r\\nb\\tc")
    }

    @Test(arguments: ["", "plain", "ü é 日本 😀", "a\\b", "<&\">'"])
    func `other text is left alone`(text: String) {
        #expect(Escape.visible(text) == text)
        #expect(Escape.visible(bytes: Array(text.utf8)) == text)
    }

    @Test func `bytes that are not UTF-8 are shown one by one`() {
        let known: [([UInt8], String)] = [
            ([0xff], "\\xff"), ([0x61, 0x80, 0x62], "a\\x80b"), ([0xc3], "\\xc3"), ([0xc3, 0x61], "\\xc3a"),
            ([0xe2, 0x82], "\\xe2\\x82"), ([0xe2, 0x82, 0xac], "€"), ([0xc0, 0xaf], "\\xc0\\xaf"),
            ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"), ([0xf0, 0x9f, 0x98, 0x80], "😀"),
            ([0xf0, 0x9f, 0x98], "\\xf0\\x9f\\x98"),
            ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"), ([0xfe, 0xc3, 0xa9], "\\xfeé"),
        ]
        for (bytes, text) in known { #expect(Escape.visible(bytes: bytes) == text) }
    }

    @Test func `random bytes give one line of visible text`() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let text = Escape.visible(bytes: bytes)
            #expect(Escape.visible(text) == text)
            #expect(!text.unicodeScalars.contains { $0.value < 0x20 })
            // URLs and words for a shell are ASCII or valid text too.
            #expect(Escape.urlPath(bytes).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
        }
    }

    @Test func `every byte of a URL's path is decoded again`() {
        let all = Array(UInt8.min ... .max)
        var decoded: [UInt8] = []
        var rest = Array(Escape.urlPath(all).utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                decoded.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                decoded.append(byte)
            }
        }
        #expect(decoded == all)
        #expect(Escape.urlPath(Array("javascript:a".utf8)) == "javascript%3Aa")
        #expect(Escape.urlPath(Array("a/b-c_d.e~f".utf8)) == "a/b-c_d.e~f")
        #expect(Escape.urlPath(Array("\"<>&'".utf8)) == "%22%3C%3E%26%27")
    }

    @Test func `a word for a shell has its known form`() {
        let known: [(String, String)] = [
            ("", "''"), ("a.mp4", "a.mp4"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(rm)", "'$(rm)'"),
            ("~", "'~'"), ("*", "'*'"), ("a;b", "'a;b'"), ("--force", "--force"), ("é", "'é'"), ("a\nb", "$'a\\x0ab'"),
            ("`a`", "'`a`'"), ("\u{202e}", "$'\\xe2\\x80\\xae'"), ("!x", "'!x'"), ("#", "'#'"), ("a\\b", "'a\\b'"),
        ]
        for (text, word) in known { #expect(Escape.shell(Array(text.utf8)) == word) }
        #expect(Escape.shell([0xff, 0x27, 0x5c, 0x61]) == "$'\\xff\\x27\\x5ca'")
    }

    /// The bytes that a shell makes of one word, by the rules of POSIX for quotes and of bash for `$'…'`; nil when a part
    /// of it stands outside of quotes and could mean something.
    private func unquoted(_ word: String) -> [UInt8]? {
        var rest = Array(word.utf8)[...]
        var result: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "'"):
                guard let end = rest.firstIndex(of: byte) else { return nil }
                result += rest[..<end]
                rest = rest[(end + 1)...]
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                result.append(next)
            case UInt8(ascii: "$"):
                guard rest.popFirst() == UInt8(ascii: "'"), let end = rest.firstIndex(of: UInt8(ascii: "'"))
                else { return nil }
                var inside = rest[..<end]
                while let byte = inside.popFirst() {
                    if byte == UInt8(ascii: "\\") {
                        let digits = String(decoding: inside.dropFirst().prefix(2), as: UTF8.self)
                        guard inside.first == UInt8(ascii: "x"), let value = UInt8(digits, radix: 16) else {
                            return nil
                        }
                        result.append(value)
                        inside = inside.dropFirst(3)
                    } else {
                        result.append(byte)
                    }
                }
                rest = rest[(end + 1)...]
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            default:
                guard "/.-_+=,".utf8.contains(byte) else { return nil }
                result.append(byte)
            }
        }
        return result
    }

    @Test func `a shell reads a word back as it was, whatever is in it`() {
        let hostile = [
            "'", "''", "a'b", "'; rm -rf ~; '", "$HOME", "a\nb", "\\", "\\'", "é'", "\"",
            // A quote that carries a combining mark is one character, but still a quote.
            "'\u{301}; rm -rf ~; '\u{301}", "a'\u{20dd}b", "'\u{fe0f}",
        ]
        for text in hostile { #expect(unquoted(Escape.shell(Array(text.utf8))) == Array(text.utf8), "\(text)") }
        var generator = SeededGenerator(seed: 6)
        let pieces: [[UInt8]] = [
            [0x27], [0xcc, 0x81], [0x5c], [0x24], [0x61], [0x20], [0xff], [0x0a], [0xc3, 0xa9], [0x66],
        ]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...8, using: &generator)).flatMap { _ in
                pieces.randomElement(using: &generator) ?? []
            }
            #expect(unquoted(Escape.shell(bytes)) == bytes, "\(bytes)")
        }
    }
}
