// Pixel loops for `motion`. Audited with the others of this folder; see Kernels.swift.

extension Kernels {
    /// What ``compare(_:_:low:high:change:into:)`` finds of a sample: bits of a mask.
    package enum Mark {
        /// It differs from the background.
        package static let weak: UInt8 = 1
        /// It differs clearly.
        package static let strong: UInt8 = 2
        /// It differs from what it was a few frames ago.
        package static let changed: UInt8 = 4
        /// It has stood out unchanged for a while.
        package static let aged: UInt8 = 8
    }

    /// The background of a small picture, all parts of the same size.
    package struct Layers {
        /// The running average, in 128ths of a level.
        package var average: [Int16]
        /// What stood there before, for the samples that took over something that stopped; else the average.
        package var former: [UInt8]
        /// The average of the last few frames, in 128ths of a level.
        package var recent: [Int16]
        /// Levels by which a sample that comes and goes, such as a leaf in the wind, has to differ more.
        package var unrest: [UInt8]

        package init(_ samples: [UInt8]) {
            unrest = [UInt8](repeating: 0, count: samples.count)
            average = samples.map { Int16($0) << 7 }
            former = samples
            recent = average
        }
    }

    /// Gives the background another exposure: `level + (gain - 1) * level + offset`, held between 0 and `most`, in levels.
    /// Levels outside of `fitted` are shifted as the nearest inside. Good to two 128ths of a level.
    ///
    /// - Complexity: O(samples)
    package static func expose(
        _ layers: inout Layers, gain: Float, offset: Float, most: Float, fitted: ClosedRange<Float>
    ) {
        let exposure = Exposure(
            factor: gain - 1, add: offset * 128, most: most * 128, low: fitted.lowerBound * 128,
            high: fitted.upperBound * 128)
        layers.average.withUnsafeMutableBufferPointer { exposure.apply(to: $0) }
        layers.recent.withUnsafeMutableBufferPointer { exposure.apply(to: $0) }
        // The levels of bytes are few, so each is changed once.
        let table = (0...255).map { UInt8(min(255, Float(exposure.changed(Int16($0 * 128))) / 128 + 0.5)) }
        layers.former.withUnsafeMutableBufferPointer { former in
            table.withUnsafeBufferPointer { table in
                for place in former.indices { former[place] = table[Int(former[place])] }
            }
        }
    }

    /// A change of exposure, in 128ths of a level.
    private struct Exposure {
        let factor: Float
        let add: Float
        let most: Float
        let low: Float
        let high: Float

        func changed(_ level: Int16) -> Int16 {
            let inside = Swift.min(Swift.max(Float(level), low), high)
            let new = Swift.min(Swift.max(Float(level) + inside * factor + add, 0), most)
            return Int16(truncatingIfNeeded: Int(new.rounded(.toNearestOrEven)))
        }

        func apply(to levels: UnsafeMutableBufferPointer<Int16>) {
            guard let base = levels.baseAddress else { return }
            if let whole = Whole(self) {
                whole.apply(to: base, levels.count)
            } else {
                for place in levels.indices { base[place] = changed(base[place]) }
            }
        }
    }

    /// A change of exposure in whole 128ths of a level, for gains from 0.5 to 1.5: products are cut to 16 bits.
    private struct Whole {
        /// The gain less 1, in 65536ths.
        let factor: Int16
        let add: Int16
        let most: UInt16
        let low: Int16
        let high: Int16

        /// Nil where the change may leave 16 bits.
        init?(_ exposure: Exposure) {
            let factor = (exposure.factor * 65536).rounded()
            // Half a unit more, since products are rounded down.
            let add = (exposure.add + 0.5).rounded()
            guard abs(factor) < 32768, abs(add) < 16256 else { return nil }
            (self.factor, self.add) = (Int16(factor), Int16(add))
            most = UInt16(min(32640, max(0, exposure.most)).rounded())
            low = Int16(min(32640, max(0, exposure.low)).rounded())
            high = Int16(min(32640, max(0, exposure.high)).rounded())
        }

        func apply(to levels: UnsafeMutablePointer<Int16>, _ count: Int) {
            for place in 0..<count {
                let level = levels[place]
                let inside = Swift.min(Swift.max(level, low), high)
                let change = Int16(truncatingIfNeeded: (Int32(inside) &* Int32(factor)) &>> 16) &+ add
                // Not below 0; above, there is room for the largest sum in 16 bits without a sign.
                let raised = Swift.max(level, 0 &- change)
                let sum = UInt16(bitPattern: raised &+ change)
                levels[place] = Int16(bitPattern: Swift.min(sum, most))
            }
        }
    }

    /// Weights 1 2 1 across and down, /16, rounded; the border's samples are repeated beyond it.
    ///
    /// - Complexity: O(samples)
    package static func smooth(_ samples: [UInt8], width: Int, height: Int) -> [UInt8] {
        precondition(samples.count == width * height, "one sample a place")
        return [UInt8](unsafeUninitializedCapacity: samples.count) { result, used in
            used = samples.count
            samples.withUnsafeBufferPointer { samples in
                guard let base = samples.baseAddress, let target = result.baseAddress, width > 0 else { return }
                withUnsafeTemporaryAllocation(of: UInt16.self, capacity: width + 2) { columns in
                    guard let sums = columns.baseAddress else { return }
                    for y in 0..<height {
                        let above = base + Swift.max(0, y - 1) * width
                        let here = base + y * width
                        let below = base + Swift.min(height - 1, y + 1) * width
                        for x in 0..<width {
                            sums[x &+ 1] = UInt16(above[x]) &+ UInt16(here[x]) &* 2 &+ UInt16(below[x])
                        }
                        sums[0] = sums[1]
                        sums[width + 1] = sums[width]
                        let row = target + y * width
                        for x in 0..<width {
                            let sum = sums[x] &+ sums[x &+ 1] &* 2 &+ sums[x &+ 2]
                            row[x] = UInt8(truncatingIfNeeded: (sum &+ 8) &>> 4)
                        }
                    }
                }
            }
        }
    }

    /// Marks each sample by its distance to the nearer of the two backgrounds and to the last few frames, and lets those
    /// follow by a quarter. A sample whose weak mark comes or goes becomes restless.
    ///
    /// - Parameter mask: the marks of the picture before, and after it those of this one.
    /// - Complexity: O(samples)
    package static func compare(
        _ samples: [UInt8], _ layers: inout Layers, low: Int, high: Int, change: Int, into mask: inout [UInt8]
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && layers.recent.count == count
                && layers.unrest.count == count && mask.count == count, "all of one size")
        let (low, high, change) = (Int16(clamping: low), Int16(clamping: high), Int16(clamping: change << 7))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * piece) { room in
            samples.withUnsafeBufferPointer { samples in
                guard let samples = samples.baseAddress, let nearest = room.baseAddress else { return }
                let lately = nearest + piece
                for start in stride(from: 0, to: count, by: piece) {
                    let length = Swift.min(piece, count - start)
                    layers.average.withUnsafeBufferPointer { average in
                        layers.former.withUnsafeBufferPointer { former in
                            guard let average = average.baseAddress, let former = former.baseAddress else { return }
                            distance(samples + start, average + start, former + start, length, nearest)
                        }
                    }
                    layers.recent.withUnsafeMutableBufferPointer { recent in
                        guard let recent = recent.baseAddress else { return }
                        follow(samples + start, recent + start, length, change, lately)
                    }
                    layers.unrest.withUnsafeMutableBufferPointer { unrest in
                        mask.withUnsafeMutableBufferPointer { mask in
                            guard let unrest = unrest.baseAddress, let mask = mask.baseAddress else { return }
                            judge(nearest, lately, unrest + start, mask + start, length, low, high)
                        }
                    }
                }
            }
        }
    }

    /// Samples that are worked on at a time, so that what is between two loops stays in the first-level cache. One loop
    /// with all of the pointers would not be vectorised.
    private static let piece = 1024

    /// The distance to the nearer of both backgrounds.
    private static func distance(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafePointer<Int16>, _ former: UnsafePointer<UInt8>, _ count: Int,
        _ result: UnsafeMutablePointer<UInt8>
    ) {
        for place in 0..<count {
            let sample = Int16(samples[place])
            let first = sample &- ((average[place] &+ 64) &>> 7)
            let second = sample &- Int16(former[place])
            let near = Swift.min(Swift.max(first, 0 &- first), Swift.max(second, 0 &- second))
            result[place] = UInt8(truncatingIfNeeded: near)
        }
    }

    /// Lets the recent average follow, and says 4 where it was far off.
    private static func follow(
        _ samples: UnsafePointer<UInt8>, _ recent: UnsafeMutablePointer<Int16>, _ count: Int, _ limit: Int16,
        _ result: UnsafeMutablePointer<UInt8>
    ) {
        for place in 0..<count {
            let old = recent[place]
            let step = (Int16(samples[place]) &<< 7) &- old
            recent[place] = old &+ ((step &+ 2) &>> 2)
            result[place] = Swift.max(step, 0 &- step) > limit ? Mark.changed : 0
        }
    }

    /// Marks by the distances, and counts what comes and goes.
    private static func judge(
        _ nearest: UnsafePointer<UInt8>, _ lately: UnsafePointer<UInt8>, _ unrest: UnsafeMutablePointer<UInt8>,
        _ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ low: Int16, _ high: Int16
    ) {
        for place in 0..<count {
            let more = Int16(unrest[place])
            let near = Int16(nearest[place]) &- more
            let weak: Int16 = near > low ? 1 : 0
            let strong: Int16 = near > high ? 2 : 0
            let flips = (weak ^ Int16(mask[place])) & 1
            unrest[place] = UInt8(truncatingIfNeeded: Swift.min(unrestLimit, more &+ flips &* unrestStep))
            mask[place] = UInt8(truncatingIfNeeded: weak | strong) | lately[place]
        }
    }

    /// What a flip adds to a sample's unrest, and the most it comes to.
    package static let unrestStep: Int16 = 6
    package static let unrestLimit: Int16 = 60

    /// Lets the average follow where the mask has neither a weak nor a strong mark. Where the former background shows
    /// again, it takes its place back.
    ///
    /// - Parameters:
    ///   - weight: of the new sample, in 256ths, at most 25.
    ///   - low: levels up to which the average is followed, at most 40.
    ///   - ages: set to 0 where there is no mark.
    /// - Complexity: O(samples)
    package static func follow(
        _ samples: [UInt8], _ layers: inout Layers, weight: Int, low: Int, mask: [UInt8], ages: inout [UInt8]
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && mask.count == count
                && ages.count == count, "all of one size")
        precondition(weight >= 0 && weight <= 25 && low >= 0 && low <= 40, "products of 16 bits")
        let (weight, limit) = (Int16(weight), Int16(low) << 7)
        samples.withUnsafeBufferPointer { samples in
            mask.withUnsafeBufferPointer { mask in
                guard let samples = samples.baseAddress, let mask = mask.baseAddress else { return }
                layers.average.withUnsafeMutableBufferPointer { average in
                    layers.former.withUnsafeBufferPointer { former in
                        guard let average = average.baseAddress, let former = former.baseAddress else { return }
                        follow(samples, average, former, mask, count, weight, limit)
                    }
                }
                ages.withUnsafeMutableBufferPointer { ages in
                    guard let ages = ages.baseAddress else { return }
                    rejuvenate(ages, mask, count)
                }
            }
        }
    }

    /// Sets ages to 0 where there is neither a weak nor a strong mark.
    private static func rejuvenate(_ ages: UnsafeMutablePointer<UInt8>, _ mask: UnsafePointer<UInt8>, _ count: Int) {
        typealias Sixteen = SIMD16<UInt8>
        var place = 0
        while place &+ 16 <= count {
            let marks = UnsafeRawPointer(mask + place).loadUnaligned(as: Sixteen.self) & 3
            let raw = UnsafeMutableRawPointer(ages + place)
            let old = raw.loadUnaligned(as: Sixteen.self)
            raw.storeBytes(of: Sixteen.zero.replacing(with: old, where: marks .> .zero), as: Sixteen.self)
            place &+= 16
        }
        for place in place..<count where mask[place] & 3 == 0 { ages[place] = 0 }
    }

    /// Eight samples at a time by hand: with four pointers the compiler makes no vectors of the loop for single ones.
    private static func follow(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafeMutablePointer<Int16>, _ former: UnsafePointer<UInt8>,
        _ mask: UnsafePointer<UInt8>, _ count: Int, _ weight: Int16, _ limit: Int16
    ) {
        typealias Eight = SIMD8<Int16>
        @inline(__always) func lesser(_ a: Eight, _ b: Eight) -> Eight { a.replacing(with: b, where: b .< a) }
        @inline(__always) func greater(_ a: Eight, _ b: Eight) -> Eight { a.replacing(with: b, where: b .> a) }
        @inline(__always) func load(_ bytes: UnsafePointer<UInt8>) -> Eight {
            Eight(truncatingIfNeeded: UnsafeRawPointer(bytes).loadUnaligned(as: SIMD8<UInt8>.self))
        }
        let (most, least) = (Eight(repeating: limit), Eight(repeating: 0 &- limit))
        let far = Eight(repeating: limit &+ 64)
        var start = 0
        while start &+ 8 <= count {
            let raw = UnsafeMutableRawPointer(average + start)
            let old = raw.loadUnaligned(as: Eight.self)
            let step = (load(samples + start) &<< 7) &- old
            let small = lesser(greater(step, least), most) &>> 2
            let followed = old &+ ((small &* weight &+ 32) &>> 6)
            let returned = load(former + start) &<< 7
            let new = followed.replacing(with: returned, where: greater(step, 0 &- step) .> far)
            let marks = load(mask + start) & 3
            raw.storeBytes(of: new.replacing(with: old, where: marks .> .zero), as: Eight.self)
            start &+= 8
        }
        for place in start..<count {
            let old = average[place]
            let step = (Int16(samples[place]) &<< 7) &- old
            let small = Swift.min(Swift.max(step, 0 &- limit), limit) &>> 2
            let followed = old &+ ((small &* weight &+ 32) &>> 6)
            let returned = Int16(former[place]) &<< 7
            // All ones where it follows, and where there is no mark.
            let isNear: Int16 = Swift.max(step, 0 &- step) > limit &+ 64 ? 0 : -1
            let isFree: Int16 = Int16(mask[place] & 3) > 0 ? 0 : -1
            let new = (followed & isNear) | (returned & ~isNear)
            average[place] = (new & isFree) | (old & ~isFree)
        }
    }

    /// Lets unrest pass by one level; and where asked, brings the former background a level nearer to the average.
    ///
    /// - Complexity: O(samples)
    package static func forget(_ layers: inout Layers, nearer: Bool) {
        let count = layers.average.count
        precondition(layers.former.count == count && layers.unrest.count == count, "all of one size")
        layers.unrest.withUnsafeMutableBufferPointer { unrest in
            guard let unrest = unrest.baseAddress else { return }
            for place in 0..<count { unrest[place] = Swift.max(unrest[place], 1) &- 1 }
        }
        guard nearer else { return }
        layers.average.withUnsafeBufferPointer { average in
            layers.former.withUnsafeMutableBufferPointer { former in
                guard let average = average.baseAddress, let former = former.baseAddress else { return }
                for place in 0..<count {
                    let off = ((average[place] &+ 64) &>> 7) &- Int16(former[place])
                    let step = Swift.min(Swift.max(off, -1), 1)
                    former[place] = UInt8(truncatingIfNeeded: Int16(former[place]) &+ step)
                }
            }
        }
    }
}
