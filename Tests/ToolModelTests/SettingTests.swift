import Bytes
import Testing
import ToolModel

@Suite struct SettingTests {
    private let share = Setting.number("share", .detection, 0.25, in: 0...1, help: "a share")
    private let rows = Setting.integer("rows", .measurement, 4, in: 1...300, help: "rows")
    private let mode = Setting.word("mode", .measurement, "off", "some", "full", help: "how much")

    @Test(arguments: [
        ("0.5", SettingValue.number(0.5)), ("1", .number(1)), ("1e-3", .number(0.001)), ("1.01", nil), ("-0.1", nil),
        ("", nil), ("half", nil), ("nan", nil),
    ])
    func `a number is read within its bounds`(text: String, expected: SettingValue?) {
        #expect(share.value(text) == expected)
    }

    @Test(arguments: [
        ("7", SettingValue.integer(7)), ("300", .integer(300)), ("7.0", .integer(7)), ("7.5", nil), ("0", nil),
        ("301", nil), ("1e30", nil), ("some", nil),
    ])
    func `an integer has no fraction`(text: String, expected: SettingValue?) {
        #expect(rows.value(text) == expected)
    }

    @Test func `a word is one of the list, whole`() {
        #expect(mode.value("some") == .word("some"))
        for text in ["", "Full", "ful", "0", "1"] { #expect(mode.value(text) == nil) }
        #expect(mode.standard == .word("off"))
    }

    @Test func `what is stored is read back, and a fraction that an integer had is dropped`() throws {
        for (setting, text) in [(share, "0.125"), (share, "1"), (rows, "12"), (mode, "full")] {
            let value = try #require(setting.value(text))
            let stored = try JSONReader.parse(JSONWriter.encode(value.json))
            #expect(setting.value(stored) == value)
            #expect(value.text == text)
        }
        #expect(rows.value(JSON.double(12.75)) == .integer(12))
        #expect(share.value(JSON.int(1)) == .number(1))
        for json: JSON? in [nil, .null, "off", .bool(true), .array([])] {
            #expect(share.value(json) == nil && rows.value(json) == nil)
        }
        #expect(mode.value(JSON.int(1)) == nil && mode.value(JSON.string("most")) == nil)
    }

    @Test func `settings are complete, and what is unknown or of another type is left out`() {
        let settings = ToolSettings(
            [share, rows, mode], replacing: ["share": 1, "rows": "full", "mode": "full", "nonsense": 3])
        #expect(settings.values == ["share": .number(1), "rows": .integer(4), "mode": .word("full")])
        #expect(settings.number("share") == 1 && settings.integer("rows") == 4 && settings.word("mode") == "full")
    }

    @Test func `people read what a setting may be`() {
        #expect(share.expectation == "a number from 0 to 1")
        #expect(rows.expectation == "a whole number from 1 to 300")
        #expect(mode.expectation == "off or some or full")
    }

    @Test func `a result lists settings in their order, typed`() {
        let tool = ToolDescriptor(
            id: "test", version: "1.2.3", title: "Test", definition: "nothing", temporalDependency: .frame,
            settings: [share, rows, mode])
        let json = JSONWriter.text(tool.json(ToolSettings(tool.settings, replacing: ["share": 0.5])))
        #expect(json == #"{"id":"test","version":"1.2.3","settings":{"share":0.5,"rows":4,"mode":"off"}}"#)
    }
}
