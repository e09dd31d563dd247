// Pixel loops for the frames that are sent to other programs: R'G'B' of YUV, and turned ones.

/// How codes of 8-bit YUV become R'G'B' of full range: what each code adds to red, green and blue, side by side in one number.
///
/// A number has three lanes of 21 bits with 10 fraction bits. Each lane is kept from being negative by a bias, so that one sum
/// adds all three; a table takes the bias away again and holds the result between 0 and 255. The sum of three numbers that are
/// rounded to 1/1024 is off by less than 1/600.
package struct RGBConversion: Equatable, Sendable {
    fileprivate let luma: [UInt64]
    fileprivate let u: [UInt64]
    fileprivate let v: [UInt64]
    /// The byte of each whole number that a lane may have.
    fileprivate let bytes: [UInt8]

    fileprivate static let lane = 21
    private static let fraction = 10
    fileprivate static let mask: UInt64 = 1 << (21 - 10) - 1
    /// More than what luma, and what U or V can take away. (Of all matrices Cb of BT.2020 to blue is the largest: 241.)
    private static let bias = (luma: 64.0, chroma: 384.0)

    /// - Parameters:
    ///   - luma: what a code of luma adds to all three, 0 to 255 for those of a picture.
    ///   - chroma: what U and V, as distances from 128, are multiplied with for red, green and blue.
    /// - Precondition: luma adds -64 to 320, U and V together no more than 768.
    package init(luma: (Int) -> Double, chroma: [SIMD2<Double>]) {
        precondition(chroma.count == 3, "red, green and blue")
        func fixed(_ value: Double) -> UInt64 { UInt64((value * Double(1 << RGBConversion.fraction)).rounded()) }
        func lanes(_ values: [Double]) -> UInt64 {
            values.enumerated().reduce(0) { $0 | fixed($1.element) << UInt64($1.offset * RGBConversion.lane) }
        }
        let bias = RGBConversion.bias
        // With half a step, so that cutting the fraction off rounds.
        self.luma = (0..<256).map { code in lanes([Double](repeating: luma(code) + bias.luma + 0.5, count: 3)) }
        u = (0..<256).map { code in lanes(chroma.map { $0.x * Double(code - 128) + bias.chroma }) }
        v = (0..<256).map { code in lanes(chroma.map { $0.y * Double(code - 128) + bias.chroma }) }
        let zero = Int(bias.luma + 2 * bias.chroma)
        bytes = (0...Int(RGBConversion.mask)).map { UInt8(min(max($0 - zero, 0), 255)) }
    }
}

extension Kernels {
    /// R', G' and B' of each pixel, a byte each, rows from top to bottom without padding. A picture without chroma is grey.
    ///
    /// Chroma of fewer columns or rows is repeated, as a bit-exact result that no filter's rounding touches.
    ///
    /// - Precondition: 8 bits; chroma, where there is some, in planes of its own with all columns and rows or with half of
    ///   them, rounded up.
    /// - Complexity: O(pixels)
    package static func rgb(_ picture: Picture, by conversion: RGBConversion) -> [UInt8] {
        precondition(picture.depth == 8 && picture.chroma != .interleaved && picture.chroma != .interleavedSwapped)
        let (width, height) = (picture.width, picture.height)
        let isGrey = picture.chroma == .none
        let across = !isGrey && picture.planes[1].samplesPerRow < width ? 1 : 0
        let down = !isGrey && picture.planes[1].rows < height ? 1 : 0
        // Where there is no chroma, its planes are never read, and all of it is 128.
        let (us, vs) = isGrey ? (picture.luma, picture.luma) : (picture.planes[1], picture.planes[2])
        let grey = conversion.u[128] &+ conversion.v[128]
        let lane = UInt64(RGBConversion.lane)
        return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
            count = 3 * width * height
            guard var to = target.baseAddress else { return }
            conversion.luma.withUnsafeBufferPointer { ofLuma in
                conversion.u.withUnsafeBufferPointer { ofU in
                    conversion.v.withUnsafeBufferPointer { ofV in
                        conversion.bytes.withUnsafeBufferPointer { bytes in
                            for row in 0..<height {
                                let y = (picture.luma.base + row * picture.luma.stride).assumingMemoryBound(
                                    to: UInt8.self)
                                let u = (us.base + (row >> down) * us.stride).assumingMemoryBound(to: UInt8.self)
                                let v = (vs.base + (row >> down) * vs.stride).assumingMemoryBound(to: UInt8.self)
                                for x in 0..<width {
                                    let place = x >> across
                                    let added = isGrey ? grey : ofU[Int(u[place])] &+ ofV[Int(v[place])]
                                    let sum = (ofLuma[Int(y[x])] &+ added) &>> 10
                                    to[0] = bytes[Int(sum & RGBConversion.mask)]
                                    to[1] = bytes[Int((sum &>> lane) & RGBConversion.mask)]
                                    to[2] = bytes[Int((sum &>> (2 &* lane)) & RGBConversion.mask)]
                                    to += 3
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// A picture turned upside down, as water mirrors it, and then by quarter turns clockwise.
    ///
    /// - Parameters:
    ///   - samples: rows without padding.
    ///   - size: bytes of a pixel.
    ///   - turns: 0 to 3.
    package static func turned(
        _ samples: [UInt8], width: Int, height: Int, size: Int, isMirrored: Bool, turns: Int
    ) -> [UInt8] {
        precondition(samples.count == width * height * size && (0...3).contains(turns), "rows without padding")
        if !isMirrored, turns == 0 { return samples }
        let (columns, rows) = turns % 2 == 0 ? (width, height) : (height, width)
        var result: [UInt8] = []
        result.reserveCapacity(samples.count)
        for y in 0..<rows {
            for x in 0..<columns {
                let (sourceX, turnedY) =
                    switch turns {
                    case 1: (y, height - 1 - x)
                    case 2: (width - 1 - x, height - 1 - y)
                    case 3: (width - 1 - y, x)
                    default: (x, y)
                    }
                let sourceY = isMirrored ? height - 1 - turnedY : turnedY
                let place = (sourceY * width + sourceX) * size
                for byte in 0..<size { result.append(samples[place + byte]) }
            }
        }
        return result
    }
}
