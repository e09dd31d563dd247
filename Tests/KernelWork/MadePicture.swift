import Frames

/// Pictures of 4:2:0 with some structure, made fast, for a program that makes nothing else fast.
enum MadePicture {
    private final class Storage {
        let bytes: UnsafeMutableRawBufferPointer
        init(count: Int) { bytes = .allocate(byteCount: count, alignment: 64) }
        deinit { bytes.deallocate() }
    }

    static func draw(_ width: Int, _ height: Int, seed: UInt64) -> Picture {
        let chroma = (width / 2, height / 2)
        let storage = Storage(count: width * height + 2 * chroma.0 * chroma.1)
        guard let base = storage.bytes.baseAddress else { preconditionFailure("a picture has bytes") }
        // A wave with noise, of which each row is another piece.
        let noise = wave(seed, length: 4 * width)
        var planes: [Plane] = []
        var start = 0
        for (samples, rows) in [(width, height), chroma, chroma] {
            for y in 0..<rows {
                let offset = y * 37 % (3 * width)
                noise.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(start: base + start + y * samples, count: samples)
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + samples]))
                }
            }
            planes.append(Plane(base: base + start, stride: samples, samplesPerRow: samples, rows: rows))
            start += samples * rows
        }
        return Picture(
            planes: planes, width: width, height: height, depth: 8, shift: 0, isFullRange: false, owner: storage)
    }

    /// Levels of 40 to 223, none of which is dark.
    private static func wave(_ seed: UInt64, length: Int) -> [UInt8] {
        var state = seed
        return (0..<length).map { place in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let rise = (place &* 3) & 255
            return UInt8(40 + (rise < 128 ? rise : 255 - rise) + Int(state >> 58) % 57)
        }
    }
}
