import Frames
import Glibc
import TestSupport
import Testing

@Suite("Loops of levels and colours") struct ColourTests {
    struct Format: Sendable, CustomTestStringConvertible {
        let depth: Int
        let shift: Int
        let chroma: ChromaLayout
        var testDescription: String { "\(depth) bits shifted by \(shift), \(chroma)" }
    }

    static let formats = [(8, 0), (9, 0), (10, 0), (10, 6), (12, 4), (16, 0)].flatMap { depth, shift in
        [ChromaLayout.planar, .interleaved, .interleavedSwapped].map {
            Format(depth: depth, shift: shift, chroma: $0)
        }
    }

    private func check(
        width: Int, rows: Int, _ format: Format, _ layouts: (Drawing.Layout, Drawing.Layout),
        using generator: inout SeededGenerator
    ) {
        let planes =
            format.chroma == .planar
            ? [(width, rows), (width, rows), (width, rows)] : [(width, rows), (2 * width, rows)]
        let drawn = [layouts.0, layouts.1].map {
            Drawn(
                sizes: planes, depth: format.depth, shift: format.shift, chroma: format.chroma, layout: $0,
                using: &generator)
        }
        let picture = drawn[0].picture
        let colours = drawn[0].colours(format.chroma)
        let found = Kernels.colours(picture)
        #expect(found?.u == Drawn.histogram(colours.map(\.u), 1 << format.depth), "\(width)")
        #expect(found?.v == Drawn.histogram(colours.map(\.v), 1 << format.depth), "\(width)")
        let middle = 1 << (format.depth - 1)
        let lengths = colours.map { Int(hypot(Double($0.u - middle), Double($0.v - middle))) }
        #expect(found?.saturation == Drawn.histogram(lengths, 1 << format.depth), "\(width)")
        let degrees = colours.map { Drawn.degree(u: $0.u - middle, v: $0.v - middle) }
        #expect(found?.hue == Drawn.histogram(degrees, 360), "\(width)")
        let others = drawn[1].colours(format.chroma)
        let difference = Kernels.chromaDifference(picture, drawn[1].picture)
        #expect(difference?.u == zip(colours, others).reduce(0) { $0 + UInt64(abs($1.0.u - $1.1.u)) }, "\(width)")
        #expect(difference?.v == zip(colours, others).reduce(0) { $0 + UInt64(abs($1.0.v - $1.1.v)) }, "\(width)")
        #expect(Kernels.lumaHistogram(picture) == Drawn.histogram(drawn[0].values[0], 1 << format.depth), "\(width)")
    }

    @Test(arguments: formats) func `every width gives what a plain loop gives`(format: Format) {
        var generator = SeededGenerator(seed: UInt64(format.depth * 100 + format.shift))
        // Histograms of 16 bits are long; of the other depths every width is tried.
        for width in stride(from: 1, through: 300, by: format.depth == 16 ? 23 : format.depth == 12 ? 5 : 1) {
            check(width: width, rows: width % 2 + 1, format, (.init(), .init()), using: &generator)
        }
    }

    @Test(arguments: formats) func `rows may lie in memory in any way`(format: Format) {
        var generator = SeededGenerator(seed: 8)
        let unit = format.depth > 8 ? 2 : 1
        for (padding, offset) in [(0, 1), (1, 0), (31, 32)] {
            let layout = Drawing.Layout(padding: padding * unit, offset: offset * unit)
            let bottomUp = Drawing.Layout(padding: padding * unit, offset: offset * unit, isBottomUp: true)
            check(width: 17, rows: 5, format, (layout, bottomUp), using: &generator)
            check(width: 33, rows: 3, format, (bottomUp, layout), using: &generator)
        }
    }

    @Test func `a grey picture has no colours`() {
        let picture = Drawing.flat(7)
        #expect(picture.chroma == .none)
        #expect(Kernels.colours(picture) == nil)
        #expect(Kernels.chromaDifference(picture, picture) == nil)
    }

    @Test(arguments: [9, 10, 12, 14]) func `samples beyond the depth count as the greatest`(depth: Int) {
        let wild = Drawing.picture(planes: [(5, 3), (5, 3), (5, 3)], depth: depth) { _, _, _ in 65535 }
        let top = (1 << depth) - 1
        #expect(Kernels.lumaHistogram(wild)[top] == 15)
        let colours = Kernels.colours(wild)
        #expect(colours?.u[top] == 15)
        #expect(colours?.v[top] == 15)
        #expect(colours?.hue[225] == 15)
    }

    @Test func `every colour of 8 bits has the degree that its angle rounds down to`() {
        let wheel = ColourWheel()
        for u in -128...127 {
            for v in -128...127 {
                let place = wheel.place(u: u, v: v)
                #expect(Int(place.hue) == Drawn.degree(u: u, v: v), "\(u) \(v)")
                #expect(Int(place.saturation) == Int(hypot(Double(u), Double(v))), "\(u) \(v)")
            }
        }
    }

    @Test(arguments: [
        (0, 0, 180), (0, -28, 0), (0, 28, 180), (-28, 0, 90), (28, 0, 270), (-1, 1, 135), (1, -1, 315), (1, 1, 225),
        (-1, -1, 45), (-32768, -32768, 45), (-32768, 32767, 134), (32767, -32768, 315),
    ])
    func `axes and diagonals belong to the degree that begins there`(u: Int, v: Int, degree: Int) {
        #expect(Int(ColourWheel().place(u: u, v: v).hue) == degree)
    }
}

extension Drawn {
    fileprivate func colours(_ chroma: ChromaLayout) -> [(u: Int, v: Int)] {
        guard chroma != .planar else { return zip(values[1], values[2]).map { (u: $0, v: $1) } }
        let first = chroma == .interleaved ? 0 : 1
        return stride(from: 0, to: values[1].count, by: 2).map {
            (u: values[1][$0 + first], v: values[1][$0 + 1 - first])
        }
    }

    fileprivate static func histogram(_ values: [Int], _ levels: Int) -> [Int] {
        var counts = [Int](repeating: 0, count: levels)
        for value in values { counts[value] += 1 }
        return counts
    }

    /// By the library's arc tangent; what lies on a boundary but for rounding is on it.
    fileprivate static func degree(u: Int, v: Int) -> Int {
        let angle = atan2(Double(u), Double(v)) / .pi * 180 + 180
        return Int((abs(angle - angle.rounded()) < 1e-9 ? angle.rounded() : angle).rounded(.down)) % 360
    }
}
