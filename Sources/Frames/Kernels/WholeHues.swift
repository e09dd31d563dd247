// Pixel loops for `cuts` in whole numbers. Audited with the others of this folder; see Kernels.swift.
internal import CKernels

/// Colours of pictures whose samples are bytes side by side, and whose columns have shares that are multiples of 1/512: so
/// where the longer side of the image is its width, 256, or nothing is scaled. Interpolated samples are whole 65536ths of a
/// level then, and all is exact but five products, which are rounded down as ``HueRows`` does. Both give the same bytes.
enum WholeHues {
    /// Where the columns of an image lie in luma and in the planes of colour differences.
    struct Columns {
        let luma: HuePlaces
        let chroma: HuePlaces
        /// Whether all shares are 0, as for widths of 768 and 1280: a column of the image is one of the picture.
        let isFlat: Bool

        /// - Parameters:
        ///   - luma: with the samples of a row, likewise of `chroma`.
        /// - Returns: nil where a share is no multiple of 1/512.
        init?(luma: (taps: Taps, samples: Int), chroma: (taps: Taps, samples: Int)) {
            let shares = (luma.taps.weight + chroma.taps.weight).map { $0 * 512 }
            // Rows of the most that an image has are made room for.
            guard luma.taps.first.count <= most, shares.allSatisfy({ $0 == $0.rounded() }) else { return nil }
            isFlat = shares.allSatisfy { $0 == 0 || $0 == 512 }
            self.luma = HuePlaces(luma.taps, samples: luma.samples, isFlat: isFlat)
            self.chroma = HuePlaces(chroma.taps, samples: chroma.samples, isFlat: isFlat)
        }
    }

    /// The two rows of a plane that a row of the image lies between.
    struct PlaneRows {
        let upper: UnsafeRawPointer
        let lower: UnsafeRawPointer
        /// The lower row's share in 128ths, 0 to 127. Where it is 0 that row is not read: in all rows of 720 lines that become
        /// 144, and of chroma in most.
        let below: UInt16
    }

    struct Rows {
        let luma: PlaneRows
        let first: PlaneRows
        let second: PlaneRows
    }

    /// Columns of an image; also how far the parts of a row lie from each other, a constant, so that the compiler sees that
    /// none reaches into the next.
    private static let most = 256

    /// Rows ahead of which the cache lines of a picture are fetched, which spares a tenth of the time at 1280x720 and above.
    private static let ahead = 2

    /// All rows of the image.
    static func image(
        _ picture: Picture, _ plan: HuePlan, _ columns: Columns, _ target: UnsafeMutablePointer<UInt8>, _ way: KernelWay
    ) {
        let (width, height) = plan.size
        let count = width * height
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: 3 * most) { samples in
            withUnsafeTemporaryAllocation(of: Int16.self, capacity: 3 * most) { colours in
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 2 * most) { pairs in
                    guard let samples = samples.baseAddress, let colours = colours.baseAddress,
                        let pairs = pairs.baseAddress
                    else { return }
                    let steps = Steps(
                        columns: columns, width: width, isFullRange: picture.isFullRange, samples: samples,
                        colours: colours, pairs: pairs)
                    for y in 0..<height {
                        guard let rows = plan.rows(picture, y) else { return }
                        if y + ahead < height, let next = plan.rows(picture, y + ahead) { fetch(next, columns) }
                        let place = target + y * width
                        #if arch(x86_64)
                            if way == .avx2, width >= fewest {
                                twin(rows, columns, picture.isFullRange, place, count)
                                continue
                            }
                        #endif
                        steps.row(rows, place, count)
                    }
                }
            }
        }
    }

    /// Asks for the cache lines of rows.
    @inline(__always)
    private static func fetch(_ rows: Rows, _ columns: Columns) {
        let chroma = Int(columns.chroma.places.last ?? 0)
        fetch(rows.luma, upTo: Int(columns.luma.places.last ?? 0))
        fetch(rows.first, upTo: chroma)
        fetch(rows.second, upTo: chroma)
    }

    @inline(__always)
    private static func fetch(_ rows: PlaneRows, upTo last: Int) {
        for place in stride(from: 0, through: last, by: cacheLine) { fbk_fetch(rows.upper + place) }
        guard rows.below > 0 else { return }
        for place in stride(from: 0, through: last, by: cacheLine) { fbk_fetch(rows.lower + place) }
    }

    /// Bytes.
    private static let cacheLine = 64

    #if arch(x86_64)
        /// Columns that a twin takes at least.
        private static let fewest = 16

        @inline(__always)
        private static func twin(
            _ rows: Rows, _ columns: Columns, _ isFullRange: Bool, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
        ) {
            columns.luma.withTwin { luma in
                columns.chroma.withTwin { chroma in
                    let columns = fbk_hue_columns(
                        luma: luma, chroma: chroma, count: columns.luma.places.count, is_flat: columns.isFlat ? 1 : 0)
                    fbk_hues_avx2(
                        twin(rows.luma), twin(rows.first), twin(rows.second), columns, isFullRange ? 1 : 0, target,
                        target + count, target + 2 * count)
                }
            }
        }

        private static func twin(_ rows: PlaneRows) -> fbk_hue_rows {
            fbk_hue_rows(
                upper: rows.upper.assumingMemoryBound(to: UInt8.self),
                lower: rows.lower.assumingMemoryBound(to: UInt8.self), below: Int32(rows.below))
        }
    #endif

    /// A row in steps, each a plain loop with few pointers in a function of its own: such loops the compiler turns into
    /// vectors.
    private struct Steps {
        let columns: Columns
        let width: Int
        let isFullRange: Bool
        /// Luma and both colour differences, in 65536ths; then red, green and blue.
        let samples: UnsafeMutablePointer<Int32>
        let colours: UnsafeMutablePointer<Int16>
        /// Neighbours in two rows.
        let pairs: UnsafeMutablePointer<UInt16>

        func row(_ rows: Rows, _ target: UnsafeMutablePointer<UInt8>, _ count: Int) {
            sample(rows.luma, columns.luma, zero: isFullRange ? 0 : 16, samples)
            sample(rows.first, columns.chroma, zero: 128, samples + most)
            sample(rows.second, columns.chroma, zero: 128, samples + 2 * most)
            WholeHues.mix(samples, width, isFullRange: isFullRange, colours)
            WholeHues.wheel(colours, width, target, target + count, target + 2 * count)
        }

        @inline(__always)
        private func sample(
            _ rows: PlaneRows, _ at: HuePlaces, zero: Int32, _ result: UnsafeMutablePointer<Int32>
        ) {
            gather(rows.upper, at.places, pairs)
            if columns.isFlat, rows.below == 0 {
                WholeHues.lift(pairs, width, zero: zero << 16, result)
                return
            }
            if rows.below > 0 {
                gather(rows.lower, at.places, pairs + most)
                WholeHues.blend(pairs, Int16(rows.below), width)
            } else {
                WholeHues.spread(pairs, width)
            }
            WholeHues.between(pairs, at.shares, width, zero: zero << 16, result)
        }

        @inline(__always)
        private func gather(_ row: UnsafeRawPointer, _ places: [Int32], _ result: UnsafeMutablePointer<UInt16>) {
            if columns.isFlat {
                WholeHues.pick(row, places, width, result)
            } else {
                WholeHues.gather(row, places, width, result)
            }
        }
    }

    /// The bytes at places of a row.
    @inline(never)
    private static func pick(
        _ row: UnsafeRawPointer, _ places: UnsafePointer<Int32>, _ count: Int, _ bytes: UnsafeMutablePointer<UInt16>
    ) {
        for x in 0..<count { bytes[x] = UInt16((row + Int(places[x])).load(as: UInt8.self)) }
    }

    /// The pairs of bytes at places of a row.
    @inline(never)
    private static func gather(
        _ row: UnsafeRawPointer, _ places: UnsafePointer<Int32>, _ count: Int, _ pairs: UnsafeMutablePointer<UInt16>
    ) {
        var x = 0
        while x &+ 4 <= count {
            pairs[x] = (row + Int(places[x])).loadUnaligned(as: UInt16.self)
            pairs[x &+ 1] = (row + Int(places[x &+ 1])).loadUnaligned(as: UInt16.self)
            pairs[x &+ 2] = (row + Int(places[x &+ 2])).loadUnaligned(as: UInt16.self)
            pairs[x &+ 3] = (row + Int(places[x &+ 3])).loadUnaligned(as: UInt16.self)
            x &+= 4
        }
        for x in x..<count { pairs[x] = (row + Int(places[x])).loadUnaligned(as: UInt16.self) }
    }

    /// Left and right samples, one list behind the other, from pairs of two rows; both in 128ths.
    @inline(never)
    private static func blend(_ pairs: UnsafeMutablePointer<UInt16>, _ below: Int16, _ count: Int) {
        let (lower, upper) = (UInt16(below), UInt16(128 - below))
        for x in 0..<count {
            let (here, there) = (pairs[x], pairs[x &+ most])
            pairs[x] = (here & 255) &* upper &+ (there & 255) &* lower
            pairs[x &+ most] = (here &>> 8) &* upper &+ (there &>> 8) &* lower
        }
    }

    /// The same from one row.
    @inline(never)
    private static func spread(_ pairs: UnsafeMutablePointer<UInt16>, _ count: Int) {
        for x in 0..<count {
            let here = pairs[x]
            pairs[x] = (here & 255) &<< 7
            pairs[x &+ most] = (here &>> 8) &<< 7
        }
    }

    /// The left samples themselves, in 65536ths less `zero`: all there is to do where neither column nor row has a share.
    @inline(never)
    private static func lift(
        _ pairs: UnsafePointer<UInt16>, _ count: Int, zero: Int32, _ result: UnsafeMutablePointer<Int32>
    ) {
        for x in 0..<count { result[x] = Int32(pairs[x] & 255) &<< 16 &- zero }
    }

    /// Samples between left and right ones, in 65536ths less `zero`.
    @inline(never)
    private static func between(
        _ sides: UnsafePointer<UInt16>, _ shares: UnsafePointer<Int16>, _ count: Int, zero: Int32,
        _ result: UnsafeMutablePointer<Int32>
    ) {
        for x in 0..<count {
            let (left, right) = (Int16(truncatingIfNeeded: sides[x]), Int16(truncatingIfNeeded: sides[x &+ most]))
            let share = shares[x]
            result[x] = Int32(left) &* Int32(512 &- share) &+ Int32(right) &* Int32(share) &- zero
        }
    }

    /// Adding 1.5 * 2^23 leaves the nearest whole number in the lowest bits.
    private static let magic: Float = 12_582_912

    /// Luma and colour differences become red, green and blue in 8 bits, by BT.601.
    @inline(never)
    private static func mix(
        _ samples: UnsafePointer<Int32>, _ count: Int, isFullRange: Bool, _ result: UnsafeMutablePointer<Int16>
    ) {
        // In 65536ths: a power of two, so that nothing is rounded but the product.
        let gain: Float = (isFullRange ? 1 : Float(255.0 / 219)) / 65536
        let spread: Float = (isFullRange ? 1 : Float(255.0 / 224)) / 65536
        // Rounded down; a hundred-thousandth below a whole number is that number.
        @inline(__always) func down(_ value: Float) -> Int16 {
            Int16(truncatingIfNeeded: (value - 0.499_99 + magic).bitPattern)
        }
        @inline(__always) func pixel(_ value: Int16) -> Int16 { Swift.max(0, Swift.min(255, value)) }
        for x in 0..<count {
            let luma = down(Float(samples[x]) * gain)
            let (cb, cr) = (Float(samples[x &+ most]) * spread, Float(samples[x &+ 2 &* most]) * spread)
            result[x] = pixel(luma &+ down(cr * 1.402))
            result[x &+ most] = pixel(luma &+ down(cb * -0.344136) &+ down(cr * -0.714136))
            result[x &+ 2 &* most] = pixel(luma &+ down(cb * 1.772))
        }
    }

    /// Red, green and blue become hue, saturation and brightness in 8 bits.
    @inline(never)
    private static func wheel(
        _ colours: UnsafePointer<Int16>, _ count: Int, _ hues: UnsafeMutablePointer<UInt8>,
        _ saturations: UnsafeMutablePointer<UInt8>, _ brightnesses: UnsafeMutablePointer<UInt8>
    ) {
        // The nearest whole number to a quotient, halves to even.
        @inline(__always) func quotient(_ of: Int16, _ times: Float, _ by: Int16) -> Int16 {
            let value = Float(Int32(of)) * times / Float(Int32(Swift.max(by, 1)))
            return Int16(truncatingIfNeeded: (value + magic).bitPattern)
        }
        for x in 0..<count {
            let (red, green, blue) = (colours[x], colours[x &+ most], colours[x &+ 2 &* most])
            let high = Swift.max(red, Swift.max(green, blue))
            let range = high &- Swift.min(red, Swift.min(green, blue))
            // The first of red, green and blue that is the greatest decides the sector.
            let third = red &- green
            let second = green < high ? third : blue &- red
            let fromGrey = red < high ? second : green &- blue
            let sector: Int16 = red < high ? (green < high ? 120 : 60) : 0
            let hue = quotient(fromGrey, 30, range) &+ sector
            // Below red comes what is just below 180.
            hues[x] = UInt8(truncatingIfNeeded: hue &+ ((hue &>> 15) & 180))
            saturations[x] = UInt8(truncatingIfNeeded: quotient(range, 255, high))
            brightnesses[x] = UInt8(truncatingIfNeeded: high)
        }
    }
}
