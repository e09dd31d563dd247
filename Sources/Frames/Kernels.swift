/// The pixel loops that read samples through pointers: one file, to be audited as a whole. All are exact, in integers,
/// and hold for any width, stride and alignment; tests hold them against a scalar reference.
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

// MARK: - A background to tell what moves

extension Kernels {
    /// What ``compare(_:_:low:high:change:into:)`` finds of a sample: bits of a mask.
    package enum Mark {
        /// It differs from the background.
        package static let weak: UInt8 = 1
        /// It differs clearly.
        package static let strong: UInt8 = 2
        /// It differs from what it was a few frames ago.
        package static let changed: UInt8 = 4
        /// It has stood out unchanged for a while.
        package static let aged: UInt8 = 8
    }

    /// The background of a small picture, all parts of the same size.
    package struct Layers {
        /// The running average, in 128ths of a level.
        package var average: [Int16]
        /// What stood there before, for the samples that took over something that stopped; else the average.
        package var former: [UInt8]
        /// The average of the last few frames, in 128ths of a level.
        package var recent: [Int16]
        /// Levels by which a sample that comes and goes, such as a leaf in the wind, has to differ more.
        package var unrest: [UInt8]

        package init(_ samples: [UInt8]) {
            unrest = [UInt8](repeating: 0, count: samples.count)
            average = samples.map { Int16($0) << 7 }
            former = samples
            recent = average
        }
    }

    /// Weights 1 2 1 across and down, /16, rounded; the border's samples are repeated beyond it.
    ///
    /// - Complexity: O(samples)
    package static func smooth(_ samples: [UInt8], width: Int, height: Int) -> [UInt8] {
        precondition(samples.count == width * height, "one sample a place")
        return [UInt8](unsafeUninitializedCapacity: samples.count) { result, used in
            used = samples.count
            samples.withUnsafeBufferPointer { samples in
                guard let base = samples.baseAddress, let target = result.baseAddress, width > 0 else { return }
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: width + 2) { columns in
                    guard let sums = columns.baseAddress else { return }
                    for y in 0..<height {
                        let above = base + Swift.max(0, y - 1) * width
                        let here = base + y * width
                        let below = base + Swift.min(height - 1, y + 1) * width
                        for x in 0..<width {
                            sums[x &+ 1] = UInt16(above[x]) &+ UInt16(here[x]) &* 2 &+ UInt16(below[x])
                        }
                        sums[0] = sums[1]
                        sums[width + 1] = sums[width]
                        let row = target + y * width
                        for x in 0..<width {
                            let sum = sums[x] &+ sums[x &+ 1] &* 2 &+ sums[x &+ 2]
                            row[x] = UInt8(truncatingIfNeeded: (sum &+ 8) &>> 4)
                        }
                    }
                }
            }
        }
    }

    /// Marks each sample by its distance to the nearer of the two backgrounds and to the last few frames, and lets those
    /// follow by a quarter. A sample whose weak mark comes or goes becomes restless.
    ///
    /// - Parameter mask: the marks of the picture before, and after it those of this one.
    /// - Complexity: O(samples)
    package static func compare(
        _ samples: [UInt8], _ layers: inout Layers, low: Int, high: Int, change: Int, into mask: inout [UInt8]
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && layers.recent.count == count
                && layers.unrest.count == count && mask.count == count, "all of one size")
        let (low, high, change) = (Int16(clamping: low), Int16(clamping: high), Int16(clamping: change << 7))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * piece) { room in
            samples.withUnsafeBufferPointer { samples in
                guard let samples = samples.baseAddress, let nearest = room.baseAddress else { return }
                let lately = nearest + piece
                for start in stride(from: 0, to: count, by: piece) {
                    let length = Swift.min(piece, count - start)
                    layers.average.withUnsafeBufferPointer { average in
                        layers.former.withUnsafeBufferPointer { former in
                            guard let average = average.baseAddress, let former = former.baseAddress else { return }
                            distance(samples + start, average + start, former + start, length, nearest)
                        }
                    }
                    layers.recent.withUnsafeMutableBufferPointer { recent in
                        guard let recent = recent.baseAddress else { return }
                        follow(samples + start, recent + start, length, change, lately)
                    }
                    layers.unrest.withUnsafeMutableBufferPointer { unrest in
                        mask.withUnsafeMutableBufferPointer { mask in
                            guard let unrest = unrest.baseAddress, let mask = mask.baseAddress else { return }
                            judge(nearest, lately, unrest + start, mask + start, length, low, high)
                        }
                    }
                }
            }
        }
    }

    /// Samples that are worked on at a time, so that what is between two loops stays in the first-level cache. One loop
    /// with all of the pointers would not be vectorised.
    private static let piece = 1024

    /// The distance to the nearer of both backgrounds.
    private static func distance(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafePointer<Int16>, _ former: UnsafePointer<UInt8>, _ count: Int,
        _ result: UnsafeMutablePointer<UInt8>
    ) {
        for place in 0..<count {
            let sample = Int16(samples[place])
            let first = sample &- ((average[place] &+ 64) &>> 7)
            let second = sample &- Int16(former[place])
            let near = Swift.min(Swift.max(first, 0 &- first), Swift.max(second, 0 &- second))
            result[place] = UInt8(truncatingIfNeeded: near)
        }
    }

    /// Lets the recent average follow, and says 4 where it was far off.
    private static func follow(
        _ samples: UnsafePointer<UInt8>, _ recent: UnsafeMutablePointer<Int16>, _ count: Int, _ limit: Int16,
        _ result: UnsafeMutablePointer<UInt8>
    ) {
        for place in 0..<count {
            let old = recent[place]
            let step = (Int16(samples[place]) &<< 7) &- old
            recent[place] = old &+ ((step &+ 2) &>> 2)
            result[place] = Swift.max(step, 0 &- step) > limit ? Mark.changed : 0
        }
    }

    /// Marks by the distances, and counts what comes and goes.
    private static func judge(
        _ nearest: UnsafePointer<UInt8>, _ lately: UnsafePointer<UInt8>, _ unrest: UnsafeMutablePointer<UInt8>,
        _ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ low: Int16, _ high: Int16
    ) {
        for place in 0..<count {
            let more = Int16(unrest[place])
            let near = Int16(nearest[place]) &- more
            let weak: Int16 = near > low ? 1 : 0
            let strong: Int16 = near > high ? 2 : 0
            let flips = (weak ^ Int16(mask[place])) & 1
            unrest[place] = UInt8(truncatingIfNeeded: Swift.min(unrestLimit, more &+ flips &* unrestStep))
            mask[place] = UInt8(truncatingIfNeeded: weak | strong) | lately[place]
        }
    }

    /// What a flip adds to a sample's unrest, and the most it comes to.
    package static let unrestStep: Int16 = 6
    package static let unrestLimit: Int16 = 60

    /// Lets the average follow where the mask has neither a weak nor a strong mark. Where the former background shows
    /// again, it takes its place back.
    ///
    /// - Parameters:
    ///   - weight: of the new sample, in 256ths, at most 25.
    ///   - low: levels up to which the average is followed, at most 40.
    ///   - ages: set to 0 where there is no mark.
    /// - Complexity: O(samples)
    package static func follow(
        _ samples: [UInt8], _ layers: inout Layers, weight: Int, low: Int, mask: [UInt8], ages: inout [UInt8]
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && mask.count == count
                && ages.count == count, "all of one size")
        precondition(weight >= 0 && weight <= 25 && low >= 0 && low <= 40, "products of 16 bits")
        let (weight, limit) = (Int16(weight), Int16(low) << 7)
        samples.withUnsafeBufferPointer { samples in
            mask.withUnsafeBufferPointer { mask in
                guard let samples = samples.baseAddress, let mask = mask.baseAddress else { return }
                layers.average.withUnsafeMutableBufferPointer { average in
                    layers.former.withUnsafeBufferPointer { former in
                        guard let average = average.baseAddress, let former = former.baseAddress else { return }
                        follow(samples, average, former, mask, count, weight, limit)
                    }
                }
                ages.withUnsafeMutableBufferPointer { ages in
                    guard let ages = ages.baseAddress else { return }
                    for place in 0..<count { ages[place] = mask[place] & 3 == 0 ? 0 : ages[place] }
                }
            }
        }
    }

    private static func follow(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafeMutablePointer<Int16>, _ former: UnsafePointer<UInt8>,
        _ mask: UnsafePointer<UInt8>, _ count: Int, _ weight: Int16, _ limit: Int16
    ) {
        for place in 0..<count {
            let old = average[place]
            let step = (Int16(samples[place]) &<< 7) &- old
            let small = Swift.min(Swift.max(step, 0 &- limit), limit) &>> 2
            let followed = old &+ ((small &* weight &+ 32) &>> 6)
            let returned = Int16(former[place]) &<< 7
            // All ones where it follows, and where there is no mark.
            let isNear: Int16 = Swift.max(step, 0 &- step) > limit &+ 64 ? 0 : -1
            let isFree: Int16 = Int16(mask[place] & 3) > 0 ? 0 : -1
            let new = (followed & isNear) | (returned & ~isNear)
            average[place] = (new & isFree) | (old & ~isFree)
        }
    }

    /// Lets unrest pass by one level; and where asked, brings the former background a level nearer to the average.
    ///
    /// - Complexity: O(samples)
    package static func forget(_ layers: inout Layers, nearer: Bool) {
        let count = layers.average.count
        precondition(layers.former.count == count && layers.unrest.count == count, "all of one size")
        layers.unrest.withUnsafeMutableBufferPointer { unrest in
            guard let unrest = unrest.baseAddress else { return }
            for place in 0..<count { unrest[place] = Swift.max(unrest[place], 1) &- 1 }
        }
        guard nearer else { return }
        layers.average.withUnsafeBufferPointer { average in
            layers.former.withUnsafeMutableBufferPointer { former in
                guard let average = average.baseAddress, let former = former.baseAddress else { return }
                for place in 0..<count {
                    let off = ((average[place] &+ 64) &>> 7) &- Int16(former[place])
                    let step = Swift.min(Swift.max(off, -1), 1)
                    former[place] = UInt8(truncatingIfNeeded: Int16(former[place]) &+ step)
                }
            }
        }
    }

    /// Stretches of samples with a mark, row by row. Gaps of up to `gap` samples belong to a stretch.
    ///
    /// - Complexity: O(samples)
    package static func runs(_ mask: [UInt8], width: Int, height: Int, mark: UInt8 = Mark.weak, gap: Int) -> [MaskRun] {
        precondition(mask.count == width * height, "one mark a place")
        let marks = UInt64(mark) &* 0x0101_0101_0101_0101
        var result: [MaskRun] = []
        mask.withUnsafeBufferPointer { mask in
            guard let base = mask.baseAddress else { return }
            for y in 0..<height {
                let row = base + y * width
                var start = -1
                var last = -1
                var x = 0
                while x < width {
                    if x &+ 8 <= width,
                        UnsafeRawPointer(row + x).loadUnaligned(as: UInt64.self) & marks == 0
                    {
                        x &+= 8
                        continue
                    }
                    let end = Swift.min(width, x &+ 8)
                    while x < end {
                        if row[x] & mark != 0 {
                            if start >= 0, x &- last &- 1 > gap {
                                result.append(MaskRun(row: y, start: start, end: last + 1))
                                start = x
                            }
                            if start < 0 { start = x }
                            last = x
                        }
                        x &+= 1
                    }
                }
                if start >= 0 { result.append(MaskRun(row: y, start: start, end: last + 1)) }
            }
        }
        return result
    }
}

/// A stretch of marked samples in a row.
package struct MaskRun: Equatable {
    package let row: Int
    package let start: Int
    /// The column behind the last.
    package let end: Int

    package init(row: Int, start: Int, end: Int) {
        (self.row, self.start, self.end) = (row, start, end)
    }
}
