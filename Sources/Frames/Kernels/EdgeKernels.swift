/// The pixel loops that look for edges and how wide they are: audited with the others of this folder, whose rules hold here. They
/// work on bytes; deeper samples are brought to the 8-bit scale first.
///
/// One plane is smoothed as a whole, because an edge's width may reach far up and down. What follows goes row by row:
/// three rows of gradients and three of edges are all that is kept.

// MARK: Edges

extension Kernels {
    /// What the edges of a picture add up to. Widths are counted in steps from pixel to pixel.
    package struct EdgeWidths: Equatable, Sendable {
        /// Edge pixels with a width.
        package var count = 0
        /// Steps along rows and columns.
        package var straight = 0
        /// Steps along diagonals.
        package var diagonal = 0

        package init(count: Int = 0, straight: Int = 0, diagonal: Int = 0) {
            (self.count, self.straight, self.diagonal) = (count, straight, diagonal)
        }
    }

    /// Finds edges as Canny does, and measures how wide each is at each of its pixels, as Marziliano et al. do: from
    /// one extreme of the smoothed luma to the other, along the gradient.
    ///
    /// - Parameters:
    ///   - low: gradient over which a pixel next to a strong edge is one, too; on the 8-bit scale.
    ///   - high: gradient over which a pixel is an edge. Gradients count up to 255, so none is over that.
    ///   - radius: steps to look in either direction, at least 1.
    /// - Complexity: O(samples) and O(edge pixels x radius); takes memory of a byte a sample, two for deep samples.
    package static func edgeWidths(_ picture: Picture, low: Int, high: Int, radius: Int) -> EdgeWidths {
        precondition(radius >= 1, "a search goes at least one step")
        let plane = picture.luma
        // Smaller pictures have no pixel with eight neighbours.
        guard plane.samplesPerRow >= 3, plane.rows >= 3 else { return EdgeWidths() }
        guard picture.bytesPerSample > 1 else {
            return edgeWidths(plane, EdgeLimits(low: low, high: high), radius)
        }
        let width = plane.samplesPerRow
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: width * plane.rows) { bytes in
            guard let base = bytes.baseAddress else { return EdgeWidths() }
            for y in 0..<plane.rows {
                let row = (plane.base + y * plane.stride).assumingMemoryBound(to: UInt16.self)
                narrow(row, base + y * width, width, shift: picture.depth - 8 + picture.shift)
            }
            let narrowed = Plane(base: UnsafeRawPointer(base), stride: width, samplesPerRow: width, rows: plane.rows)
            return edgeWidths(narrowed, EdgeLimits(low: low, high: high), radius)
        }
    }

    /// What a gradient has to be over, as 16-bit lanes compare it.
    private struct EdgeLimits {
        let low: Int16
        let high: Int16

        init(low: Int, high: Int) {
            func limit(_ value: Int) -> Int16 { value >= 255 ? .max : Int16(clamping: max(0, value)) }
            (self.low, self.high) = (limit(low), limit(high))
        }
    }

    /// How an edge pixel is kept in a byte: the direction of its gradient, and whether it is strong.
    private enum EdgeMark {
        /// Further from the horizontal than 22.5 degrees, and than 67.5 degrees.
        static let tilted: UInt8 = 1
        static let steep: UInt8 = 4
        /// From the bottom left to the top right; told of every direction, heeded along diagonals.
        static let rising: UInt8 = 2
        static let edge: UInt8 = 8
        static let strong: UInt8 = 16
    }

    /// A row of 16-bit samples on the 8-bit scale, rounded.
    @inline(__always)
    private static func narrow(
        _ row: UnsafePointer<UInt16>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int, shift: Int
    ) {
        let bits = UInt32(shift)
        let half = (UInt32(1) << bits) >> 1
        for x in 0..<count {
            // The greatest sample of 10 bits is 255.75 on the 8-bit scale, which must not round to 256.
            let value = (UInt32(row[x]) &+ half) &>> bits
            target[x] = UInt8(truncatingIfNeeded: value > 255 ? 255 : value)
        }
    }

    private static func edgeWidths(_ plane: Plane, _ limits: EdgeLimits, _ radius: Int) -> EdgeWidths {
        let (width, rows) = (plane.samplesPerRow, plane.rows)
        // Rows have room for whole vectors, and for the 64 pixels that a search takes at once. What is written before
        // and behind a row is never looked at; but what lies behind its marks is 0.
        let margin = 16
        let stride = (width + 63) & ~63 + 2 * margin
        var result = EdgeWidths()
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: stride * (rows + 4)) { bytes in
            withUnsafeTemporaryAllocation(of: Int16.self, capacity: stride * 9) { words in
                guard let smooth = bytes.baseAddress.map({ $0 + margin }), let words = words.baseAddress else { return }
                words.initialize(repeating: 0, count: stride * 9)
                smoothen(plane, smooth, stride, UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt16.self))
                words.initialize(repeating: 0, count: stride * 9)
                func slopes(_ y: Int) -> SlopeRow { SlopeRow(words + margin + y % 3 * 3 * stride, stride) }
                let lastMarks = smooth + rows * stride
                (lastMarks - margin).initialize(repeating: 0, count: 4 * stride)
                let kept = lastMarks + 3 * stride
                func marks(_ y: Int) -> UnsafeMutablePointer<UInt8> { lastMarks + y % 3 * stride }
                // Slopes are known up to row y, edges up to the row before, and the row before that is measured.
                for y in 1...rows {
                    if y < rows - 1 {
                        slope(smooth + y * stride, stride, width, slopes(y))
                    } else {
                        slopes(y).gradient.initialize(repeating: 0, count: width)
                    }
                    marks(y - 1).initialize(repeating: 0, count: width + margin)
                    guard y >= 2 else { continue }
                    thin(slopes(y - 2), slopes(y - 1), slopes(y), width, limits, marks(y - 1))
                    guard y >= 3 else { continue }
                    let search = EdgeSearch(
                        row: smooth + (y - 2) * stride, stride: stride, width: width, rowsAbove: y - 2,
                        rowsBelow: rows - 1 - (y - 2), radius: radius)
                    keep(marks(y - 3), marks(y - 2), marks(y - 1), width, kept)
                    search.add(kept, to: &result)
                }
            }
        }
        return result
    }

    /// A row of gradients, and their parts.
    private struct SlopeRow {
        let gradient: UnsafeMutablePointer<Int16>
        let across: UnsafeMutablePointer<Int16>
        let down: UnsafeMutablePointer<Int16>

        init(_ base: UnsafeMutablePointer<Int16>, _ stride: Int) {
            (gradient, across, down) = (base, base + stride, base + 2 * stride)
        }
    }

    /// The plane under the 5x5 Gaussian of Canny's detector, whose weights sum up to 159, rounded down. Two rows and
    /// columns at each border stay as they are.
    ///
    /// The weights of a column are the same at the same distance left and right: three sums down each column serve all.
    @inline(__always)
    private static func smoothen(
        _ plane: Plane, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int, _ sums: UnsafeMutablePointer<UInt16>
    ) {
        typealias Eight = SIMD8<UInt16>
        let width = plane.samplesPerRow
        let (outer, inner, middle) = (sums, sums + stride, sums + 2 * stride)
        @inline(__always) func put(_ row: UnsafeMutablePointer<UInt16>, _ x: Int, _ value: Eight) {
            UnsafeMutableRawPointer(row + x).storeBytes(of: value, as: Eight.self)
        }
        @inline(__always) func get(_ row: UnsafeMutablePointer<UInt16>, _ x: Int) -> Eight {
            UnsafeRawPointer(row + x).loadUnaligned(as: Eight.self)
        }
        for y in 0..<plane.rows {
            let row = (plane.base + y * plane.stride).assumingMemoryBound(to: UInt8.self)
            let smooth = target + y * stride
            guard y >= 2, y < plane.rows - 2, width > 4 else {
                smooth.update(from: row, count: width)
                continue
            }
            let (a, b) = (row - 2 * plane.stride, row - plane.stride)
            let (d, e) = (row + plane.stride, row + 2 * plane.stride)
            @inline(__always) func load(_ row: UnsafePointer<UInt8>, _ x: Int) -> Eight {
                Eight(truncatingIfNeeded: UnsafeRawPointer(row + x).loadUnaligned(as: SIMD8<UInt8>.self))
            }
            var x = 0
            while x + 8 <= width {
                let (far, near, here) = (load(a, x) &+ load(e, x), load(b, x) &+ load(d, x), load(row, x))
                let edge = (far &<< 1) &+ (near &<< 2) &+ (here &<< 2) &+ here
                put(outer, x, edge)
                put(inner, x, (edge &<< 1) &+ near &+ (here &<< 1))
                put(middle, x, (edge &<< 1) &+ far &+ (near &<< 2) &+ (here &<< 2) &+ here)
                x &+= 8
            }
            for x in x..<max(x, width) {
                let (far, near) = (UInt16(a[x]) &+ UInt16(e[x]), UInt16(b[x]) &+ UInt16(d[x]))
                let here = UInt16(row[x])
                outer[x] = 2 &* far &+ 4 &* near &+ 5 &* here
                inner[x] = 4 &* far &+ 9 &* near &+ 12 &* here
                middle[x] = 5 &* far &+ 12 &* near &+ 15 &* here
            }
            x = 0
            while x < width - 4 {
                let sides = get(outer, x) &+ get(outer, x &+ 4) &+ get(inner, x &+ 1) &+ get(inner, x &+ 3)
                let quotient = divide159(sides &+ get(middle, x &+ 2))
                UnsafeMutableRawPointer(smooth + x + 2).storeBytes(of: quotient, as: SIMD8<UInt8>.self)
                x &+= 8
            }
            (smooth[0], smooth[1]) = (row[0], row[1])
            (smooth[width - 2], smooth[width - 1]) = (row[width - 2], row[width - 1])
        }
    }

    /// The upper halves of products.
    @inline(__always)
    private static func upper(_ value: SIMD8<UInt16>, _ factor: UInt16) -> SIMD8<UInt16> {
        let product = SIMD8<UInt32>(truncatingIfNeeded: value) &* SIMD8<UInt32>(repeating: UInt32(factor))
        return SIMD8<UInt16>(truncatingIfNeeded: product &>> 16)
    }

    /// Exact for all sums of 159 bytes: 52759 / 2^23 is more than 1 / 159 by too little to matter up to 114,000.
    @inline(__always)
    private static func divide159(_ sums: SIMD8<UInt16>) -> SIMD8<UInt8> {
        // As pairs of lanes, because the compiler takes two shifts of single lanes apart.
        let pairs = unsafeBitCast(upper(sums, 52759), to: SIMD4<UInt32>.self)
        return unsafeBitCast((pairs &>> 7) & 0x00ff_00ff, to: SIMD16<UInt8>.self).evenHalf
    }

    /// Sobel gradients of a row: across, down, and |across| + |down|. The first and the last pixel have none.
    @inline(__always)
    private static func slope(_ row: UnsafeMutablePointer<UInt8>, _ stride: Int, _ width: Int, _ result: SlopeRow) {
        typealias Eight = SIMD8<Int16>
        @inline(__always) func load(_ row: UnsafeMutablePointer<UInt8>, _ x: Int) -> Eight {
            Eight(truncatingIfNeeded: UnsafeRawPointer(row + x).loadUnaligned(as: SIMD8<UInt8>.self))
        }
        let (above, below) = (row - stride, row + stride)
        var x = 1
        while x < width - 1 {
            let (a, b, c) = (load(above, x &- 1), load(above, x), load(above, x &+ 1))
            let (d, f) = (load(row, x &- 1), load(row, x &+ 1))
            let (g, h, i) = (load(below, x &- 1), load(below, x), load(below, x &+ 1))
            let (falling, rising) = (i &- a, c &- g)
            let across = falling &+ rising &+ ((f &- d) &<< 1)
            let down = falling &- rising &+ ((h &- b) &<< 1)
            store(across, result.across + x)
            store(down, result.down + x)
            store(magnitude(across) &+ magnitude(down), result.gradient + x)
            x &+= 8
        }
        result.gradient[width - 1] = 0
    }

    @inline(__always)
    private static func load(_ place: UnsafeMutablePointer<Int16>) -> SIMD8<Int16> {
        UnsafeRawPointer(place).loadUnaligned(as: SIMD8<Int16>.self)
    }
    @inline(__always)
    private static func store(_ value: SIMD8<Int16>, _ place: UnsafeMutablePointer<Int16>) {
        UnsafeMutableRawPointer(place).storeBytes(of: value, as: SIMD8<Int16>.self)
    }
    @inline(__always)
    private static func greater(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD8<Int16> {
        a.replacing(with: b, where: b .> a)
    }
    @inline(__always)
    private static func magnitude(_ value: SIMD8<Int16>) -> SIMD8<Int16> { greater(value, 0 &- value) }

    /// Marks the pixels of a row whose gradient is over a limit and over those of both neighbours along its direction,
    /// which is rounded to 45 degrees.
    @inline(__always)
    private static func thin(
        _ above: SlopeRow, _ here: SlopeRow, _ below: SlopeRow, _ width: Int, _ limits: EdgeLimits,
        _ marks: UnsafeMutablePointer<UInt8>
    ) {
        typealias Eight = SIMD8<Int16>
        let least = Eight(repeating: min(limits.low, limits.high))
        let high = Eight(repeating: limits.high)
        var x = 1
        while x < width - 1 {
            let gradient = load(here.gradient + x)
            let over = unsafeBitCast(Eight.zero.replacing(with: -1, where: gradient .> least), to: SIMD2<UInt64>.self)
            if over[0] | over[1] != 0 {
                // Comparisons with a constant are slow: signs are compared by whether adding up takes away.
                let (across, down) = (load(here.across + x), load(here.down + x))
                let wide = magnitude(across)
                let tall = magnitude(down)
                // The tangent of 22.5 degrees is 27146 / 2^16, that of 67.5 degrees is 2 more.
                let flat = unsafeBitCast(upper(unsafeBitCast(wide, to: SIMD8<UInt16>.self), 27146), to: Eight.self)
                let steep = flat &+ (wide &<< 1)
                let (isTilted, isSteep) = (tall .> flat, tall .> steep)
                let isRising = gradient .> magnitude(across &+ down)

                let sides = greater(load(here.gradient + x - 1), load(here.gradient + x + 1))
                let ends = greater(load(above.gradient + x), load(below.gradient + x))
                let falling = greater(load(above.gradient + x - 1), load(below.gradient + x + 1))
                let rising = greater(load(below.gradient + x - 1), load(above.gradient + x + 1))
                let slanted = falling.replacing(with: rising, where: isRising)
                let neighbours = sides.replacing(with: slanted, where: isTilted).replacing(with: ends, where: isSteep)

                @inline(__always) func bit(_ mark: UInt8, _ mask: SIMDMask<Eight>) -> Eight {
                    Eight.zero.replacing(with: Eight(repeating: Int16(mark)), where: mask)
                }
                let direction =
                    bit(EdgeMark.tilted, isTilted) | bit(EdgeMark.steep, isSteep) | bit(EdgeMark.rising, isRising)
                let strength = bit(EdgeMark.strong, gradient .> high) | Int16(EdgeMark.edge)
                let mark = Eight.zero.replacing(
                    with: strength | direction, where: gradient .> greater(neighbours, least))
                let bytes = unsafeBitCast(mark, to: SIMD16<UInt8>.self).evenHalf
                UnsafeMutableRawPointer(marks + x).storeBytes(of: bytes, as: SIMD8<UInt8>.self)
            }
            x &+= 8
        }
        // What lies behind the row may have been marked with it.
        UnsafeMutableRawPointer(marks + width - 1).storeBytes(of: 0, as: UInt64.self)
    }

    /// Copies the marks that are strong or have a strong one among their eight neighbours, and no others.
    @inline(__always)
    private static func keep(
        _ above: UnsafeMutablePointer<UInt8>, _ marks: UnsafeMutablePointer<UInt8>,
        _ below: UnsafeMutablePointer<UInt8>, _ width: Int, _ kept: UnsafeMutablePointer<UInt8>
    ) {
        @inline(__always) func three(_ place: UnsafeMutablePointer<UInt8>) -> SIMD2<UInt64> {
            let (left, right) = (UnsafeRawPointer(place - 1), UnsafeRawPointer(place + 1))
            return left.loadUnaligned(as: SIMD2<UInt64>.self) | right.loadUnaligned(as: SIMD2<UInt64>.self)
                | UnsafeRawPointer(place).loadUnaligned(as: SIMD2<UInt64>.self)
        }
        var x = 0
        while x < width {
            // A byte of ones for each pixel with something strong in or around it.
            let around = (three(above + x) | three(marks + x) | three(below + x)) &>> 4
            let ones = around & 0x0101_0101_0101_0101
            let here = UnsafeRawPointer(marks + x).loadUnaligned(as: SIMD2<UInt64>.self)
            UnsafeMutableRawPointer(kept + x).storeBytes(of: here & ((ones &<< 8) &- ones), as: SIMD2<UInt64>.self)
            x &+= 16
        }
    }

    /// Looks for the ends of the edges of one row.
    private struct EdgeSearch {
        let row: UnsafeMutablePointer<UInt8>
        let stride: Int
        let width: Int
        /// Rows above this one, and below it.
        let rowsAbove: Int
        let rowsBelow: Int
        let radius: Int

        /// Steps that are taken at once. Most edges end within them.
        private static let window = 8

        /// Adds the widths at the marked pixels of the row.
        @inline(__always)
        func add(_ marks: UnsafeMutablePointer<UInt8>, to result: inout EdgeWidths) {
            let window = EdgeSearch.window
            let isInside = min(rowsAbove, rowsBelow, radius) >= window
            let (first, last) = (isInside ? window : width, width - window)
            var (count, all, diagonal) = (0, 0, 0)
            var start = 0
            while start < width {
                // A bit for each of 64 pixels: loops over the few marks of eight would often be left unexpectedly.
                var bits: UInt64 = 0
                for part in 0..<8 {
                    let place = UnsafeRawPointer(marks + start + 8 &* part)
                    let word = UInt64(littleEndian: place.loadUnaligned(as: UInt64.self))
                    let ones = (word / UInt64(EdgeMark.edge)) & 0x0101_0101_0101_0101
                    bits |= ((ones &* 0x0102_0408_1020_4080) &>> 56) &<< UInt64(truncatingIfNeeded: 8 &* part)
                }
                while bits != 0 {
                    let x = start &+ bits.trailingZeroBitCount
                    bits &= bits &- 1
                    let mark = marks[x]
                    let steps = x >= first && x < last ? quickSteps(x, mark) : steps(x, mark)
                    count &+= min(steps, 1)
                    all &+= steps
                    diagonal &+= mark & (EdgeMark.tilted | EdgeMark.steep) == EdgeMark.tilted ? steps : 0
                }
                start &+= 64
            }
            result.count += count
            result.straight += all - diagonal
            result.diagonal += diagonal
        }

        /// Rows and columns from one pixel to the next along a gradient.
        @inline(__always)
        private func direction(_ mark: UInt8) -> (down: Int, across: Int) {
            // Tables in a number, indexed by the marks of directions: a branch would be guessed wrong all the time.
            let index = Int(mark & 7)
            let down = (0b10_00_10_00_00_01_10_01 &>> (2 &* index)) & 3
            return (down &- 1, (0b0000_1111 &>> index) & 1)
        }

        /// The same as ``steps(_:_:behind:before:)`` where no border is near, without a branch for each step.
        @inline(__always)
        private func quickSteps(_ x: Int, _ mark: UInt8) -> Int {
            let pixel = row + x
            let (down, across) = direction(mark)
            let step = down &* stride &+ across
            /// How often the luma rises without a break, by nine samples from the lowest byte on.
            @inline(__always) func run(_ step: Int, _ flip: UInt64) -> Int {
                var samples: UInt64 = 0
                var place = pixel
                for lane in 0..<8 {
                    samples |= UInt64(place[0]) &<< UInt64(truncatingIfNeeded: lane &* 8)
                    place += step
                }
                let next = (samples &>> 8) | (UInt64(place[0]) &<< 56)
                let a = unsafeBitCast(samples ^ flip, to: SIMD8<UInt8>.self)
                let b = unsafeBitCast(next ^ flip, to: SIMD8<UInt8>.self)
                let rises = unsafeBitCast(SIMD8<UInt8>.zero.replacing(with: 255, where: b .> a), to: UInt64.self)
                return (~rises).trailingZeroBitCount >> 3
            }
            let flip: UInt64 = pixel[0] > pixel[0 &- step] ? 0 : .max
            let behind = run(0 &- step, ~flip)
            let before = run(step, flip)
            return max(behind, before) < EdgeSearch.window
                ? behind &+ before : steps(x, mark, behind: behind, before: before)
        }

        /// Steps from one end of an edge to the other, when some are known to belong to it; 0 when it reaches the border.
        private func steps(_ x: Int, _ mark: UInt8, behind: Int = 0, before: Int = 0) -> Int {
            let (down, across) = direction(mark)
            // Pixels that there are against the gradient's direction, and along it.
            var (back, ahead) = across == 0 ? (Int.max, Int.max) : (x, width - 1 - x)
            if down != 0 {
                back = min(back, down > 0 ? rowsAbove : rowsBelow)
                ahead = min(ahead, down > 0 ? rowsBelow : rowsAbove)
            }
            let step = down * stride + across
            let pixel = row + x
            // Where the luma does not rise along the step it is looked at upside down, so that it does.
            let flip: UInt8 = pixel[0] > pixel[-step] ? 0 : 255
            let steps = (
                run(pixel, -step, behind, min(back, radius), ~flip), run(pixel, step, before, min(ahead, radius), flip)
            )
            if steps.0 == back, back < radius { return 0 }
            if steps.1 == ahead, ahead < radius { return 0 }
            return steps.0 &+ steps.1
        }

        @inline(__always)
        private func run(
            _ pixel: UnsafeMutablePointer<UInt8>, _ step: Int, _ known: Int, _ limit: Int, _ flip: UInt8
        ) -> Int {
            var count = known
            var place = pixel + known * step
            var value = place[0] ^ flip
            while count < limit {
                place += step
                let next = place[0] ^ flip
                if next <= value { break }
                value = next
                count &+= 1
            }
            return count
        }
    }
}
