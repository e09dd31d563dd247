// A small picture by blocks whose side is no power of two. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// A picture made smaller by means over blocks of `factor` x `factor` samples on the 8-bit scale, halves rounded up.
    /// Samples beyond the last whole block are left out.
    ///
    /// - Parameter factor: 1 to 128, no larger than the picture.
    /// - Complexity: O(samples), a traversal of its own.
    static func means(_ picture: Picture, factor: Int) -> [UInt8] {
        precondition(factor >= 1 && factor <= 128, "a block's side is 1 to 128")
        let plane = picture.luma
        let divisor = UInt64(factor * factor) << UInt64(picture.depth - 8 + picture.shift)
        let (columns, rows) = (plane.samplesPerRow / factor, plane.rows / factor)
        return [UInt8](unsafeUninitializedCapacity: columns * rows) { result, used in
            used = columns * rows
            guard let target = result.baseAddress else { return }
            // A column of 128 samples of 8 bits is a number of 16 bits.
            if picture.bytesPerSample == 1 {
                means(plane, factor, columns, rows, divisor, target, UInt8.self, UInt16.self)
            } else {
                means(plane, factor, columns, rows, divisor, target, UInt16.self, UInt32.self)
            }
        }
    }

    @inline(__always)
    private static func means<Sample: FixedWidthInteger, Sum: FixedWidthInteger & UnsignedInteger>(
        _ plane: Plane, _ factor: Int, _ columns: Int, _ rows: Int, _ divisor: UInt64,
        _ target: UnsafeMutablePointer<UInt8>, _: Sample.Type, _: Sum.Type
    ) {
        // Stands for the divisor d <= 2^22: what rounding up adds is less than d for each of at most 2^30 that a sum comes
        // to, so less than one of 2^53.
        let reciprocal = ((1 << 53) + divisor - 1) / divisor
        let width = columns * factor
        withUnsafeTemporaryAllocation(of: Sum.self, capacity: width + 1) { sums in
            guard let sums = sums.baseAddress else { return }
            for y in 0..<rows {
                for line in 0..<factor {
                    let row = (plane.base + (y * factor + line) * plane.stride).assumingMemoryBound(to: Sample.self)
                    if line == 0 {
                        for x in 0..<width { sums[x] = Sum(truncatingIfNeeded: row[x]) }
                    } else {
                        for x in 0..<width { sums[x] &+= Sum(truncatingIfNeeded: row[x]) }
                    }
                }
                var place = 0
                for x in 0..<columns {
                    var sum = divisor / 2
                    for _ in 0..<factor {
                        sum &+= UInt64(truncatingIfNeeded: sums[place])
                        place &+= 1
                    }
                    // The greatest sample of 10 bits is 255.75 on the 8-bit scale, which must not round to 256.
                    target[y &* columns &+ x] = UInt8(truncatingIfNeeded: Swift.min(255, (sum &* reciprocal) &>> 53))
                }
            }
        }
    }
}
