import Bytes
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "[1,]", "{\"a\":1,}", "NaN", "[Infinity]", "01", "1.", ".5", "+1", "\"\\ud800\"", "\"\u{1}\"",
        "{\"a\":1,\"a\":2}",
        "1e400", "[1] 2", "", "\u{feff}1", "'a'", "{a:1}", "\"\\x\"", "tru", "-", "[", "{\"a\"",
    ])
    func `text that is not strict JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test(arguments: [
        "null", "true", "[]", "{}", "0", "-1", "0.5", "1e-7", "\"\\u00e9\\ud83d\\ude00\"", "[1,[2,{\"a\":[]}]]", " 1 ",
    ])
    func `strict JSON is accepted`(text: String) throws {
        _ = try JSONReader.parse(text)
    }

    @Test func `invalid UTF-8 is refused`() {
        #expect(throws: JSONError.self) { try JSONReader.parse([0x22, 0xff, 0x22]) }
    }

    @Test func `nesting past the limit is refused without a crash`() {
        let deep = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONError.self) { try JSONReader.parse(deep) }
    }

    @Test func `numbers are written with the shortest digits that read back the same`() throws {
        let known: [(Double, String)] = [
            (0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (1.23, "1.23"), (0.0001, "0.0001"),
            (12345.6789, "12345.6789"),
            (0.1 + 0.2, "0.30000000000000004"), (1e21, "1e+21"), (100, "100"),
        ]
        for (value, text) in known { #expect(JSONWriter.text(.double(value)) == text) }
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let value = Double.random(in: -1e6...1e6, using: &generator)
            let written = try JSONReader.parse(JSONWriter.text(.double(value)))
            #expect(written.double == value)
        }
    }

    @Test func `what is written is read back equal`() throws {
        let value: JSON = .object([
            .init("text", "a\"\\\n\t\u{1}\u{2028}é😀"), .init("list", .array([1, -2, true, .null, .double(0.25)])),
            .init("empty", .object([])),
        ])
        #expect(try JSONReader.parse(JSONWriter.encode(value)) == value)
    }
}
