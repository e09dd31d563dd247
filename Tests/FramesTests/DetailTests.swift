import TestSupport
import Testing

@testable import Frames

@Suite("Detail") struct DetailTests {
    /// The sums pixel by pixel, in whole numbers but for the lengths.
    private func reference(_ image: SmallLuma) -> Kernels.Detail {
        var result = Kernels.Detail()
        guard image.width >= 3, image.height >= 3 else { return result }
        for y in 1..<image.height - 1 {
            for x in 1..<image.width - 1 {
                func at(_ dx: Int, _ dy: Int) -> Int { Int(image.samples[(y + dy) * image.width + x + dx]) }
                let across = at(1, -1) + 2 * at(1, 0) + at(1, 1) - at(-1, -1) - 2 * at(-1, 0) - at(-1, 1)
                let down = at(-1, 1) + 2 * at(0, 1) + at(1, 1) - at(-1, -1) - 2 * at(0, -1) - at(1, -1)
                let curve = at(0, -1) + at(0, 1) + at(-1, 0) + at(1, 0) - 4 * at(0, 0)
                let square = Double(across * across + down * down)
                result.count += 1
                result.gradient += square.squareRoot()
                result.gradientSquared += square
                result.laplacian += Double(curve)
                result.laplacianSquared += Double(curve * curve)
            }
        }
        return result
    }

    /// Rows are added up in four floats of 24 bits each, up to 80 numbers a float: a relative error of 80 * 2^-24 is
    /// the most there can be. Sums of the Laplacian stay below 2^24 and are exact.
    private let tolerance = 80 / 16_777_216.0

    private func check(_ image: SmallLuma) {
        let (found, expected) = (Kernels.detail(image, way: .swift), reference(image))
        let size = "\(image.width)x\(image.height)"
        for way in KernelWay.available {
            #expect(Kernels.detail(image, way: way) == found, "\(way), \(size): the same to the last bit")
        }
        #expect(found.count == expected.count, "\(size)")
        #expect(found.laplacian == expected.laplacian, "\(size)")
        for part in [\Kernels.Detail.gradient, \.gradientSquared, \.laplacianSquared] {
            #expect(
                abs(found[keyPath: part] - expected[keyPath: part]) <= expected[keyPath: part] * tolerance,
                "\(size): \(found[keyPath: part]), not \(expected[keyPath: part])")
        }
    }

    @Test func `every width from 1 to 300 gives what a plain loop gives`() {
        var generator = SeededGenerator(seed: 12)
        for width in 1...300 {
            let height = 3 + width % 4
            // Noise, and the extremes that make the largest gradients.
            for values in [Array(0...255), [0, 255]] {
                let samples = (0..<width * height).map { _ in
                    UInt8(values[Int.random(in: 0..<values.count, using: &generator)])
                }
                check(SmallLuma(width: width, height: height, samples: samples))
            }
        }
    }

    @Test func `nothing is flat by chance`() {
        for size in [(3, 3), (10, 10), (11, 7), (300, 12)] {
            let flat = SmallLuma(
                width: size.0, height: size.1, samples: Array(repeating: 200, count: size.0 * size.1))
            var nothing = Kernels.Detail()
            nothing.count = (size.0 - 2) * (size.1 - 2)
            for way in KernelWay.available { #expect(Kernels.detail(flat, way: way) == nothing) }
        }
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 9), (9, 2), (2, 2)])
    func `a picture without inner pixels has no detail`(width: Int, height: Int) {
        let image = SmallLuma(width: width, height: height, samples: Array(repeating: 9, count: width * height))
        for way in KernelWay.available { #expect(Kernels.detail(image, way: way) == Kernels.Detail()) }
    }
}
