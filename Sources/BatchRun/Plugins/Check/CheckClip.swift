internal import Bytes

/// A video that is made to check a plugin: a bright rectangle that moves over a gradient.
struct CheckClip {
    var width: Int
    var height: Int
    var frames: Int
    /// Chooses where the rectangle begins and how bright it is.
    var seed = 0

    private static let rate = 25

    /// YUV4MPEG2, 4:2:0.
    ///
    /// - Complexity: 1.5 bytes a pixel.
    var bytes: [UInt8] {
        let chroma = ((width + 1) / 2) * ((height + 1) / 2)
        var bytes = Array("YUV4MPEG2 W\(width) H\(height) F\(CheckClip.rate):1 Ip A1:1 C420jpeg\n".utf8)
        bytes.reserveCapacity(bytes.count + frames * (width * height + 2 * chroma + 6))
        let (side, tall) = (max(1, width / 4), max(1, height / 3))
        let slope = (0..<width).map { UInt8(40 + ($0 * 100 / width + 13 * seed) % 100) }
        let bright = [UInt8](repeating: UInt8(200 + seed % 40), count: side)
        for frame in 0..<frames {
            let left = (frame * max(1, width / 50) + 7 * seed) % (width - side + 1)
            let top = (frame * max(1, height / 70) + 3 * seed) % (height - tall + 1)
            let marked = Array(slope[..<left]) + bright + Array(slope[(left + side)...])
            bytes += Array("FRAME\n".utf8)
            for row in 0..<height { bytes += (top..<top + tall).contains(row) ? marked : slope }
            bytes += [UInt8](repeating: UInt8(120 + frame % 16), count: chroma)
            bytes += [UInt8](repeating: UInt8(110 + seed % 30), count: chroma)
        }
        return bytes
    }
}
