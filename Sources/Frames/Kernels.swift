/// The pixel loops: the only code that reads samples through pointers. All are exact, in integers, and hold for any
/// width, stride and alignment; tests hold them against a scalar reference.
///
/// Each row is summed in 32 bits and rows in 64, so no picture overflows: 65,536 samples of 16 bits fill a UInt32,
/// and longer rows are cut into stretches of that length.
package enum Kernels {
    /// What one traversal of a luma plane gives. Values are on the scale of the samples.
    package struct LumaSums: Equatable {
        package var sum: UInt64 = 0
        package var min: Int = .max
        package var max: Int = 0
        /// Samples at or below the limit asked for.
        package var dark: Int = 0
        /// Sum of absolute differences to the other picture, nil without one.
        package var difference: UInt64?
    }

    private static let stretch = 32768

    /// Sum, extremes, dark count and, with `previous`, the sum of absolute differences, in one traversal.
    ///
    /// - Parameter darkLimit: on the scale of the samples.
    /// - Precondition: `previous` is comparable with `picture`.
    /// - Complexity: O(samples); memory bound.
    package static func luma(_ picture: Picture, previous: Picture?, darkLimit: Int) -> LumaSums {
        let plane = picture.luma
        let other = previous?.luma
        return picture.bytesPerSample == 1
            ? luma(plane, other, UInt8(clamping: darkLimit), shift: 0)
            : luma(plane, other, UInt16(clamping: darkLimit << picture.shift), shift: picture.shift)
    }

    /// Sum of absolute differences of one plane, on the scale of the samples.
    ///
    /// - Precondition: the pictures are comparable and have the plane.
    /// - Complexity: O(samples)
    package static func difference(_ picture: Picture, _ other: Picture, plane index: Int) -> UInt64 {
        let a = picture.planes[index]
        let b = other.planes[index]
        var total: UInt64 = 0
        for y in 0..<a.rows {
            let left = a.base + y * a.stride
            let right = b.base + y * b.stride
            total +=
                picture.bytesPerSample == 1
                ? difference(
                    left.assumingMemoryBound(to: UInt8.self), right.assumingMemoryBound(to: UInt8.self), a.samplesPerRow
                )
                : difference(
                    left.assumingMemoryBound(to: UInt16.self), right.assumingMemoryBound(to: UInt16.self),
                    a.samplesPerRow)
        }
        return total >> UInt64(picture.shift)
    }

    @inline(__always)
    private static func luma<Sample: FixedWidthInteger & UnsignedInteger>(
        _ plane: Plane, _ other: Plane?, _ limit: Sample, shift: Int
    ) -> LumaSums {
        var result = LumaSums()
        var low = Sample.max
        var high = Sample.min
        var total: UInt64 = 0
        for y in 0..<plane.rows {
            let row = (plane.base + y * plane.stride).assumingMemoryBound(to: Sample.self)
            var start = 0
            while start < plane.samplesPerRow {
                let count = Swift.min(stretch, plane.samplesPerRow - start)
                let samples = row + start
                var sum: UInt32 = 0
                var dark: UInt32 = 0
                var rowLow = Sample.max
                var rowHigh = Sample.min
                for x in 0..<count { sum &+= UInt32(truncatingIfNeeded: samples[x]) }
                for x in 0..<count { rowLow = samples[x] < rowLow ? samples[x] : rowLow }
                for x in 0..<count { rowHigh = samples[x] > rowHigh ? samples[x] : rowHigh }
                // Dark samples are only counted where there are any; most rows of most videos have none.
                if rowLow <= limit {
                    for x in 0..<count { dark &+= samples[x] <= limit ? 1 : 0 }
                }
                total &+= UInt64(sum)
                result.dark += Int(dark)
                low = Swift.min(low, rowLow)
                high = Swift.max(high, rowHigh)
                start += count
            }
            if let other {
                let before = (other.base + y * other.stride).assumingMemoryBound(to: Sample.self)
                result.difference = (result.difference ?? 0) + difference(row, before, plane.samplesPerRow)
            }
        }
        result.sum = total >> UInt64(shift)
        result.min = Int(low) >> shift
        result.max = Int(high) >> shift
        if let difference = result.difference { result.difference = difference >> UInt64(shift) }
        return result
    }

    @inline(__always)
    private static func difference<Sample: FixedWidthInteger & UnsignedInteger>(
        _ left: UnsafePointer<Sample>, _ right: UnsafePointer<Sample>, _ count: Int
    ) -> UInt64 {
        var total: UInt64 = 0
        var start = 0
        while start < count {
            let end = Swift.min(start + stretch, count)
            var sum: UInt32 = 0
            for x in start..<end {
                let step = Int32(truncatingIfNeeded: left[x]) &- Int32(truncatingIfNeeded: right[x])
                sum &+= UInt32(bitPattern: step < 0 ? 0 &- step : step)
            }
            total &+= UInt64(sum)
            start = end
        }
        return total
    }
}
