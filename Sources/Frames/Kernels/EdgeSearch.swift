/// Looks for the ends of the edges of one row: audited with the other pixel loops of this folder, whose rules hold here.
struct EdgeSearch {
    let row: UnsafeMutablePointer<UInt8>
    let stride: Int
    let width: Int
    /// Rows above this one, and below it.
    let rowsAbove: Int
    let rowsBelow: Int
    let radius: Int

    /// Steps that are taken at once, in either direction. Most edges end within them.
    private static let window = 8
    private static let ones: UInt64 = 0x0101_0101_0101_0101

    /// Adds the widths at the marked pixels of the row that are strong or have a strong one among their eight neighbours.
    ///
    /// - Parameters:
    ///   - marks: the row's; `above` and `below` those of the rows next to it.
    ///   - busy: for each block of the row, 0 when nothing in it is marked.
    @inline(never)
    func add(
        _ above: UnsafeMutablePointer<UInt8>, _ marks: UnsafeMutablePointer<UInt8>,
        _ below: UnsafeMutablePointer<UInt8>, _ busy: UnsafeMutablePointer<UInt8>,
        to result: inout Kernels.EdgeWidths
    ) {
        let isInside = min(rowsAbove, rowsBelow, radius) >= EdgeSearch.window
        let (first, last) = (isInside ? EdgeSearch.window : width, width - EdgeSearch.window)
        let (side, steep) = (EdgeRows.block, EdgeMark.steep)
        var (count, straight, diagonal) = (0, 0, 0)
        var start = 0
        while start < width {
            defer { start &+= 64 }
            let blocks = UnsafeRawPointer(busy + start / side).loadUnaligned(as: UInt32.self)
            if blocks == 0 { continue }
            // A bit for each of 64 pixels: loops over the few marks of eight would often be left unexpectedly. Pixel
            // 8j + i is bit j of byte i, which takes a shift for every block.
            var (tilted, level) = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
            for part in 0..<4 {
                let x = start &+ side &* part
                let found = kept(above + x, marks + x, below + x)
                tilted |= found.tilted &<< UInt64(truncatingIfNeeded: 2 &* part)
                level |= found.level &<< UInt64(truncatingIfNeeded: 2 &* part)
            }
            var bits = level[0] | level[1] &<< 1
            while bits != 0 {
                let x = start &+ (bits.trailingZeroBitCount & 7) &* 8 &+ bits.trailingZeroBitCount &>> 3
                bits &= bits &- 1
                let steps = x >= first && x < last ? quickSteps(across: x, marks[x]) : steps(x, marks[x])
                count &+= min(steps, 1)
                straight &+= steps
            }
            bits = tilted[0] | tilted[1] &<< 1
            while bits != 0 {
                let x = start &+ (bits.trailingZeroBitCount & 7) &* 8 &+ bits.trailingZeroBitCount &>> 3
                bits &= bits &- 1
                let mark = marks[x]
                let steps = x >= first && x < last ? quickSteps(x, mark) : steps(x, mark)
                count &+= min(steps, 1)
                straight &+= mark & steep != 0 ? steps : 0
                diagonal &+= mark & steep == 0 ? steps : 0
            }
        }
        result.count += count
        result.straight += straight
        result.diagonal += diagonal
    }

    /// A byte of 1 for each of 16 pixels that is an edge, by whether its gradient is tilted.
    @inline(__always)
    private func kept(
        _ above: UnsafeMutablePointer<UInt8>, _ marks: UnsafeMutablePointer<UInt8>,
        _ below: UnsafeMutablePointer<UInt8>
    ) -> (tilted: SIMD2<UInt64>, level: SIMD2<UInt64>) {
        @inline(__always) func load(_ place: UnsafeMutablePointer<UInt8>) -> SIMD2<UInt64> {
            UnsafeRawPointer(place).loadUnaligned(as: SIMD2<UInt64>.self)
        }
        @inline(__always) func three(_ place: UnsafeMutablePointer<UInt8>) -> SIMD2<UInt64> {
            load(place - 1) | load(place) | load(place + 1)
        }
        // The mark of strong edges is 16, that of all edges 8, and that of tilted ones 1.
        let around = (three(above) | three(marks) | three(below)) &>> 4
        let here = load(marks)
        let edges = around & (here &>> 3) & EdgeSearch.ones
        return (edges & here, edges & ~here)
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
        let (down, across) = direction(mark)
        let step = down &* stride &+ across
        // Nine samples up to this one, and nine from it on: the lowest byte is the furthest behind.
        var (behind, before): (UInt64, UInt64) = (0, 0)
        var place = row + (x &- 8 &* step)
        for lane in 0..<8 {
            behind |= UInt64(place[0]) &<< UInt64(truncatingIfNeeded: lane &* 8)
            place += step
        }
        for lane in 0..<8 {
            before |= UInt64(place[0]) &<< UInt64(truncatingIfNeeded: lane &* 8)
            place += step
        }
        return runs(
            x, mark, (behind, before), (behind &>> 8 | before &<< 56, before &>> 8 | UInt64(place[0]) &<< 56),
            isRising: row[x] > row[x &- step])
    }

    /// The same along the row.
    @inline(__always)
    private func quickSteps(across x: Int, _ mark: UInt8) -> Int {
        @inline(__always) func eight(_ x: Int) -> UInt64 {
            UInt64(littleEndian: UnsafeRawPointer(row + x).loadUnaligned(as: UInt64.self))
        }
        return runs(
            x, mark, (eight(x &- 8), eight(x)), (eight(x &- 7), eight(x &+ 1)), isRising: row[x] > row[x &- 1])
    }

    /// How often the luma goes one way without a break, to both sides of a pixel.
    ///
    /// - Parameters:
    ///   - from: eight samples behind the pixel, the furthest in the lowest byte, and eight from it on.
    ///   - to: those one step further.
    ///   - isRising: whether luma rises along the step; else it is looked at upside down, so that it does.
    @inline(__always)
    private func runs(
        _ x: Int, _ mark: UInt8, _ from: (UInt64, UInt64), _ to: (UInt64, UInt64), isRising: Bool
    ) -> Int {
        let flip: UInt64 = isRising ? 0 : .max
        let behind = breaks(from.0 ^ flip, to.0 ^ flip).leadingZeroBitCount &>> 3
        let before = breaks(from.1 ^ flip, to.1 ^ flip).trailingZeroBitCount &>> 3
        return max(behind, before) < EdgeSearch.window
            ? behind &+ before : steps(x, mark, behind: behind, before: before)
    }

    /// The upper bit of each byte that is not greater in `b` than in `a`: where the upper bits differ they tell, else the
    /// difference of the lower seven, which is taken with the upper bit set, so that no byte borrows from the next.
    @inline(__always)
    private func breaks(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let upper: UInt64 = 0x8080_8080_8080_8080
        let difference = (a | upper) &- (b & ~upper)
        return ((a & ~b) | (~(a ^ b) & difference)) & upper
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
