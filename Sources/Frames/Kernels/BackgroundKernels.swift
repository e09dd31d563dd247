// Pixel loops for `motion`. Audited with the others of this folder; see Kernels.swift.
#if arch(x86_64)
    internal import CKernels
#endif

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

    /// Weights 1 2 1 across and down, /16, rounded; the border's samples are repeated beyond it.
    ///
    /// - Complexity: O(samples)
    package static func smooth(_ samples: [UInt8], width: Int, height: Int, way: KernelWay = .chosen) -> [UInt8] {
        precondition(width >= 0 && height >= 0 && samples.count == width * height, "one sample a place")
        return [UInt8](unsafeUninitializedCapacity: samples.count) { result, used in
            used = samples.count
            samples.withUnsafeBufferPointer { samples in
                guard let base = samples.baseAddress, let target = result.baseAddress, width > 0 else { return }
                withUnsafeTemporaryAllocation(of: Int16.self, capacity: width + 2) { columns in
                    guard let sums = columns.baseAddress else { return }
                    smooth(base, width, height, sums, target, way)
                }
            }
        }
    }

    /// - Parameters:
    ///   - sums: room for `width` + 2 numbers.
    ///   - target: room for the samples.
    static func smooth(
        _ samples: UnsafePointer<UInt8>, _ width: Int, _ height: Int, _ sums: UnsafeMutablePointer<Int16>,
        _ target: UnsafeMutablePointer<UInt8>, _ way: KernelWay
    ) {
        #if arch(x86_64)
            if way != .swift {
                let loop = way == .avx2 ? fbk_smooth_avx2 : fbk_smooth_sse2
                return loop(samples, width, height, sums, target)
            }
        #endif
        for y in 0..<height {
            let above = samples + Swift.max(0, y - 1) * width
            let here = samples + y * width
            let below = samples + Swift.min(height - 1, y + 1) * width
            for x in 0..<width {
                sums[x &+ 1] = Int16(above[x]) &+ Int16(here[x]) &* 2 &+ Int16(below[x])
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

    /// Marks each sample by its distance to the nearer of the two backgrounds and to the last few frames, and lets those
    /// follow by a quarter. A sample whose weak mark comes or goes becomes restless.
    ///
    /// - Parameter mask: the marks of the picture before, and after it those of this one.
    /// - Complexity: O(samples)
    package static func compare(
        _ samples: [UInt8], _ layers: inout Layers, low: Int, high: Int, change: Int, into mask: inout [UInt8],
        way: KernelWay = .chosen
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && layers.recent.count == count
                && layers.unrest.count == count && mask.count == count, "all of one size")
        let limits = Limits(
            low: UInt8(clamping: low), high: UInt8(clamping: high), change: Int16(clamping: change << 7))
        samples.withUnsafeBufferPointer { samples in
            layers.average.withUnsafeBufferPointer { average in
                layers.former.withUnsafeBufferPointer { former in
                    layers.recent.withUnsafeMutableBufferPointer { recent in
                        layers.unrest.withUnsafeMutableBufferPointer { unrest in
                            mask.withUnsafeMutableBufferPointer { mask in
                                guard let samples = samples.baseAddress, let average = average.baseAddress,
                                    let former = former.baseAddress, let recent = recent.baseAddress,
                                    let unrest = unrest.baseAddress, let mask = mask.baseAddress
                                else { return }
                                compare(samples, average, former, recent, unrest, mask, count, limits, way)
                            }
                        }
                    }
                }
            }
        }
    }

    /// What makes a mark: levels for a weak and a strong one, and 128ths of a level for a change.
    struct Limits {
        let low: UInt8
        let high: UInt8
        let change: Int16
    }

    /// Sixteen samples at a time by hand: with six pointers the compiler makes no vectors of the loop for single ones.
    static func compare(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafePointer<Int16>, _ former: UnsafePointer<UInt8>,
        _ recent: UnsafeMutablePointer<Int16>, _ unrest: UnsafeMutablePointer<UInt8>,
        _ mask: UnsafeMutablePointer<UInt8>, _ count: Int, _ limits: Limits, _ way: KernelWay
    ) {
        #if arch(x86_64)
            if way != .swift {
                let marks = fbk_mark_limits(low: limits.low, high: limits.high, change: limits.change)
                let loop = way == .avx2 ? fbk_compare_avx2 : fbk_compare_sse2
                return loop(samples, average, former, recent, unrest, mask, count, marks)
            }
        #endif
        typealias Lanes = ByteLanes
        let (low, high) = (Lanes.Vector(repeating: limits.low), Lanes.Vector(repeating: limits.high))
        let far = Words(repeating: limits.change)
        let most = Lanes.Vector(repeating: UInt8(unrestLimit))
        /// Lets the recent average follow, and tells where it was far off.
        @inline(__always) func follow(_ sample: Words, _ place: Int) -> Words {
            let old = load(recent + place)
            let step = (sample &<< 7) &- old
            UnsafeMutableRawPointer(recent + place).storeBytes(of: old &+ ((step &+ 2) &>> 2), as: Words.self)
            return Words.zero.replacing(with: Int16(Mark.changed), where: greater(step, 0 &- step) .> far)
        }
        var start = 0
        while start &+ 16 <= count {
            let here = load(samples + start)
            // The high bytes of twice the rounded average are its whole levels.
            let whole = highBytes((load(average + start) &+ 64) &<< 1, (load(average + start + 8) &+ 64) &<< 1)
            let near = Lanes.lesser(Lanes.distance(here, whole), Lanes.distance(here, load(former + start)))
            let (left, right) = widen(here)
            let changed = lowBytes(follow(left, start), follow(right, start + 8))
            let restless = load(unrest + start)
            let off = Lanes.greater(near, restless) &- restless
            let weak = Lanes.Vector.zero.replacing(with: Mark.weak, where: off .> low)
            let strong = Lanes.Vector.zero.replacing(with: Mark.strong, where: off .> high)
            let flips = (weak ^ load(mask + start)) & Mark.weak
            // Six of a flip: there is no product of bytes.
            let two = flips &+ flips
            let more = restless &+ two &+ two &+ two
            UnsafeMutableRawPointer(unrest + start).storeBytes(of: Lanes.lesser(more, most), as: Lanes.Vector.self)
            UnsafeMutableRawPointer(mask + start).storeBytes(of: weak | strong | changed, as: Lanes.Vector.self)
            start &+= 16
        }
        for place in start..<count {
            let sample = Int16(samples[place])
            let first = abs(sample &- ((average[place] &+ 64) &>> 7))
            let off = Swift.min(first, abs(sample &- Int16(former[place]))) &- Int16(unrest[place])
            let step = (sample &<< 7) &- recent[place]
            recent[place] &+= (step &+ 2) &>> 2
            let weak = off > Int16(limits.low) ? Mark.weak : 0
            let strong = off > Int16(limits.high) ? Mark.strong : 0
            let flips = Int16((weak ^ mask[place]) & Mark.weak)
            unrest[place] = UInt8(Swift.min(unrestLimit, Int16(unrest[place]) &+ flips &* unrestStep))
            mask[place] = weak | strong | (abs(step) > limits.change ? Mark.changed : 0)
        }
    }

    /// Eight samples in lanes of 16 bits.
    private typealias Words = SIMD8<Int16>

    @inline(__always)
    private static func lesser(_ a: Words, _ b: Words) -> Words { a.replacing(with: b, where: b .< a) }
    @inline(__always)
    private static func greater(_ a: Words, _ b: Words) -> Words { a.replacing(with: b, where: b .> a) }
    @inline(__always)
    private static func load(_ words: UnsafePointer<Int16>) -> Words {
        UnsafeRawPointer(words).loadUnaligned(as: Words.self)
    }
    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>) -> SIMD16<UInt8> {
        UnsafeRawPointer(bytes).loadUnaligned(as: SIMD16<UInt8>.self)
    }
    /// Sixteen bytes as numbers of 16 bits: each byte beside a zero.
    @inline(__always)
    private static func widen(_ bytes: SIMD16<UInt8>) -> (Words, Words) {
        var (left, right) = (SIMD16<UInt8>.zero, SIMD16<UInt8>.zero)
        left.evenHalf = bytes.lowHalf
        right.evenHalf = bytes.highHalf
        return (unsafeBitCast(left, to: Words.self), unsafeBitCast(right, to: Words.self))
    }
    @inline(__always)
    private static func lowBytes(_ left: Words, _ right: Words) -> SIMD16<UInt8> {
        SIMD16(
            lowHalf: unsafeBitCast(left, to: SIMD16<UInt8>.self).evenHalf,
            highHalf: unsafeBitCast(right, to: SIMD16<UInt8>.self).evenHalf)
    }
    @inline(__always)
    private static func highBytes(_ left: Words, _ right: Words) -> SIMD16<UInt8> {
        SIMD16(
            lowHalf: unsafeBitCast(left, to: SIMD16<UInt8>.self).oddHalf,
            highHalf: unsafeBitCast(right, to: SIMD16<UInt8>.self).oddHalf)
    }

    /// What a flip adds to a sample's unrest, three times two, and the most it comes to.
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
        _ samples: [UInt8], _ layers: inout Layers, weight: Int, low: Int, mask: [UInt8], ages: inout [UInt8],
        way: KernelWay = .chosen
    ) {
        let count = samples.count
        precondition(
            layers.average.count == count && layers.former.count == count && mask.count == count
                && ages.count == count, "all of one size")
        precondition(weight >= 0 && weight <= 25 && low >= 0 && low <= 40, "products of 16 bits")
        let (weight, limit) = (Int16(weight), Int16(low) << 7)
        samples.withUnsafeBufferPointer { samples in
            mask.withUnsafeBufferPointer { mask in
                layers.average.withUnsafeMutableBufferPointer { average in
                    layers.former.withUnsafeBufferPointer { former in
                        ages.withUnsafeMutableBufferPointer { ages in
                            guard let samples = samples.baseAddress, let mask = mask.baseAddress,
                                let average = average.baseAddress, let former = former.baseAddress,
                                let ages = ages.baseAddress
                            else { return }
                            follow(samples, average, former, mask, ages, count, weight, limit, way)
                        }
                    }
                }
            }
        }
    }

    static func follow(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafeMutablePointer<Int16>, _ former: UnsafePointer<UInt8>,
        _ mask: UnsafePointer<UInt8>, _ ages: UnsafeMutablePointer<UInt8>, _ count: Int, _ weight: Int16,
        _ limit: Int16, _ way: KernelWay
    ) {
        #if arch(x86_64)
            if way != .swift {
                let loop = way == .avx2 ? fbk_follow_avx2 : fbk_follow_sse2
                return loop(samples, average, former, mask, ages, count, weight, limit)
            }
        #endif
        follow(samples, average, former, mask, count, weight, limit)
        rejuvenate(ages, mask, count)
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

    /// Sixteen samples at a time by hand: with four pointers the compiler makes no vectors of the loop for single ones.
    private static func follow(
        _ samples: UnsafePointer<UInt8>, _ average: UnsafeMutablePointer<Int16>, _ former: UnsafePointer<UInt8>,
        _ mask: UnsafePointer<UInt8>, _ count: Int, _ weight: Int16, _ limit: Int16
    ) {
        let (most, least) = (Words(repeating: limit), Words(repeating: 0 &- limit))
        let far = Words(repeating: limit &+ 64)
        @inline(__always) func follow(_ sample: Words, _ former: Words, _ marks: Words, _ place: Int) {
            let old = load(average + place)
            let step = (sample &<< 7) &- old
            let small = lesser(greater(step, least), most) &>> 2
            let followed = old &+ ((small &* weight &+ 32) &>> 6)
            let new = followed.replacing(with: former &<< 7, where: greater(step, 0 &- step) .> far)
            UnsafeMutableRawPointer(average + place)
                .storeBytes(of: new.replacing(with: old, where: marks .> .zero), as: Words.self)
        }
        var start = 0
        while start &+ 16 <= count {
            let here = widen(load(samples + start))
            let before = widen(load(former + start))
            let marks = widen(load(mask + start) & (Mark.weak | Mark.strong))
            follow(here.0, before.0, marks.0, start)
            follow(here.1, before.1, marks.1, start + 8)
            start &+= 16
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
