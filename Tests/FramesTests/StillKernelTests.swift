import Frames
import TestSupport
import Testing

@Suite("Loops of stills") struct StillKernelTests {
    static let sizes = [(2, 2), (4, 2), (2, 6), (34, 18), (320, 180)]

    private func bytes(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: sizes) func `another matrix gives what a plain formula gives`(width: Int, height: Int) {
        var generator = SeededGenerator(seed: UInt64(width * height))
        let count = width * height
        let planes = [
            bytes(count, using: &generator), bytes(count / 4, using: &generator), bytes(count / 4, using: &generator),
        ]
        func factors() -> SIMD2<Int32> {
            SIMD2(.random(in: -80000...80000, using: &generator), .random(in: -80000...80000, using: &generator))
        }
        let change = YUVRecoding(
            luma: (0..<256).map { Int32(($0 - 16) * 76300) }, toLuma: factors(), toU: factors(), toV: factors())
        let found = Kernels.recode(planes, width: width, height: height, by: change)
        func code(_ value: Double) -> UInt8 { UInt8(min(max((value / 65536 + 0.5).rounded(.down), 0), 255)) }
        func added(_ by: SIMD2<Int32>, _ place: Int) -> Double {
            Double(by.x) * (Double(planes[1][place]) - 128) + Double(by.y) * (Double(planes[2][place]) - 128)
        }
        for y in 0..<height {
            for x in 0..<width {
                let (pixel, place) = (y * width + x, y / 2 * (width / 2) + x / 2)
                let wanted = code(Double(change.luma[Int(planes[0][pixel])]) + added(change.toLuma, place))
                #expect(found[0][pixel] == wanted, "\(x), \(y)")
            }
        }
        for place in 0..<count / 4 {
            #expect(found[1][place] == code(added(change.toU, place) + 128 * 65536))
            #expect(found[2][place] == code(added(change.toV, place) + 128 * 65536))
        }
    }

    @Test(arguments: sizes, [false, true])
    func `the way through light gives what plain arithmetic gives`(size: (Int, Int), hasSystem: Bool) {
        let (width, height) = size
        var generator = SeededGenerator(seed: UInt64(width * height) + (hasSystem ? 1 : 0))
        let planes = (0..<3).map { _ in
            (0..<width * height).map { _ in UInt16.random(in: 0...4095, using: &generator) }
        }
        // Curves that need no table here: light is the square of the signal, output its root.
        let (steps, peak) = (4096, 4.0)
        func table(_ value: (Double) -> Double) -> [Float] {
            (0..<steps).map { Float(value(Double($0) / Double(steps - 1))) }
        }
        let weights = SIMD4<Float>(0.25, 0.5, 0.25, 0)
        let tables = LightTables(
            // Whole steps of the table, so that light is exact.
            signal: LightTables.Matrix(
                columns: [SIMD4(1, 1, 1, 0) / 4095, SIMD4(0, -1, 1, 0) / 4095, SIMD4(1, -1, 0, 0) / 4095],
                offset: SIMD4(-2047, 2047, -2047, 0) / 4095),
            light: table { $0 * $0 }, system: hasSystem ? (weights, table { 0.5 + $0 }) : nil,
            display: LightTables.Matrix(columns: [
                SIMD4(1.5, -0.2, 0, 0), SIMD4(-0.4, 1.3, -0.1, 0), SIMD4(0, 0, 1.2, 0),
            ]),
            rounding: 0.01, peak: Float(peak), output: table { $0 * 2 },
            shoulder: table { 1 / max(1, $0 * 2) })
        let found = Kernels.shown(planes, width: width, height: height, by: tables)

        func clamped(_ value: Double, _ upper: Double) -> Double { min(max(value, 0), upper) }
        func colour(_ pixel: Int) -> [Double] {
            let (y, u, v) = (Double(planes[0][pixel]), Double(planes[1][pixel]), Double(planes[2][pixel]))
            let signal = [y + v - 2047, y - u - v + 2047, y + u - 2047].map { clamped($0 / 4095, 1) }
            var light = signal.map { $0 * $0 }
            if hasSystem {
                let luminance = 0.25 * light[0] + 0.5 * light[1] + 0.25 * light[2]
                light = light.map { $0 * (0.5 + luminance.squareRoot()) }
            }
            var mixed = [
                1.5 * light[0] - 0.4 * light[1], -0.2 * light[0] + 1.3 * light[1], -0.1 * light[1] + 1.2 * light[2],
            ].map { clamped($0, peak) }
            let greatest = mixed.max() ?? 0
            mixed = mixed.map { min($0, max($0 / 16, ($0 - 0.01 * greatest) * 4 / 3)) }
            let scale = 1 / max(1, (mixed.max() ?? 0).squareRoot())
            return mixed.map { $0.squareRoot() * scale * 255 }
        }
        for row in 0..<height / 2 {
            for column in 0..<width / 2 {
                var mean = [0.0, 0, 0]
                for (x, y) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let pixel = (2 * row + y) * width + 2 * column + x
                    let rgb = colour(pixel)
                    let luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
                    // The tables are read at the nearest of their steps.
                    #expect(abs(Double(found[0][pixel]) - luma) < 0.75, "\(column), \(row)")
                    for index in 0..<3 { mean[index] += rgb[index] / 4 }
                }
                let luma = 0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2]
                let place = row * (width / 2) + column
                #expect(abs(Double(found[1][place]) - min(255, (mean[2] - luma) / 1.772 + 128)) < 0.75)
                #expect(abs(Double(found[2][place]) - min(255, (mean[0] - luma) / 1.402 + 128)) < 0.75)
            }
        }
    }

    @Test func `grey stays grey, and black black`() {
        let tables = LightTables(
            signal: LightTables.Matrix(
                columns: [SIMD4(1, 1, 1, 0) / 4095, SIMD4(0, -0.2, 1.8, 0) / 4095, SIMD4(1.5, -0.5, 0, 0) / 4095],
                offset: SIMD4(-1.5, 0.7, -1.8, 0) * (2048.0 / 4095)),
            light: [0, 1], system: nil,
            display: LightTables.Matrix(columns: [SIMD4(1, 0, 0, 0), SIMD4(0, 1, 0, 0), SIMD4(0, 0, 1, 0)]),
            rounding: 0.01, peak: 1, output: [0, 1], shoulder: [1, 1])
        for (code, level) in [(UInt16(0), UInt8(0)), (4095, 255)] {
            let middle = [UInt16](repeating: 2048, count: 4)
            let shown = Kernels.shown(
                [[UInt16](repeating: code, count: 4), middle, middle], width: 2, height: 2, by: tables)
            #expect(shown == [[UInt8](repeating: level, count: 4), [128], [128]])
        }
    }
}
