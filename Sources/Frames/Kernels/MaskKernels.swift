// Loops over the marks of `motion`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// Stretches of samples with a mark, row by row. Gaps of up to `gap` samples belong to a stretch.
    ///
    /// - Parameter mark: one of ``Mark``.
    /// - Complexity: O(samples)
    package static func runs(_ mask: [UInt8], width: Int, height: Int, mark: UInt8 = Mark.weak, gap: Int) -> [MaskRun] {
        precondition(mask.count == width * height, "one mark a place")
        precondition(mark.nonzeroBitCount == 1, "one mark")
        let shift = UInt64(mark.trailingZeroBitCount)
        var result: [MaskRun] = []
        mask.withUnsafeBufferPointer { mask in
            guard let base = mask.baseAddress else { return }
            for y in 0..<height {
                let row = base + y * width
                var start = -1
                var last = -1
                var x = 0
                while x < width {
                    // Most of a mask is empty.
                    if x &+ 32 <= width, isEmpty(row + x, shift) {
                        x &+= 32
                        continue
                    }
                    let count = Swift.min(64, width &- x)
                    var bits = marks(row + x, count, shift)
                    // Stretches of set bits, from one to the next instead of bit by bit.
                    var place = x
                    while bits != 0 {
                        let skipped = bits.trailingZeroBitCount
                        place &+= skipped
                        bits &>>= UInt64(truncatingIfNeeded: skipped)
                        let length = (~bits).trailingZeroBitCount
                        if start >= 0, place &- last &- 1 > gap {
                            result.append(MaskRun(row: y, start: start, end: last + 1))
                            start = place
                        }
                        if start < 0 { start = place }
                        place &+= length
                        last = place &- 1
                        bits = length < 64 ? bits &>> UInt64(truncatingIfNeeded: length) : 0
                    }
                    x &+= count
                }
                if start >= 0 { result.append(MaskRun(row: y, start: start, end: last + 1)) }
            }
        }
        return result
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

    /// How many samples of some runs have each of three marks.
    package struct MarkCounts: Equatable {
        package var weak = 0
        package var strong = 0
        package var changed = 0
    }

    /// Counts the marks in some runs of a mask.
    ///
    /// - Complexity: O(samples of the runs)
    package static func count(_ mask: [UInt8], width: Int, in runs: [MaskRun]) -> MarkCounts {
        var counts = MarkCounts()
        mask.withUnsafeBufferPointer { mask in
            for run in runs {
                let range = places(of: run, width: width, in: mask.count)
                guard let row = mask.baseAddress else { return }
                var place = range.lowerBound
                while place &+ 8 <= range.upperBound {
                    let marks = UnsafeRawPointer(row + place).loadUnaligned(as: UInt64.self)
                    // The product adds up the eight ones in its highest byte.
                    counts.weak &+= Int(truncatingIfNeeded: ((marks & eachByte) &* eachByte) &>> 56)
                    counts.strong &+= Int(truncatingIfNeeded: (((marks &>> 1) & eachByte) &* eachByte) &>> 56)
                    counts.changed &+= Int(truncatingIfNeeded: (((marks &>> 2) & eachByte) &* eachByte) &>> 56)
                    place &+= 8
                }
                while place < range.upperBound {
                    let marks = Int(row[place])
                    counts.weak &+= marks & 1
                    counts.strong &+= (marks &>> 1) & 1
                    counts.changed &+= (marks &>> 2) & 1
                    place &+= 1
                }
            }
        }
        return counts
    }

    /// Where a run lies in a list of rows.
    ///
    /// - Precondition: it lies within the list.
    @inline(__always)
    static func places(of run: MaskRun, width: Int, in count: Int) -> Range<Int> {
        let row = run.row * width
        precondition(run.start >= 0 && run.start <= run.end && run.end <= width, "a run within its row")
        precondition(row >= 0 && row + run.end <= count, "a row of the list")
        return row + run.start..<row + run.end
    }

    /// Lets the samples of a region grow older. One that is weak and has not changed lately is a step older where it is
    /// time for one, at most 255; any other is new. Those that are old enough get the mark ``Mark/aged``.
    ///
    /// - Parameters:
    ///   - isTick: whether it is time for a step.
    ///   - most: the greatest age.
    ///   - aged: the age from which a sample gets the mark.
    ///   - limit: the age from which a sample is old.
    /// - Returns: how many are old, and whether any has got the mark.
    /// - Complexity: O(samples of the runs)
    package static func grow(
        _ ages: inout [UInt8], _ mask: inout [UInt8], width: Int, in runs: [MaskRun], isTick: Bool, most: UInt8,
        aged: UInt8, limit: UInt8
    ) -> (old: Int, isAged: Bool) {
        precondition(ages.count == mask.count, "all of one size")
        let step: UInt8 = isTick ? 1 : 0
        var old = 0
        var marked: UInt8 = 0
        ages.withUnsafeMutableBufferPointer { ages in
            mask.withUnsafeMutableBufferPointer { mask in
                for run in runs {
                    let range = places(of: run, width: width, in: mask.count)
                    guard let ages = ages.baseAddress, let mask = mask.baseAddress else { return }
                    var place = range.lowerBound
                    while place < range.upperBound {
                        let marks = mask[place]
                        let older = Swift.min(Swift.min(ages[place], 255 &- step) &+ step, most)
                        let age = marks & (Mark.weak | Mark.changed) == Mark.weak ? older : 0
                        ages[place] = age
                        let mark = age > 0 && age >= aged ? Mark.aged : 0
                        mask[place] = marks | mark
                        marked |= mark
                        old &+= age > 0 && age >= limit ? 1 : 0
                        place &+= 1
                    }
                }
            }
        }
        return (old, marked != 0)
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
        _ samples: [UInt8], _ average: [Int16], _ mask: [UInt8], width: Int, height: Int, step: Int, limit: Int
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
                }
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
