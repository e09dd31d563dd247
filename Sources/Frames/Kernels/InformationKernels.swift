// Pixel loops for `siti`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// Sums that two standard deviations come from.
    package struct DetailSums: Equatable {
        /// Gradients of the inner samples: their number, sum and sum of squares.
        package var count = 0
        package var sum = 0.0
        package var squares = 0.0
        /// Differences to the other picture, of all samples; nil without one.
        package var change: (sum: Int64, squares: UInt64)?

        package static func == (left: DetailSums, right: DetailSums) -> Bool {
            left.count == right.count && left.sum == right.sum && left.squares == right.squares
                && left.change?.sum == right.change?.sum && left.change?.squares == right.change?.squares
        }
    }

    /// Sobel gradients of luma where all eight neighbours exist, and differences to another picture, both of samples
    /// clipped to `range`.
    ///
    /// The loops over a row are functions of their own: in one large function they find no registers and take twice as
    /// long. A gradient's length is rounded to the 24 bits of a Float; its square is that of the rounded length, so that a
    /// picture of one gradient has no deviation. The order of the sums is fixed: the same bits on every machine.
    ///
    /// - Precondition: `previous` is comparable with `picture`.
    package static func detail(_ picture: Picture, previous: Picture?, range: ClosedRange<Int>) -> DetailSums {
        picture.bytesPerSample == 1
            ? detail(picture.luma, previous?.luma, shift: 0, range, UInt8.self, Int16.self)
            : detail(picture.luma, previous?.luma, shift: picture.shift, range, UInt16.self, Int32.self)
    }

    /// Samples whose differences are summed up in 32 bits, and of 8 bits their squares.
    private static let run = 4096

    @inline(__always)
    private static func detail<Sample: FixedWidthInteger & UnsignedInteger, Wide: FixedWidthInteger & SignedInteger>(
        _ plane: Plane, _ other: Plane?, shift: Int, _ range: ClosedRange<Int>, _: Sample.Type, _: Wide.Type
    ) -> DetailSums {
        let width = plane.samplesPerRow
        let (low, high) = (Wide(truncatingIfNeeded: range.lowerBound), Wide(truncatingIfNeeded: range.upperBound))
        var result = DetailSums()
        var (sum, squares) = (Int64(0), UInt64(0))
        let inner = Swift.max(0, width - 2)
        // A row of each picture; slopes across and means across of three rows in turn.
        withUnsafeTemporaryAllocation(of: Wide.self, capacity: 2 * width + 6 * inner) { rows in
            guard let row = rows.baseAddress else { return }
            let before = row + width
            let (slopes, means) = (before + width, before + width + 3 * inner)
            withUnsafeTemporaryAllocation(of: Float.self, capacity: inner + 4) { lengths in
                guard let lengths = lengths.baseAddress else { return }
                for y in 0..<plane.rows {
                    clip(plane, y, row, low, high, shift, Sample.self)
                    if let other {
                        clip(other, y, before, low, high, shift, Sample.self)
                        let change = change(row, before, width)
                        sum &+= change.sum
                        squares &+= change.squares
                    }
                    guard inner > 0 else { continue }
                    let (here, above, middle) = (y % 3 * inner, (y + 1) % 3 * inner, (y + 2) % 3 * inner)
                    across(row, inner, slopes + here, means + here)
                    guard y > 1 else { continue }
                    gradients(
                        (slopes + above, slopes + middle, slopes + here), (means + above, means + here), inner, lengths)
                    add(lengths, inner, &result)
                }
            }
        }
        if other != nil { result.change = (sum, squares) }
        return result
    }

    /// A row of samples, widened and clipped.
    @inline(never)
    private static func clip<Sample: FixedWidthInteger & UnsignedInteger, Wide: FixedWidthInteger & SignedInteger>(
        _ plane: Plane, _ y: Int, _ row: UnsafeMutablePointer<Wide>, _ low: Wide, _ high: Wide, _ shift: Int,
        _: Sample.Type
    ) {
        let samples = (plane.base + y * plane.stride).assumingMemoryBound(to: Sample.self)
        let by = Sample(truncatingIfNeeded: shift)
        for x in 0..<plane.samplesPerRow {
            row[x] = Swift.min(Swift.max(Wide(truncatingIfNeeded: samples[x] &>> by), low), high)
        }
    }

    /// Sum and sum of squares of the differences of two rows.
    @inline(never)
    private static func change<Wide: FixedWidthInteger & SignedInteger>(
        _ row: UnsafeMutablePointer<Wide>, _ before: UnsafeMutablePointer<Wide>, _ width: Int
    ) -> (sum: Int64, squares: UInt64) {
        var (sum, squares) = (Int64(0), UInt64(0))
        var x = 0
        while x < width {
            let end = Swift.min(width, x &+ run)
            var part: Int32 = 0
            for place in x..<end {
                part &+= Int32(truncatingIfNeeded: row[place]) &- Int32(truncatingIfNeeded: before[place])
            }
            sum &+= Int64(part)
            if Wide.bitWidth == 16 {
                var part: UInt32 = 0
                for place in x..<end {
                    let step = Int32(truncatingIfNeeded: row[place] &- before[place])
                    part &+= UInt32(truncatingIfNeeded: step &* step)
                }
                squares &+= UInt64(part)
            } else {
                for place in x..<end {
                    let step = Int64(truncatingIfNeeded: row[place] &- before[place])
                    squares &+= UInt64(truncatingIfNeeded: step &* step)
                }
            }
            x = end
        }
        return (sum, squares)
    }

    /// Of each three neighbours of a row, the slope and the mean of weights 1, 2, 1.
    @inline(never)
    private static func across<Wide: FixedWidthInteger & SignedInteger>(
        _ row: UnsafeMutablePointer<Wide>, _ count: Int, _ slopes: UnsafeMutablePointer<Wide>,
        _ means: UnsafeMutablePointer<Wide>
    ) {
        for x in 0..<count {
            let (a, b, c) = (row[x], row[x &+ 1], row[x &+ 2])
            slopes[x] = c &- a
            means[x] = a &+ b &+ b &+ c
        }
    }

    /// Lengths of the gradients at the inner samples of the middle row.
    @inline(never)
    private static func gradients<Wide: FixedWidthInteger & SignedInteger>(
        _ slopes: (UnsafeMutablePointer<Wide>, UnsafeMutablePointer<Wide>, UnsafeMutablePointer<Wide>),
        _ means: (UnsafeMutablePointer<Wide>, UnsafeMutablePointer<Wide>), _ count: Int,
        _ lengths: UnsafeMutablePointer<Float>
    ) {
        for x in 0..<count {
            let a = Float(slopes.0[x] &+ slopes.1[x] &+ slopes.1[x] &+ slopes.2[x])
            let b = Float(means.1[x] &- means.0[x])
            lengths[x] = a * a + b * b
        }
        roots(lengths, count)
    }

    /// The magnitude says that nothing is negative, without which each root is a call.
    @inline(never)
    private static func roots(_ values: UnsafeMutablePointer<Float>, _ count: Int) {
        for x in 0..<count { values[x] = values[x].magnitude.squareRoot() }
    }

    /// Adds a row of lengths and their squares, in 64 bits.
    @inline(never)
    private static func add(_ lengths: UnsafeMutablePointer<Float>, _ count: Int, _ result: inout DetailSums) {
        var (sum0, sum1) = (SIMD2<Double>.zero, SIMD2<Double>.zero)
        var (squares0, squares1) = (SIMD2<Double>.zero, SIMD2<Double>.zero)
        // The last lanes of a row are filled with zeros.
        for x in count..<(count &+ 3) & ~3 { lengths[x] = 0 }
        var x = 0
        while x < count {
            let four = UnsafeRawPointer(lengths + x).loadUnaligned(as: SIMD4<Float>.self)
            let a = SIMD2(Double(four[0]), Double(four[1]))
            let b = SIMD2(Double(four[2]), Double(four[3]))
            sum0 += a
            sum1 += b
            squares0 += a * a
            squares1 += b * b
            x &+= 4
        }
        result.count += count
        let (sum, squares) = (sum0 + sum1, squares0 + squares1)
        result.sum += sum[0] + sum[1]
        result.squares += squares[0] + squares[1]
    }
}
