package import Frames

/// Pictures drawn in code, plane by plane, in every layout that a decoder may hand out.
package enum Drawing {
    /// How rows lie in memory.
    package struct Layout: Sendable {
        /// Bytes behind each row that belong to no sample.
        package var padding = 0
        /// Bytes before the first row.
        package var offset = 0
        package var isBottomUp = false

        package init(padding: Int = 0, offset: Int = 0, isBottomUp: Bool = false) {
            self.padding = padding
            self.offset = offset
            self.isBottomUp = isBottomUp
        }
    }

    private final class Storage {
        let bytes: UnsafeMutableRawBufferPointer
        init(count: Int) {
            bytes = .allocate(byteCount: max(1, count), alignment: 64)
            // What is no sample is neither dark nor bright, so that reading it shows.
            bytes.initializeMemory(as: UInt8.self, repeating: 0x5a)
        }
        deinit { bytes.deallocate() }
    }

    /// Draws planes of the given sizes; `sample(plane, x, y)` gives values of `depth` bits.
    package static func picture(
        planes sizes: [(samples: Int, rows: Int)], depth: Int = 8, shift: Int = 0, isFullRange: Bool = false,
        chroma: ChromaLayout? = nil, layout: Layout = Layout(), sample: (Int, Int, Int) -> Int
    ) -> Picture {
        let size = depth > 8 ? 2 : 1
        let strides = sizes.map { $0.samples * size + layout.padding }
        let total = zip(sizes, strides).reduce(0) { $0 + layout.offset + $1.0.rows * $1.1 }
        let storage = Storage(count: total)
        var planes: [Plane] = []
        var start = 0
        for (index, (extent, stride)) in zip(sizes, strides).enumerated() {
            start += layout.offset
            let first = layout.isBottomUp ? start + (extent.rows - 1) * stride : start
            let step = layout.isBottomUp ? -stride : stride
            for y in 0..<extent.rows {
                for x in 0..<extent.samples {
                    let value = sample(index, x, y) << shift
                    let place = first + y * step + x * size
                    storage.bytes[place] = UInt8(truncatingIfNeeded: value)
                    if size == 2 { storage.bytes[place + 1] = UInt8(truncatingIfNeeded: value >> 8) }
                }
            }
            guard let base = storage.bytes.baseAddress else { preconditionFailure("an allocation has an address") }
            planes.append(
                Plane(
                    base: UnsafeRawPointer(base + first), stride: step, samplesPerRow: extent.samples, rows: extent.rows
                ))
            start += extent.rows * stride
        }
        return Picture(
            planes: planes, width: sizes[0].samples, height: sizes[0].rows, depth: depth, shift: shift,
            isFullRange: isFullRange, chroma: chroma, owner: storage)
    }

    /// One luma plane of a single value, filled without asking for each sample.
    package static func flat(
        _ value: Int, width: Int = 16, height: Int = 16, depth: Int = 8, isFullRange: Bool = false
    ) -> Picture {
        let size = depth > 8 ? 2 : 1
        let storage = Storage(count: width * height * size)
        if size == 1 {
            storage.bytes.initializeMemory(as: UInt8.self, repeating: UInt8(value))
        } else {
            storage.bytes.initializeMemory(as: UInt16.self, repeating: UInt16(value))
        }
        guard let base = storage.bytes.baseAddress else { preconditionFailure("an allocation has an address") }
        let plane = Plane(base: UnsafeRawPointer(base), stride: width * size, samplesPerRow: width, rows: height)
        return Picture(
            planes: [plane], width: width, height: height, depth: depth, shift: 0, isFullRange: isFullRange,
            owner: storage)
    }

    /// A 4:2:0 picture whose three planes have one value each.
    package static func yuv(_ y: Int, _ u: Int, _ v: Int, width: Int = 16, height: Int = 16) -> Picture {
        let chroma = (samples: (width + 1) / 2, rows: (height + 1) / 2)
        return picture(planes: [(width, height), chroma, chroma]) { plane, _, _ in [y, u, v][plane] }
    }
}

/// A small generator with a seed, so that a random test that fails fails again.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    /// SplitMix64.
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
