import Bytes
import Testing

@Suite("JSON reader") struct JSONReaderTests {
    @Test(arguments: [
        "[1,]", "{\"a\":1,}", "[,1]", "[1,,2]", "{,}", "{\"a\":1,,\"b\":2}", "[1 2]", "{\"a\" 1}", "{\"a\":}",
        "{\"a\"}",
        "{a:1}", "'a'", "[1}", "{\"a\":1]", "[1] 2", "1 1", "[]]", "}", "]", ",", ":", "", " ", "\n",
    ])
    func `broken structure is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test(arguments: [
        "NaN", "Infinity", "-Infinity", "[NaN]", "nan", "inf", "01", "-01", "00", "1.", ".5", "-.5", "+1", "1e", "1e+",
        "1E-", "0x10", "1_000", "1,5", "-", "--1", "1e400", "-1e400", "1.e1", "1.5.5", "٣", "1f", "0b1", "1e1.5",
    ])
    func `what is no number of JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test(arguments: [
        "tru", "True", "TRUE", "truee", "nul", "None", "undefined", "fals", "f", "// a\n1", "/* a */ 1", "1 // a", "#1",
    ])
    func `other words and comments are refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test(arguments: [
        "\"", "\"a", "\"\\\"", "\"\\x41\"", "\"\\'\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\u\"", "\"\\U0041\"", "\"\\",
        "\"\\ud800\"", "\"\\ud800a\"", "\"\\ud800\\n\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\udc00\\ud800\"",
        "\"\\ud83d\\u0041\"", "\"\u{0}\"", "\"\u{1}\"", "\"\t\"", "\"\n\"", "\"\u{1f}\"", "\"\\u+123\"", "\"\\u 123\"",
    ])
    func `what is no text of JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test(arguments: [
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":1}", "{\"\\u0061\":1,\"a\":2}", "{\"\":1,\"\":2}",
        "[{\"x\":{\"y\":1,\"y\":2}}]",
    ])
    func `a repeated key is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }

    @Test func `a repeated key is found in an object of any size`() throws {
        for count in [2, 15, 16, 17, 40] {
            let members = (0..<count).map { "\"k\($0)\":\($0)" }
            let good = "{" + members.joined(separator: ",") + "}"
            #expect(try JSONReader.parse(good).members?.count == count)
            for repeated in [0, count - 1] {
                let bad = "{" + (members + ["\"k\(repeated)\":0"]).joined(separator: ",") + "}"
                #expect(throws: JSONError.self) { try JSONReader.parse(bad) }
            }
        }
    }

    @Test func `keys of other bytes are other keys, though they look alike`() throws {
        // U+00E9 and e with U+0301, among few and among many.
        for filler in ["", (0..<30).map { ",\"k\($0)\":0" }.joined()] {
            let json = try JSONReader.parse("{\"a\":0\(filler),\"\u{e9}\":1,\"e\u{301}\":2}")
            let last = try #require(json.members).suffix(2)
            #expect(last.map { Array($0.key.utf8).count } == [2, 3])
            #expect(throws: JSONError.self) { try JSONReader.parse("{\"a\":0\(filler),\"\u{e9}\":1,\"\u{e9}\":2}") }
        }
    }

    @Test func `of an object the members before one can be read alone`() throws {
        let text = Array(#"{"a":1,"b":{"c":2},"c":3,"d":wrong"#.utf8)
        #expect(try JSONReader.parse(text, before: "c") == ["a": 1, "b": ["c": 2]])
        #expect(try JSONReader.parse(text, before: "a") == [:])
        #expect(throws: JSONError.self) { try JSONReader.parse(text, before: "d1") }
        #expect(try JSONReader.parse(Array(#" {"a":1}"#.utf8), before: "b") == ["a": 1])
        #expect(throws: JSONError.self) { try JSONReader.parse(Array(#"["a"]"#.utf8), before: "a") }
        #expect(throws: JSONError.self) { try JSONReader.parse([], before: "a") }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        let bad: [[UInt8]] = [
            [0xff], [0x80], [0xc3], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xf8, 0x88, 0x80, 0x80, 0x80], [0xc3, 0x22],
        ]
        for bytes in bad {
            #expect(throws: JSONError.self) { try JSONReader.parse([0x22] + bytes + [0x22]) }
            #expect(throws: JSONError.self) { try JSONReader.parse(Array("{\"".utf8) + bytes + Array("\":1}".utf8)) }
            #expect(throws: JSONError.self) { try JSONReader.parse(bytes + Array("1".utf8)) }
        }
    }

    @Test func `other encodings are refused`() {
        #expect(throws: JSONError.self) { try JSONReader.parse("\u{feff}1") }
        #expect(throws: JSONError.self) { try JSONReader.parse([0xff, 0xfe, 0x31, 0x00]) }
        #expect(throws: JSONError.self) { try JSONReader.parse([0xfe, 0xff, 0x00, 0x31]) }
        #expect(throws: JSONError.self) { try JSONReader.parse([0x31, 0x00]) }
        #expect(throws: JSONError.self) { try JSONReader.parse([0x5b, 0x00, 0x5d, 0x00]) }
        #expect(throws: JSONError.self) { try JSONReader.parse("\u{a0}1") }
    }

    @Test func `depth is limited to the level`() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            _ = try JSONReader.parse(nested(64, open, close))
            #expect(throws: JSONError.self) { try JSONReader.parse(nested(65, open, close)) }
            #expect(throws: JSONError.self) { try JSONReader.parse(nested(100_000, open, close)) }
            #expect(throws: JSONError.self) { try JSONReader.parse(String(repeating: open, count: 200_000)) }
        }
    }

    @Test func `numbers are read exactly, and an integer stays one`() throws {
        let known: [(String, JSON)] = [
            ("0", 0), ("-1", -1), ("9223372036854775807", .int(Int64.max)), ("-9223372036854775808", .int(Int64.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)), ("0e1", .double(0)), ("0E+5", .double(0)),
            ("0.0", .double(0)), ("1.0", .double(1)), ("1e2", .double(100)), ("-1.5E-3", .double(-0.0015)),
            ("1e308", .double(1e308)), ("5e-324", .double(.leastNonzeroMagnitude)), ("1e-400", .double(0)),
            ("0.1", .double(0.1)), ("123456789012345678901234567890", .double(1.2345678901234568e29)),
        ]
        for (text, value) in known { #expect(try JSONReader.parse(text) == value, "\(text)") }
        #expect(try JSONReader.parse("-0").double?.sign == .minus)
        #expect(try JSONReader.parse("1.0").int == 1)
        #expect(try JSONReader.parse("1.5").int == nil)
        #expect(try JSONReader.parse("1e300").int == nil)
    }

    @Test func `texts are read exactly`() throws {
        let known: [(String, String)] = [
            ("\"\"", ""), ("\"a b\"", "a b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0000\u0041\u00e9\u20ac""#, "\0Aé€"), (#""\ud83d\ude00 \uD83D\uDE00""#, "😀 😀"),
            (#""\udbff\udfff""#, "\u{10ffff}"), ("\"é😀\u{2028}\u{7f}\"", "é😀\u{2028}\u{7f}"),
            (#""\\u0041""#, "\\u0041"),
        ]
        for (text, value) in known { #expect(try JSONReader.parse(text) == .string(value), "\(text)") }
    }

    @Test func `space is allowed between all tokens and nowhere else`() throws {
        let text = " \t\r\n{ \"a\" : [ 1 , null , true , false ] , \"b\" : { } , \"c\" : [ ] } \n"
        #expect(
            try JSONReader.parse(text)
                == .members(["a": .array([1, .null, true, false]), "b": .object([]), "c": .array([])]))
        for bad in ["1 0", "tr ue", "- 1", "1 .5", "\u{b}1", "\u{c}1"] {
            #expect(throws: JSONError.self) { try JSONReader.parse(bad) }
        }
    }

    @Test func `every prefix of a text is refused, and so is one byte more`() throws {
        let whole = Array(#"{"a":[1,-2.5e3,{"b":"x\u00e9\ud83d\ude00"},true,null],"c":{}}"#.utf8)
        _ = try JSONReader.parse(whole)
        for length in 0..<whole.count {
            #expect(throws: JSONError.self) { try JSONReader.parse(Array(whole.prefix(length))) }
        }
        for byte in UInt8.min ... .max where ![0x20, 0x09, 0x0a, 0x0d].contains(byte) {
            #expect(throws: JSONError.self) { try JSONReader.parse(whole + [byte]) }
        }
    }

    @Test func `an error says where`() {
        do {
            _ = try JSONReader.parse("[1,2,x]")
            Issue.record("x is no value")
        } catch {
            #expect(error.offset == 5)
            #expect("\(error)".hasSuffix("at byte 5"))
        }
    }

    @Test func `a line that was cut or overwritten is known without parsing`() {
        let line = Array(#"{"a":{"b":["}",{"c":"\""}]},"d":"{"}"#.utf8)
        #expect(JSONReader.mayBeObject(line))
        for count in 0..<line.count { #expect(!JSONReader.mayBeObject(Array(line.prefix(count)))) }
        for index in line.indices {
            var zeroed = line
            zeroed[index] = 0
            #expect(!JSONReader.mayBeObject(zeroed))
        }
        #expect(!JSONReader.mayBeObject(line + line) && !JSONReader.mayBeObject(Array("[1]".utf8)))
    }
}
