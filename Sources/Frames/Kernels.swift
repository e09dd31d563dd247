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
        for y in 0..<plane.rows {
            let row = plane.base + y * plane.stride
            let otherRow = other.base + y * other.stride
            total &+= difference(row, otherRow, plane.samplesPerRow, Lanes.self)
        }
        return total
    }

    /// Sum of absolute differences of two rows.
    @inline(__always)
    private static func difference<Lanes: SampleLanes>(
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

// MARK: Colours at a fixed size

/// A picture of at most 256 pixels a side as hue, saturation and brightness, as OpenCV has them in 8 bits.
package struct HueImage: Equatable, Sendable {
    package let width: Int
    package let height: Int
    /// All hues (0 to 179), then all saturations, then all brightnesses (0 to 255).
    package let samples: [UInt8]

    /// The size that a picture is brought to: 256 on its longer side, in proportion; smaller ones keep theirs.
    package static func size(width: Int, height: Int) -> (width: Int, height: Int) {
        let factor = Double(max(width, height)) / 256
        guard factor > 1 else { return (width, height) }
        func side(_ length: Int) -> Int { max(1, Int((Double(length) / factor).rounded(.toNearestOrEven))) }
        return (side(width), side(height))
    }
}

extension Kernels {
    /// The picture at a fixed size in hue, saturation and brightness.
    ///
    /// As PySceneDetect looks at it: scaled by interpolation between the four nearest pixels (no mean over an area), made
    /// RGB by BT.601 and the picture's range, then HSV as OpenCV's 8-bit conversion defines it.
    ///
    /// - Complexity: O(pixels of the result)
    package static func hues(_ picture: Picture) -> HueImage {
        let (width, height) = HueImage.size(width: picture.width, height: picture.height)
        let count = width * height
        let luma = Sampler(picture, plane: 0, to: (width, height))
        let differences: (u: Sampler, v: Sampler)? =
            switch picture.chroma {
            case .none: nil
            case .planar:
                (Sampler(picture, plane: 1, to: (width, height)), Sampler(picture, plane: 2, to: (width, height)))
            case .interleaved, .interleavedSwapped:
                (
                    Sampler(picture, plane: 1, to: (width, height), place: picture.chroma == .interleaved ? 0 : 1),
                    Sampler(picture, plane: 1, to: (width, height), place: picture.chroma == .interleaved ? 1 : 0)
                )
            }
        // Rows of luma and of both colour differences, on the 8-bit scale, long enough for whole vectors.
        let padded = (width + 7) & ~7
        let samples = [UInt8](unsafeUninitializedCapacity: 3 * count) { samples, used in
            used = 3 * count
            guard let target = samples.baseAddress else { return }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * padded) { rows in
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 2 * padded) { pairs in
                    rows.initialize(repeating: 128)
                    pairs.initialize(repeating: 0)
                    guard let y = rows.baseAddress, let pairs = pairs.baseAddress else { return }
                    let (u, v) = (y + padded, y + 2 * padded)
                    for row in 0..<height {
                        luma.sample(row, y, pairs)
                        if let differences {
                            differences.u.sample(row, u, pairs)
                            differences.v.sample(row, v, pairs)
                        }
                        convert(y, u, v, width, picture.isFullRange, target + row * width, count)
                    }
                }
            }
        }
        return HueImage(width: width, height: height, samples: samples)
    }

    /// The mean absolute differences of two images of one size: hue, saturation, brightness.
    ///
    /// - Precondition: the images have the same size.
    package static func distance(_ a: HueImage, _ b: HueImage) -> (hue: Double, saturation: Double, brightness: Double)
    {
        precondition(a.width == b.width && a.height == b.height, "images of one size")
        let count = a.width * a.height
        return a.samples.withUnsafeBytes { left in
            b.samples.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return (0, 0, 0) }
                func mean(_ part: Int) -> Double {
                    let sum = difference(left + part * count, right + part * count, count, ByteLanes.self)
                    return Double(sum) / Double(count)
                }
                return (mean(0), mean(1), mean(2))
            }
        }
    }

    /// Where scaled samples lie among those of a plane, pixel centres meeting pixel centres: the first of two neighbours,
    /// and the weight of the second.
    private struct Taps {
        var first: [Int] = []
        var weight: [Float] = []

        /// - Parameter shift: luma pixels that share a sample of the plane, as a power of two, see the same.
        init(from source: Int, to target: Int, shift: Int = 0) {
            let scale = Double(source) / Double(target)
            let last = (source - 1) >> shift
            for place in 0..<target {
                let middle = min(max((Double(place) + 0.5) * scale - 0.5, 0), Double(source - 1))
                let left = Int(middle)
                let (near, far) = (left >> shift, min(left + 1, source - 1) >> shift)
                let share: Float = far > near ? Float(middle - Double(left)) : 0
                // The last sample has no second: it is the second of the pair before it.
                let isLast = near == last && last > 0
                first.append(isLast ? near - 1 : near)
                weight.append(isLast ? 1 : share)
            }
        }
    }

    /// One plane's way to a row of the scaled image.
    private struct Sampler {
        let plane: Plane
        /// Where its first sample lies in a row, and how far it is to the next: 2 where two components take turns.
        let offset: Int
        let step: Int
        let across: Taps
        let down: Taps
        let lastColumn: Int
        let depthScale: Float
        let isBytes: Bool

        /// - Parameter place: 0 or 1 in a plane of two components that take turns.
        init(_ picture: Picture, plane index: Int, to size: (Int, Int), place: Int? = nil) {
            plane = picture.planes[index]
            offset = place ?? 0
            step = place == nil ? 1 : 2
            // A plane has one sample for 2^shift pixels; where several shifts fit, as for a single pixel, all say the same.
            let shiftX = Sampler.shift(picture.width, plane.samplesPerRow / step)
            across = Taps(from: picture.width, to: size.0, shift: shiftX)
            down = Taps(from: picture.height, to: size.1, shift: Sampler.shift(picture.height, plane.rows))
            lastColumn = (picture.width - 1) >> shiftX
            depthScale = 1 / Float(1 << (picture.depth - 8 + picture.shift))
            isBytes = picture.bytesPerSample == 1
        }

        private static func shift(_ length: Int, _ samples: Int) -> Int {
            var shift = 0
            while shift < 4, (length + (1 << shift) - 1) >> shift > samples { shift += 1 }
            return shift
        }

        /// Samples row `y` of the scaled image on the 8-bit scale. `pairs` has room for two rows of whole vectors.
        @inline(__always)
        func sample(_ y: Int, _ target: UnsafeMutablePointer<Float>, _ pairs: UnsafeMutablePointer<UInt16>) {
            let first = min(down.first[y], plane.rows - 1)
            let top = plane.base + first * plane.stride
            let bottom = plane.base + min(first + 1, plane.rows - 1) * plane.stride
            if isBytes, step == 1, lastColumn > 0 {
                neighbours(top, bottom, down.weight[y], target, pairs)
            } else if isBytes {
                singles(top, bottom, down.weight[y], target, UInt8.self)
            } else {
                singles(top, bottom, down.weight[y], target, UInt16.self)
            }
        }

        /// Bytes that lie side by side: each pair is read at once.
        @inline(__always)
        private func neighbours(
            _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ weight: Float, _ target: UnsafeMutablePointer<Float>,
            _ pairs: UnsafeMutablePointer<UInt16>
        ) {
            let count = across.first.count
            let padded = (count + 7) & ~7
            let lower = pairs + padded
            across.first.withUnsafeBufferPointer { places in
                for x in 0..<count {
                    pairs[x] = (top + places[x]).loadUnaligned(as: UInt16.self)
                    lower[x] = (bottom + places[x]).loadUnaligned(as: UInt16.self)
                }
            }
            let below = UInt16(weight * 128)
            let above = 128 &- below
            across.weight.withUnsafeBufferPointer { weights in
                guard let share = weights.baseAddress else { return }
                var x = 0
                while x < count {
                    let upper = UnsafeRawPointer(pairs + x).loadUnaligned(as: SIMD8<UInt16>.self)
                    let under = UnsafeRawPointer(lower + x).loadUnaligned(as: SIMD8<UInt16>.self)
                    let left = (upper & 0xff) &* above &+ (under & 0xff) &* below
                    let right = (upper &>> 8) &* above &+ (under &>> 8) &* below
                    for half in 0..<2 where x + 4 * half < count {
                        let start = x &+ 4 &* half
                        let a = SIMD4<Float>(SIMD4<Int32>(truncatingIfNeeded: half == 0 ? left.lowHalf : left.highHalf))
                        let b = SIMD4<Float>(
                            SIMD4<Int32>(truncatingIfNeeded: half == 0 ? right.lowHalf : right.highHalf))
                        if start &+ 4 <= count {
                            let part = UnsafeRawPointer(share + start).loadUnaligned(as: SIMD4<Float>.self)
                            let value = (a + (b - a) * part) * 0.007_812_5
                            UnsafeMutableRawPointer(target + start).storeBytes(of: value, as: SIMD4<Float>.self)
                        } else {
                            for lane in 0..<count - start {
                                target[start + lane] = (a[lane] + (b[lane] - a[lane]) * share[start + lane]) / 128
                            }
                        }
                    }
                    x &+= 8
                }
            }
        }

        @inline(__always)
        private func singles<Sample: FixedWidthInteger & UnsignedInteger>(
            _ top: UnsafeRawPointer, _ bottom: UnsafeRawPointer, _ weight: Float,
            _ target: UnsafeMutablePointer<Float>, _: Sample.Type
        ) {
            let upper = top.assumingMemoryBound(to: Sample.self) + offset
            let lower = bottom.assumingMemoryBound(to: Sample.self) + offset
            for (x, place) in across.first.enumerated() {
                let (a, b) = (place &* step, min(place + 1, lastColumn) &* step)
                let left = Float(upper[a]) + (Float(lower[a]) - Float(upper[a])) * weight
                let right = Float(upper[b]) + (Float(lower[b]) - Float(upper[b])) * weight
                target[x] = (left + (right - left) * across.weight[x]) * depthScale
            }
        }
    }

    /// A row of YUV on the 8-bit scale as hue, saturation and brightness, `count` bytes apart.
    @inline(__always)
    private static func convert(
        _ luma: UnsafeMutablePointer<Float>, _ u: UnsafeMutablePointer<Float>, _ v: UnsafeMutablePointer<Float>,
        _ width: Int, _ isFullRange: Bool, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
    ) {
        typealias Four = SIMD4<Float>
        // BT.601. Each product is rounded down by itself, as libswscale does on its way to 24 bits: the hue of nearly grey
        // pixels hangs on it.
        let (gain, floor) = isFullRange ? (Float(1), Float(0)) : (Float(255.0 / 219), Float(16))
        let spread: Float = isFullRange ? 1 : 255.0 / 224
        // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number; a little less than a half before rounds
        // down.
        let magic = Four(repeating: 12_582_912)
        let half = Four(repeating: 0.499_99)
        @inline(__always) func load(_ row: UnsafeMutablePointer<Float>, _ x: Int) -> Four {
            UnsafeRawPointer(row + x).loadUnaligned(as: Four.self)
        }
        @inline(__always) func down(_ value: Four) -> Four { (value - half + magic) - magic }
        @inline(__always) func lesser(_ a: Four, _ b: Four) -> Four { a.replacing(with: b, where: b .< a) }
        @inline(__always) func greater(_ a: Four, _ b: Four) -> Four { a.replacing(with: b, where: b .> a) }
        @inline(__always) func pixel(_ value: Four) -> Four { lesser(greater(value, .zero), Four(repeating: 255)) }
        @inline(__always) func bytes(_ value: Four) -> SIMD4<UInt8> {
            let words = unsafeBitCast(value + magic, to: SIMD16<UInt8>.self)
            return words.evenHalf.evenHalf
        }
        var x = 0
        while x < width {
            let y = down((load(luma, x) - floor) * gain)
            let (cb, cr) = ((load(u, x) - 128) * spread, (load(v, x) - 128) * spread)
            let r = pixel(y + down(cr * 1.402))
            let g = pixel(y + down(cb * -0.344136) + down(cr * -0.714136))
            let b = pixel(y + down(cb * 1.772))
            let high = greater(greater(r, g), b)
            let range = high - lesser(lesser(r, g), b)
            let saturation = range * 255 / greater(high, Four(repeating: 1))
            // The first of red, green and blue that is the greatest decides the sector.
            let blue = (r - g) + range * 4
            let green = ((b - r) + range * 2).replacing(with: blue, where: g .< high)
            let sector = (g - b).replacing(with: green, where: r .< high)
            let angle = sector * 30 / greater(range, Four(repeating: 1))
            let hue = angle.replacing(with: angle + 180, where: angle .< -0.5)
            let raw = UnsafeMutableRawPointer(target)
            if x &+ 4 <= width {
                raw.storeBytes(of: bytes(hue), toByteOffset: x, as: SIMD4<UInt8>.self)
                raw.storeBytes(of: bytes(saturation), toByteOffset: count &+ x, as: SIMD4<UInt8>.self)
                raw.storeBytes(of: bytes(high), toByteOffset: 2 &* count &+ x, as: SIMD4<UInt8>.self)
            } else {
                let (h, s, v) = (bytes(hue), bytes(saturation), bytes(high))
                for lane in 0..<width - x {
                    target[x &+ lane] = h[lane]
                    target[count &+ x &+ lane] = s[lane]
                    target[2 &* count &+ x &+ lane] = v[lane]
                }
            }
            x &+= 4
        }
    }

    // MARK: Detail

    /// What the inner pixels of an image say of its detail.
    package struct Detail: Equatable {
        /// Pixels that have all eight neighbours.
        package var count = 0
        /// Sums of the gradient's length (Sobel) and of its square.
        package var gradient = 0.0
        package var gradientSquared = 0.0
        /// Sums of the Laplacian (the four neighbours less four times the pixel) and of its square.
        package var laplacian = 0.0
        package var laplacianSquared = 0.0
    }

    /// Gradient and Laplacian over the inner pixels of an image.
    ///
    /// - Complexity: O(pixels)
    package static func detail(_ image: SmallLuma) -> Detail {
        var result = Detail()
        let (width, height) = (image.width, image.height)
        guard width >= 3, height >= 3 else { return result }
        result.count = (width - 2) * (height - 2)
        image.samples.withUnsafeBufferPointer { samples in
            guard let base = samples.baseAddress else { return }
            for y in 1..<height - 1 {
                let row = base + y * width
                detail(row - width, row, row + width, width, &result)
            }
        }
        return result
    }

    @inline(__always)
    private static func detail(
        _ above: UnsafePointer<UInt8>, _ row: UnsafePointer<UInt8>, _ below: UnsafePointer<UInt8>, _ width: Int,
        _ result: inout Detail
    ) {
        typealias Eight = SIMD8<Int16>
        func load(_ pointer: UnsafePointer<UInt8>, _ x: Int) -> Eight {
            Eight(truncatingIfNeeded: UnsafeRawPointer(pointer + x).loadUnaligned(as: SIMD8<UInt8>.self))
        }
        // Every other lane: sign-extending them by shifts is what the compiler does in two instructions.
        func even(_ value: Eight) -> SIMD4<Float> {
            SIMD4<Float>((unsafeBitCast(value, to: SIMD4<Int32>.self) &<< 16) &>> 16)
        }
        func odd(_ value: Eight) -> SIMD4<Float> { SIMD4<Float>(unsafeBitCast(value, to: SIMD4<Int32>.self) &>> 16) }
        var (lengths, squares) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
        var (curves, curvesSquared) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
        var x = 0
        let inner = width - 2
        while x + 8 <= inner {
            let (a, b, c) = (load(above, x), load(above, x + 1), load(above, x + 2))
            let (d, e, f) = (load(row, x), load(row, x + 1), load(row, x + 2))
            let (g, h, i) = (load(below, x), load(below, x + 1), load(below, x + 2))
            let across = (c &- a) &+ ((f &- d) &<< 1) &+ (i &- g)
            let down = (g &- a) &+ ((h &- b) &<< 1) &+ (i &- c)
            let curve = b &+ d &+ f &+ h &- (e &<< 2)
            let (x0, x1, y0, y1) = (even(across), odd(across), even(down), odd(down))
            let (first, second) = (x0 * x0 + y0 * y0, x1 * x1 + y1 * y1)
            let (c0, c1) = (even(curve), odd(curve))
            squares += first + second
            lengths += first.squareRoot() + second.squareRoot()
            curves += c0 + c1
            curvesSquared += c0 * c0 + c1 * c1
            x &+= 8
        }
        for x in x..<inner {
            func at(_ pointer: UnsafePointer<UInt8>, _ place: Int) -> Int { Int(pointer[x + place]) }
            let gx = at(above, 2) - at(above, 0) + 2 * (at(row, 2) - at(row, 0)) + at(below, 2) - at(below, 0)
            let gy = at(below, 0) - at(above, 0) + 2 * (at(below, 1) - at(above, 1)) + at(below, 2) - at(above, 2)
            let curve = at(above, 1) + at(below, 1) + at(row, 0) + at(row, 2) - 4 * at(row, 1)
            let square = Float(gx * gx + gy * gy)
            result.gradientSquared += Double(square)
            result.gradient += Double(square.squareRoot())
            result.laplacian += Double(curve)
            result.laplacianSquared += Double(curve * curve)
        }
        result.gradient += Double(lengths.sum())
        result.gradientSquared += Double(squares.sum())
        result.laplacian += Double(curves.sum())
        result.laplacianSquared += Double(curvesSquared.sum())
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
