import Frames
import TestSupport
import Testing

@Suite("Pixel loops") struct KernelsTests {
    struct Format: Sendable, CustomTestStringConvertible {
        let depth: Int
        let shift: Int
        var testDescription: String { "\(depth) bits shifted by \(shift)" }
    }

    private static let formats = [
        Format(depth: 8, shift: 0), Format(depth: 9, shift: 0), Format(depth: 10, shift: 0),
        Format(depth: 10, shift: 6),
        Format(depth: 12, shift: 4), Format(depth: 16, shift: 0),
    ]

    private func check(
        _ size: (samples: Int, rows: Int), _ format: Format, _ layouts: (Drawing.Layout, Drawing.Layout),
        using generator: inout SeededGenerator
    ) {
        let one = Drawn(
            sizes: [size], depth: format.depth, shift: format.shift, layout: layouts.0, using: &generator)
        let two = Drawn(
            sizes: [size], depth: format.depth, shift: format.shift, layout: layouts.1, using: &generator)
        let three = Drawn(
            sizes: [size], depth: format.depth, shift: format.shift, layout: layouts.0, using: &generator)
        let limit = Int.random(in: 0..<(1 << format.depth), using: &generator)
        let expected = (two.luma(previous: one, darkLimit: limit), one.luma(previous: nil, darkLimit: limit))
        for way in KernelWay.available {
            let found = Kernels.luma(two.picture, previous: one.picture, darkLimit: limit, factor: 0, way: way)
            #expect(found.sums == expected.0 && found.small.isEmpty, "\(way), \(size)")
            let compared = Kernels.luma(
                two.picture, previous: one.picture, reference: three.picture, darkLimit: limit, factor: 0, way: way)
            #expect(
                compared.sums == two.luma(previous: one, reference: three, darkLimit: limit), "\(way), \(size)")
            let alone = Kernels.luma(one.picture, previous: nil, darkLimit: limit, factor: 0, way: way)
            #expect(alone.sums == expected.1, "\(way), \(size)")
            let difference = Kernels.difference(one.picture, two.picture, plane: 0, way: way)
            #expect(difference == expected.0.difference, "\(way), \(size)")
        }
    }

    @Test(arguments: formats) func `every width from 1 to 300 gives what a plain loop gives`(format: Format) {
        var generator = SeededGenerator(seed: UInt64(format.depth * 100 + format.shift))
        for width in 1...300 {
            check((width, width % 3 + 1), format, (.init(), .init()), using: &generator)
        }
    }

    @Test(arguments: formats) func `rows may lie in memory in any way`(format: Format) {
        var generator = SeededGenerator(seed: 5)
        let unit = format.depth > 8 ? 2 : 1
        for padding in [0, 1, 31] {
            for offset in [0, 1, 32] {
                let layout = Drawing.Layout(padding: padding * unit, offset: offset * unit)
                let bottomUp = Drawing.Layout(padding: padding * unit, offset: offset * unit, isBottomUp: true)
                for size in [(1, 1), (17, 5), (33, 9)] {
                    check(size, format, (layout, layout), using: &generator)
                    check(size, format, (layout, bottomUp), using: &generator)
                    check(size, format, (bottomUp, .init()), using: &generator)
                }
            }
        }
    }

    @Test func `chroma planes are compared at their own size`() {
        var generator = SeededGenerator(seed: 9)
        for (width, height) in [(1, 1), (7, 5), (64, 32)] {
            let chroma = ((width + 1) / 2, (height + 1) / 2)
            for (depth, shift) in [(8, 0), (10, 6)] {
                // Interleaved chroma (NV12, P010) is one plane with both components in a row.
                for planes in [[chroma, chroma], [(2 * chroma.0, chroma.1)]] {
                    let sizes: [(samples: Int, rows: Int)] = [(width, height)] + planes
                    let one = Drawn(sizes: sizes, depth: depth, shift: shift, using: &generator)
                    let two = Drawn(sizes: sizes, depth: depth, shift: shift, using: &generator)
                    for plane in sizes.indices {
                        let expected = one.difference(two, plane: plane)
                        for way in KernelWay.available {
                            #expect(Kernels.difference(one.picture, two.picture, plane: plane, way: way) == expected)
                        }
                    }
                }
            }
        }
    }

    @Test func `a row longer than 32 bits can sum up does not overflow`() {
        // 70,000 samples of 65,535 are more than 4,294,967,295.
        let white = Drawing.flat(65535, width: 70_000, height: 2, depth: 16)
        let black = Drawing.flat(0, width: 70_000, height: 2, depth: 16)
        let sums = Kernels.luma(white, previous: black, darkLimit: 0)
        #expect(sums.sum == 140_000 * 65535)
        #expect(sums.difference == 140_000 * 65535)
        #expect(sums.min == 65535 && sums.max == 65535 && sums.dark == 0)
        #expect(Kernels.difference(white, black, plane: 0) == 140_000 * 65535)
        #expect(Kernels.luma(black, previous: nil, darkLimit: 0).dark == 140_000)
    }

    @Test func `a dark limit outside the samples' range is that of the range`() {
        for way in KernelWay.available {
            func dark(_ picture: Picture, _ limit: Int) -> Int {
                Kernels.luma(picture, previous: nil, darkLimit: limit, factor: 0, way: way).sums.dark
            }
            #expect(dark(Drawing.flat(255, width: 4, height: 4), 1000) == 16)
            #expect(dark(Drawing.flat(0, width: 4, height: 4), -1) == 16)
            // Longer than what is counted in a byte.
            #expect(dark(Drawing.flat(7, width: 20_001, height: 3), 7) == 60_003)
            #expect(dark(Drawing.flat(8, width: 20_001, height: 3), 7) == 0)
        }
        let deep = Drawing.flat(65535, width: 4, height: 4, depth: 16)
        #expect(Kernels.luma(deep, previous: nil, darkLimit: 1 << 20).dark == 16)
    }
}
