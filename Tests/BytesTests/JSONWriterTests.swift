import Bytes
import TestSupport
import Testing

@Suite("JSON writer") struct JSONWriterTests {
    @Test func `numbers have the shortest digits`() {
        let known: [(Double, String)] = [
            (0, "0"), (-0.0, "0"), (1, "1"), (-1.5, "-1.5"), (1.23, "1.23"), (0.0001, "0.0001"), (-0.0001, "-0.0001"),
            (12345.6789, "12345.6789"), (0.1 + 0.2, "0.30000000000000004"), (100, "100"), (0.5, "0.5"), (1e-5, "1e-05"),
            (99.9961, "99.9961"), (1.0 / 3, "0.3333333333333333"), (1e21, "1e+21"), (.leastNonzeroMagnitude, "5e-324"),
            (1e11, "100000000000"), (1e12, "1000000000000"), (-123_456_789_012_345, "-123456789012345"),
            (9_007_199_254_740_991, "9007199254740991"), (-1e15, "-1000000000000000"),
        ]
        for (value, text) in known { #expect(JSONWriter.text(.double(value)) == text) }
    }

    /// The digits of a number without sign, point, exponent and outer zeros.
    private func digits(_ text: String) -> String {
        let mantissa = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
        return String(mantissa.reversed().drop { $0 == "0" }.reversed())
    }

    @Test func `a number is read back the same, and none has more digits than it needs`() throws {
        var generator = SeededGenerator(seed: 1)
        for round in 0..<30_000 {
            let value: Double
            switch round % 4 {
            case 0: value = Double(bitPattern: generator.next())
            case 1: value = Double.random(in: -1e6...1e6, using: &generator)
            case 2: value = (Double.random(in: -300...300, using: &generator) * 10000).rounded() / 10000
            default: value = Double(Int64.random(in: -(1 << 60)...(1 << 60), using: &generator))
            }
            guard value.isFinite else { continue }
            let text = JSONWriter.text(.double(value))
            #expect(try JSONReader.parse(text).double == value, "\(text)")
            // Swift's own description is the shortest that reads back.
            #expect(digits(text) == digits(value.description), "\(text)")
            #expect(!text.hasSuffix(".0"))
        }
    }

    @Test func `every value of four decimals is written as such`() {
        for number in stride(from: -30_000, through: 30_000, by: 7) {
            let text = JSONWriter.text(.double(Double(number) / 10000))
            #expect(!text.contains("e") && text.utf8.count <= 7, "\(text)")
        }
    }

    @Test func `a fraction of up to four decimals ends at its last one that is not 0`() {
        for number in 1..<10_000 {
            let text = (Double(number) / 10_000).description
            #expect(JSONWriter.text(.double(Double(number) / 10_000)) == text)
        }
    }

    @Test func `the buffer grows as it is needed, and may be emptied`() {
        var writer = JSONWriter(reserving: 3)
        var expected: [String] = []
        writer.beginArray()
        for power in 0..<19 {
            for value in [repeatElement(Int64(10), count: power).reduce(1, *), -Int64(power)] {
                writer.int(value)
                expected.append(value.description)
            }
            let text = String(repeating: "é", count: 100 * power)
            writer.string(text)
            expected.append("\"\(text)\"")
        }
        writer.endArray()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "[" + expected.joined(separator: ",") + "]")
        #expect(writer.count == writer.bytes.count)
        writer.removeAll()
        #expect(writer.count == 0 && writer.bytes.isEmpty)
    }

    @Test func `integers are written whole`() {
        for (value, text) in [(Int64.min, "-9223372036854775808"), (.max, "9223372036854775807"), (0, "0"), (-9, "-9")]
        {
            #expect(JSONWriter.text(.int(value)) == text)
        }
    }

    @Test func `what is written is read back equal`() throws {
        let value: JSON = .object([
            .init("text", "a\"\\\n\t\u{1}\u{2028}é😀"), .init("list", .array([1, -2, true, .null, .double(0.25)])),
            .init("empty", .object([])), .init("", .array([.array([]), .object([])])),
        ])
        #expect(try JSONReader.parse(JSONWriter.encode(value)) == value)
    }

    @Test func `every scalar is read back from a text and a key`() throws {
        var scalars = Array(0..<UInt32(0x300)) + [0x2028, 0x2029, 0xfeff, 0xfffd, 0xffff, 0x1f600, 0x10ffff]
        scalars += [0x301, 0x202e, 0xd7ff, 0xe000]
        for number in scalars {
            let scalar = try #require(Unicode.Scalar(number))
            let text = "a" + String(scalar) + "b"
            let value: JSON = .object([.init(text, .string(text))])
            let bytes = JSONWriter.encode(value)
            #expect(!bytes.contains { $0 < 0x20 })
            #expect(try JSONReader.parse(bytes) == value)
        }
    }

    @Test func `commas are placed right, however a text is put together`() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.beginArray()
        writer.int(1)
        writer.null()
        writer.beginObject()
        writer.endObject()
        let first = writer.bytes
        writer.removeAll()
        writer.value(.members(["x": 2]))
        writer.endArray()
        writer.key("b")
        writer.bool(false)
        writer.endObject()
        #expect(String(decoding: first + writer.bytes, as: UTF8.self) == #"{"a":[1,null,{},{"x":2}],"b":false}"#)
    }

    @Test func `a number that is not finite stops the program`() async {
        await #expect(processExitsWith: .failure) { _ = JSONWriter.text(.double(.nan)) }
    }
}
