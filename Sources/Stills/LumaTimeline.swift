internal import CPNG

/// Average luma over time, in at most `mostColumns` slices of equally many frames.
package struct LumaTimeline {
    private var sums: [Double] = []
    private var framesPerColumn = 1
    private var framesInLast = 0

    private static let mostColumns = 1024
    private static let height = 48

    package init() {}

    package mutating func add(_ luma: Double) {
        if framesInLast == framesPerColumn || sums.isEmpty {
            if sums.count == LumaTimeline.mostColumns {
                sums = stride(from: 0, to: sums.count, by: 2).map { sums[$0] + sums[$0 + 1] }
                framesPerColumn *= 2
            }
            sums.append(0)
            framesInLast = 0
        }
        sums[sums.count - 1] += luma
        framesInLast += 1
    }

    /// The mean of each slice, on the 8-bit scale.
    package var columns: [Double] {
        sums.enumerated().map { index, sum in
            sum / Double(index == sums.count - 1 ? max(1, framesInLast) : framesPerColumn)
        }
    }

    /// An 8-bit grey PNG, a column per slice; nil without a frame.
    package func png() -> [UInt8]? {
        guard !sums.isEmpty else { return nil }
        let row = columns.map { UInt8(min(255, max(0, $0.rounded()))) }
        let pixels = (0..<LumaTimeline.height).flatMap { _ in row }
        return PNG.encodeGray(pixels, width: row.count, height: LumaTimeline.height)
    }
}

/// Writes PNG with libpng's simplified interface.
enum PNG {
    static func encodeGray(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8]? {
        var image = png_image()
        image.version = png_uint_32(PNG_IMAGE_VERSION)
        image.width = png_uint_32(width)
        image.height = png_uint_32(height)
        image.format = png_uint_32(PNG_FORMAT_GRAY)
        defer { png_image_free(&image) }
        var size = png_alloc_size_t(0)
        guard png_image_write_to_memory(&image, nil, &size, 0, pixels, png_int_32(width), nil) != 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        guard png_image_write_to_memory(&image, &bytes, &size, 0, pixels, png_int_32(width), nil) != 0 else {
            return nil
        }
        return Array(bytes.prefix(Int(size)))
    }
}
