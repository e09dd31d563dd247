// Pixel loops for `crop`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// The sum of a row of luma, on the scale of the samples.
    ///
    /// - Complexity: O(width)
    package static func rowSum(_ picture: Picture, row: Int) -> UInt64 {
        let plane = picture.luma
        let line = plane.base + row * plane.stride
        let total =
            picture.bytesPerSample == 1
            ? sum(line.assumingMemoryBound(to: UInt8.self), plane.samplesPerRow)
            : sum(line.assumingMemoryBound(to: UInt16.self), plane.samplesPerRow)
        return total >> UInt64(picture.shift)
    }

    /// The sums of some columns of luma, on the scale of the samples.
    ///
    /// - Complexity: O(columns * height), in the order of memory.
    package static func columnSums(_ picture: Picture, columns: Range<Int>) -> [UInt64] {
        let plane = picture.luma
        var sums = [UInt64](repeating: 0, count: columns.count)
        sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            for y in 0..<plane.rows {
                let line = plane.base + y * plane.stride
                if picture.bytesPerSample == 1 {
                    add(line.assumingMemoryBound(to: UInt8.self) + columns.lowerBound, columns.count, sums)
                } else {
                    add(line.assumingMemoryBound(to: UInt16.self) + columns.lowerBound, columns.count, sums)
                }
            }
        }
        return picture.shift == 0 ? sums : sums.map { $0 >> UInt64(picture.shift) }
    }

    @inline(never)
    private static func sum<Sample: FixedWidthInteger & UnsignedInteger>(
        _ samples: UnsafePointer<Sample>, _ count: Int
    ) -> UInt64 {
        var total: UInt64 = 0
        for x in 0..<count { total &+= UInt64(truncatingIfNeeded: samples[x]) }
        return total
    }

    @inline(never)
    private static func add<Sample: FixedWidthInteger & UnsignedInteger>(
        _ samples: UnsafePointer<Sample>, _ count: Int, _ sums: UnsafeMutablePointer<UInt64>
    ) {
        for x in 0..<count { sums[x] &+= UInt64(truncatingIfNeeded: samples[x]) }
    }
}
