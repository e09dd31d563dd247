// Loops over the marks of `motion`. Audited with the others of this folder; see Kernels.swift.
#if arch(x86_64)
    internal import CKernels
#endif

extension Kernels {
    /// Stretches of samples with a mark, row by row. Gaps of up to `gap` samples belong to a stretch.
    ///
    /// - Parameter mark: one of ``Mark``.
    /// - Complexity: O(samples)
    package static func runs(
        _ mask: [UInt8], width: Int, height: Int, mark: UInt8 = Mark.weak, gap: Int, way: KernelWay = .chosen
    ) -> [MaskRun] {
        precondition(width >= 0 && height >= 0 && mask.count == width * height, "one mark a place")
        precondition(mark.nonzeroBitCount == 1, "one mark")
        let perRow = (width + 63) / 64
        var result: [MaskRun] = []
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: perRow * height) { words in
            mask.withUnsafeBufferPointer { mask in
                guard let base = mask.baseAddress, let words = words.baseAddress else { return }
                marks(base, width, height, mark.trailingZeroBitCount, words, way)
                for y in 0..<height { runs(words + y * perRow, perRow, row: y, gap, &result) }
            }
        }
        return result
    }

    /// Adds the stretches of a row's bits.
    private static func runs(
        _ words: UnsafePointer<UInt64>, _ count: Int, row: Int, _ gap: Int, _ result: inout [MaskRun]
    ) {
        var start = -1
        var last = -1
        for word in 0..<count {
            var bits = words[word]
            // Stretches of set bits, from one to the next instead of bit by bit.
            var place = word &* 64
            while bits != 0 {
                let skipped = bits.trailingZeroBitCount
                place &+= skipped
                bits &>>= UInt64(truncatingIfNeeded: skipped)
                let length = (~bits).trailingZeroBitCount
                if start >= 0, place &- last &- 1 > gap {
                    result.append(MaskRun(row: row, start: start, end: last + 1))
                    start = place
                }
                if start < 0 { start = place }
                place &+= length
                last = place &- 1
                bits = length < 64 ? bits &>> UInt64(truncatingIfNeeded: length) : 0
            }
        }
        if start >= 0 { result.append(MaskRun(row: row, start: start, end: last + 1)) }
    }

    /// One bit of each byte, the first byte's the lowest; every row begins a word.
    static func marks(
        _ mask: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ bit: Int, _ words: UnsafeMutablePointer<UInt64>,
        _ way: KernelWay
    ) {
        #if arch(x86_64)
            if way != .swift {
                let loop = way == .avx2 ? fbk_marks_avx2 : fbk_marks_sse2
                return loop(mask, width, height, Int32(bit), words)
            }
        #endif
        let shift = UInt64(bit)
        var word = words
        for y in 0..<height {
            let row = mask + y * width
            for x in stride(from: 0, to: width, by: 64) {
                let count = Swift.min(64, width &- x)
                // Most of a mask is empty.
                let isEmpty = count == 64 && isEmpty(row + x, shift) && isEmpty(row + x + 32, shift)
                word.pointee = isEmpty ? 0 : marks(row + x, count, shift)
                word += 1
            }
        }
    }

    /// Whether none of 32 bytes has a bit.
    @inline(__always)
    private static func isEmpty(_ mask: UnsafePointer<UInt8>, _ shift: UInt64) -> Bool {
        let first = UnsafeRawPointer(mask).loadUnaligned(as: SIMD4<UInt64>.self)
        let bits = first[0] | first[1] | first[2] | first[3]
        return (bits &>> shift) & eachByte == 0
    }

    /// One bit of up to 64 bytes, the first of them the lowest.
    @inline(__always)
    private static func marks(_ mask: UnsafePointer<UInt8>, _ count: Int, _ shift: UInt64) -> UInt64 {
        var bits: UInt64 = 0
        var place = 0
        while place &+ 8 <= count {
            let ones = (UnsafeRawPointer(mask + place).loadUnaligned(as: UInt64.self) &>> shift) & eachByte
            // Brings the lowest bits of eight bytes together in the highest byte.
            if ones != 0 {
                bits |= ((ones &* 0x0102_0408_1020_4080) &>> 56) &<< UInt64(truncatingIfNeeded: place)
            }
            place &+= 8
        }
        while place < count {
            bits |= ((UInt64(mask[place]) &>> shift) & 1) &<< UInt64(truncatingIfNeeded: place)
            place &+= 1
        }
        return bits
    }

    /// Sums over a part of a picture and of the background behind it, in whole levels.
    package struct Moments: Equatable {
        package var count = 0
        package var picture = 0
        package var background = 0
        package var pictureSquared = 0
        package var backgroundSquared = 0
        package var product = 0
    }

    /// Adds up levels of a rectangle, every so many samples across and down.
    ///
    /// - Parameter average: in 128ths of a level.
    /// - Complexity: O(samples that are looked at)
    package static func moments(
        _ samples: [UInt8], _ average: [Int16], width: Int, rows: Range<Int>, columns: Range<Int>, step: Int
    ) -> Moments {
        precondition(samples.count == average.count, "all of one size")
        precondition(step > 0 && columns.lowerBound >= 0 && columns.upperBound <= width, "columns of the picture")
        precondition(rows.lowerBound >= 0 && rows.upperBound * width <= samples.count, "rows of the picture")
        var sum = Moments()
        samples.withUnsafeBufferPointer { samples in
            average.withUnsafeBufferPointer { average in
                guard let samples = samples.baseAddress, let average = average.baseAddress else { return }
                for y in stride(from: rows.lowerBound, to: rows.upperBound, by: step) {
                    var place = y &* width &+ columns.lowerBound
                    let end = y &* width &+ columns.upperBound
                    while place < end {
                        let (here, there) = (Int(samples[place]), Int(average[place]) &>> 7)
                        sum.count &+= 1
                        sum.picture &+= here
                        sum.background &+= there
                        sum.pictureSquared &+= here &* here
                        sum.backgroundSquared &+= there &* there
                        sum.product &+= here &* there
                        place &+= step
                    }
                }
            }
        }
        return sum
    }

    /// How a picture compares with the background where both are much alike.
    package struct Likeness: Equatable {
        /// Samples that were looked at: those without a mark, and of them those that are alike.
        package var total = 0
        package var count = 0
        /// Sums over these, of the background in 128ths of a level.
        package var picture = 0
        package var background = 0
        package var backgroundSquared = 0
        package var product = 0
        package var distance = 0
    }

    /// Adds up samples that have neither a weak nor a strong mark and are near the background, every so many across and
    /// down. Samples of 252 and more, which may be clipped, are left out of the sums.
    ///
    /// - Parameters:
    ///   - average: in 128ths of a level.
    ///   - limit: the greatest distance, in 128ths of a level.
    /// - Complexity: O(samples / step^2)
    package static func likeness(
        _ samples: [UInt8], _ average: [Int16], _ mask: [UInt8], width: Int, height: Int, step: Int, limit: Int,
        way: KernelWay = .chosen
    ) -> Likeness {
        precondition(step > 0 && width >= 0 && height >= 0, "every so many samples")
        precondition(
            samples.count == width * height && average.count == samples.count && mask.count == samples.count,
            "all of one size")
        var sum = Likeness()
        samples.withUnsafeBufferPointer { samples in
            average.withUnsafeBufferPointer { average in
                mask.withUnsafeBufferPointer { mask in
                    guard let samples = samples.baseAddress, let average = average.baseAddress,
                        let mask = mask.baseAddress
                    else { return }
                    sum = likeness(samples, average, mask, width, height, step: step, limit: limit, way)
                }
            }
        }
        return sum
    }

    static func likeness(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafePointer<Int16>, _ mask: UnsafePointer<UInt8>, _ width: Int,
        _ height: Int, step: Int, limit: Int, _ way: KernelWay
    ) -> Likeness {
        #if arch(x86_64)
            if way != .swift {
                var sums = fbk_likeness_sums()
                let loop = way == .avx2 ? fbk_likeness_avx2 : fbk_likeness_sse2
                loop(samples, average, mask, width, height, step, Int16(clamping: limit), &sums)
                return Likeness(
                    total: Int(sums.total), count: Int(sums.count), picture: Int(sums.picture),
                    background: Int(sums.background), backgroundSquared: Int(sums.background_squared),
                    product: Int(sums.product), distance: Int(sums.distance))
            }
        #endif
        var sum = Likeness()
        for y in stride(from: 0, to: height, by: step) {
            var place = y &* width
            let end = place &+ width
            while place < end {
                let (x, b) = (Int(samples[place]), Int(average[place]))
                if mask[place] & (Mark.weak | Mark.strong) == 0 {
                    sum.total &+= 1
                    let off = abs((x &<< 7) &- b)
                    if off <= limit, x < 252 {
                        sum.count &+= 1
                        sum.picture &+= x
                        sum.background &+= b
                        sum.backgroundSquared &+= b &* b
                        sum.product &+= b &* x
                        sum.distance &+= off
                    }
                }
                place &+= step
            }
        }
        return sum
    }

    /// The lowest bit of each of eight bytes.
    static let eachByte: UInt64 = 0x0101_0101_0101_0101
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
