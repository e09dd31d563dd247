/// The pixel loops that look for edges and how wide they are: audited with the others of this folder, whose rules hold here. They
/// work on bytes; deeper samples are brought to the 8-bit scale first.
///
/// One plane is smoothed as a whole, because an edge's width may reach far up and down. What follows goes row by row:
/// three rows of gradients and four of marks are all that is kept.
///
/// Sums of a row lie apart for even and odd columns: 16 bytes read as 8 words are the even ones under a mask and the odd
/// ones after a shift, and 8 words of each make 16 bytes again. So nothing is widened, packed or put in order. In every
/// list, place i is that of columns 2i and 2i + 1, and a block is 16 columns.

/// How an edge pixel is kept in a byte: the direction of its gradient, and whether it is strong.
enum EdgeMark {
    /// Further from the horizontal than 22.5 degrees, and than 67.5 degrees.
    static let tilted: UInt8 = 1
    static let steep: UInt8 = 4
    /// From the bottom left to the top right; told of every direction, heeded along diagonals.
    static let rising: UInt8 = 2
    static let edge: UInt8 = 8
    static let strong: UInt8 = 16
}

extension SIMD8<Int16> {
    /// The same bits with a sign.
    @inline(__always)
    fileprivate init(bits: SIMD8<UInt16>) { self = unsafeBitCast(bits, to: SIMD8<Int16>.self) }
}

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
        let least: Int16
        let high: Int16

        init(low: Int, high: Int) {
            func limit(_ value: Int) -> Int16 { value >= 255 ? .max : Int16(clamping: max(0, value)) }
            (least, self.high) = (limit(min(low, high)), limit(high))
        }
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
        // Rows have room for whole blocks, and for the 64 columns that a search takes at once, with a block before and
        // behind.
        let blocks = (width + 63) / 64 * 4
        let stride = EdgeRows.block * (blocks + 2)
        var result = EdgeWidths()
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: stride * rows) { bytes in
            EdgeRows.with(blocks: blocks) { lists in
                guard let smooth = bytes.baseAddress.map({ $0 + EdgeRows.block }) else { return }
                smoothen(plane, smooth, stride, lists)
                lists.clear()
                // Slopes are known up to row y, edges up to the row before, and the row before that is measured.
                for y in 1...rows {
                    lists.clearMarks(y)
                    if y < rows - 1 {
                        addColumns(smooth + y * stride, stride, lists.columns, blocks: blocks)
                        slope(lists.columns, width, limits.least, lists.slopes(y), blocks: blocks)
                        mark(lists.columns, lists.slopes(y), limits, lists.marks(y))
                    } else {
                        lists.clearSlopes(y)
                    }
                    guard y >= 2 else { continue }
                    thin(lists.slopes(y - 2), lists.slopes(y - 1), lists.slopes(y), lists.marks(y - 1))
                    guard y >= 3 else { continue }
                    let search = EdgeSearch(
                        row: smooth + (y - 2) * stride, stride: stride, width: width, rowsAbove: y - 2,
                        rowsBelow: rows - 1 - (y - 2), radius: radius)
                    search.add(
                        lists.marks(y - 3), lists.marks(y - 2), lists.marks(y - 1), lists.slopes(y - 2).busy,
                        to: &result)
                }
            }
        }
        return result
    }

    /// Sums of the columns of three rows, for Sobel's gradients: under the weights 1, 2, 1, and what a column differs by from
    /// top to bottom.
    ///
    /// Loops are functions of their own, because the compiler calls what it should put in place once one grows long; and
    /// what another file says is asked before them, because builds for debugging compile file by file.
    @inline(never)
    private static func addColumns(_ row: UnsafeMutablePointer<UInt8>, _ stride: Int, _ sums: ColumnRow, blocks: Int) {
        @inline(__always) func words(_ place: UnsafeMutablePointer<UInt8>) -> SIMD8<UInt16> {
            UnsafeRawPointer(place).loadUnaligned(as: SIMD8<UInt16>.self)
        }
        let side = EdgeRows.block
        for block in 0..<blocks {
            let place = row + block &* side
            let (above, here, below) = (words(place - stride), words(place), words(place + stride))
            let even = (SIMD8<Int16>(bits: above & 0xff), SIMD8<Int16>(bits: below & 0xff))
            let odd = (SIMD8<Int16>(bits: above &>> 8), SIMD8<Int16>(bits: below &>> 8))
            let middle = (SIMD8<Int16>(bits: here & 0xff), SIMD8<Int16>(bits: here &>> 8))
            store(even.0 &+ even.1 &+ middle.0 &+ middle.0, sums.even + block &* 8)
            store(odd.0 &+ odd.1 &+ middle.1 &+ middle.1, sums.odd + block &* 8)
            store(even.1 &- even.0, sums.evenStep + block &* 8)
            store(odd.1 &- odd.0, sums.oddStep + block &* 8)
        }
    }

    /// The two parts of Sobel's gradient for 8 columns: across is a difference of the columns next to them, down is what
    /// columns differ by, under the weights 1, 2, 1.
    @inline(__always)
    private static func parts(
        _ before: UnsafeMutablePointer<Int16>, _ beforeStep: UnsafeMutablePointer<Int16>,
        _ ownStep: UnsafeMutablePointer<Int16>
    ) -> (across: SIMD8<Int16>, down: SIMD8<Int16>) {
        let step = load(ownStep)
        return (load(before + 1) &- load(before), load(beforeStep) &+ load(beforeStep + 1) &+ step &+ step)
    }

    /// Sobel's gradients of a row, |across| + |down|. The first and the last pixel have none.
    ///
    /// - Parameter least: a block is busy when a gradient in it is over this.
    @inline(never)
    private static func slope(_ sums: ColumnRow, _ width: Int, _ least: Int16, _ result: SlopeRow, blocks: Int) {
        let least = SIMD8<Int16>(repeating: least)
        for block in 0..<blocks {
            let x = block &* 8
            let even = parts(sums.odd + x - 1, sums.oddStep + x - 1, sums.evenStep + x)
            let odd = parts(sums.even + x, sums.evenStep + x, sums.oddStep + x)
            let evenGradient = magnitude(even.across) &+ magnitude(even.down)
            let oddGradient = magnitude(odd.across) &+ magnitude(odd.down)
            store(evenGradient, result.even + x)
            store(oddGradient, result.odd + x)
            let over = unsafeBitCast(
                SIMD8<Int16>.zero.replacing(with: -1, where: greater(evenGradient, oddGradient) .> least),
                to: SIMD2<UInt64>.self)
            result.busy[block] = over[0] | over[1] != 0 ? 1 : 0
        }
        result.even[0] = 0
        for x in (width - 1)..<(blocks * EdgeRows.block) { (x & 1 == 0 ? result.even : result.odd)[x / 2] = 0 }
    }

    /// What is kept of 8 pixels that may be edges: 0 where the gradient is not over the limit.
    @inline(__always)
    private static func candidates(
        _ parts: (across: SIMD8<Int16>, down: SIMD8<Int16>), _ gradient: SIMD8<Int16>, _ limits: EdgeLimits
    ) -> SIMD8<Int16> {
        let (wide, tall) = (magnitude(parts.across), magnitude(parts.down))
        // The tangent of 22.5 degrees is 27146 / 2^16, that of 67.5 degrees is 2 more. Products are taken of the lower and
        // of the upper words, of 15 bits as the compiler has to know.
        let words = unsafeBitCast(wide, to: SIMD4<UInt32>.self)
        let lower = ((words & 0x7fff) &* 27146) &>> 16
        let upper = (((words &>> 16) & 0x7fff) &* 27146) & 0xffff_0000
        let flat = unsafeBitCast(lower | upper, to: SIMD8<Int16>.self)
        let steep = flat &+ wide &+ wide
        let direction =
            bits(EdgeMark.tilted, tall .> flat) | bits(EdgeMark.steep, tall .> steep)
            | bits(EdgeMark.rising, gradient .> magnitude(parts.across &+ parts.down))
        let strength = bits(EdgeMark.strong, gradient .> SIMD8<Int16>(repeating: limits.high)) | Int16(EdgeMark.edge)
        return (direction | strength)
            & SIMD8<Int16>.zero.replacing(with: -1, where: gradient .> SIMD8<Int16>(repeating: limits.least))
    }

    /// Marks the pixels of a row whose gradient is over the limit, with its direction and whether it is strong.
    @inline(never)
    private static func mark(
        _ sums: ColumnRow, _ slopes: SlopeRow, _ limits: EdgeLimits, _ marks: UnsafeMutablePointer<UInt8>
    ) {
        let side = EdgeRows.block
        for group in 0..<slopes.groups {
            var busy = slopes.busyBlocks(group)
            while busy != 0 {
                let block = group &* 8 &+ busy.trailingZeroBitCount &>> 3
                busy &= busy &- 1
                let x = block &* 8
                let even = candidates(
                    parts(sums.odd + x - 1, sums.oddStep + x - 1, sums.evenStep + x), load(slopes.even + x), limits)
                let odd = candidates(
                    parts(sums.even + x, sums.evenStep + x, sums.oddStep + x), load(slopes.odd + x), limits)
                UnsafeMutableRawPointer(marks + block &* side).storeBytes(
                    of: even | odd &<< 8, as: SIMD8<Int16>.self)
            }
        }
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
    @inline(__always)
    private static func bits(_ mark: UInt8, _ mask: SIMDMask<SIMD8<Int16>>) -> SIMD8<Int16> {
        SIMD8<Int16>.zero.replacing(with: SIMD8<Int16>(repeating: Int16(mark)), where: mask)
    }

    /// All ones where a mark is set.
    @inline(__always)
    private static func mask(_ found: SIMD8<Int16>, _ mark: Int16) -> SIMDMask<SIMD8<Int16>> {
        let bits = SIMD8<Int16>(repeating: mark)
        return found & bits .== bits
    }

    /// Where the gradients of 8 columns are the greatest along their directions.
    ///
    /// - Parameters:
    ///   - own: the columns' gradients, `before` those of the columns before them.
    ///   - unit: 1, or 256 when their marks are upper bytes.
    @inline(__always)
    private static func tops(
        _ own: (
            above: UnsafeMutablePointer<Int16>, here: UnsafeMutablePointer<Int16>, below: UnsafeMutablePointer<Int16>
        ),
        _ before: (
            above: UnsafeMutablePointer<Int16>, here: UnsafeMutablePointer<Int16>, below: UnsafeMutablePointer<Int16>
        ),
        _ found: SIMD8<Int16>, unit: Int16
    ) -> SIMDMask<SIMD8<Int16>> {
        let sides = greater(load(before.here), load(before.here + 1))
        let ends = greater(load(own.above), load(own.below))
        let falling = greater(load(before.above), load(before.below + 1))
        let rising = greater(load(before.below), load(before.above + 1))
        let slanted = falling.replacing(with: rising, where: mask(found, Int16(EdgeMark.rising) &* unit))
        let neighbours = sides.replacing(with: slanted, where: mask(found, Int16(EdgeMark.tilted) &* unit))
            .replacing(with: ends, where: mask(found, Int16(EdgeMark.steep) &* unit))
        return load(own.here) .> neighbours
    }

    /// Keeps the marks of a row where the gradient is over those of both neighbours along its direction, which is rounded to
    /// 45 degrees, and no others.
    @inline(never)
    private static func thin(
        _ above: SlopeRow, _ here: SlopeRow, _ below: SlopeRow, _ marks: UnsafeMutablePointer<UInt8>
    ) {
        let side = EdgeRows.block
        for group in 0..<here.groups {
            var busy = here.busyBlocks(group)
            while busy != 0 {
                let block = group &* 8 &+ busy.trailingZeroBitCount &>> 3
                busy &= busy &- 1
                let x = block &* 8
                let place = UnsafeMutableRawPointer(marks + block &* side)
                let found = place.loadUnaligned(as: SIMD8<Int16>.self)
                let even = tops(
                    (above.even + x, here.even + x, below.even + x),
                    (above.odd + x - 1, here.odd + x - 1, below.odd + x - 1), found, unit: 1)
                let odd = tops(
                    (above.odd + x, here.odd + x, below.odd + x),
                    (above.even + x, here.even + x, below.even + x), found, unit: 256)
                let kept =
                    SIMD8<Int16>.zero.replacing(with: 0xff, where: even)
                    | SIMD8<Int16>.zero.replacing(with: Int16(bitPattern: 0xff00), where: odd)
                place.storeBytes(of: found & kept, as: SIMD8<Int16>.self)
            }
        }
    }
}
