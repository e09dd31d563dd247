/// The Gaussian that edges are looked for under: audited with the other pixel loops of this folder, whose rules hold here.
extension Kernels {
    /// The plane under the 5x5 Gaussian of Canny's detector, whose weights sum up to 159, rounded down. Two rows and
    /// columns at each border stay as they are.
    ///
    /// The weights of a column are the same at the same distance left and right: three sums down each column serve all.
    ///
    /// - Parameter lists: six of them are used for sums.
    @inline(never)
    static func smoothen(
        _ plane: Plane, _ target: UnsafeMutablePointer<UInt8>, _ stride: Int, _ lists: EdgeRows
    ) {
        let (width, block) = (plane.samplesPerRow, EdgeRows.block)
        let sums = ColumnSums(lists)
        for y in 0..<plane.rows {
            let row = (plane.base + y * plane.stride).assumingMemoryBound(to: UInt8.self)
            let smooth = target + y * stride
            defer {
                // What lies behind a row is looked at with it: the last sample again makes no slope there.
                let end = lists.blocks * block
                (smooth + width).update(repeating: smooth[width - 1], count: end - width)
            }
            guard y >= 2, y < plane.rows - 2, width > 4 else {
                smooth.update(from: row, count: width)
                continue
            }
            sums.add(row, plane.stride, width)
            for x in 0..<(width &+ block &- 1) / block {
                let (even, odd) = sums.smoothed(x &* 8)
                UnsafeMutableRawPointer(smooth + x &* block).storeBytes(of: even | odd &<< 8, as: SIMD8<UInt16>.self)
            }
            (smooth[0], smooth[1]) = (row[0], row[1])
            (smooth[width - 2], smooth[width - 1]) = (row[width - 2], row[width - 1])
        }
    }

    /// Sums down the columns of five rows, under the weights of the outermost columns, of those next to the middle, and of
    /// the middle.
    private struct ColumnSums {
        typealias Eight = SIMD8<UInt16>
        typealias List = UnsafeMutablePointer<UInt16>
        let (outer, inner, middle): ((even: List, odd: List), (even: List, odd: List), (even: List, odd: List))

        init(_ lists: EdgeRows) {
            func list(_ index: Int) -> List {
                UnsafeMutableRawPointer(lists.list(index)).assumingMemoryBound(to: UInt16.self)
            }
            (outer, inner, middle) = ((list(0), list(1)), (list(2), list(3)), (list(4), list(5)))
        }

        @inline(__always) private func get(_ list: List, _ place: Int) -> Eight {
            UnsafeRawPointer(list + place).loadUnaligned(as: Eight.self)
        }
        @inline(__always) private func put(_ value: Eight, _ list: List, _ place: Int) {
            UnsafeMutableRawPointer(list + place).storeBytes(of: value, as: Eight.self)
        }

        /// Takes a row and the two above and below it.
        @inline(__always)
        func add(_ row: UnsafePointer<UInt8>, _ stride: Int, _ width: Int) {
            let (a, b) = (row - 2 * stride, row - stride)
            let (d, e) = (row + stride, row + 2 * stride)
            @inline(__always) func load(_ row: UnsafePointer<UInt8>, _ x: Int) -> Eight {
                UnsafeRawPointer(row + x).loadUnaligned(as: Eight.self)
            }
            @inline(__always) func keep(_ far: Eight, _ near: Eight, _ here: Eight, _ x: Int, isOdd: Bool) {
                let edge = (far &<< 1) &+ (near &<< 2) &+ (here &<< 2) &+ here
                let twice = edge &+ edge
                put(edge, isOdd ? outer.odd : outer.even, x)
                put(twice &+ near &+ (here &<< 1), isOdd ? inner.odd : inner.even, x)
                put(twice &+ far &+ (near &<< 2) &+ (here &<< 2) &+ here, isOdd ? middle.odd : middle.even, x)
            }
            let block = EdgeRows.block
            var x = 0
            while x &+ block <= width {
                let (a, b, c, d, e) = (load(a, x), load(b, x), load(row, x), load(d, x), load(e, x))
                keep((a & 0xff) &+ (e & 0xff), (b & 0xff) &+ (d & 0xff), c & 0xff, x / 2, isOdd: false)
                keep((a &>> 8) &+ (e &>> 8), (b &>> 8) &+ (d &>> 8), c &>> 8, x / 2, isOdd: true)
                x &+= block
            }
            for x in x..<width {
                let (far, near) = (UInt16(a[x]) &+ UInt16(e[x]), UInt16(b[x]) &+ UInt16(d[x]))
                let (here, isOdd) = (UInt16(row[x]), x & 1 == 1)
                (isOdd ? outer.odd : outer.even)[x / 2] = 2 &* far &+ 4 &* near &+ 5 &* here
                (isOdd ? inner.odd : inner.even)[x / 2] = 4 &* far &+ 9 &* near &+ 12 &* here
                (isOdd ? middle.odd : middle.even)[x / 2] = 5 &* far &+ 12 &* near &+ 15 &* here
            }
        }

        /// Eight even columns and the odd ones behind them.
        @inline(__always)
        func smoothed(_ x: Int) -> (even: Eight, odd: Eight) {
            let even = get(outer.even, x - 1) &+ get(outer.even, x + 1) &+ get(inner.odd, x - 1) &+ get(inner.odd, x)
            let odd = get(outer.odd, x - 1) &+ get(outer.odd, x + 1) &+ get(inner.even, x) &+ get(inner.even, x + 1)
            return (divide159(even &+ get(middle.even, x)), divide159(odd &+ get(middle.odd, x)))
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
    private static func divide159(_ sums: SIMD8<UInt16>) -> SIMD8<UInt16> {
        // As pairs of lanes, because the compiler takes two shifts of single lanes apart.
        let pairs = unsafeBitCast(upper(sums, 52759), to: SIMD4<UInt32>.self)
        return unsafeBitCast((pairs &>> 7) & 0x00ff_00ff, to: SIMD8<UInt16>.self)
    }
}
