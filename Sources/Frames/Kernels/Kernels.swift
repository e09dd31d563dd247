/// The pixel loops that read samples through pointers: this folder, to be audited as a whole. All are exact, in integers
/// but for the length of a gradient and for hues, and hold for any width, stride and alignment; tests hold them against a
/// scalar reference. This file has the traversal of the full-size luma and differences of planes.
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
        for y in 0..<plane.rows {
            let row = plane.base + y * plane.stride
            let otherRow = other.base + y * other.stride
            total &+= difference(row, otherRow, plane.samplesPerRow, Lanes.self)
        }
        return total
    }

    /// Sum of absolute differences of two rows.
    @inline(__always)
    static func difference<Lanes: SampleLanes>(
        _ row: UnsafeRawPointer, _ other: UnsafeRawPointer, _ count: Int, _: Lanes.Type
    ) -> UInt64 {
        let size = MemoryLayout<Lanes.Sample>.size
        var sum = Lanes.Wide.zero
        var x = 0
        // Four vectors are added up before their sums are widened.
        while x &+ 4 &* Lanes.count <= count {
            var steps = Lanes.Pairs.zero
            for part in 0..<4 {
                let offset = (x &+ part &* Lanes.count) &* size
                let a = (row + offset).loadUnaligned(as: Lanes.Vector.self)
                let b = (other + offset).loadUnaligned(as: Lanes.Vector.self)
                steps = Lanes.add(steps, Lanes.distance(a, b))
            }
            sum = Lanes.widen(sum, steps)
            x &+= 4 &* Lanes.count
        }
        var total = Lanes.total(sum)
        let a = row.assumingMemoryBound(to: Lanes.Sample.self)
        let b = other.assumingMemoryBound(to: Lanes.Sample.self)
        for x in x..<count { total &+= UInt64(a[x] > b[x] ? a[x] &- b[x] : b[x] &- a[x]) }
        return total
    }
}
