package import Bytes

/// A job's identity: the lower-case version 5 UUID (RFC 9562) of the bytes of the video's relative path.
package struct JobID: Hashable, Sendable, CustomStringConvertible {
    package let text: String
    package var description: String { text }

    /// The namespace: the version 5 UUID of `forgebatch/job/1` in the RFC's namespace for URLs.
    private static let namespace: [UInt8] = uuid(
        namespace: [
            0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
        ], name: Array("forgebatch/job/1".utf8))

    package init(video: RawPath) {
        text = JobID.format(JobID.uuid(namespace: JobID.namespace, name: video.bytes))
    }

    /// The 16 bytes of the id, as two numbers.
    package struct Key: Hashable, Sendable {
        private let high: UInt64
        private let low: UInt64

        /// Reads the canonical form of an id that stands at an index of a text; nil where there is none.
        package init?(_ bytes: [UInt8], at start: Int) {
            guard start >= 0, start + 36 <= bytes.count else { return nil }
            var (high, low): (UInt64, UInt64) = (0, 0)
            for index in 0..<36 {
                let byte = bytes[start + index]
                if index == 8 || index == 13 || index == 18 || index == 23 {
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
    }

    /// The id in 16 bytes, for tables of many.
    package var key: Key? { Key(Array(text.utf8), at: 0) }

    /// Accepts only the canonical form: 36 characters, lower-case hexadecimal, four hyphens.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) else { return nil }
            }
        }
        self.text = text
    }

    private static func uuid(namespace: [UInt8], name: [UInt8]) -> [UInt8] {
        var bytes = Array(Digest.sha1(namespace + name).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes
    }

    private static func format(_ bytes: [UInt8]) -> String {
        let hex = Array(Escape.hex(bytes).utf8)
        let parts = [hex[0..<8], hex[8..<12], hex[12..<16], hex[16..<20], hex[20..<32]]
        return String(decoding: Array(parts.joined(separator: [UInt8(ascii: "-")])), as: UTF8.self)
    }
}
