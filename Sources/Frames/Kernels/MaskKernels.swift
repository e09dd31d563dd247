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
