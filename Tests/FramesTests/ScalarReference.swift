import TestSupport

@testable import Frames

/// What a picture is drawn from, and what the pixel loops have to find in it, computed sample by sample.
struct Drawn {
    let values: [[Int]]
    let sizes: [(samples: Int, rows: Int)]
    let picture: Picture

    init(
        sizes: [(samples: Int, rows: Int)], depth: Int, shift: Int = 0, chroma: ChromaLayout? = nil,
        layout: Drawing.Layout = .init(), using generator: inout SeededGenerator
    ) {
        let top = (1 << depth) - 1
        // The extremes as often as everything between them.
        let values = sizes.map { size in
            (0..<size.samples * size.rows).map { _ in
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: 0
                case 1: top
                default: Int.random(in: 0...top, using: &generator)
                }
            }
        }
        self.values = values
        self.sizes = sizes
        picture = Drawing.picture(planes: sizes, depth: depth, shift: shift, chroma: chroma, layout: layout) {
            plane, x, y in
            values[plane][y * sizes[plane].samples + x]
        }
    }

    func luma(previous: Drawn?, reference: Drawn? = nil, darkLimit: Int) -> Kernels.LumaSums {
        var sums = Kernels.LumaSums()
        for value in values[0] {
            sums.sum += UInt64(value)
            sums.min = min(sums.min, value)
            sums.max = max(sums.max, value)
            if value <= darkLimit { sums.dark += 1 }
        }
        sums.difference = previous.map { difference($0, plane: 0) }
        sums.referenceDifference = reference.map { difference($0, plane: 0) }
        return sums
    }

    func difference(_ other: Drawn, plane: Int) -> UInt64 {
        zip(values[plane], other.values[plane]).reduce(0) { $0 + UInt64(abs($1.0 - $1.1)) }
    }
}
