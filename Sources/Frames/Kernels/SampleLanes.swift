/// Vectors of samples of one size, and sums of them in wider lanes.
protocol SampleLanes {
    associatedtype Sample: FixedWidthInteger & UnsignedInteger & SIMDScalar
    /// 16 bytes of samples.
    associatedtype Vector: SIMD where Vector.Scalar == Sample
    /// Sums of neighbours, in lanes of twice the size.
    associatedtype Pairs: SIMD where Pairs.Scalar: FixedWidthInteger
    /// Sums of pairs, in lanes of four times the size.
    associatedtype Wide: SIMD where Wide.Scalar: FixedWidthInteger

    static var count: Int { get }
    static func lesser(_ a: Vector, _ b: Vector) -> Vector
    static func greater(_ a: Vector, _ b: Vector) -> Vector
    /// |a - b|
    static func distance(_ a: Vector, _ b: Vector) -> Vector
    /// 1 where a sample is at most `limit`.
    static func ones(_ samples: Vector, upTo limit: Sample) -> Vector
    static func add(_ pairs: Pairs, _ samples: Vector) -> Pairs
    static func widen(_ sums: Wide, _ pairs: Pairs) -> Wide
    /// Puts sums of four columns into a list of them.
    static func store(_ sums: Wide, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int)
    /// Puts sums of two columns, or samples, into a row of bytes: half added, shifted.
    static func store(
        _ sums: Pairs, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64)
    static func store(
        _ samples: Vector, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64)
    static func total(_ sums: Wide) -> UInt64
}

/// 16 samples of 8 bits.
enum ByteLanes: SampleLanes {
    static var count: Int { 16 }

    @inline(__always)
    static func lesser(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { a.replacing(with: b, where: b .< a) }
    @inline(__always)
    static func greater(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { a.replacing(with: b, where: b .> a) }
    @inline(__always)
    static func distance(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { greater(a, b) &- lesser(a, b) }
    @inline(__always)
    static func ones(_ samples: SIMD16<UInt8>, upTo limit: UInt8) -> SIMD16<UInt8> {
        SIMD16<UInt8>(repeating: 1).replacing(with: 0, where: samples .> SIMD16<UInt8>(repeating: limit))
    }
    @inline(__always)
    static func add(_ pairs: SIMD8<UInt16>, _ samples: SIMD16<UInt8>) -> SIMD8<UInt16> {
        let words = unsafeBitCast(samples, to: SIMD8<UInt16>.self)
        return pairs &+ (words & 0xff) &+ (words &>> 8)
    }
    @inline(__always)
    static func widen(_ sums: SIMD4<UInt32>, _ pairs: SIMD8<UInt16>) -> SIMD4<UInt32> {
        let words = unsafeBitCast(pairs, to: SIMD4<UInt32>.self)
        return sums &+ (words & 0xffff) &+ (words &>> 16)
    }
    @inline(__always)
    static func store(_ sums: SIMD4<UInt32>, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int) {
        for lane in 0..<4 { list[place &+ lane] = sums[lane] }
    }
    @inline(__always)
    static func store(
        _ sums: SIMD8<UInt16>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        let means = (sums &+ UInt16(truncatingIfNeeded: half)) &>> UInt16(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(means, to: SIMD16<UInt8>.self).evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD8<UInt8>.self)
    }
    @inline(__always)
    static func store(
        _ samples: SIMD16<UInt8>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        UnsafeMutableRawBufferPointer(row).storeBytes(of: samples, toByteOffset: place, as: SIMD16<UInt8>.self)
    }
    @inline(__always)
    static func total(_ sums: SIMD4<UInt32>) -> UInt64 {
        UInt64(sums[0]) + UInt64(sums[1]) + UInt64(sums[2]) + UInt64(sums[3])
    }
}

/// 8 samples of 16 bits.
enum WordLanes: SampleLanes {
    static var count: Int { 8 }

    @inline(__always)
    static func lesser(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { a.replacing(with: b, where: b .< a) }
    @inline(__always)
    static func greater(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { a.replacing(with: b, where: b .> a) }
    @inline(__always)
    static func distance(_ a: SIMD8<UInt16>, _ b: SIMD8<UInt16>) -> SIMD8<UInt16> { greater(a, b) &- lesser(a, b) }
    @inline(__always)
    static func ones(_ samples: SIMD8<UInt16>, upTo limit: UInt16) -> SIMD8<UInt16> {
        SIMD8<UInt16>(repeating: 1).replacing(with: 0, where: samples .> SIMD8<UInt16>(repeating: limit))
    }
    @inline(__always)
    static func add(_ pairs: SIMD4<UInt32>, _ samples: SIMD8<UInt16>) -> SIMD4<UInt32> {
        let words = unsafeBitCast(samples, to: SIMD4<UInt32>.self)
        return pairs &+ (words & 0xffff) &+ (words &>> 16)
    }
    @inline(__always)
    static func widen(_ sums: SIMD2<UInt64>, _ pairs: SIMD4<UInt32>) -> SIMD2<UInt64> {
        let words = unsafeBitCast(pairs, to: SIMD2<UInt64>.self)
        return sums &+ (words & 0xffff_ffff) &+ (words &>> 32)
    }
    @inline(__always)
    static func store(_ sums: SIMD2<UInt64>, _ list: UnsafeMutableBufferPointer<UInt32>, _ place: Int) {
        for lane in 0..<2 { list[place &+ lane] = UInt32(truncatingIfNeeded: sums[lane]) }
    }
    @inline(__always)
    static func store(
        _ sums: SIMD4<UInt32>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        let means = (sums &+ UInt32(truncatingIfNeeded: half)) &>> UInt32(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(means.replacing(with: 255, where: means .> 255), to: SIMD16<UInt8>.self)
            .evenHalf.evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD4<UInt8>.self)
    }
    @inline(__always)
    static func store(
        _ samples: SIMD8<UInt16>, _ row: UnsafeMutableBufferPointer<UInt8>, _ place: Int, half: UInt64, shift: UInt64
    ) {
        // Rounding may not pass the largest sample: the greatest of 10 bits is 255 on the 8-bit scale, not 256.
        let part = UInt16(truncatingIfNeeded: half)
        let top = UInt16.max &- part
        let means = (lesser(samples, SIMD8(repeating: top)) &+ part) &>> UInt16(truncatingIfNeeded: shift)
        let bytes = unsafeBitCast(lesser(means, SIMD8(repeating: 255)), to: SIMD16<UInt8>.self).evenHalf
        UnsafeMutableRawBufferPointer(row).storeBytes(of: bytes, toByteOffset: place, as: SIMD8<UInt8>.self)
    }
    @inline(__always)
    static func total(_ sums: SIMD2<UInt64>) -> UInt64 { sums[0] &+ sums[1] }
}
