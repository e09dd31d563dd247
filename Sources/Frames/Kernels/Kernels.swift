/// The pixel loops that read samples through pointers: this folder, to be audited as a whole. All are exact, in integers
/// but for the length of a gradient, for hues and for stills, and hold for any width, stride and alignment; tests hold
/// them against a scalar reference. This file has the traversal of the full-size luma.
///
/// Vectors are 16 bytes, the widest that Swift keeps in registers on every x86-64 and arm64 machine. The loops that a frame
/// costs most in have twins in C (`CKernels`); ``KernelWay`` says who does the work.
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
        /// The same to the reference, nil without one.
        package var referenceDifference: UInt64?
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
    /// - Parameters:
    ///   - reference: a third picture, whose sum of absolute differences is told as well. That costs one more reading of its
    ///     luma; ``difference(_:_:plane:way:)`` reads both.
    ///   - factor: 1 to 128 and no larger than the picture; 0 makes none. Even ones are the cheapest, and 3 with AVX2; other
    ///     odd ones take up to twice the time of the traversal alone.
    /// - Precondition: `reference` is comparable with `picture`.
    package static func luma(
        _ picture: Picture, previous: Picture?, reference: Picture? = nil, darkLimit: Int, factor: Int,
        way: KernelWay = .chosen
    ) -> (sums: LumaSums, small: [UInt8]) {
        precondition(factor >= 0 && factor <= 128, "a block's side is 1 to 128")
        let plane = picture.luma
        let (other, third) = (previous?.luma, reference?.luma)
        let shift = picture.shift
        #if arch(x86_64)
            if way != .swift, picture.bytesPerSample == 1 {
                return twin(plane, other, third, UInt8(clamping: darkLimit), factor, way)
            }
        #endif
        let block = Block(factor: factor, shift: picture.depth - 8 + shift)
        return picture.bytesPerSample == 1
            ? scan(plane, other, third, limit: UInt8(clamping: darkLimit), shift: 0, block, ByteLanes.self)
            : scan(
                plane, other, third, limit: UInt16(clamping: darkLimit << shift), shift: shift, block, WordLanes.self)
    }

    /// Rows after which what they add up to is taken together, where no small picture says how many.
    private static let stripHeight = 4

    /// What a strip of rows adds up to.
    private struct Strip<Sample: FixedWidthInteger & UnsignedInteger> {
        var low = Sample.max
        var high = Sample.min
        var sum: UInt64 = 0
        var difference: UInt64 = 0

        mutating func take(_ other: Strip) {
            sum &+= other.sum
            difference &+= other.difference
            low = Swift.min(low, other.low)
            high = Swift.max(high, other.high)
        }

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
        /// Whether sums of two columns make it up.
        let isEven: Bool
        /// What a power of two shifts a block's sum by; and half of the divisor, for rounding.
        let shift: UInt64
        let half: UInt64
        /// Stands for the divisor: 2^53 divided by it, rounded up. What that adds is less than the divisor, 2^22 at most, for
        /// each of at most 2^31 that a sum comes to, and so never a whole one.
        private let reciprocal: UInt64

        init(factor: Int, shift: Int) {
            self.factor = factor
            isEven = factor % 2 == 0
            self.shift = UInt64(2 * factor.trailingZeroBitCount + shift)
            let divisor = UInt64(max(1, factor * factor) << shift)
            half = factor == 0 ? 0 : divisor / 2
            reciprocal = ((1 << 53) + divisor - 1) / divisor
        }

        @inline(__always)
        func mean(_ sum: UInt64) -> UInt8 {
            // The greatest sample of 10 bits is 255.75 on the 8-bit scale, which must not round to 256.
            UInt8(truncatingIfNeeded: Swift.min(255, ((sum &+ half) &* reciprocal) &>> 53))
        }
    }

    /// The traversal. Rows are read one after the other, which the machine foresees; four at once took about twice as long
    /// when they were not in the cache. What a small picture needs of a row is added to sums of columns.
    @inline(__always)
    private static func scan<Lanes: SampleLanes>(
        _ plane: Plane, _ other: Plane?, _ third: Plane?, limit: Lanes.Sample, shift: Int, _ block: Block,
        _: Lanes.Type
    ) -> (LumaSums, [UInt8]) {
        var result = LumaSums()
        var toThird: UInt64 = 0
        var all = Strip<Lanes.Sample>()
        let height = block.factor < 2 ? stripHeight : block.factor
        let count = block.factor == 0 ? 0 : (plane.samplesPerRow / block.factor) * (plane.rows / block.factor)
        let vectors = plane.samplesPerRow / Lanes.count
        let small = [UInt8](unsafeUninitializedCapacity: count) { small, used in
            used = count
            withUnsafeTemporaryAllocation(of: Lanes.Pairs.self, capacity: vectors + 1) { columns in
                // Sums of four columns, or of one where the side of a block is odd.
                let places = block.isEven ? plane.samplesPerRow / 4 + 4 : plane.samplesPerRow
                withUnsafeTemporaryAllocation(of: UInt32.self, capacity: places) { quads in
                    columns.initialize(repeating: .zero)
                    for y in stride(from: 0, to: plane.rows, by: height) {
                        let rows = y..<Swift.min(y + height, plane.rows)
                        var strip = Strip<Lanes.Sample>()
                        if block.factor < 2 || !block.isEven {
                            add(plane, other ?? plane, rows, nil, &strip, Lanes.self)
                            if block.factor > 2, rows.count == height {
                                shrink(plane, rows, quads, block, small, Lanes.self)
                            }
                        } else {
                            add(plane, other ?? plane, rows, columns.baseAddress, &strip, Lanes.self)
                            let row = rows.count == height ? small : UnsafeMutableBufferPointer(start: nil, count: 0)
                            finish(plane, y, columns, quads, block, row, &strip, Lanes.self)
                        }
                        all.take(strip)
                        if let third {
                            for row in rows { toThird &+= difference(plane, third, row: row, Lanes.self) }
                        }
                        // Dark samples are only counted where there are any; many strips of most videos have none.
                        if strip.low <= limit {
                            for row in rows { result.dark += dark(plane, row, limit, Lanes.self) }
                        }
                        if block.factor == 1 {
                            for row in rows { copy(plane, row, block, small, Lanes.self) }
                        }
                    }
                }
            }
        }
        result.sum = all.sum >> UInt64(shift)
        result.min = Int(all.low) >> shift
        result.max = Int(all.high) >> shift
        if other != nil { result.difference = all.difference >> UInt64(shift) }
        if third != nil { result.referenceDifference = toThird >> UInt64(shift) }
        return (result, small)
    }

    /// Adds up rows; sums of two columns are added to `columns` where there is room for them, else to the strip's sum.
    @inline(__always)
    private static func add<Lanes: SampleLanes>(
        _ plane: Plane, _ other: Plane, _ rows: Range<Int>, _ columns: UnsafeMutablePointer<Lanes.Pairs>?,
        _ strip: inout Strip<Lanes.Sample>, _: Lanes.Type
    ) {
        let width = plane.samplesPerRow
        let whole = width & ~(Lanes.count - 1)
        let size = MemoryLayout<Lanes.Sample>.size
        var low = Lanes.Vector(repeating: .max)
        var high = Lanes.Vector(repeating: .min)
        var sum = Lanes.Wide.zero
        var difference = Lanes.Wide.zero
        for y in rows {
            let here = plane.base + y * plane.stride
            let there = other.base + y * other.stride
            var x = 0
            var column = columns
            // Four vectors are added up before their sums are widened.
            while x < whole {
                let end = Swift.min(x &+ 4 &* Lanes.count, whole)
                var steps = Lanes.Pairs.zero
                var samples = Lanes.Pairs.zero
                while x < end {
                    let a = (here + x &* size).loadUnaligned(as: Lanes.Vector.self)
                    let b = (there + x &* size).loadUnaligned(as: Lanes.Vector.self)
                    low = Lanes.lesser(low, a)
                    high = Lanes.greater(high, a)
                    steps = Lanes.add(steps, Lanes.distance(a, b))
                    if let place = column {
                        place.pointee = Lanes.add(place.pointee, a)
                        column = place + 1
                    } else {
                        samples = Lanes.add(samples, a)
                    }
                    x &+= Lanes.count
                }
                difference = Lanes.widen(difference, steps)
                if columns == nil { sum = Lanes.widen(sum, samples) }
            }
            let row = here.assumingMemoryBound(to: Lanes.Sample.self)
            let otherRow = there.assumingMemoryBound(to: Lanes.Sample.self)
            for x in whole..<width { strip.take(row[x], otherRow[x]) }
        }
        guard whole > 0 else { return }
        strip.low = Swift.min(strip.low, low.min())
        strip.high = Swift.max(strip.high, high.max())
        strip.sum &+= Lanes.total(sum)
        strip.difference &+= Lanes.total(difference)
    }

    /// Takes the sums of columns into the strip's sum and, where there is room for it, a row of the small picture; leaves
    /// them zero.
    @inline(__always)
    private static func finish<Lanes: SampleLanes>(
        _ plane: Plane, _ y: Int, _ columns: UnsafeMutableBufferPointer<Lanes.Pairs>,
        _ quads: UnsafeMutableBufferPointer<UInt32>, _ block: Block, _ small: UnsafeMutableBufferPointer<UInt8>,
        _ strip: inout Strip<Lanes.Sample>, _: Lanes.Type
    ) {
        let vectors = plane.samplesPerRow / Lanes.count
        let row = y / block.factor * (plane.samplesPerRow / block.factor)
        let isHalved = block.factor == 2 && !small.isEmpty
        let isPaired = block.factor % 4 == 2 && !isHalved && !small.isEmpty
        if isPaired { shrink(columns, row, block, small, Lanes.self) }
        var sum = Lanes.Wide.zero
        for place in 0..<vectors {
            let four = Lanes.widen(.zero, columns[place])
            sum = sum &+ four
            if isHalved {
                Lanes.store(
                    columns[place], small, row &+ place &* Lanes.count / 2, half: block.half, shift: block.shift)
            } else {
                Lanes.store(four, quads, place &* Lanes.count / 4)
            }
            columns[place] = .zero
        }
        strip.sum &+= Lanes.total(sum)
        if isHalved {
            shrink(plane, y, block, small, from: vectors * Lanes.count / 2, Lanes.self)
        } else if isPaired {
            shrink(plane, y, block, small, from: vectors * Lanes.count / block.factor, Lanes.self)
        } else if !small.isEmpty {
            shrink(plane, y, quads, block, small, Lanes.self)
        }
    }

    /// A row of the small picture from the sums of four columns that ``finish(_:_:_:_:_:_:_:_:)`` left.
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

    /// A row of the small picture from sums of two columns, as far as whole vectors go.
    @inline(__always)
    private static func shrink<Lanes: SampleLanes>(
        _ columns: UnsafeMutableBufferPointer<Lanes.Pairs>, _ row: Int, _ block: Block,
        _ small: UnsafeMutableBufferPointer<UInt8>, _: Lanes.Type
    ) {
        UnsafeRawBufferPointer(columns).withMemoryRebound(to: Lanes.Pairs.Scalar.self) { pairs in
            let blocks = (columns.count - 1) * Lanes.count / block.factor
            means(pairs, count: blocks, each: block.factor / 2, block, small, from: row)
        }
    }

    /// The means of blocks from sums of columns, `each` of which make up a block.
    @inline(__always)
    private static func means<Sum: FixedWidthInteger>(
        _ sums: UnsafeBufferPointer<Sum>, count: Int, each: Int, _ block: Block,
        _ small: UnsafeMutableBufferPointer<UInt8>, from row: Int
    ) {
        func sum(_ place: Int) -> UInt64 { UInt64(truncatingIfNeeded: sums[place]) }
        // The common one by itself: three columns, or three pairs of them.
        if each == 3 {
            for x in 0..<count {
                small[row &+ x] = block.mean(sum(3 &* x) &+ sum(3 &* x &+ 1) &+ sum(3 &* x &+ 2))
            }
        } else {
            for x in 0..<count {
                small[row &+ x] = block.mean((x &* each..<(x &+ 1) &* each).reduce(0) { $0 &+ sum($1) })
            }
        }
    }

    /// Adds a row to sums of columns.
    @inline(never)
    private static func add<Sample: FixedWidthInteger>(
        _ row: UnsafePointer<Sample>, _ count: Int, to columns: UnsafeMutablePointer<UInt32>
    ) {
        for x in 0..<count { columns[x] &+= UInt32(truncatingIfNeeded: row[x]) }
    }

    /// A row of the small picture in blocks of an odd side, by sums of single columns.
    @inline(__always)
    private static func shrink<Lanes: SampleLanes>(
        _ plane: Plane, _ rows: Range<Int>, _ columns: UnsafeMutableBufferPointer<UInt32>, _ block: Block,
        _ small: UnsafeMutableBufferPointer<UInt8>, _: Lanes.Type
    ) {
        columns.update(repeating: 0)
        guard let sums = columns.baseAddress else { return }
        for y in rows {
            let row = (plane.base + y * plane.stride).assumingMemoryBound(to: Lanes.Sample.self)
            add(row, plane.samplesPerRow, to: sums)
        }
        let width = plane.samplesPerRow / block.factor
        means(
            UnsafeBufferPointer(columns), count: width, each: block.factor, block, small,
            from: rows.lowerBound / block.factor * width)
    }

    /// A row of a small picture that is as large as the picture.
    @inline(__always)
    private static func copy<Lanes: SampleLanes>(
        _ plane: Plane, _ y: Int, _ block: Block, _ small: UnsafeMutableBufferPointer<UInt8>, _: Lanes.Type
    ) {
        let whole = plane.samplesPerRow & ~(Lanes.count - 1)
        let top = plane.base + y * plane.stride
        let row = y * plane.samplesPerRow
        for x in stride(from: 0, to: whole, by: Lanes.count) {
            let samples = (top + x &* MemoryLayout<Lanes.Sample>.size).loadUnaligned(as: Lanes.Vector.self)
            Lanes.store(samples, small, row &+ x, half: block.half, shift: block.shift)
        }
        shrink(plane, y, block, small, from: whole, Lanes.self)
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
}
