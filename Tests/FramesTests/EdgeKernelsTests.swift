import Frames
import TestSupport
import Testing

@Suite("Edges and their widths") struct EdgeKernelsTests {
    struct Format: Sendable, CustomTestStringConvertible {
        let depth: Int
        let shift: Int
        var testDescription: String { "\(depth) bits shifted by \(shift)" }
    }

    private static let formats = [
        Format(depth: 8, shift: 0), Format(depth: 10, shift: 0), Format(depth: 10, shift: 6),
        Format(depth: 12, shift: 4), Format(depth: 16, shift: 0),
    ]

    /// What is drawn: noise alone has short edges, slopes and waves have long ones.
    enum Content: CaseIterable {
        case noise, slopes, waves, blocks

        func value(_ x: Int, _ y: Int, _ top: Int, _ size: Int, _ generator: inout SeededGenerator) -> Int {
            func noise(_ share: Int) -> Int { Int.random(in: -top / share...top / share, using: &generator) }
            let value =
                switch self {
                case .noise: Int.random(in: 0...top, using: &generator)
                case .slopes: (x + 2 * y) % (2 * size) * top / (2 * size) + noise(200)
                case .waves: abs((x * x / size + y * 3) % (2 * size) - size) * top / size + noise(1000)
                case .blocks: ((x / size + y / size) & 1) * (top - top / 4) + (x + y) % size * top / (8 * size)
                }
            return min(max(value, 0), top)
        }
    }

    private func check(
        _ width: Int, _ rows: Int, _ format: Format, _ content: Content, _ limits: (low: Int, high: Int, radius: Int),
        _ layout: Drawing.Layout = .init(), using generator: inout SeededGenerator
    ) -> Int {
        let top = (1 << format.depth) - 1
        let size = Int.random(in: 3...20, using: &generator)
        var values: [Int] = []
        for y in 0..<rows {
            for x in 0..<width { values.append(content.value(x, y, top, size, &generator)) }
        }
        let picture = Drawing.picture(
            planes: [(width, rows)], depth: format.depth, shift: format.shift, layout: layout
        ) { _, x, y in values[y * width + x] }
        let expected = EdgeReference(
            values, width: width, rows: rows, depth: format.depth, low: limits.low, high: limits.high,
            radius: limits.radius
        ).widths()
        let found = Kernels.edgeWidths(picture, low: limits.low, high: limits.high, radius: limits.radius)
        #expect(found == expected, "\(width)x\(rows) \(content) \(limits)")
        return found.count
    }

    private static let limits = [(15, 30, 50), (0, 0, 3), (5, 100, 8), (60, 20, 9), (15, 254, 100), (30, 255, 1)]

    @Test(arguments: formats) func `every width from 1 to 300 gives what the definition gives`(format: Format) {
        var generator = SeededGenerator(seed: UInt64(format.depth * 100 + format.shift))
        var edges = 0
        for width in 1...300 {
            let content = Content.allCases[width % 4]
            let rows = width % 5 == 0 ? 1 + width % 28 : 3 + width % 4
            edges += check(width, rows, format, content, Self.limits[width % 6], using: &generator)
        }
        // The comparison is one of edges, not of nothing.
        #expect(edges > 5000)
    }

    @Test(arguments: Content.allCases) func `every height up to 60 gives what the definition gives`(content: Content) {
        var generator = SeededGenerator(seed: 3)
        var edges = 0
        for rows in 1...60 {
            let format = Self.formats[rows % 2]
            edges += check(rows % 7 + 20, rows, format, content, (4, 12, 5 + rows % 20), using: &generator)
        }
        #expect(edges > 500)
    }

    @Test(arguments: formats) func `rows may lie in memory in any way`(format: Format) {
        var generator = SeededGenerator(seed: 5)
        let unit = format.depth > 8 ? 2 : 1
        for padding in [0, 1, 31] {
            for offset in [0, 1, 32] {
                for isBottomUp in [false, true] {
                    let layout = Drawing.Layout(
                        padding: padding * unit, offset: offset * unit, isBottomUp: isBottomUp)
                    for (width, rows) in [(1, 1), (3, 3), (5, 5), (17, 6), (33, 21)] {
                        _ = check(width, rows, format, .waves, (15, 30, 50), layout, using: &generator)
                    }
                }
            }
        }
    }

    @Test(arguments: [83, 600]) func `a lone edge is found wherever it lies in a flat picture`(width: Int) {
        // Stretches without a gradient are left out, so each place in them, and at their ends, is tried.
        var edges = 0
        for place in stride(from: 1, to: width - 1, by: width > 500 ? 61 : 1) {
            for (reach, slant) in [(0, 0), (3, 0), (2, 1), (11, -1)] {
                var values = Array(repeating: 100, count: width * 12)
                for y in 0..<12 {
                    for x in 0..<width {
                        let distance = x - place - slant * (y - 6)
                        values[y * width + x] += min(max(distance, -reach), reach + 1) * 20 / (reach + 1)
                    }
                }
                let expected = EdgeReference(
                    values, width: width, rows: 12, depth: 8, low: 5, high: 9, radius: 50
                ).widths()
                let picture = Drawing.picture(planes: [(width, 12)]) { _, x, y in values[y * width + x] }
                #expect(
                    Kernels.edgeWidths(picture, low: 5, high: 9, radius: 50) == expected,
                    "\(width), \(place), \(reach), \(slant)")
                edges += expected.count
            }
        }
        #expect(edges > 100)
    }

    /// A row that goes from 0 over 80 to 160 has its steepest place in the middle, whatever the direction.
    private func step(_ place: Int) -> Int { place < 20 ? 0 : place == 20 ? 80 : 160 }

    @Test func `a sharp edge is as wide as the smoothing makes it`() {
        // Two rows at the top and bottom are not smoothed. The first and last row have no gradient; the second and the
        // last but one have the drawn width of 2, the others between them that of 5 samples around 3.
        let upright = Drawing.picture(planes: [(41, 12)]) { _, x, _ in step(x) }
        #expect(Kernels.edgeWidths(upright, low: 15, high: 30, radius: 50) == .init(count: 10, straight: 8 * 6 + 2 * 2))
        let level = Drawing.picture(planes: [(12, 41)]) { _, _, y in step(y) }
        #expect(Kernels.edgeWidths(level, low: 15, high: 30, radius: 50) == .init(count: 10, straight: 8 * 6 + 2 * 2))
    }

    @Test func `a step between two columns has two equal gradients side by side, and is no edge`() {
        // But where smoothed rows meet those that are not.
        let picture = Drawing.picture(planes: [(41, 12)]) { _, x, _ in x < 20 ? 0 : 160 }
        #expect(Kernels.edgeWidths(picture, low: 15, high: 30, radius: 50) == .init(count: 4, straight: 12))
    }

    @Test func `a search stops at the radius, and counts for nothing at the border`() {
        // A slope over the whole picture with one steeper place in its middle.
        let slope = Drawing.picture(planes: [(41, 12)]) { _, x, _ in 3 * x + (x < 20 ? 0 : x == 20 ? 40 : 80) }
        #expect(Kernels.edgeWidths(slope, low: 15, high: 100, radius: 9) == .init(count: 10, straight: 10 * 18))
        #expect(Kernels.edgeWidths(slope, low: 15, high: 100, radius: 20) == .init(count: 10, straight: 10 * 40))
        #expect(Kernels.edgeWidths(slope, low: 15, high: 100, radius: 21) == .init())
    }

    @Test func `flat pictures and pictures without an inner pixel have no edge`() {
        for (width, height) in [(1, 1), (2, 2), (2, 300), (300, 2)] {
            let picture = Drawing.picture(planes: [(width, height)]) { _, x, y in (x + y) % 2 * 255 }
            #expect(Kernels.edgeWidths(picture, low: 0, high: 0, radius: 1) == .init())
        }
        for depth in [8, 16] {
            let picture = Drawing.flat((1 << depth) - 1, width: 64, height: 64, depth: depth)
            #expect(Kernels.edgeWidths(picture, low: 0, high: 0, radius: 50) == .init())
        }
    }
}
