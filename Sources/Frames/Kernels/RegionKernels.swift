// Loops over the regions of `motion`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// How many samples of some runs have each of three marks.
    package struct MarkCounts: Equatable {
        package var weak = 0
        package var strong = 0
        package var changed = 0
    }

    /// Counts the marks in some runs of a mask.
    ///
    /// - Parameter part: which of the runs.
    /// - Complexity: O(samples of the runs)
    package static func count(_ mask: [UInt8], width: Int, in runs: [MaskRun], _ part: Range<Int>) -> MarkCounts {
        var counts = MarkCounts()
        mask.withUnsafeBufferPointer { mask in
            guard let row = mask.baseAddress else { return }
            for index in part {
                let range = places(of: runs[index], width: width, in: mask.count)
                var place = range.lowerBound
                while place < range.upperBound {
                    let rest = range.upperBound &- place
                    if place &+ 8 > mask.count {
                        let marks = Int(row[place])
                        counts.weak &+= marks & 1
                        counts.strong &+= (marks &>> 1) & 1
                        counts.changed &+= (marks &>> 2) & 1
                        place &+= 1
                        continue
                    }
                    var marks = UnsafeRawPointer(row + place).loadUnaligned(as: UInt64.self).littleEndian
                    // Most runs are short: what lies behind their ends is left out.
                    if rest < 8 { marks &= UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* rest) }
                    // The product adds up the eight ones in its highest byte.
                    counts.weak &+= Int(truncatingIfNeeded: ((marks & eachByte) &* eachByte) &>> 56)
                    counts.strong &+= Int(truncatingIfNeeded: (((marks &>> 1) & eachByte) &* eachByte) &>> 56)
                    counts.changed &+= Int(truncatingIfNeeded: (((marks &>> 2) & eachByte) &* eachByte) &>> 56)
                    place &+= 8
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
    ///   - part: which of the runs.
    ///   - isTick: whether it is time for a step.
    ///   - most: the greatest age.
    ///   - aged: the age from which a sample gets the mark.
    ///   - limit: the age from which a sample is old.
    /// - Returns: how many are old, and whether any has got the mark.
    /// - Complexity: O(samples of the runs)
    package static func grow(
        _ ages: inout [UInt8], _ mask: inout [UInt8], width: Int, in runs: [MaskRun], _ part: Range<Int>,
        isTick: Bool, most: UInt8, aged: UInt8, limit: UInt8
    ) -> (old: Int, isAged: Bool) {
        precondition(ages.count == mask.count, "all of one size")
        let growth = Growth(step: isTick ? 1 : 0, most: most, aged: aged, limit: limit)
        var old = 0
        var marked: UInt8 = 0
        ages.withUnsafeMutableBufferPointer { ages in
            mask.withUnsafeMutableBufferPointer { mask in
                guard let base = ages.baseAddress, let marks = mask.baseAddress else { return }
                for index in part {
                    let range = places(of: runs[index], width: width, in: mask.count)
                    var place = range.lowerBound
                    while place < range.upperBound {
                        if place &+ 16 > mask.count {
                            growth.takeOne(base + place, marks + place, &old, &marked)
                            place &+= 1
                        } else {
                            growth.take(base + place, marks + place, range.upperBound &- place, &old, &marked)
                            place &+= 16
                        }
                    }
                }
            }
        }
        return (old, marked != 0)
    }

    /// How ages grow.
    private struct Growth {
        private typealias Lanes = ByteLanes
        private typealias Sixteen = SIMD16<UInt8>
        let step: UInt8
        let most: UInt8
        let aged: UInt8
        let limit: UInt8
        private static let numbers = SIMD16<UInt8>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)

        func takeOne(
            _ ages: UnsafeMutablePointer<UInt8>, _ mask: UnsafeMutablePointer<UInt8>, _ old: inout Int,
            _ marked: inout UInt8
        ) {
            let older = Swift.min(Swift.min(ages.pointee, 255 &- step) &+ step, most)
            let age = mask.pointee & (Mark.weak | Mark.changed) == Mark.weak ? older : 0
            ages.pointee = age
            let mark = age > 0 && age >= aged ? Mark.aged : 0
            mask.pointee |= mark
            marked |= mark
            old &+= age > 0 && age >= limit ? 1 : 0
        }

        /// The same of the first `count` of sixteen samples; the others stay as they are.
        @inline(__always)
        func take(
            _ ages: UnsafeMutablePointer<UInt8>, _ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ old: inout Int,
            _ marked: inout UInt8
        ) {
            let before = UnsafeRawPointer(ages).loadUnaligned(as: Sixteen.self)
            let marks = UnsafeRawPointer(mask).loadUnaligned(as: Sixteen.self)
            let inside = Sixteen.zero.replacing(
                with: 255, where: Growth.numbers .< Sixteen(repeating: UInt8(truncatingIfNeeded: Swift.min(16, count))))
            let room = Lanes.lesser(before, Sixteen(repeating: 255 &- step))
            let older = Lanes.lesser(room &+ step, Sixteen(repeating: most))
            let age = older.replacing(with: 0, where: ((marks & (Mark.weak | Mark.changed)) ^ Mark.weak) .> .zero)
            // Above what is one less than the age that counts, and above 0.
            let isAged =
                Sixteen.zero.replacing(
                    with: Mark.aged, where: age .> Sixteen(repeating: Swift.max(aged, 1) &- 1)) & inside
            let isOld =
                Sixteen.zero.replacing(
                    with: 1, where: age .> Sixteen(repeating: Swift.max(limit, 1) &- 1)) & inside
            UnsafeMutableRawPointer(ages).storeBytes(of: (age & inside) | (before & ~inside), as: Sixteen.self)
            UnsafeMutableRawPointer(mask).storeBytes(of: marks | isAged, as: Sixteen.self)
            let (olds, ageds) = (
                unsafeBitCast(isOld, to: SIMD2<UInt64>.self), unsafeBitCast(isAged, to: SIMD2<UInt64>.self)
            )
            old &+= Int(truncatingIfNeeded: ((olds[0] &+ olds[1]) &* eachByte) &>> 56)
            marked |= ageds[0] | ageds[1] != 0 ? Mark.aged : 0
        }
    }

    /// Moves the average, and what was before it, by a part of the way to the picture in some runs, which are no marks
    /// any more.
    ///
    /// - Parameters:
    ///   - part: which of the runs.
    ///   - shift: an eighth of the way is 3.
    /// - Complexity: O(samples of the runs)
    package static func adopt(
        _ samples: [UInt8], _ layers: inout Layers, mask: inout [UInt8], width: Int, in runs: [MaskRun],
        _ part: Range<Int>, shift: Int16
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && mask.count == count, "all of one size")
        samples.withUnsafeBufferPointer { samples in
            layers.average.withUnsafeMutableBufferPointer { average in
                layers.former.withUnsafeMutableBufferPointer { former in
                    mask.withUnsafeMutableBufferPointer { mask in
                        guard let samples = samples.baseAddress, let average = average.baseAddress,
                            let former = former.baseAddress, let mask = mask.baseAddress
                        else { return }
                        for index in part {
                            for place in places(of: runs[index], width: width, in: count) {
                                let old = average[place]
                                let new = old &+ ((Int16(samples[place]) &<< 7 &- old) &>> shift)
                                average[place] = new
                                former[place] = UInt8(truncatingIfNeeded: (new &+ 64) &>> 7)
                                mask[place] = 0
                            }
                        }
                    }
                }
            }
        }
    }

    /// Makes background of the samples of some runs, which are new then.
    ///
    /// - Parameters:
    ///   - part: which of the runs.
    ///   - keepsFormer: whether what was background before may come back; else the picture is all there is.
    /// - Complexity: O(samples of the runs)
    package static func absorb(
        _ samples: [UInt8], _ layers: inout Layers, ages: inout [UInt8], width: Int, in runs: [MaskRun],
        _ part: Range<Int>, keepsFormer: Bool
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && ages.count == count, "all of one size")
        samples.withUnsafeBufferPointer { samples in
            layers.average.withUnsafeMutableBufferPointer { average in
                layers.former.withUnsafeMutableBufferPointer { former in
                    ages.withUnsafeMutableBufferPointer { ages in
                        guard let samples = samples.baseAddress, let average = average.baseAddress,
                            let former = former.baseAddress, let ages = ages.baseAddress
                        else { return }
                        for index in part {
                            for place in places(of: runs[index], width: width, in: count) {
                                let before = UInt8(truncatingIfNeeded: (average[place] &+ 64) &>> 7)
                                former[place] = keepsFormer ? before : samples[place]
                                average[place] = Int16(samples[place]) &<< 7
                                ages[place] = 0
                            }
                        }
                    }
                }
            }
        }
    }

    /// How sharp the left and right ends of some runs are.
    package struct EndSums: Equatable {
        /// Levels of difference across the ends, in the picture and in the background.
        package var here = 0
        package var there = 0
        /// Ends with background beside them, and all.
        package var free = 0
        package var all = 0
    }

    /// Compares the samples on both sides of the ends of runs, two columns to either side of each; what lies beyond the
    /// picture is left out.
    ///
    /// - Parameter part: which of the runs.
    /// - Complexity: O(runs)
    package static func ends(
        _ samples: [UInt8], _ average: [Int16], _ mask: [UInt8], width: Int, in runs: [MaskRun], _ part: Range<Int>
    ) -> EndSums {
        let count = samples.count
        precondition(average.count == count && mask.count == count, "all of one size")
        var sums = EndSums()
        samples.withUnsafeBufferPointer { samples in
            average.withUnsafeBufferPointer { average in
                mask.withUnsafeBufferPointer { mask in
                    guard let samples = samples.baseAddress, let average = average.baseAddress,
                        let mask = mask.baseAddress
                    else { return }
                    func add(_ row: Int, _ inside: Int, _ outside: Int) {
                        guard outside >= 0, outside < width else { return }
                        let (a, b) = (row &+ inside, row &+ outside)
                        sums.here &+= abs(Int(samples[a]) &- Int(samples[b]))
                        sums.there &+= abs(Int(average[a]) &- Int(average[b])) &>> 7
                        sums.free &+= mask[b] & (Mark.weak | Mark.strong) == 0 ? 1 : 0
                        sums.all &+= 1
                    }
                    for index in part {
                        let run = runs[index]
                        let row = places(of: run, width: width, in: count).lowerBound - run.start
                        // A run of the whole last row has all of its row in the list.
                        precondition(row + width <= count, "a row of the list")
                        add(row, Swift.min(run.start + 1, width - 1), run.start - 3)
                        add(row, Swift.max(run.end - 2, 0), run.end + 2)
                    }
                }
            }
        }
        return sums
    }
}
