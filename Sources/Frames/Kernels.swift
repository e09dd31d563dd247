/// The pixel loops that read samples through pointers: one file, to be audited as a whole. All are exact, in integers
/// but for the length of a gradient, and hold for any width, stride and alignment; tests hold them against a scalar
/// reference.
///
/// Vectors are 16 bytes, the widest that Swift keeps in registers on every x86-64 and arm64 machine.
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

    /// Sum, extremes, dark count and, with `previous`, the sum of absolute differences, in one traversal.
    ///
    /// - Parameter darkLimit: on the scale of the samples.
    /// - Precondition: `previous` is comparable with `picture`.
    /// - Complexity: O(samples); memory bound.
    package static func luma(_ picture: Picture, previous: Picture?, darkLimit: Int) -> LumaSums {
        luma(picture, previous: previous, darkLimit: darkLimit, factor: 0).sums
    }

    /// The same, and in the same traversal the picture made smaller: the means of blocks of `factor` x `factor` samples
    /// on the 8-bit scale, rounded. Samples beyond the last whole block are left out of it.
    ///
    /// - Parameter factor: a power of two, at most 128 and no larger than the picture; 0 makes none.
    package static func luma(_ picture: Picture, previous: Picture?, darkLimit: Int, factor: Int) -> (
        sums: LumaSums, small: [UInt8]
    ) {
        precondition(factor >= 0 && factor <= 128 && factor & (factor - 1) == 0, "a power of two up to 128")
        let plane = picture.luma
        let other = previous?.luma
        let shift = picture.shift
        let block = Block(factor: factor, shift: picture.depth - 8 + shift)
        return picture.bytesPerSample == 1
            ? scan(plane, other, limit: UInt8(clamping: darkLimit), shift: 0, block, ByteLanes.self)
            : scan(plane, other, limit: UInt16(clamping: darkLimit << shift), shift: shift, block, WordLanes.self)
    }

    /// Sum of absolute differences of one plane, on the scale of the samples.
    ///
    /// - Precondition: the pictures are comparable and have the plane.
    /// - Complexity: O(samples)
    package static func difference(_ picture: Picture, _ other: Picture, plane index: Int) -> UInt64 {
        let (a, b) = (picture.planes[index], other.planes[index])
        let total = picture.bytesPerSample == 1 ? difference(a, b, ByteLanes.self) : difference(a, b, WordLanes.self)
        return total >> UInt64(picture.shift)
    }

    /// How often each of 256 levels occurs.
    ///
    /// - Complexity: O(samples). Four tables, because neighbours are often equal and would wait for each other's count.
    package static func histogram(_ samples: [UInt8]) -> [Int] {
        var tables = [UInt32](repeating: 0, count: 1024)
        tables.withUnsafeMutableBufferPointer { tables in
            samples.withUnsafeBufferPointer { samples in
                let whole = samples.count & ~3
                var place = 0
                while place < whole {
                    for table in 0..<4 { tables[table &* 256 &+ Int(samples[place &+ table])] &+= 1 }
                    place &+= 4
                }
                for place in whole..<samples.count { tables[Int(samples[place])] &+= 1 }
            }
        }
        return (0..<256).map { level -> Int in
            let first = Int(tables[level]) + Int(tables[level + 256])
            return first + Int(tables[level + 512]) + Int(tables[level + 768])
        }
    }

    /// Rows that are read together, so that sums are widened once for all of them. Both pictures' rows fit the
    /// first-level cache.
    private static let stripHeight = 4

    /// What a strip of rows adds up to.
    private struct Strip<Sample: FixedWidthInteger & UnsignedInteger> {
        var low = Sample.max
        var high = Sample.min
        var sum: UInt64 = 0
        var difference: UInt64 = 0

        /// Takes one sample and the one at its place in the other picture.
        @inline(__always)
        mutating func take(_ sample: Sample, _ other: Sample) {
            low = Swift.min(low, sample)
            high = Swift.max(high, sample)
            sum &+= UInt64(sample)
            difference &+= UInt64(sample > other ? sample &- other : other &- sample)
        }
    }

    /// How samples become one of the small picture.
    private struct Block {
        let factor: Int
        /// Divides a block's sum; and half of that, for rounding.
        let shift: UInt64
        let half: UInt64

        init(factor: Int, shift: Int) {
            self.factor = factor
            self.shift = UInt64(2 * factor.trailingZeroBitCount + shift)
            half = factor == 0 || self.shift == 0 ? 0 : 1 << (self.shift - 1)
        }

        @inline(__always)
        func mean(_ sum: UInt64) -> UInt8 {
            // The greatest sample of 10 bits is 255.75 on the 8-bit scale, which must not round to 256.
            UInt8(truncatingIfNeeded: Swift.min(255, (sum &+ half) &>> shift))
        }
    }

    @inline(__always)
    private static func scan<Lanes: SampleLanes>(
        _ plane: Plane, _ other: Plane?, limit: Lanes.Sample, shift: Int, _ block: Block, _: Lanes.Type
    ) -> (LumaSums, [UInt8]) {
        var result = LumaSums()
        var all = Strip<Lanes.Sample>()
        let height = Swift.max(block.factor, stripHeight)
        let count = block.factor == 0 ? 0 : (plane.samplesPerRow / block.factor) * (plane.rows / block.factor)
        let small = [UInt8](unsafeUninitializedCapacity: count) { small, used in
            used = count
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: plane.samplesPerRow / 4 + 4) { quads in
                for y in stride(from: 0, to: plane.rows, by: height) {
                    let rows = Swift.min(height, plane.rows - y)
                    let strip = add(plane, other ?? plane, from: y, rows, quads, Lanes.self)
                    all.sum &+= strip.sum
                    all.difference &+= strip.difference
                    all.low = Swift.min(all.low, strip.low)
                    all.high = Swift.max(all.high, strip.high)
                    // Dark samples are only counted where there are any; many strips of most videos have none.
                    if strip.low <= limit {
                        for row in y..<y + rows { result.dark += dark(plane, row, limit, Lanes.self) }
                    }
                    if block.factor >= 4, rows == height {
                        shrink(plane, y, quads, block, small, Lanes.self)
                    } else if block.factor > 0, block.factor < 4 {
                        for row in stride(from: y, to: y + rows - block.factor + 1, by: block.factor) {
                            halve(plane, row, block, small, Lanes.self)
                        }
                    }
                }
            }
        }
        result.sum = all.sum >> UInt64(shift)
        result.min = Int(all.low) >> shift
        result.max = Int(all.high) >> shift
        if other != nil { result.difference = all.difference >> UInt64(shift) }
        return (result, small)
    }

    /// A row of the small picture from the sums of four columns that ``add(_:_:from:_:_:_:)`` left.
    @inline(__always)
    private static func shrink<Lanes: SampleLanes>(
        _ plane: Plane, _ y: Int, _ quads: UnsafeMutableBufferPointer<UInt32>, _ block: Block,
        _ small: UnsafeMutableBufferPointer<UInt8>, _: Lanes.Type
    ) {
        let width = plane.samplesPerRow / block.factor
        let whole = (plane.samplesPerRow & ~(Lanes.count - 1)) / block.factor
        let row = y / block.factor * width
        if block.factor == 4 {
            for x in 0..<whole { small[row &+ x] = block.mean(UInt64(quads[x])) }
        } else {
            let each = block.factor / 4
            for x in 0..<whole {
                var sum: UInt64 = 0
                for place in x &* each..<(x &+ 1) &* each { sum &+= UInt64(quads[place]) }
                small[row &+ x] = block.mean(sum)
            }
        }
        shrink(plane, y, block, small, from: whole, Lanes.self)
    }

    /// A row of a small picture of half the width and height, or of the same.
    @inline(__always)
    private static func halve<Lanes: SampleLanes>(
        _ plane: Plane, _ y: Int, _ block: Block, _ small: UnsafeMutableBufferPointer<UInt8>, _: Lanes.Type
    ) {
        let whole = plane.samplesPerRow & ~(Lanes.count - 1)
        let top = plane.base + y * plane.stride
        let row = y / block.factor * (plane.samplesPerRow / block.factor)
        var x = 0
        while x < whole {
            let here = top + x &* MemoryLayout<Lanes.Sample>.size
            let a = here.loadUnaligned(as: Lanes.Vector.self)
            if block.factor == 2 {
                let b = (here + plane.stride).loadUnaligned(as: Lanes.Vector.self)
                let columns = Lanes.add(Lanes.add(.zero, a), b)
                Lanes.store(columns, small, row &+ x / 2, half: block.half, shift: block.shift)
            } else {
                Lanes.store(a, small, row &+ x, half: block.half, shift: block.shift)
            }
            x &+= Lanes.count
        }
        shrink(plane, y, block, small, from: whole / block.factor, Lanes.self)
    }

    /// A row of the small picture, from a column on, sample by sample.
    @inline(__always)
    private static func shrink<Lanes: SampleLanes>(
        _ plane: Plane, _ y: Int, _ block: Block, _ small: UnsafeMutableBufferPointer<UInt8>, from start: Int,
        _: Lanes.Type
    ) {
        let width = plane.samplesPerRow / block.factor
        let row = y / block.factor * width
        let top = plane.base + y * plane.stride
        for x in start..<width {
            var sum: UInt64 = 0
            for line in 0..<block.factor {
                let samples = (top + line &* plane.stride).assumingMemoryBound(to: Lanes.Sample.self)
                for column in x &* block.factor..<(x &+ 1) &* block.factor { sum &+= UInt64(samples[column]) }
            }
            small[row &+ x] = block.mean(sum)
        }
    }

    /// Adds up a strip of rows. `quads`, where it has room, is left with the sums of each four columns.
    @inline(__always)
    private static func add<Lanes: SampleLanes>(
        _ plane: Plane, _ other: Plane, from y: Int, _ rows: Int, _ quads: UnsafeMutableBufferPointer<UInt32>,
        _: Lanes.Type
    ) -> Strip<Lanes.Sample> {
        let width = plane.samplesPerRow
        let whole = width & ~(Lanes.count - 1)
        let top = plane.base + y * plane.stride
        let otherTop = other.base + y * other.stride
        var low = Lanes.Vector(repeating: .max)
        var high = Lanes.Vector(repeating: .min)
        var sum = Lanes.Wide.zero
        var difference = Lanes.Wide.zero
        var x = 0
        while x < whole {
            let offset = x &* MemoryLayout<Lanes.Sample>.size
            var here = top + offset
            var there = otherTop + offset
            var columns = Lanes.Pairs.zero
            var steps = Lanes.Pairs.zero
            for _ in 0..<rows {
                let a = here.loadUnaligned(as: Lanes.Vector.self)
                let b = there.loadUnaligned(as: Lanes.Vector.self)
                low = Lanes.lesser(low, a)
                high = Lanes.greater(high, a)
                columns = Lanes.add(columns, a)
                steps = Lanes.add(steps, Lanes.distance(a, b))
                here += plane.stride
                there += other.stride
            }
            let four = Lanes.widen(.zero, columns)
            Lanes.store(four, quads, x &>> 2)
            sum = sum &+ four
            difference = Lanes.widen(difference, steps)
            x &+= Lanes.count
        }
        var strip = Strip<Lanes.Sample>()
        if whole > 0 {
            strip.low = low.min()
            strip.high = high.max()
            strip.sum = Lanes.total(sum)
            strip.difference = Lanes.total(difference)
        }
        for row in 0..<rows {
            let here = (top + row * plane.stride).assumingMemoryBound(to: Lanes.Sample.self)
            let there = (otherTop + row * other.stride).assumingMemoryBound(to: Lanes.Sample.self)
            for x in whole..<width { strip.take(here[x], there[x]) }
        }
        return strip
    }

    /// Samples of a row at or below the limit.
    @inline(__always)
    private static func dark<Lanes: SampleLanes>(_ plane: Plane, _ y: Int, _ limit: Lanes.Sample, _: Lanes.Type) -> Int
    {
        let row = plane.base + y * plane.stride
        let width = plane.samplesPerRow
        let whole = width & ~(Lanes.count - 1)
        var total = 0
        var x = 0
        while x < whole {
            // Each lane counts to at most 128 before it is widened.
            let end = Swift.min(whole, x + 128 * Lanes.count)
            var count = Lanes.Vector.zero
            while x < end {
                let samples = (row + x &* MemoryLayout<Lanes.Sample>.size).loadUnaligned(as: Lanes.Vector.self)
                count = count &+ Lanes.ones(samples, upTo: limit)
                x &+= Lanes.count
            }
            total += Int(Lanes.total(Lanes.widen(.zero, Lanes.add(.zero, count))))
        }
        let samples = row.assumingMemoryBound(to: Lanes.Sample.self)
        for x in whole..<width where samples[x] <= limit { total += 1 }
        return total
    }

    @inline(__always)
    private static func difference<Lanes: SampleLanes>(_ plane: Plane, _ other: Plane, _: Lanes.Type) -> UInt64 {
        var total: UInt64 = 0
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: plane.samplesPerRow / 4 + 4) { quads in
            for y in stride(from: 0, to: plane.rows, by: stripHeight) {
                let rows = Swift.min(stripHeight, plane.rows - y)
                total &+= add(plane, other, from: y, rows, quads, Lanes.self).difference
            }
        }
        return total
    }
}

// MARK: - Spatial and temporal information (siti)

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

// MARK: - Levels and colours (luma.histogram, chroma)

extension Kernels {
    /// How often each level of the picture's depth occurs in luma. A sample beyond the depth counts as the greatest.
    ///
    /// - Complexity: O(samples)
    package static func lumaHistogram(_ picture: Picture) -> [Int] {
        let plane = picture.luma
        let levels = 1 << picture.depth
        var tables = [UInt32](repeating: 0, count: 4 * levels)
        tables.withUnsafeMutableBufferPointer { tables in
            guard let base = tables.baseAddress else { return }
            for y in 0..<plane.rows {
                let row = plane.base + y * plane.stride
                if picture.bytesPerSample == 1 {
                    count(row, plane.samplesPerRow, base)
                } else {
                    count(row, plane.samplesPerRow, base, shift: UInt16(picture.shift), levels: levels)
                }
            }
        }
        return (0..<levels).map { level in
            (0..<4).reduce(0) { $0 &+ Int(tables[level &+ $1 &* levels]) }
        }
    }

    /// A row of bytes into four tables of 256: neighbours are often equal and would wait for each other's count.
    @inline(never)
    private static func count(_ row: UnsafeRawPointer, _ width: Int, _ tables: UnsafeMutablePointer<UInt32>) {
        var x = 0
        while x &+ 8 <= width {
            let eight = (row + x).loadUnaligned(as: UInt64.self)
            for place in 0..<8 {
                let level = Int(truncatingIfNeeded: (eight &>> UInt64(8 &* place)) & 255)
                tables[(place & 3) &* 256 &+ level] &+= 1
            }
            x &+= 8
        }
        let samples = row.assumingMemoryBound(to: UInt8.self)
        while x < width {
            tables[Int(samples[x])] &+= 1
            x &+= 1
        }
    }

    /// The same for words.
    @inline(never)
    private static func count(
        _ row: UnsafeRawPointer, _ width: Int, _ tables: UnsafeMutablePointer<UInt32>, shift: UInt16, levels: Int
    ) {
        let samples = row.assumingMemoryBound(to: UInt16.self)
        for x in 0..<width {
            let level = Swift.min(Int(samples[x] &>> shift), levels &- 1)
            tables[(x & 3) &* levels &+ level] &+= 1
        }
    }

    /// How often colours occur, on the scale of the samples.
    package struct ColourCounts: Equatable {
        /// By level, and by whole saturation: the distance from grey, rounded down.
        package var u: [Int]
        package var v: [Int]
        package var saturation: [Int]
        /// By whole degree, 0 to 359.
        package var hue = [Int](repeating: 0, count: 360)

        init(levels: Int) {
            u = [Int](repeating: 0, count: levels)
            v = u
            saturation = u
        }

        @inline(__always)
        fileprivate mutating func add(_ times: Int, u: Int, v: Int, saturation: Int, hue: Int) {
            self.u[u] &+= times
            self.v[v] &+= times
            self.saturation[saturation] &+= times
            self.hue[hue] &+= times
        }
    }

    /// Counts chroma; nil for a picture that has none.
    ///
    /// - Complexity: O(samples). Pairs of 8 bits are counted as such, so that each is judged once, however often it
    ///   occurs; deeper ones are judged one by one, but for those that are remembered.
    package static func colours(_ picture: Picture) -> ColourCounts? {
        guard let chroma = Chroma(picture) else { return nil }
        return picture.bytesPerSample == 1 ? pairs(chroma) : colours(chroma, picture)
    }

    /// Sums of absolute differences of U and V, on the scale of the samples; nil for a picture that has no chroma.
    ///
    /// - Precondition: the pictures are comparable.
    package static func chromaDifference(_ picture: Picture, _ other: Picture) -> (u: UInt64, v: UInt64)? {
        switch picture.chroma {
        case .none: return nil
        case .planar: return (difference(picture, other, plane: 1), difference(picture, other, plane: 2))
        case .interleaved, .interleavedSwapped:
            guard let one = Chroma(picture), let two = Chroma(other) else { return nil }
            return picture.bytesPerSample == 1
                ? (interleaved(one, two, \.u, UInt8.self), interleaved(one, two, \.v, UInt8.self))
                : (
                    interleaved(one, two, \.u, UInt16.self) >> UInt64(picture.shift),
                    interleaved(one, two, \.v, UInt16.self) >> UInt64(picture.shift)
                )
        }
    }

    /// Where U and V lie.
    private struct Chroma {
        let u: UnsafeRawPointer
        let v: UnsafeRawPointer
        let strides: (u: Int, v: Int)
        /// Samples from one of a component to the next.
        let step: Int
        let columns: Int
        let rows: Int

        init?(_ picture: Picture) {
            switch picture.chroma {
            case .none: return nil
            case .planar:
                let (one, two) = (picture.planes[1], picture.planes[2])
                (u, v, strides, step) = (one.base, two.base, (one.stride, two.stride), 1)
                columns = Swift.min(one.samplesPerRow, two.samplesPerRow)
                rows = Swift.min(one.rows, two.rows)
            case .interleaved, .interleavedSwapped:
                let plane = picture.planes[1]
                let second = plane.base + picture.bytesPerSample
                (u, v) = picture.chroma == .interleaved ? (plane.base, second) : (second, plane.base)
                (strides, step) = ((plane.stride, plane.stride), 2)
                (columns, rows) = (plane.samplesPerRow / 2, plane.rows)
            }
        }
    }

    @inline(never)
    private static func pairs(_ chroma: Chroma) -> ColourCounts {
        let places = ColourWheel.ofBytes
        var counts = ColourCounts(levels: 256)
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 65536) { table in
            table.initialize(repeating: 0)
            guard let table = table.baseAddress else { return }
            for y in 0..<chroma.rows {
                let u = (chroma.u + y * chroma.strides.u).assumingMemoryBound(to: UInt8.self)
                let v = (chroma.v + y * chroma.strides.v).assumingMemoryBound(to: UInt8.self)
                count(u, v, chroma.columns, chroma.step, table)
            }
            for pair in 0..<65536 where table[pair] != 0 {
                let place = places[pair]
                counts.add(
                    Int(table[pair]), u: pair &>> 8, v: pair & 255, saturation: Int(place.saturation),
                    hue: Int(place.hue))
            }
        }
        return counts
    }

    @inline(never)
    private static func count(
        _ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>, _ columns: Int, _ step: Int,
        _ table: UnsafeMutablePointer<UInt32>
    ) {
        var place = 0
        for _ in 0..<columns {
            table[Int(u[place]) &<< 8 | Int(v[place])] &+= 1
            place &+= step
        }
    }

    @inline(never)
    private static func colours(_ chroma: Chroma, _ picture: Picture) -> ColourCounts {
        let wheel = ColourWheel()
        let levels = 1 << picture.depth
        let shift = UInt16(picture.shift)
        // U, V, saturation and hue, one behind the other.
        let all = [Int](unsafeUninitializedCapacity: 3 * levels + 360) { all, used in
            used = 3 * levels + 360
            all.initialize(repeating: 0)
            // Neighbouring colours are judged once and remembered in a slot of their own.
            withUnsafeTemporaryAllocation(of: KnownColour.self, capacity: 1 << 14) { known in
                known.initialize(repeating: KnownColour())
                guard let all = all.baseAddress, let known = known.baseAddress else { return }
                for y in 0..<chroma.rows {
                    let u = (chroma.u + y * chroma.strides.u).assumingMemoryBound(to: UInt16.self)
                    let v = (chroma.v + y * chroma.strides.v).assumingMemoryBound(to: UInt16.self)
                    count(u, v, chroma.columns, chroma.step, shift, levels, wheel, known, all)
                }
            }
        }
        var counts = ColourCounts(levels: 0)
        counts.u = Array(all[..<levels])
        counts.v = Array(all[levels..<2 * levels])
        counts.saturation = Array(all[(2 * levels)..<3 * levels])
        counts.hue = Array(all[(3 * levels)...])
        return counts
    }

    /// A colour and where it lies.
    private struct KnownColour {
        var colour = UInt32.max
        var place = ColourWheel.Place(saturation: 0, hue: 0)
    }

    @inline(never)
    private static func count(
        _ u: UnsafePointer<UInt16>, _ v: UnsafePointer<UInt16>, _ columns: Int, _ step: Int, _ shift: UInt16,
        _ levels: Int, _ wheel: ColourWheel, _ known: UnsafeMutablePointer<KnownColour>,
        _ all: UnsafeMutablePointer<Int>
    ) {
        for x in 0..<columns {
            let a = Swift.min(Int(u[x &* step] &>> shift), levels &- 1)
            let b = Swift.min(Int(v[x &* step] &>> shift), levels &- 1)
            let slot = (a & 127) &<< 7 | (b & 127)
            // An empty slot looks like the greatest colour of 16 bits, which is therefore always judged.
            let colour = UInt32(truncatingIfNeeded: a &<< 16 | b)
            if known[slot].colour != colour || colour == .max {
                known[slot] = KnownColour(
                    colour: colour, place: wheel.place(u: a &- levels / 2, v: b &- levels / 2))
            }
            let place = known[slot].place
            all[a] &+= 1
            all[levels &+ b] &+= 1
            all[2 &* levels &+ Int(place.saturation)] &+= 1
            all[3 &* levels &+ Int(place.hue)] &+= 1
        }
    }

    @inline(__always)
    private static func interleaved<Sample: FixedWidthInteger & UnsignedInteger>(
        _ one: Chroma, _ two: Chroma, _ component: KeyPath<Chroma, UnsafeRawPointer>, _: Sample.Type
    ) -> UInt64 {
        var total: UInt64 = 0
        for y in 0..<one.rows {
            let a = (one[keyPath: component] + y * one.strides.u).assumingMemoryBound(to: Sample.self)
            let b = (two[keyPath: component] + y * two.strides.u).assumingMemoryBound(to: Sample.self)
            for x in 0..<one.columns {
                let (here, there) = (a[2 &* x], b[2 &* x])
                total &+= UInt64(here > there ? here &- there : there &- here)
            }
        }
        return total
    }
}

// MARK: - Sums of rows and columns (crop)

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

// MARK: - Vectors

/// Vectors of samples of one size, and sums of them in wider lanes.
private protocol SampleLanes {
    associatedtype Sample: FixedWidthInteger & UnsignedInteger & SIMDScalar
    /// 16 bytes of samples.
    associatedtype Vector: SIMD where Vector.Scalar == Sample
    /// Sums of neighbours, in lanes of twice the size.
    associatedtype Pairs: SIMD where Pairs.Scalar: FixedWidthInteger
    /// Sums of pairs, in lanes of four times the size.
    associatedtype Wide: SIMD where Wide.Scalar: FixedWidthInteger

    static var count: Int { get }
    static func lesser(_ a: Vector, _ b: Vector) -> Vector
    static func greater(_ a: Vector, _ b: Vector) -> Vector
    /// |a - b|
    static func distance(_ a: Vector, _ b: Vector) -> Vector
    /// 1 where a sample is at most `limit`.
    static func ones(_ samples: Vector, upTo limit: Sample) -> Vector
    static func add(_ pairs: Pairs, _ samples: Vector) -> Pairs
    static func widen(_ sums: Wide, _ pairs: Pairs) -> Wide
    /// Puts sums of four columns into a list of them.
    static func store(_ sums: Wide, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int)
    /// Puts sums of two columns, or samples, into a row of bytes: half added, shifted.
    static func store(
        _ sums: Pairs, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64)
    static func store(
        _ samples: Vector, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64)
    static func total(_ sums: Wide) -> UInt64
}

/// 16 samples of 8 bits.
private enum ByteLanes: SampleLanes {
    static var count: Int { 16 }

    @inline(__always)
    static func lesser(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { a.replacing(with: b, where: b .< a) }
    @inline(__always)
    static func greater(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { a.replacing(with: b, where: b .> a) }
    @inline(__always)
    static func distance(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { greater(a, b) &- lesser(a, b) }
    @inline(__always)
    static func ones(_ samples: SIMD16<UInt8>, upTo limit: UInt8) -> SIMD16<UInt8> {
        SIMD16<UInt8>(repeating: 1).replacing(with: 0, where: samples .> SIMD16<UInt8>(repeating: limit))
    }
    @inline(__always)
    static func add(_ pairs: SIMD8<UInt16>, _ samples: SIMD16<UInt8>) -> SIMD8<UInt16> {
        let words = unsafeBitCast(samples, to: SIMD8<UInt16>.self)
        return pairs &+ (words & 0xff) &+ (words &>> 8)
    }
    @inline(__always)
    static func widen(_ sums: SIMD4<UInt32>, _ pairs: SIMD8<UInt16>) -> SIMD4<UInt32> {
        let words = unsafeBitCast(pairs, to: SIMD4<UInt32>.self)
        return sums &+ (words & 0xffff) &+ (words &>> 16)
    }
    @inline(__always)
    static func store(_ sums: SIMD4<UInt32>, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int) {
        for lane in 0..<4 { list[place &+ lane] = sums[lane] }
    }
    @inline(__always)
    static func store(
        _ sums: SIMD8<UInt16>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        let means = (sums &+ UInt16(truncatingIfNeeded: half)) &>> UInt16(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(means, to: SIMD16<UInt8>.self).evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD8<UInt8>.self)
    }
    @inline(__always)
    static func store(
        _ samples: SIMD16<UInt8>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        UnsafeMutableRawBufferPointer(row).storeBytes(of: samples, toByteOffset: place, as: SIMD16<UInt8>.self)
    }
    @inline(__always)
    static func total(_ sums: SIMD4<UInt32>) -> UInt64 {
        UInt64(sums[0]) + UInt64(sums[1]) + UInt64(sums[2]) + UInt64(sums[3])
    }
}

/// 8 samples of 16 bits.
private enum WordLanes: SampleLanes {
    static var count: Int { 8 }

    @inline(__always)
    static func lesser(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { a.replacing(with: b, where: b .< a) }
    @inline(__always)
    static func greater(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { a.replacing(with: b, where: b .> a) }
    @inline(__always)
    static func distance(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { greater(a, b) &- lesser(a, b) }
    @inline(__always)
    static func ones(_ samples: SIMD8<UInt16>, upTo limit: UInt16) -> SIMD8<UInt16> {
        SIMD8<UInt16>(repeating: 1).replacing(with: 0, where: samples .> SIMD8<UInt16>(repeating: limit))
    }
    @inline(__always)
    static func add(_ pairs: SIMD4<UInt32>, _ samples: SIMD8<UInt16>) -> SIMD4<UInt32> {
        let words = unsafeBitCast(samples, to: SIMD4<UInt32>.self)
        return pairs &+ (words & 0xffff) &+ (words &>> 16)
    }
    @inline(__always)
    static func widen(_ sums: SIMD2<UInt64>, _ pairs: SIMD4<UInt32>) -> SIMD2<UInt64> {
        let words = unsafeBitCast(pairs, to: SIMD2<UInt64>.self)
        return sums &+ (words & 0xffff_ffff) &+ (words &>> 32)
    }
    @inline(__always)
    static func store(_ sums: SIMD2<UInt64>, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int) {
        for lane in 0..<2 { list[place &+ lane] = UInt32(truncatingIfNeeded: sums[lane]) }
    }
    @inline(__always)
    static func store(
        _ sums: SIMD4<UInt32>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        let means = (sums &+ UInt32(truncatingIfNeeded: half)) &>> UInt32(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(means.replacing(with: 255, where: means .> 255), to: SIMD16<UInt8>.self)
            .evenHalf.evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD4<UInt8>.self)
    }
    @inline(__always)
    static func store(
        _ samples: SIMD8<UInt16>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        // Rounding may not pass the largest sample: the greatest of 10 bits is 255 on the 8-bit scale, not 256.
        let part = UInt16(truncatingIfNeeded: half)
        let top = UInt16.max &- part
        let means = (lesser(samples, SIMD8(repeating: top)) &+ part) &>> UInt16(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(lesser(means, SIMD8(repeating: 255)), to: SIMD16<UInt8>.self).evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD8<UInt8>.self)
    }
    @inline(__always)
    static func total(_ sums: SIMD2<UInt64>) -> UInt64 { sums[0] &+ sums[1] }
}
