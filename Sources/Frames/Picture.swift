/// One plane of samples in memory that a ``Picture`` keeps alive.
///
/// A row holds `samplesPerRow` samples of one or two bytes (little-endian); interleaved chroma counts both components.
package struct Plane {
    let base: UnsafeRawPointer
    /// Bytes from one row to the next; negative for pictures stored bottom-up.
    let stride: Int
    package let samplesPerRow: Int
    package let rows: Int

    package init(base: UnsafeRawPointer, stride: Int, samplesPerRow: Int, rows: Int) {
        self.base = base
        self.stride = stride
        self.samplesPerRow = samplesPerRow
        self.rows = rows
    }

    package var sampleCount: Int { samplesPerRow * rows }
}

/// Where a picture's chroma lies.
package enum ChromaLayout: Equatable, Sendable {
    case none
    /// U is plane 1 and V plane 2.
    case planar
    /// U and V take turns in plane 1, as in NV12; or V and U, as in NV21.
    case interleaved
    case interleavedSwapped

    /// What the number of planes says.
    package init(planes: Int) { self = planes > 2 ? .planar : planes == 2 ? .interleaved : .none }
}

/// A decoded frame's picture: planes read in place, and the object that owns their memory.
///
/// A class because ownership is the point: a tool that keeps a reference picture keeps its memory, without a copy.
package final class Picture {
    package let planes: [Plane]
    /// Pixels.
    package let width: Int
    package let height: Int
    /// Significant bits of a sample, 8…16.
    package let depth: Int
    /// How far the significant bits are shifted up inside a 16-bit sample (P010: 6).
    package let shift: Int
    /// Whether luma spans 0…2^depth-1 instead of 16…235 on the 8-bit scale.
    package let isFullRange: Bool
    package let chroma: ChromaLayout
    /// What keeps the planes' memory.
    package let owner: AnyObject

    /// - Parameter chroma: nil for what the number of planes says.
    package init(
        planes: [Plane], width: Int, height: Int, depth: Int, shift: Int, isFullRange: Bool,
        chroma: ChromaLayout? = nil, owner: AnyObject
    ) {
        precondition(!planes.isEmpty && depth >= 8 && depth <= 16, "a picture has a luma plane of 8 to 16 bits")
        let chroma = chroma ?? ChromaLayout(planes: planes.count)
        precondition(
            planes.count > (chroma == .planar ? 2 : chroma == .none ? 0 : 1), "chroma lies in planes that there are")
        self.planes = planes
        self.width = width
        self.height = height
        self.depth = depth
        self.shift = shift
        self.isFullRange = isFullRange
        self.chroma = chroma
        self.owner = owner
    }

    package var luma: Plane { planes[0] }
    package var bytesPerSample: Int { depth > 8 ? 2 : 1 }

    /// What a sample of this depth is divided by to land on the 8-bit scale.
    package var scale: Double { Double(1 << (depth - 8)) }

    /// Whether difference measures between two pictures are defined.
    package func isComparable(with other: Picture) -> Bool {
        width == other.width && height == other.height && depth == other.depth && shift == other.shift
            && planes.count == other.planes.count
            && zip(planes, other.planes).allSatisfy { $0.samplesPerRow == $1.samplesPerRow && $0.rows == $1.rows }
    }
}

/// A picture whose memory is a Swift array: for tests and for pictures made here.
package enum DrawnPicture {
    private final class Storage {
        let buffer: UnsafeMutableRawBufferPointer
        init(bytes: Int) { buffer = .allocate(byteCount: max(1, bytes), alignment: 64) }
        deinit { buffer.deallocate() }
    }

    /// Draws a picture with one luma plane; `sample(x, y)` gives each value at the picture's depth.
    package static func gray(
        width: Int, height: Int, depth: Int = 8, stride padding: Int = 0, isFullRange: Bool = false,
        sample: (Int, Int) -> Int
    ) -> Picture {
        let size = depth > 8 ? 2 : 1
        let stride = width * size + padding
        let storage = Storage(bytes: stride * height)
        for y in 0..<height {
            for x in 0..<width {
                let value = sample(x, y)
                storage.buffer[y * stride + x * size] = UInt8(truncatingIfNeeded: value)
                if size == 2 { storage.buffer[y * stride + x * size + 1] = UInt8(truncatingIfNeeded: value >> 8) }
            }
        }
        guard let base = storage.buffer.baseAddress.map({ UnsafeRawPointer($0) }) else {
            preconditionFailure("an allocation of at least one byte has an address")
        }
        let plane = Plane(base: base, stride: stride, samplesPerRow: width, rows: height)
        return Picture(
            planes: [plane], width: width, height: height, depth: depth, shift: 0, isFullRange: isFullRange,
            owner: storage)
    }
}
