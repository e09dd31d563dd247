import TestSupport
import Testing

@testable import Frames

@Suite("Loops of siti and crop") struct ExactDetailTests {
    static let formats = [(8, 0), (9, 0), (10, 0), (10, 6), (12, 4), (16, 0)]

    private func check(
        _ size: (samples: Int, rows: Int), _ format: (depth: Int, shift: Int), _ layout: Drawing.Layout,
        using generator: inout SeededGenerator
    ) {
        let one = Drawn(
            sizes: [size], depth: format.depth, shift: format.shift, layout: layout, using: &generator)
        let two = Drawn(sizes: [size], depth: format.depth, shift: format.shift, using: &generator)
        let range = 16 << (format.depth - 8)...235 << (format.depth - 8)
        let found = Kernels.detail(one.picture, previous: two.picture, range: range)
        let expected = one.detail(previous: two, range: range)
        #expect(found.count == expected.count, "\(size)")
        #expect(abs(found.sum - expected.sum) <= expected.sum * 1e-12, "\(size)")
        #expect(abs(found.squares - expected.squares) <= expected.squares * 1e-12, "\(size)")
        #expect(found.change?.sum == expected.change?.sum, "\(size)")
        #expect(found.change?.squares == expected.change?.squares, "\(size)")
        #expect(Kernels.detail(one.picture, previous: nil, range: range).change == nil)
        for row in 0..<size.rows { #expect(Kernels.rowSum(one.picture, row: row) == one.rowSum(row), "\(size)") }
        let start = size.samples / 3
        for columns in [0..<size.samples, start..<size.samples, 0..<start, start..<start] {
            #expect(Kernels.columnSums(one.picture, columns: columns) == columns.map { one.columnSum($0) }, "\(size)")
        }
    }

    @Test(arguments: formats) func `every width from 1 to 300 gives what a plain loop gives`(depth: Int, shift: Int) {
        var generator = SeededGenerator(seed: UInt64(depth * 100 + shift))
        for width in 1...300 { check((width, width % 5 + 1), (depth, shift), .init(), using: &generator) }
    }

    @Test(arguments: formats) func `rows may lie in memory in any way`(depth: Int, shift: Int) {
        var generator = SeededGenerator(seed: 6)
        let unit = depth > 8 ? 2 : 1
        for padding in [0, 1, 31] {
            for offset in [0, 1, 32] {
                for isBottomUp in [false, true] {
                    let layout = Drawing.Layout(
                        padding: padding * unit, offset: offset * unit, isBottomUp: isBottomUp)
                    for size in [(1, 1), (3, 3), (17, 5), (33, 9)] {
                        check(size, (depth, shift), layout, using: &generator)
                    }
                }
            }
        }
    }

    @Test func `squares of the largest differences do not overflow`() {
        // A row of 9,000 squares of 255, and one of 65,535, are more than 32 bits hold.
        for (depth, top) in [(8, 255), (16, 65535)] {
            let white = Drawing.flat(top, width: 90_000, height: 3, depth: depth)
            let black = Drawing.flat(0, width: 90_000, height: 3, depth: depth)
            let sums = Kernels.detail(black, previous: white, range: 0...top)
            #expect(sums.change?.sum == Int64(-270_000 * top))
            #expect(sums.change?.squares == UInt64(270_000 * top * top))
            #expect(sums.sum == 0 && sums.count == 89_998)
            #expect(Kernels.rowSum(white, row: 2) == UInt64(90_000 * top))
        }
    }

    @Test func `samples beyond the depth are clipped`() {
        // A decoder may hand out 16 bits where it promised 10.
        let wild = Drawing.picture(planes: [(9, 5)], depth: 10) { _, x, _ in x < 5 ? 0 : 65535 }
        let tame = Drawing.picture(planes: [(9, 5)], depth: 10) { _, x, _ in x < 5 ? 0 : 1023 }
        let range = 0...1023
        #expect(
            Kernels.detail(wild, previous: tame, range: range) == Kernels.detail(tame, previous: wild, range: range))
        #expect(Kernels.detail(wild, previous: tame, range: range).change?.squares == 0)
    }
}

extension Drawn {
    fileprivate func detail(previous: Drawn, range: ClosedRange<Int>) -> Kernels.DetailSums {
        let (width, rows) = (sizes[0].samples, sizes[0].rows)
        func clip(_ value: Int) -> Int { min(max(value, range.lowerBound), range.upperBound) }
        func at(_ x: Int, _ y: Int) -> Int { clip(values[0][y * width + x]) }
        var sums = Kernels.DetailSums()
        for y in 1..<max(1, rows - 1) {
            for x in 1..<max(1, width - 1) {
                var (across, down) = (0, 0)
                for (step, weight) in [(-1, 1), (0, 2), (1, 1)] {
                    across += weight * (at(x + 1, y + step) - at(x - 1, y + step))
                    down += weight * (at(x + step, y + 1) - at(x + step, y - 1))
                }
                let square = Float(across) * Float(across) + Float(down) * Float(down)
                let length = Double(square.squareRoot())
                sums.count += 1
                sums.sum += length
                sums.squares += length * length
            }
        }
        let steps = zip(values[0], previous.values[0]).map { clip($0) - clip($1) }
        sums.change = (Int64(steps.reduce(0, +)), UInt64(steps.reduce(0) { $0 + $1 * $1 }))
        return sums
    }

    fileprivate func rowSum(_ row: Int) -> UInt64 {
        (0..<sizes[0].samples).reduce(0) { $0 + UInt64(values[0][row * sizes[0].samples + $1]) }
    }

    fileprivate func columnSum(_ column: Int) -> UInt64 {
        (0..<sizes[0].rows).reduce(0) { $0 + UInt64(values[0][$1 * sizes[0].samples + column]) }
    }
}
