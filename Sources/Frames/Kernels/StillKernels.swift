// Pixel loops for stills: their colours. Over arrays, without pointers; the tables are made elsewhere.

/// How the codes of an 8-bit YUV picture change when its matrix and range do: grey stays grey, so that luma depends on
/// luma by a table and on colour differences by a sum, and colour differences on each other alone. Fixed point with 16
/// fraction bits.
package struct YUVRecoding: Equatable, Sendable {
    /// For each of the 256 codes of luma.
    package let luma: [Int32]
    /// What U and V, as distances from 128, add to luma, to U and to V.
    package let toLuma: SIMD2<Int32>
    package let toU: SIMD2<Int32>
    package let toV: SIMD2<Int32>

    /// - Precondition: `luma` has 256 values.
    package init(luma: [Int32], toLuma: SIMD2<Int32>, toU: SIMD2<Int32>, toV: SIMD2<Int32>) {
        precondition(luma.count == 256, "a value for each code")
        self.luma = luma
        self.toLuma = toLuma
        self.toU = toU
        self.toV = toV
    }
}

/// A way from codes of YUV through linear light to R'G'B' for a display, as tables and matrices.
package struct LightTables: Sendable {
    /// A 3x3 matrix by columns, and what is added; the fourth lane is 0.
    package struct Matrix: Equatable, Sendable {
        package var columns: [SIMD4<Float>]
        package var offset: SIMD4<Float>

        /// - Precondition: three columns.
        package init(columns: [SIMD4<Float>], offset: SIMD4<Float> = .zero) {
            precondition(columns.count == 3, "a matrix of 3x3")
            self.columns = columns
            self.offset = offset
        }
    }

    /// Codes of Y, U and V to three components between 0 and 1; what is beyond is cut off.
    package let signal: Matrix
    /// The light of a component, over 0…1 in even steps.
    package let light: [Float]
    /// What light is multiplied with, over the square root of its luminance between 0 and 1 in even steps, and the share
    /// of each component in luminance. Nil where light depends on each component alone.
    package let system: (weights: SIMD4<Float>, factors: [Float])?
    /// Light of the source's components to red, green and blue of the display.
    package let display: Matrix
    /// The share of the greatest component of a pixel below which another one is taken for rounding, and shown at a
    /// sixteenth; up to four times of it the way back to what it is. 0 where all are shown as they are.
    package let rounding: Float
    /// The greatest light of a component; what is beyond is cut off.
    package let peak: Float
    /// R', G' or B' between 0 and 1 at reference white, over the square root of light between 0 and `peak` in even steps.
    package let output: [Float]
    /// What R'G'B' is multiplied with, over the greatest of the three as `output` is: how highlights come down.
    package let shoulder: [Float]

    package init(
        signal: Matrix, light: [Float], system: (weights: SIMD4<Float>, factors: [Float])?, display: Matrix,
        rounding: Float, peak: Float, output: [Float], shoulder: [Float]
    ) {
        precondition(light.count > 1 && output.count > 1 && output.count == shoulder.count && peak > 0, "tables")
        precondition(system.map { $0.factors.count > 1 } ?? true, "tables")
        self.signal = signal
        self.light = light
        self.system = system
        self.display = display
        self.rounding = rounding
        self.peak = peak
        self.output = output
        self.shoulder = shoulder
    }

    /// R', G' and B' between 0 and 1 of one pixel.
    @inline(__always)
    func shown(_ y: UInt16, _ u: UInt16, _ v: UInt16) -> SIMD4<Float> {
        let codes = (signal.columns[0] * Float(y)) + (signal.columns[1] * Float(u)) + (signal.columns[2] * Float(v))
        let place = bounded(codes + signal.offset, 1) * Float(light.count - 1)
        var linear = SIMD4(light[nearest(place.x)], light[nearest(place.y)], light[nearest(place.z)], 0)
        if let system {
            // No colour that there is has less than none, but codes may say so.
            let luminance = Swift.min(Swift.max(sum(linear * system.weights), 0), 1).squareRoot()
            linear *= system.factors[nearest(luminance * Float(system.factors.count - 1))]
        }
        let mixed = (display.columns[0] * linear.x) + (display.columns[1] * linear.y) + (display.columns[2] * linear.z)
        var shares = bounded((mixed + display.offset) * (1 / peak), 1)
        let doubtful = rounding * Swift.max(shares.x, shares.y, shares.z)
        let (small, large) = (shares * 0.0625, (shares - doubtful) * (4.0 / 3))
        let lowered = large.replacing(with: small, where: large .< small)
        shares.replace(with: lowered, where: lowered .< shares)
        let roots = shares.squareRoot() * Float(output.count - 1)
        let (r, g, b) = (nearest(roots.x), nearest(roots.y), nearest(roots.z))
        return SIMD4(output[r], output[g], output[b], 0) * shoulder[Swift.max(r, g, b)]
    }

    @inline(__always)
    private func bounded(_ lanes: SIMD4<Float>, _ upper: Float) -> SIMD4<Float> {
        let above = lanes.replacing(with: 0, where: lanes .< 0)
        return above.replacing(with: upper, where: above .> upper)
    }

}

/// The whole number next to one between 0 and 2^22: at 2^23 a Float's last bit is worth 1, so that adding rounds. Half the
/// time that a conversion with its checks takes.
@inline(__always)
private func nearest(_ value: Float) -> Int { Int((value + 8_388_608).bitPattern & 0x7f_ffff) }

/// The first three lanes, always added in this order.
@inline(__always)
private func sum(_ lanes: SIMD4<Float>) -> Float { lanes.x + lanes.y + lanes.z }

extension Kernels {
    /// The same picture by another matrix and range.
    ///
    /// - Parameters:
    ///   - planes: Y, U and V in 8 bits, 4:2:0, rows without padding.
    ///   - width: pixels, even.
    ///   - height: pixels, even.
    /// - Complexity: O(pixels)
    package static func recode(_ planes: [[UInt8]], width: Int, height: Int, by change: YUVRecoding) -> [[UInt8]] {
        precondition(
            width % 2 == 0 && height % 2 == 0 && planes.count == 3 && planes[0].count == width * height
                && planes[1].count == width * height / 4 && planes[2].count == width * height / 4, "a 4:2:0 picture")
        var (luma, u, v) = (planes[0], planes[1], planes[2])
        let half: Int32 = 1 << 15
        func code(_ value: Int32) -> UInt8 { UInt8(clamping: (value &+ half) &>> 16) }
        for row in 0..<height / 2 {
            for column in 0..<width / 2 {
                let place = row * (width / 2) + column
                let difference = SIMD2(Int32(u[place]) - 128, Int32(v[place]) - 128)
                let added = (change.toLuma &* difference).wrappedSum()
                for y in 0..<2 {
                    for x in 0..<2 {
                        let pixel = (2 * row + y) * width + 2 * column + x
                        luma[pixel] = code(change.luma[Int(luma[pixel])] &+ added)
                    }
                }
                u[place] = code((change.toU &* difference).wrappedSum() &+ 128 << 16)
                v[place] = code((change.toV &* difference).wrappedSum() &+ 128 << 16)
            }
        }
        return [luma, u, v]
    }

    /// A picture brought to a display through linear light, as full-range 4:2:0 by the matrix of BT.601, which is what a
    /// JPEG holds. U and V of a pair of rows and columns are those of their mean.
    ///
    /// - Parameters:
    ///   - planes: Y, U and V in up to 16 bits, 4:4:4, rows without padding.
    ///   - width: pixels, even.
    ///   - height: pixels, even.
    /// - Complexity: O(pixels)
    package static func shown(_ planes: [[UInt16]], width: Int, height: Int, by tables: LightTables) -> [[UInt8]] {
        precondition(
            width % 2 == 0 && height % 2 == 0 && planes.count == 3
                && planes.allSatisfy { $0.count == width * height }, "a 4:4:4 picture of even size")
        let (y, u, v) = (planes[0], planes[1], planes[2])
        var luma = [UInt8](repeating: 0, count: width * height)
        var (blue, red) = ([UInt8](repeating: 0, count: luma.count / 4), [UInt8](repeating: 0, count: luma.count / 4))
        let weights = SIMD4<Float>(0.299, 0.587, 0.114, 0) * 255
        func code(_ value: Float) -> UInt8 { UInt8(truncatingIfNeeded: Swift.min(255, nearest(value))) }
        for row in 0..<height / 2 {
            for column in 0..<width / 2 {
                var total = SIMD4<Float>.zero
                for below in 0..<2 {
                    for beside in 0..<2 {
                        let pixel = (2 * row + below) * width + 2 * column + beside
                        let colour = tables.shown(y[pixel], u[pixel], v[pixel])
                        luma[pixel] = code(sum(colour * weights))
                        total += colour
                    }
                }
                let mean = total * 0.25
                let bright = sum(mean * weights)
                let place = row * (width / 2) + column
                blue[place] = code((mean.z * 255 - bright) / 1.772 + 128)
                red[place] = code((mean.x * 255 - bright) / 1.402 + 128)
            }
        }
        return [luma, blue, red]
    }
}
