import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

@Suite("chroma and the full histogram of luma") struct ChromaTests {
    private static let flat: [(String, Double)] = [
        ("u_min", 100), ("u_low", 100), ("u_avg", 100), ("u_high", 100), ("u_max", 100),
        ("v_min", 150), ("v_low", 150), ("v_avg", 150), ("v_high", 150), ("v_max", 150),
        // hypot(-28, 22) is 35.6, and their angle 128.2 degrees.
        ("sat_min", 35), ("sat_low", 35), ("sat_avg", 35), ("sat_high", 35), ("sat_max", 35),
        ("hue_med", 128), ("hue_avg", 128),
    ]

    @Test func `a picture of one colour has known values`() throws {
        let outcome = try Video([Drawing.yuv(50, 100, 150), Drawing.yuv(60, 101, 147)]).run("chroma")
        #expect(outcome.records[0].values.map(\.key) == Self.flat.map(\.0))
        #expect(outcome.records[0].values.map(\.value) == Self.flat.map(\.1))
        #expect(outcome.values("u_dif") == [nil, 1])
        #expect(outcome.values("v_dif") == [nil, 3])
        #expect(outcome.summary["u_avg"] == 100.5)
        #expect(outcome.summary["u_min"] == 100 && outcome.summary["u_max"] == 101)
        #expect(outcome.summary["v_dif"] == 3)
    }

    /// One picture in all the ways that its chroma may lie.
    private func layouts(depth: Int, shift: Int, seed: Int) -> [Picture] {
        func u(_ x: Int, _ y: Int) -> Int { (seed * 31 + x * 7 + y * 13) << (depth - 8) & (1 << depth - 1) }
        func v(_ x: Int, _ y: Int) -> Int { (seed * 17 + x * 3 + y * 29 + 90) << (depth - 8) & (1 << depth - 1) }
        let two: [(samples: Int, rows: Int)] = [(17, 9), (18, 5)]
        return [
            Drawing.picture(planes: [(17, 9), (9, 5), (9, 5)], depth: depth) { plane, x, y in
                plane == 0 ? 1 : plane == 1 ? u(x, y) : v(x, y)
            },
            Drawing.picture(planes: two, depth: depth, shift: shift) { plane, x, y in
                plane == 0 ? 1 : x % 2 == 0 ? u(x / 2, y) : v(x / 2, y)
            },
            Drawing.picture(planes: two, depth: depth, shift: shift, chroma: .interleavedSwapped) { plane, x, y in
                plane == 0 ? 1 : x % 2 == 1 ? u(x / 2, y) : v(x / 2, y)
            },
        ]
    }

    @Test(arguments: [(8, 0), (10, 0), (10, 6), (16, 0)])
    func `planar and interleaved chroma give the same, on the 8-bit scale`(depth: Int, shift: Int) throws {
        let one = layouts(depth: depth, shift: shift, seed: 1)
        let two = layouts(depth: depth, shift: shift, seed: 2)
        let expected = try Video([one[0], two[0]]).run("chroma")
        #expect(expected.values("u_dif")[1] != expected.values("v_dif")[1])
        for place in 1...2 { #expect(try Video([one[place], two[place]]).run("chroma") == expected) }
        let bytes = try Video([layouts(depth: 8, shift: 0, seed: 1)[0]]).run("chroma").records[0]
        for key in ["u_min", "u_low", "u_avg", "v_high", "v_max", "hue_med", "hue_avg"] {
            #expect(expected.records[0][key] == bytes[key], "\(key)")
        }
    }

    @Test func `a grey picture has no value, and none is remembered for the next`() throws {
        let grey = Drawing.flat(100)
        let outcome = try Video([grey, Drawing.yuv(1, 2, 3), grey, Drawing.yuv(1, 2, 3)]).run("chroma")
        #expect(outcome.records[0] == Measurement())
        #expect(outcome.records[2] == Measurement())
        #expect(outcome.values("u_avg") == [nil, 2, nil, 2])
        #expect(outcome.values("u_dif") == [nil, nil, nil, nil])
        #expect(try Video([grey]).run("chroma").summary == Measurement())
    }

    @Test func `sums of large pictures do not overflow`() throws {
        // 90,000 samples of 65,535 are more than 32 bits hold.
        let picture = Drawing.picture(planes: [(4, 4), (300, 300), (300, 300)], depth: 16) { plane, _, _ in
            plane == 0 ? 0 : 65535
        }
        let record = try Video([picture]).run("chroma").records[0]
        #expect(record["u_avg"] == rounded4(65535 / 256.0))
        #expect(record["sat_avg"] == rounded4(46339 / 256.0))
    }

    @Test func `low and high are there on demand only`() throws {
        // Each level from 0 to 99 once: the tenth sample is 9, the ninetieth 89.
        let ramp = DrawnPicture.gray(width: 10, height: 10) { x, y in x + 10 * y }
        let usual = try Video([ramp, ramp]).run("luma")
        let full = try Video([ramp, ramp]).run("luma", ["histogram": "full"])
        #expect(usual.records[0].values.map(\.key) == ["min", "avg", "max"])
        #expect(full.records[1].values.map(\.key) == ["min", "low", "avg", "high", "max", "dif"])
        #expect(full.values("low") == [9, 9])
        #expect(full.values("high") == [89, 89])
        for key in ["min", "avg", "max", "dif"] { #expect(full.values(key) == usual.values(key)) }
        #expect(usual.summary["low_avg"] == nil)
        #expect(full.summary["low_avg"] == 9 && full.summary["high_avg"] == 89)
    }

    @Test func `the histogram is set by a word`() throws {
        let setting = try #require(ToolRegistry.tool("luma")?.descriptor.setting("histogram"))
        #expect(setting.value("full") == .word("full") && setting.value("off") == .word("off"))
        for word in ["", "half", "1", "Full"] { #expect(setting.value(word) == nil) }
        #expect(setting.standard == .word("off"))
    }

    @Test(arguments: [(9, 2), (10, 4), (16, 256)])
    func `low and high of deeper samples are on the 8-bit scale`(depth: Int, scale: Int) throws {
        let ramp = DrawnPicture.gray(width: 10, height: 10, depth: depth) { x, y in (x + 10 * y) * scale + scale / 2 }
        let outcome = try Video([ramp]).run("luma", ["histogram": "full"])
        #expect(outcome.values("low") == [9.5])
        #expect(outcome.values("high") == [89.5])
    }

    @Test func `the lowest tenth of a few samples is the least of them`() throws {
        for width in 1...5 {
            let picture = DrawnPicture.gray(width: width, height: 1) { x, _ in 100 + x }
            let outcome = try Video([picture]).run("luma", ["histogram": "full"])
            #expect(outcome.values("low") == [100], "\(width)")
            #expect(outcome.values("high")[0].map { $0 >= 100 && $0 < 100 + Double(width) } == true, "\(width)")
        }
    }
}
