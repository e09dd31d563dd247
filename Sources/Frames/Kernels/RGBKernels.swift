// Pixel loops for the frames that are sent to other programs: R'G'B' of YUV, and rows without padding.

/// How codes of 8-bit YUV become R'G'B' of full range, in fixed point with 16 fraction bits.
package struct RGBConversion: Equatable, Sendable {
    /// For each of the 256 codes of luma.
    package let luma: [Int32]
    /// What U and V, as distances from 128, add to red, green and blue.
    package let red: SIMD2<Int32>
    package let green: SIMD2<Int32>
    package let blue: SIMD2<Int32>

    /// - Precondition: `luma` has 256 values.
    package init(luma: [Int32], red: SIMD2<Int32>, green: SIMD2<Int32>, blue: SIMD2<Int32>) {
        precondition(luma.count == 256, "a value for each code")
        self.luma = luma
        self.red = red
        self.green = green
        self.blue = blue
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
        let hasChroma = picture.chroma == .planar
        let across = hasChroma && picture.planes[1].samplesPerRow < width ? 1 : 0
        let down = hasChroma && picture.planes[1].rows < height ? 1 : 0
        let half: Int32 = 1 << 15
        return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
            count = 3 * width * height
            guard let start = target.baseAddress else { return }
            // Never read where there is no chroma.
            var (reds, greens, blues) = (
                [Int32](repeating: 0, count: width), [Int32](repeating: 0, count: width),
                [Int32](repeating: 0, count: width)
            )
            conversion.luma.withUnsafeBufferPointer { luma in
                for y in 0..<height {
                    let codes = (picture.luma.base + y * picture.luma.stride).assumingMemoryBound(to: UInt8.self)
                    // Rows of chroma serve two of luma.
                    if hasChroma, down == 0 || y % 2 == 0 {
                        let (us, vs) = (picture.planes[1], picture.planes[2])
                        let u = (us.base + (y >> down) * us.stride).assumingMemoryBound(to: UInt8.self)
                        let v = (vs.base + (y >> down) * vs.stride).assumingMemoryBound(to: UInt8.self)
                        for x in 0..<width {
                            let (a, b) = (Int32(u[x >> across]) &- 128, Int32(v[x >> across]) &- 128)
                            reds[x] = a &* conversion.red.x &+ b &* conversion.red.y
                            greens[x] = a &* conversion.green.x &+ b &* conversion.green.y
                            blues[x] = a &* conversion.blue.x &+ b &* conversion.blue.y
                        }
                    }
                    let row = start + 3 * width * y
                    for x in 0..<width {
                        let base = luma[Int(codes[x])] &+ half
                        row[3 * x] = UInt8(clamping: (base &+ reds[x]) &>> 16)
                        row[3 * x + 1] = UInt8(clamping: (base &+ greens[x]) &>> 16)
                        row[3 * x + 2] = UInt8(clamping: (base &+ blues[x]) &>> 16)
                    }
                }
            }
        }
    }

    /// The samples of planes behind each other, rows from top to bottom without padding.
    ///
    /// - Precondition: 8 bits.
    package static func packed(_ planes: some Sequence<Plane>) -> [UInt8] {
        var bytes: [UInt8] = []
        for plane in planes {
            bytes.reserveCapacity(bytes.count + plane.sampleCount)
            for row in 0..<plane.rows {
                bytes.append(
                    contentsOf: UnsafeRawBufferPointer(
                        start: plane.base + row * plane.stride, count: plane.samplesPerRow))
            }
        }
        return bytes
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
