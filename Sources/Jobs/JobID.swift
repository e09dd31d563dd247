package import Bytes

/// A job's identity: the version 5 UUID (RFC 9562) of the bytes of the video's relative path.
///
/// It is kept as its 16 bytes, for tables of many.
package struct JobID: Hashable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// The namespace: the version 5 UUID of `forgebatch/job/1` in the RFC's namespace for URLs.
    private static let namespace: [UInt8] = uuid(
        namespace: [
            0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
        ], name: Array("forgebatch/job/1".utf8))

    package init(video: RawPath) {
        let bytes = JobID.uuid(namespace: JobID.namespace, name: video.bytes)
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Accepts only the canonical form: 36 characters, lower-case hexadecimal, four hyphens.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == JobID.length else { return nil }
        self.init(bytes, at: 0)
    }

    /// Reads the canonical form of an id that stands at an index of a text; nil where there is none.
    package init?(_ bytes: [UInt8], at start: Int) {
        guard start >= 0, start + JobID.length <= bytes.count else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<JobID.length {
            let byte = bytes[start + index]
            if JobID.isHyphen(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            if index < 18 { high = high << 4 | UInt64(digit) } else { low = low << 4 | UInt64(digit) }
        }
        (self.high, self.low) = (high, low)
    }

    /// Its 16 bytes as two numbers, the first eight of them first.
    package init(halves: (UInt64, UInt64)) { (high, low) = halves }

    package var halves: (UInt64, UInt64) { (high, low) }

    /// Characters of the canonical form.
    private static let length = 36

    private static func isHyphen(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }

    /// The canonical form, in lower case, made anew each time. Texts have the order of the ids' bytes.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(JobID.length)
        for digit in 0..<32 {
            if JobID.isHyphen(bytes.count) { bytes.append(UInt8(ascii: "-")) }
            let half = digit < 16 ? high : low
            let value = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (digit % 16)) & 15)
            bytes.append(value + (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package var description: String { text }

    private static func uuid(namespace: [UInt8], name: [UInt8]) -> [UInt8] {
        var bytes = Array(Digest.sha1(namespace + name).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }
}
