import FrameTools
import Frames
import TestSupport
import Testing

@Suite("sharpness") struct SharpnessTests {
    private func measure(_ picture: Picture) throws -> Measurement {
        try #require(try Video([picture]).run("sharpness").records.first)
    }

    @Test(arguments: [8, 10, 16]) func `a flat picture is not sharp`(depth: Int) throws {
        let found = try measure(Drawing.flat(100, width: 40, height: 30, depth: depth))
        #expect(found["si"] == 0 && found["laplacian"] == 0)
    }

    @Test func `a step edge has the sharpness that its height gives`() throws {
        // 14x14 inner pixels; beside the edge 28 of them have a gradient of 400 and a Laplacian of 100 or -100.
        for depth in [8, 10, 16] {
            let unit = 1 << (depth - 8)
            let upright = DrawnPicture.gray(width: 16, height: 16, depth: depth) { x, _ in x < 8 ? 0 : 100 * unit }
            let lying = DrawnPicture.gray(width: 16, height: 16, depth: depth) { _, y in y < 8 ? 0 : 100 * unit }
            for picture in [upright, lying] {
                let found = try measure(picture)
                #expect(found["si"] == 139.9708)
                #expect(found["laplacian"] == 1428.5714)
            }
        }
    }

    @Test func `a slope has a gradient and no curvature`() throws {
        let found = try measure(DrawnPicture.gray(width: 40, height: 20) { x, _ in 5 * x })
        #expect(found["si"] == 0 && found["laplacian"] == 0)
    }

    @Test func `blur makes a picture less sharp`() throws {
        let sharp = DrawnPicture.gray(width: 64, height: 64) { x, y in (x / 4 + y / 4) % 2 * 200 }
        let soft = DrawnPicture.gray(width: 64, height: 64) { x, y in
            let across = abs(x % 8 - 4), down = abs(y % 8 - 4)
            return (across + down) * 25
        }
        let (first, second) = (try measure(sharp), try measure(soft))
        #expect(try #require(first["si"]) > 2 * #require(second["si"]))
        #expect(try #require(first["laplacian"]) > 2 * #require(second["laplacian"]))
    }

    @Test(arguments: [(1, 1), (2, 2), (2, 40), (40, 2)])
    func `a picture below 3x3 has no sharpness`(width: Int, height: Int) throws {
        let outcome = try Video([Drawing.flat(9, width: width, height: height)]).run("sharpness")
        #expect(outcome.records == [Measurement()])
        #expect(outcome.summary == Measurement())
    }

    @Test func `one inner pixel has a sharpness of nothing`() throws {
        let found = try measure(DrawnPicture.gray(width: 3, height: 3) { x, y in x == 1 && y == 1 ? 200 : 0 })
        // A standard deviation needs two different values.
        #expect(found["si"] == 0 && found["laplacian"] == 0)
    }

    @Test func `a large picture is measured as its small one`() throws {
        let small = DrawnPicture.gray(width: 200, height: 160) { x, y in (x * 7 + y * 13) % 256 }
        let large = DrawnPicture.gray(width: 800, height: 640) { x, y in (x / 4 * 7 + y / 4 * 13) % 256 }
        #expect(try measure(large) == (try measure(small)))
    }

    /// A chart of stripes of every width from 1 to 12 pixels, and means over squares of 1, 3, 5 and 7 pixels of it.
    @Test(arguments: [240, 360, 432, 480, 576, 720, 1080]) func `every step of blur lowers both measures at every size`(
        lines: Int
    ) throws {
        let (width, height) = (lines * 4 / 3, lines)
        var row: [Int] = []
        while row.count < width + 16 {
            for wide in 1...12 { row += Array(repeating: 40, count: wide) + Array(repeating: 210, count: wide) }
        }
        var before: (si: Double, laplacian: Double)?
        for reach in 0...3 {
            let picture = DrawnPicture.gray(width: width, height: height) { x, y in
                let shift = y / 40 * 7 % 8
                let places = max(0, x + shift - reach)...x + shift + reach
                return row[places].reduce(0, +) / places.count
            }
            let found = try measure(picture)
            let (si, laplacian) = (try #require(found["si"]), try #require(found["laplacian"]))
            if let before { #expect(si < before.si && laplacian < before.laplacian, "\(reach)") }
            before = (si, laplacian)
        }
    }

    @Test func `the summary has mean and extremes`() throws {
        let edge = DrawnPicture.gray(width: 16, height: 16) { x, _ in x < 8 ? 0 : 100 }
        let outcome = try Video([Drawing.flat(0), edge]).run("sharpness")
        #expect(outcome.summary["si_min"] == 0 && outcome.summary["si_max"] == 139.9708)
        #expect(outcome.summary["si_avg"] == 69.9854)
        #expect(outcome.summary["laplacian_avg"] == 714.2857)
        #expect(outcome.summary["laplacian_min"] == 0)
        #expect(outcome.events.isEmpty)
    }
}
