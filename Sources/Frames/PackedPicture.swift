/// Planes of an 8-bit picture as one run of bytes: plane after plane, rows from top to bottom without padding.
///
/// Nothing is copied: the memory is the picture's, which is kept.
package struct PackedPicture {
    private let planes: [Plane]
    private let owner: AnyObject
    /// Bytes.
    package let count: Int

    /// - Parameter planes: how many of its planes, from the first on.
    /// - Precondition: 8 bits.
    package init(_ picture: Picture, planes count: Int) {
        precondition(picture.depth == 8, "a byte a sample")
        planes = Array(picture.planes.prefix(count))
        owner = picture.owner
        self.count = planes.reduce(0) { $0 + $1.sampleCount }
    }

    /// One plane of a picture.
    package init(_ plane: Plane, of picture: Picture) {
        precondition(picture.depth == 8, "a byte a sample")
        (planes, owner, count) = ([plane], picture.owner, plane.sampleCount)
    }

    /// Calls a function with the stretches of memory that make up the bytes from one on, in order, until it returns false.
    ///
    /// - Complexity: O(stretches); a plane without padding is one, else a row is.
    package func forEachStretch(from offset: Int, _ take: (UnsafeRawBufferPointer) -> Bool) {
        var left = offset
        for plane in planes {
            guard left < plane.sampleCount else {
                left -= plane.sampleCount
                continue
            }
            let isWhole = plane.stride == plane.samplesPerRow
            let length = isWhole ? plane.sampleCount : plane.samplesPerRow
            for row in left / length..<(isWhole ? 1 : plane.rows) {
                let stretch = UnsafeRawBufferPointer(start: plane.base + row * plane.stride, count: length)
                guard take(UnsafeRawBufferPointer(rebasing: stretch[(left % length)...])) else { return }
                left = 0
            }
            left = 0
        }
    }

    /// A copy of the bytes.
    package func copied() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, used in
            forEachStretch(from: 0) { stretch in
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[used...])
                    .copyMemory(from: stretch)
                used += stretch.count
                return true
            }
        }
    }
}
