// Pixel loops for the frames that are sent to other programs: R'G'B' of YUV, and rows without padding.

/// How codes of 8-bit YUV become R'G'B' of full range, in fixed point with 16 fraction bits.
package struct RGBConversion: Equatable, Sendable {
    /// What a code of luma is multiplied with, and what is added then.
    package let scale: Int32
    package let offset: Int32
    /// What U and V, as distances from 128, add to red, green and blue.
    package let red: SIMD2<Int32>
    package let green: SIMD2<Int32>
    package let blue: SIMD2<Int32>

    /// - Precondition: every factor is below 2^19, so that no sum passes 31 bits.
    package init(scale: Int32, offset: Int32, red: SIMD2<Int32>, green: SIMD2<Int32>, blue: SIMD2<Int32>) {
        self.scale = scale
        self.offset = offset
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
        let down = picture.chroma == .planar && picture.planes[1].rows < height ? 1 : 0
        return [UInt8](unsafeUninitializedCapacity: 3 * width * height) { target, count in
            count = 3 * width * height
            // What chroma adds to the three, a row each, and the three of a row before they are put together.
            var added = [Int32](repeating: 0, count: 3 * width)
            var planes = [UInt8](repeating: 0, count: 3 * width)
            added.withUnsafeMutableBufferPointer { added in
                planes.withUnsafeMutableBufferPointer { planes in
                    for y in 0..<height {
                        // Rows of chroma serve two of luma.
                        if picture.chroma == .planar, down == 0 || y % 2 == 0 {
                            addChroma(picture, row: y >> down, conversion, to: added)
                        }
                        convertRow(picture, row: y, conversion, added, planes)
                        interleave(planes, width, to: target, at: 3 * width * y)
                    }
                }
            }
        }
    }

    /// What the chroma of a row adds to red, green and blue.
    private static func addChroma(
        _ picture: Picture, row: Int, _ conversion: RGBConversion, to added: UnsafeMutableBufferPointer<Int32>
    ) {
        let (us, vs, width) = (picture.planes[1], picture.planes[2], picture.width)
        let across = us.samplesPerRow < width ? 1 : 0
        let u = (us.base + row * us.stride).assumingMemoryBound(to: UInt8.self)
        let v = (vs.base + row * vs.stride).assumingMemoryBound(to: UInt8.self)
        guard let start = added.baseAddress else { return }
        for (index, factors) in [conversion.red, conversion.green, conversion.blue].enumerated() {
            let row = start + index * width
            for x in 0..<width {
                row[x] =
                    (Int32(u[x >> across]) &- 128) &* factors.x &+ (Int32(v[x >> across]) &- 128) &* factors.y
            }
        }
    }

    /// Red, green and blue of a row, each by itself: loops that a compiler turns into vectors.
    private static func convertRow(
        _ picture: Picture, row: Int, _ conversion: RGBConversion, _ added: UnsafeMutableBufferPointer<Int32>,
        _ planes: UnsafeMutableBufferPointer<UInt8>
    ) {
        let width = picture.width
        let codes = (picture.luma.base + row * picture.luma.stride).assumingMemoryBound(to: UInt8.self)
        guard let more = added.baseAddress, let start = planes.baseAddress else { return }
        let (scale, offset) = (conversion.scale, conversion.offset &+ 1 << 15)
        for index in 0..<3 {
            let (by, to) = (more + index * width, start + index * width)
            for x in 0..<width {
                let value = (Int32(codes[x]) &* scale &+ offset &+ by[x]) &>> 16
                to[x] = UInt8(truncatingIfNeeded: min(max(value, 0), 255))
            }
        }
    }

    private static func interleave(
        _ planes: UnsafeMutableBufferPointer<UInt8>, _ width: Int, to target: UnsafeMutableBufferPointer<UInt8>,
        at place: Int
    ) {
        guard let from = planes.baseAddress, let base = target.baseAddress else { return }
        let to = base + place
        for x in 0..<width {
            to[3 * x] = from[x]
            to[3 * x + 1] = from[width + x]
            to[3 * x + 2] = from[2 * width + x]
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
