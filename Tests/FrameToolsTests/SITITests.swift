import FrameTools
import Frames
import TestSupport
import Testing

@Suite("siti") struct SITITests {
    /// A picture of levels by column, the same in every row.
    private func columns(_ levels: [Int], rows: Int = 4, depth: Int = 8, isFullRange: Bool = true) -> Picture {
        DrawnPicture.gray(width: levels.count, height: rows, depth: depth, isFullRange: isFullRange) { x, _ in
            levels[x]
        }
    }

    // A step of 255 between columns: gradients of 0, 1020 and 1020 in each row, whose deviation is 1020 * sqrt(2) / 3.
    private static let step = rounded4(1020 * 2.0.squareRoot() / 3)

    @Test(arguments: [
        (8, true, 0, 255), (10, true, 0, 1023), (16, true, 0, 65535), (8, false, 16, 235), (10, false, 64, 940),
        (12, false, 256, 3760), (16, false, 4096, 60160), (8, false, 0, 255), (10, false, 0, 1023),
    ])
    func `black to white is the same step at any depth and in any range`(
        depth: Int, isFullRange: Bool, black: Int, white: Int
    ) throws {
        let picture = columns([black, black, black, white, white], depth: depth, isFullRange: isFullRange)
        let dark = columns([black, black, black, black, black], depth: depth, isFullRange: isFullRange)
        let outcome = try Video([dark, picture]).run("siti")
        #expect(outcome.values("si") == [0, Self.step])
        // Two columns of five change by 255.
        #expect(outcome.values("ti") == [nil, rounded4(255 * (0.4 * 0.6).squareRoot())])
    }

    @Test func `a picture without an inner sample has no spatial information`() throws {
        for (width, height) in [(1, 1), (2, 9), (9, 2)] {
            let outcome = try Video([1, 2].map { Drawing.flat($0, width: width, height: height) }).run("siti")
            #expect(outcome.values("si") == [nil, nil])
            #expect(outcome.values("ti") == [nil, 0])
        }
        #expect(try Video([Drawing.flat(9, width: 3, height: 3)]).run("siti").values("si") == [0])
    }

    @Test func `one gradient everywhere has no deviation, whatever its length`() throws {
        for (a, b) in [(1, 1), (3, 2), (1, 2)] {
            let ramp = DrawnPicture.gray(width: 40, height: 30, isFullRange: true) { x, y in a * x + b * y }
            #expect(try Video([ramp]).run("siti").values("si") == [0])
        }
    }

    @Test func `brightness that changes as a whole is no temporal information`() throws {
        let outcome = try Video([20, 90, 200].map { Drawing.flat($0) }).run("siti")
        #expect(outcome.values("ti") == [nil, 0, 0])
    }

    @Test func `there is no difference across a change of size, depth or range`() throws {
        let video = Video([
            Drawing.flat(50), Drawing.flat(50, width: 8), Drawing.flat(50, width: 8),
            Drawing.flat(50, width: 8, isFullRange: true), Drawing.flat(50, width: 8, depth: 10, isFullRange: true),
        ])
        #expect(try video.run("siti").values("ti") == [nil, nil, 0, nil, nil])
    }

    @Test func `the clip's value is the greatest, with mean and median beside it`() throws {
        let flat = Drawing.flat(16, width: 5, height: 4)
        let half = columns([0, 0, 0, 100, 100])
        let whole = columns([0, 0, 0, 200, 200])
        let outcome = try Video([half, half, half, whole]).run("siti")
        let value = try #require(outcome.records[0]["si"])
        #expect(outcome.summary["si_max"] == outcome.records[3]["si"])
        #expect(outcome.summary["si_median"] == value)
        #expect(outcome.summary["si_avg"].map { abs($0 - 1.25 * value) < 0.001 } == true)
        #expect(outcome.summary["ti_median"] == 0)
        #expect(outcome.summary["ti_max"] == outcome.records[3]["ti"])
        #expect(try Video([flat]).run("siti").summary.values.map(\.key) == ["si_max", "si_avg", "si_median"])
        // Of an even number of values the median lies between the two in the middle.
        #expect(
            try Video([half, whole]).run("siti").summary["si_median"].map { abs($0 - 1.5 * value) < 0.001 } == true)
    }
}
