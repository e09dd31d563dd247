// Pixel loops for `cuts`: rows of colours. Audited with the others of this folder; see Kernels.swift.

/// Where the samples of a ``HueImage`` lie in pictures of one size and format: kept from frame to frame, since to find it
/// out costs more than a row of the image.
package struct HuePlan {
    let size: (width: Int, height: Int)
    private let luma: HueSampler
    /// Both colour differences; none of a grey picture.
    private let differences: (first: HueSampler, second: HueSampler)?
    /// Where columns lie, if samples are whole numbers; see ``WholeHues``.
    let columns: WholeHues.Columns?
    private let shape: [Int]
    private let chroma: ChromaLayout

    init(_ picture: Picture) {
        shape = HuePlan.shape(picture)
        chroma = picture.chroma
        size = HueImage.size(width: picture.width, height: picture.height)
        luma = HueSampler(picture, plane: 0, to: size)
        differences =
            switch picture.chroma {
            case .none: nil
            case .planar: (HueSampler(picture, plane: 1, to: size), HueSampler(picture, plane: 2, to: size))
            case .interleaved:
                (HueSampler(picture, plane: 1, to: size, place: 0), HueSampler(picture, plane: 1, to: size, place: 1))
            case .interleavedSwapped:
                (HueSampler(picture, plane: 1, to: size, place: 1), HueSampler(picture, plane: 1, to: size, place: 0))
            }
        columns = HuePlan.columns(luma, differences)
    }

    private static func columns(_ luma: HueSampler, _ differences: (first: HueSampler, second: HueSampler)?)
        -> WholeHues.Columns?
    {
        guard let (first, second) = differences, luma.isPaired, first.isPaired, second.isPaired,
            first.across == second.across, first.down == second.down, first.lastColumn == second.lastColumn
        else { return nil }
        return WholeHues.Columns(
            luma: (luma.across, luma.lastColumn + 1), chroma: (first.across, first.lastColumn + 1))
    }

    /// Whether the plan holds for a picture too.
    func fits(_ picture: Picture) -> Bool { chroma == picture.chroma && shape == HuePlan.shape(picture) }

    /// All that a plan depends on, but for the order of chroma.
    private static func shape(_ picture: Picture) -> [Int] {
        [picture.width, picture.height, picture.depth, picture.shift]
            + picture.planes.flatMap { [$0.samplesPerRow, $0.rows] }
    }

    /// The rows of all three planes around row `y` of the scaled picture; only where there are ``columns``.
    @inline(__always)
    func rows(_ picture: Picture, _ y: Int) -> WholeHues.Rows? {
        guard let differences else { return nil }
        return WholeHues.Rows(
            luma: luma.rows(picture, y), first: differences.first.rows(picture, y),
            second: differences.second.rows(picture, y))
    }

    /// Row `y` of the scaled picture, on the 8-bit scale: luma and both colour differences.
    ///
    /// - Parameter pairs: room for two rows.
    @inline(__always)
    func sample(
        _ picture: Picture, _ y: Int, _ luma: UnsafeMutablePointer<Float>, _ first: UnsafeMutablePointer<Float>,
        _ second: UnsafeMutablePointer<Float>, _ pairs: UnsafeMutablePointer<UInt16>
    ) {
        self.luma.sample(picture, y, luma, pairs)
        if let differences {
            differences.first.sample(picture, y, first, pairs)
            differences.second.sample(picture, y, second, pairs)
        } else {
            first.update(repeating: 128, count: size.width)
            second.update(repeating: 128, count: size.width)
        }
    }
}

/// Where scaled samples lie among those of a plane, pixel centres meeting pixel centres: the first of two neighbours, and
/// the weight of the second.
struct Taps: Equatable {
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
private struct HueSampler {
    let plane: Int
    /// Where its first sample lies in a row, and how far it is to the next: 2 where two components take turns.
    let offset: Int
    let step: Int
    let across: Taps
    let down: Taps
    let lastColumn: Int
    let depthScale: Float
    let isBytes: Bool

    /// - Parameter place: 0 or 1 in a plane of two components that take turns.
    init(_ picture: Picture, plane index: Int, to size: (width: Int, height: Int), place: Int? = nil) {
        plane = index
        offset = place ?? 0
        step = place == nil ? 1 : 2
        let samples = picture.planes[index]
        // A plane has one sample for 2^shift pixels; where several shifts fit, as for a single pixel, all say the same.
        let shiftX = HueSampler.shift(picture.width, samples.samplesPerRow / step)
        across = Taps(from: picture.width, to: size.width, shift: shiftX)
        down = Taps(from: picture.height, to: size.height, shift: HueSampler.shift(picture.height, samples.rows))
        lastColumn = (picture.width - 1) >> shiftX
        depthScale = 1 / Float(1 << (picture.depth - 8 + picture.shift))
        isBytes = picture.bytesPerSample == 1
    }

    private static func shift(_ length: Int, _ samples: Int) -> Int {
        var shift = 0
        while shift < 4, (length + (1 << shift) - 1) >> shift > samples { shift += 1 }
        return shift
    }

    /// Whether neighbours are bytes side by side, which are read at once.
    var isPaired: Bool { isBytes && step == 1 && lastColumn > 0 }

    /// The rows around row `y` of the scaled image.
    @inline(__always)
    func rows(_ picture: Picture, _ y: Int) -> WholeHues.PlaneRows {
        let plane = picture.planes[plane]
        let first = min(down.first[y], plane.rows - 1)
        let lower = plane.base + min(first + 1, plane.rows - 1) * plane.stride
        let below = UInt16(down.weight[y] * 128)
        // The last row is the second of a pair, with all of the share: it is read by itself.
        return WholeHues.PlaneRows(
            upper: below == 128 ? lower : plane.base + first * plane.stride, lower: lower,
            below: below == 128 ? 0 : below)
    }

    /// Samples row `y` of the scaled image on the 8-bit scale. `pairs` has room for two rows.
    @inline(__always)
    func sample(
        _ picture: Picture, _ y: Int, _ target: UnsafeMutablePointer<Float>, _ pairs: UnsafeMutablePointer<UInt16>
    ) {
        let rows = rows(picture, y)
        if isPaired {
            neighbours(rows, target, pairs)
        } else if isBytes {
            singles(rows, down.weight[y], target, UInt8.self)
        } else {
            singles(rows, down.weight[y], target, UInt16.self)
        }
    }

    /// Bytes that lie side by side: each pair is read at once. The lower row is read only where it has a share, which is in
    /// none of 720 lines that become 144, and of chroma in hardly any size.
    @inline(__always)
    private func neighbours(
        _ rows: WholeHues.PlaneRows, _ target: UnsafeMutablePointer<Float>, _ pairs: UnsafeMutablePointer<UInt16>
    ) {
        let count = across.first.count
        HueRows.gather(rows.upper, across.first, count, pairs)
        if rows.below == 0 {
            HueRows.blend(pairs, across.weight, count, target)
        } else {
            HueRows.gather(rows.lower, across.first, count, pairs + count)
            HueRows.blend(pairs, pairs + count, rows.below, across.weight, count, target)
        }
    }

    @inline(__always)
    private func singles<Sample: FixedWidthInteger & UnsignedInteger>(
        _ rows: WholeHues.PlaneRows, _ weight: Float, _ target: UnsafeMutablePointer<Float>, _: Sample.Type
    ) {
        let upper = rows.upper.assumingMemoryBound(to: Sample.self) + offset
        let lower = rows.lower.assumingMemoryBound(to: Sample.self) + offset
        for (x, place) in across.first.enumerated() {
            let (a, b) = (place &* step, min(place + 1, lastColumn) &* step)
            let left = Float(upper[a]) + (Float(lower[a]) - Float(upper[a])) * weight
            let right = Float(upper[b]) + (Float(lower[b]) - Float(upper[b])) * weight
            target[x] = (left + (right - left) * across.weight[x]) * depthScale
        }
    }
}

/// Steps of a row, each a plain loop with few pointers in a function of its own: such loops the compiler turns into vectors,
/// where it takes operations on vectors of floats apart lane by lane. The row stays in the first-level cache.
enum HueRows {
    /// All rows of the image: of any format and size, in floats.
    static func image(_ picture: Picture, _ plan: HuePlan, _ target: UnsafeMutablePointer<UInt8>) {
        let (width, height) = plan.size
        let count = width * height
        // Rows of luma and of both colour differences, which become red, green and blue, and those hue, saturation and
        // brightness.
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 * width) { rows in
            withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 2 * width) { pairs in
                guard let a = rows.baseAddress, let pairs = pairs.baseAddress else { return }
                let (b, c) = (a + width, a + 2 * width)
                for row in 0..<height {
                    plan.sample(picture, row, a, b, c, pairs)
                    colours(a, b, c, width, isFullRange: picture.isFullRange)
                    wheel(a, b, c, width)
                    let place = target + row * width
                    bytes(a, place, width)
                    bytes(b, place + count, width)
                    bytes(c, place + 2 * count, width)
                }
            }
        }
    }

    /// The pairs of bytes at places of a row.
    @inline(never)
    static func gather(
        _ row: UnsafeRawPointer, _ places: UnsafePointer<Int>, _ count: Int, _ pairs: UnsafeMutablePointer<UInt16>
    ) {
        var x = 0
        while x &+ 4 <= count {
            pairs[x] = (row + places[x]).loadUnaligned(as: UInt16.self)
            pairs[x &+ 1] = (row + places[x &+ 1]).loadUnaligned(as: UInt16.self)
            pairs[x &+ 2] = (row + places[x &+ 2]).loadUnaligned(as: UInt16.self)
            pairs[x &+ 3] = (row + places[x &+ 3]).loadUnaligned(as: UInt16.self)
            x &+= 4
        }
        for x in x..<count { pairs[x] = (row + places[x]).loadUnaligned(as: UInt16.self) }
    }

    /// Between two neighbours each.
    @inline(never)
    static func blend(
        _ pairs: UnsafePointer<UInt16>, _ shares: UnsafePointer<Float>, _ count: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        for x in 0..<count {
            let (left, right) = (Float(Int32(pairs[x] & 0xff)), Float(Int32(pairs[x] &>> 8)))
            result[x] = left + (right - left) * shares[x]
        }
    }

    /// Between four neighbours each.
    ///
    /// - Parameter below: the share of the lower row, in 128ths.
    @inline(never)
    static func blend(
        _ upper: UnsafePointer<UInt16>, _ lower: UnsafePointer<UInt16>, _ below: UInt16,
        _ shares: UnsafePointer<Float>, _ count: Int, _ result: UnsafeMutablePointer<Float>
    ) {
        let above = 128 &- below
        for x in 0..<count {
            let left = (upper[x] & 0xff) &* above &+ (lower[x] & 0xff) &* below
            let right = (upper[x] &>> 8) &* above &+ (lower[x] &>> 8) &* below
            let (a, b) = (Float(Int32(left)), Float(Int32(right)))
            result[x] = (a + (b - a) * shares[x]) * 0.007_812_5
        }
    }

    /// Adding and taking away 1.5 * 2^23 rounds to the nearest whole number.
    private static let magic: Float = 12_582_912

    /// Luma and both colour differences become red, green and blue in 8 bits, by BT.601.
    ///
    /// Each product is rounded down by itself, as libswscale does on its way to 24 bits: the hue of nearly grey pixels
    /// hangs on it.
    @inline(never)
    static func colours(
        _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>,
        _ count: Int, isFullRange: Bool
    ) {
        let (gain, floor) = isFullRange ? (Float(1), Float(0)) : (Float(255.0 / 219), Float(16))
        let spread: Float = isFullRange ? 1 : 255.0 / 224
        // A little less than a half before rounds down.
        @inline(__always) func down(_ value: Float) -> Float { (value - 0.499_99 + magic) - magic }
        @inline(__always) func pixel(_ value: Float) -> Float { lesser(greater(value, 0), 255) }
        for x in 0..<count {
            let luma = down((a[x] - floor) * gain)
            let (cb, cr) = ((b[x] - 128) * spread, (c[x] - 128) * spread)
            a[x] = pixel(luma + down(cr * 1.402))
            b[x] = pixel(luma + down(cb * -0.344136) + down(cr * -0.714136))
            c[x] = pixel(luma + down(cb * 1.772))
        }
    }

    /// Red, green and blue become hue, saturation and brightness, not yet rounded.
    @inline(never)
    static func wheel(
        _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>,
        _ count: Int
    ) {
        for x in 0..<count {
            let (red, green, blue) = (a[x], b[x], c[x])
            let high = greater(greater(red, green), blue)
            let range = high - lesser(lesser(red, green), blue)
            // The first of red, green and blue that is the greatest decides the sector.
            let third = (red - green) + range * 4
            let second = green < high ? third : (blue - red) + range * 2
            let sector = red < high ? second : green - blue
            let angle = sector * 30 / greater(range, 1)
            a[x] = angle < -0.5 ? angle + 180 : angle
            b[x] = range * 255 / greater(high, 1)
            c[x] = high
        }
    }

    /// Rounds to bytes, halves to even.
    @inline(never)
    static func bytes(_ row: UnsafePointer<Float>, _ result: UnsafeMutablePointer<UInt8>, _ count: Int) {
        for x in 0..<count { result[x] = UInt8(truncatingIfNeeded: (row[x] + magic).bitPattern) }
    }

    @inline(__always)
    private static func lesser(_ a: Float, _ b: Float) -> Float { b < a ? b : a }
    @inline(__always)
    private static func greater(_ a: Float, _ b: Float) -> Float { b > a ? b : a }
}
