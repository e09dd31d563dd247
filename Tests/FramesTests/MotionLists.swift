import TestSupport

@testable import Frames

/// The lists that the loops of `motion` read and write, each in memory of its own without a byte to spare.
struct MotionLists {
    private let width: Int
    private let height: Int
    private let atEnd: Bool
    /// Samples, former background, unrest, mask, ages, smoothed samples; then averages, recent averages, sums of columns;
    /// then bits of the mask.
    private let memories: [GuardedMemory]
    private static let (mask, recent) = (3, 7)

    private init(_ width: Int, _ height: Int, atEnd: Bool) {
        (self.width, self.height, self.atEnd) = (width, height, atEnd)
        let count = width * height
        let sizes = [Int](repeating: count, count: 6) + [2 * count, 2 * count, 2 * (width + 2)]
        memories = (sizes + [8 * ((width + 63) / 64) * height]).map { GuardedMemory(count: $0) }
    }

    /// Lists of random numbers in the ranges that they are of.
    init(_ width: Int, _ height: Int, atEnd: Bool, using generator: inout SeededGenerator) {
        self.init(width, height, atEnd: atEnd)
        let most: [UInt8] = [255, 255, 60, 15, 255, 255]
        for (list, most) in most.enumerated() {
            for place in 0..<width * height { bytes(list)[place] = UInt8.random(in: 0...most, using: &generator) }
        }
        for list in 6...7 {
            for place in 0..<width * height { levels(list)[place] = Int16.random(in: 0...32640, using: &generator) }
        }
    }

    func copy() -> MotionLists {
        let other = MotionLists(width, height, atEnd: atEnd)
        for (new, old) in zip(other.memories, memories) {
            new.bytes(atEnd: atEnd).copyMemory(from: old.bytes(atEnd: atEnd), byteCount: old.count)
        }
        return other
    }

    private func bytes(_ list: Int) -> UnsafeMutablePointer<UInt8> {
        memories[list].bytes(atEnd: atEnd).assumingMemoryBound(to: UInt8.self)
    }

    private func levels(_ list: Int) -> UnsafeMutablePointer<Int16> {
        memories[list].bytes(atEnd: atEnd).assumingMemoryBound(to: Int16.self)
    }

    /// Takes all loops one after the other; what is in the lists behind them, and the sums of likeness.
    func run(_ way: KernelWay) -> [[UInt8]] {
        let count = width * height
        let limits = Kernels.Limits(low: 8, high: 20, change: 1024)
        Kernels.smooth(bytes(0), width, height, levels(8), bytes(5), way)
        Kernels.compare(
            bytes(0), levels(6), bytes(1), levels(Self.recent), bytes(2), bytes(Self.mask), count, limits, way)
        let bits = memories[9].bytes(atEnd: atEnd).assumingMemoryBound(to: UInt64.self)
        Kernels.marks(bytes(Self.mask), width, height, 1, bits, way)
        Kernels.follow(bytes(0), levels(6), bytes(1), bytes(Self.mask), bytes(4), count, 20, 5120, way)
        Kernels.Whole(factor: -9000, add: 300, most: 31000, low: 2000, high: 30000).apply(to: levels(7), count, way)
        let table = (0...255).map { level in UInt8(clamping: level + level / 40 - 3) }
        Kernels.replace(UnsafeMutableBufferPointer(start: bytes(1), count: count), by: table, way)
        let sums = Kernels.likeness(
            bytes(0), levels(6), bytes(Self.mask), width, height, step: 1 + width % 4, limit: 4000, way)
        return memories.map { [UInt8](UnsafeRawBufferPointer(start: $0.bytes(atEnd: atEnd), count: $0.count)) }
            + [[UInt8]("\(sums)".utf8)]
    }
}
