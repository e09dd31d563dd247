import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

@Suite("crop") struct CropTests {
    private static let keys = ["x", "y", "w", "h", "x1", "y1", "x2", "y2"]

    /// Bright inside a box, given by its first and last column and row, and dark around it.
    private func picture(
        _ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int, width: Int = 100, height: Int = 80, depth: Int = 8
    ) -> Picture {
        DrawnPicture.gray(width: width, height: height, depth: depth, stride: 6) { x, y in
            (x1...x2).contains(x) && (y1...y2).contains(y) ? 200 << (depth - 8) : 16 << (depth - 8)
        }
    }

    private func boxes(_ pictures: [Picture], _ given: [String: SettingValue] = ["skip": 0]) throws -> [[Double?]] {
        try Video(pictures).run("crop", given).records.map { record in Self.keys.map { record[$0] } }
    }

    @Test(arguments: [8, 9, 10, 12, 16])
    func `bars are cut off, exactly and to a multiple of 16`(depth: Int) throws {
        // 78 x 58 pixels from (11, 10) on: from the even column 12 on there are 77.
        let found = try boxes([picture(11, 10, 88, 67, depth: depth)])
        #expect(found == [[12 + 6, 10 + 6, 64, 48, 11, 10, 88, 67]])
    }

    @Test func `a picture without bars is whole, at odd sizes too`() throws {
        #expect(try boxes([Drawing.flat(200, width: 96, height: 64)]) == [[0, 0, 96, 64, 0, 0, 95, 63]])
        // 97 = 6 * 16 + 1 and 61 = 3 * 16 + 13.
        #expect(try boxes([Drawing.flat(200, width: 97, height: 61)]) == [[0, 6, 96, 48, 0, 0, 96, 60]])
        #expect(try boxes([Drawing.flat(200, width: 1, height: 1)]) == [[0, 0, 0, 0, 0, 0, 0, 0]])
    }

    @Test func `the box holds everything seen so far`() throws {
        let found = try boxes([
            picture(40, 30, 59, 49), picture(20, 35, 50, 45), Drawing.flat(16, width: 100, height: 80),
            picture(45, 10, 90, 70),
        ])
        #expect(
            found.map { Array($0[4...]) } == [
                [40, 30, 59, 49], [20, 30, 59, 49], [20, 30, 59, 49], [20, 10, 90, 70],
            ])
        let outcome = try Video([picture(40, 30, 59, 49), picture(45, 10, 90, 70)]).run("crop", ["skip": 0])
        #expect(outcome.summary == outcome.records[1])
        #expect(outcome.events == [])
    }

    @Test func `the first two frames are not looked at, also after a change of size`() throws {
        let large = Drawing.flat(200, width: 32, height: 32)
        let small = Drawing.flat(200, width: 16, height: 16)
        let outcome = try Video([large, large, large, small, small, small]).run("crop")
        #expect(outcome.values("w") == [nil, nil, 32, nil, nil, 16])
        #expect(outcome.summary["w"] == 16)
        #expect(try Video([large, large]).run("crop").summary == Measurement())
    }

    @Test func `a black video has no box`() throws {
        let outcome = try Video((0..<4).map { _ in Drawing.flat(16, width: 64, height: 48) }).run("crop")
        #expect(outcome.records == Array(repeating: Measurement(), count: 4))
        #expect(outcome.summary == Measurement())
    }

    @Test func `a single line is a box of one row`() throws {
        let line = DrawnPicture.gray(width: 64, height: 40) { _, y in y == 21 ? 255 : 23 }
        #expect(try boxes([line]).map { Array($0[4...]) } == [[0, 21, 63, 21]])
        // One of a thousand rows lifts no column over the limit: without a column there is no box.
        let thin = DrawnPicture.gray(width: 64, height: 1000) { _, y in y == 21 ? 255 : 0 }
        #expect(try boxes([thin, thin]) == Array(repeating: Array(repeating: nil, count: 8), count: 2))
    }

    @Test func `means are whole: 24 and a fraction is border, 25 is not`() throws {
        // Rows of ten: the mean of the first is 24.9, of the second 25.
        let rows = DrawnPicture.gray(width: 10, height: 3) { x, y in y == 2 ? 255 : y == 1 || x < 9 ? 25 : 24 }
        #expect(try boxes([rows]).map { $0[5] } == [1])
        let columns = DrawnPicture.gray(width: 3, height: 10) { x, y in x == 2 ? 255 : x == 1 || y < 9 ? 25 : 24 }
        #expect(try boxes([columns]).map { $0[4] } == [1])
    }

    @Test(arguments: [(10, 96), (12, 385), (16, 6168)])
    func `the limit is a share of full scale at any depth`(depth: Int, limit: Int) throws {
        #expect(try boxes([Drawing.flat(limit, depth: depth)])[0][2] == nil)
        #expect(try boxes([Drawing.flat(limit + 1, depth: depth)])[0][2] == 16)
    }

    @Test func `limit, round and skip can be set`() throws {
        let frame = picture(10, 10, 89, 69)
        #expect(try boxes([frame], ["skip": 0, "limit": 0.9])[0] == Array(repeating: nil, count: 8))
        #expect(try boxes([frame], ["skip": 0, "round": 2])[0] == [10, 10, 80, 60, 10, 10, 89, 69])
        // An odd multiple counts twice: 78 = 3 * 26 and 52 = 2 * 26.
        #expect(try boxes([frame], ["skip": 0, "round": 13])[0] == [12, 14, 78, 52, 10, 10, 89, 69])
        #expect(try boxes([frame, frame], ["skip": 1]).map { $0[2] } == [nil, 80])
    }

    @Test func `looking only outside the known box gives what looking everywhere gives`() throws {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<40 {
            let pictures = (0..<6).map { _ in
                let x = (0..<2).map { _ in Int.random(in: 0..<40, using: &generator) }.sorted()
                let y = (0..<2).map { _ in Int.random(in: 0..<30, using: &generator) }.sorted()
                return (x, y)
            }
            let drawn = pictures.map { x, y in
                DrawnPicture.gray(width: 40, height: 30) {
                    (x[0]...x[1]).contains($0) && (y[0]...y[1]).contains($1) ? 255 : 0
                }
            }
            let found = try boxes(drawn)
            var (left, top, right, bottom) = (99, 99, -1, -1)
            for (index, (x, y)) in pictures.enumerated() {
                // What is thin in one direction does not show in the mean of the other.
                if (x[1] - x[0] + 1) * 255 / 40 > 24 { (top, bottom) = (min(top, y[0]), max(bottom, y[1])) }
                if (y[1] - y[0] + 1) * 255 / 30 > 24 { (left, right) = (min(left, x[0]), max(right, x[1])) }
                let isBox = right >= 0 && bottom >= 0
                #expect(Array(found[index][4...]) == [left, top, right, bottom].map { isBox ? Double($0) : nil })
            }
        }
    }
}
