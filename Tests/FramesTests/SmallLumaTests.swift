import TestSupport
import Testing

@testable import Frames

@Suite("The small picture") struct SmallLumaTests {
    struct Format: Sendable, CustomTestStringConvertible {
        let depth: Int
        let shift: Int
        var testDescription: String { "\(depth) bits shifted by \(shift)" }
    }

    private static let formats = [
        Format(depth: 8, shift: 0), Format(depth: 10, shift: 0), Format(depth: 10, shift: 6),
        Format(depth: 12, shift: 0), Format(depth: 16, shift: 0),
    ]
    private static let factors = Array(1...12) + [15, 16, 24, 32]

    /// The means of blocks on the 8-bit scale, halves rounded up, never more than 255.
    private func means(_ drawn: Drawn, factor: Int, depth: Int) -> [UInt8] {
        let (width, height) = (drawn.sizes[0].samples / factor, drawn.sizes[0].rows / factor)
        let divisor = factor * factor << (depth - 8)
        var sums = [Int](repeating: 0, count: width * height)
        for y in 0..<height * factor {
            for x in 0..<width * factor {
                sums[y / factor * width + x / factor] += drawn.values[0][y * drawn.sizes[0].samples + x]
            }
        }
        return sums.map { UInt8(min(255, ($0 + divisor / 2) / divisor)) }
    }

    private func check(
        _ size: (samples: Int, rows: Int), _ format: Format, factors: [Int], layout: Drawing.Layout = .init(),
        using generator: inout SeededGenerator
    ) {
        let drawn = Drawn(
            sizes: [size], depth: format.depth, shift: format.shift, layout: layout, using: &generator)
        let sums = drawn.luma(previous: nil, darkLimit: 99)
        for factor in factors where factor <= min(size.samples, size.rows) {
            let means = means(drawn, factor: factor, depth: format.depth)
            for way in KernelWay.available {
                let found = Kernels.luma(drawn.picture, previous: nil, darkLimit: 99, factor: factor, way: way)
                if found.small != means { Issue.record("\(way), \(size) in blocks of \(factor)") }
                // Making the small picture changes nothing of the rest.
                if found.sums != sums { Issue.record("\(way), sums of \(size) in blocks of \(factor)") }
            }
        }
    }

    @Test(arguments: formats) func `every width from 1 to 300 gives the means of blocks`(format: Format) {
        var generator = SeededGenerator(seed: UInt64(format.depth * 100 + format.shift))
        for width in 1...300 {
            let factors = Self.factors.filter { $0 <= 4 || $0 % 6 == width % 6 }
            check((width, 32 + width % 9), format, factors: factors, using: &generator)
        }
    }

    @Test(arguments: formats) func `several rows of blocks and every size of them`(format: Format) {
        var generator = SeededGenerator(seed: 77)
        for size in [(256, 256), (275, 131), (129, 300), (1, 1), (1, 40), (40, 1)] {
            check(size, format, factors: Self.factors + [64, 99, 127, 128], using: &generator)
        }
    }

    @Test(arguments: formats) func `rows may lie in memory in any way`(format: Format) {
        var generator = SeededGenerator(seed: 5)
        let unit = format.depth > 8 ? 2 : 1
        for (padding, offset) in [(1, 0), (0, 1), (31, 32)] {
            for isBottomUp in [false, true] {
                let layout = Drawing.Layout(padding: padding * unit, offset: offset * unit, isBottomUp: isBottomUp)
                for size in [(33, 9), (70, 34)] {
                    check(size, format, factors: Self.factors, layout: layout, using: &generator)
                }
            }
        }
    }

    @Test func `halves are rounded up and the brightest stays within a byte`() {
        // Of four samples 1, 1, 2, 2 the mean is 1.5.
        let half = DrawnPicture.gray(width: 32, height: 2) { _, y in y + 1 }
        #expect(Kernels.luma(half, previous: nil, darkLimit: 0, factor: 2).small == Array(repeating: 2, count: 16))
        // 10 bits: 1023 is 255.75, 2 is a half of a level, 1 is less.
        for (value, level) in [(1023, UInt8(255)), (1022, 255), (2, 1), (1, 0), (0, 0)] {
            let deep = Drawing.flat(value, width: 35, height: 4, depth: 10)
            for factor in 1...4 {
                let small = Kernels.luma(deep, previous: nil, darkLimit: 0, factor: factor).small
                #expect(small == Array(repeating: level, count: (35 / factor) * (4 / factor)), "\(value), \(factor)")
            }
        }
        let white = Drawing.flat(65535, width: 300, height: 256, depth: 16)
        for factor in 1...128 {
            #expect(Set(Kernels.luma(white, previous: nil, darkLimit: 0, factor: factor).small) == [255])
        }
        // Of bytes, every way: sums of columns and of whole blocks are the greatest that there are.
        for level in [254, 255] {
            let bright = Drawing.flat(level, width: 300, height: 256)
            for (factor, way) in (1...128).flatMap({ factor in KernelWay.available.map { (factor, $0) } }) {
                let found = Kernels.luma(bright, previous: nil, darkLimit: 0, factor: factor, way: way)
                #expect(Set(found.small) == [UInt8(level)], "\(way), \(factor)")
                #expect(found.sums.sum == UInt64(level * 300 * 256), "\(way), \(factor)")
            }
        }
    }

    @Test(arguments: [
        (1, 1, 1), (300, 300, 1), (4000, 300, 1), (301, 301, 2), (640, 480, 2), (601, 700, 2), (602, 700, 4),
        (1280, 720, 4), (1920, 1080, 4), (1080, 1920, 4), (3840, 2160, 8), (7680, 4320, 16), (40_000, 40_000, 128),
        (60_000, 60_000, 128),
    ])
    func `the side of a block brings the shorter side to 300 or less`(width: Int, height: Int, factor: Int) {
        #expect(SmallLuma.factor(width: width, height: height) == factor)
    }

    @Test func `the small picture has the size of whole blocks`() {
        let picture = Drawing.flat(77, width: 611, height: 605)
        let small = SmallLuma(
            picture, samples: Kernels.luma(picture, previous: nil, darkLimit: 0, factor: 4).small)
        #expect(small == SmallLuma(width: 152, height: 151, factor: 4, samples: Array(repeating: 77, count: 152 * 151)))
    }
}
