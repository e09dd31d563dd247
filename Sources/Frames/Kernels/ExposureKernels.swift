// The exposure of `motion`'s background. Audited with the others of this folder; see Kernels.swift.
#if arch(x86_64)
    internal import CKernels
#endif

extension Kernels {
    /// Gives the background another exposure: `level + (gain - 1) * level + offset`, held between 0 and `most`, in levels.
    /// Levels outside of `fitted` are shifted as the nearest inside. Good to two 128ths of a level.
    ///
    /// - Complexity: O(samples)
    package static func expose(
        _ layers: inout Layers, gain: Float, offset: Float, most: Float, fitted: ClosedRange<Float>,
        way: KernelWay = .chosen
    ) {
        let exposure = Exposure(
            factor: gain - 1, add: offset * 128, most: most * 128, low: fitted.lowerBound * 128,
            high: fitted.upperBound * 128)
        layers.average.withUnsafeMutableBufferPointer { exposure.apply(to: $0, way) }
        layers.recent.withUnsafeMutableBufferPointer { exposure.apply(to: $0, way) }
        // The levels of bytes are few, so each is changed once.
        let table = (0...255).map { UInt8(min(255, Float(exposure.changed(Int16($0 * 128))) / 128 + 0.5)) }
        layers.former.withUnsafeMutableBufferPointer { replace($0, by: table, way) }
    }

    /// Replaces each byte by that of the table at its place.
    static func replace(_ levels: UnsafeMutableBufferPointer<UInt8>, by table: [UInt8], _ way: KernelWay) {
        precondition(table.count == 256, "a place for each byte")
        #if arch(x86_64)
            if way != .swift, twin(levels, table, way) { return }
        #endif
        table.withUnsafeBufferPointer { table in
            for place in levels.indices { levels[place] = table[Int(levels[place])] }
        }
    }

    #if arch(x86_64)
        /// Up to so many steps cost less than looking up each sample; with 16-byte vectors a quarter of them.
        static let mostSteps = 16

        /// A change of exposure adds the same to long stretches of levels: steps from one stretch to the next, many samples
        /// at a time.
        ///
        /// - Returns: false where the table has too many steps.
        private static func twin(
            _ levels: UnsafeMutableBufferPointer<UInt8>, _ table: [UInt8], _ way: KernelWay
        ) -> Bool {
            withUnsafeTemporaryAllocation(of: fbk_level_step.self, capacity: mostSteps) { steps in
                var number = 0
                for level in 1..<256 {
                    let add = table[level] &- table[level - 1] &- 1
                    if add == 0 { continue }
                    guard number < (way == .avx2 ? mostSteps : mostSteps / 4) else { return false }
                    steps.initializeElement(at: number, to: fbk_level_step(from: UInt8(level), add: add))
                    number += 1
                }
                let loop = way == .avx2 ? fbk_steps_avx2 : fbk_steps_sse2
                if let base = levels.baseAddress { loop(base, levels.count, table[0], steps.baseAddress, number) }
                return true
            }
        }
    #endif

    /// A change of exposure, in 128ths of a level.
    fileprivate struct Exposure {
        let factor: Float
        let add: Float
        let most: Float
        let low: Float
        let high: Float

        func changed(_ level: Int16) -> Int16 {
            let inside = Swift.min(Swift.max(Float(level), low), high)
            let new = Swift.min(Swift.max(Float(level) + inside * factor + add, 0), most)
            // Above 2^23 floats are whole numbers, and a sum is rounded to the nearest, or to the even one.
            return Int16(truncatingIfNeeded: Int32((new + 0x1p23) - 0x1p23))
        }

        func apply(to levels: UnsafeMutableBufferPointer<Int16>, _ way: KernelWay) {
            guard let base = levels.baseAddress else { return }
            if let whole = Whole(self) {
                whole.apply(to: base, levels.count, way)
            } else {
                for place in levels.indices { base[place] = changed(base[place]) }
            }
        }
    }

    /// A change of exposure in whole 128ths of a level, for gains from 0.5 to 1.5: products are cut to 16 bits.
    struct Whole {
        /// The gain less 1, in 65536ths.
        let factor: Int16
        let add: Int16
        let most: UInt16
        let low: Int16
        let high: Int16

        /// Nil where the change may leave 16 bits.
        fileprivate init?(_ exposure: Exposure) {
            let factor = (exposure.factor * 65536).rounded()
            // Half a unit more, since products are rounded down.
            let add = (exposure.add + 0.5).rounded()
            guard abs(factor) < 32768, abs(add) < 16256 else { return nil }
            (self.factor, self.add) = (Int16(factor), Int16(add))
            most = UInt16(min(32640, max(0, exposure.most)).rounded())
            low = Int16(min(32640, max(0, exposure.low)).rounded())
            high = Int16(min(32640, max(0, exposure.high)).rounded())
        }

        init(factor: Int16, add: Int16, most: UInt16, low: Int16, high: Int16) {
            (self.factor, self.add, self.most) = (factor, add, most)
            (self.low, self.high) = (low, high)
        }

        func apply(to levels: UnsafeMutablePointer<Int16>, _ count: Int, _ way: KernelWay) {
            #if arch(x86_64)
                if way != .swift {
                    let exposure = fbk_exposure(factor: factor, add: add, low: low, high: high, most: most)
                    let loop = way == .avx2 ? fbk_expose_avx2 : fbk_expose_sse2
                    return loop(levels, count, exposure)
                }
            #endif
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
}
