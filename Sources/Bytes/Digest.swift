internal import CSHA

/// Hashes (FIPS 180-4), as lower-case hexadecimal text or raw bytes.
package enum Digest {
    package static func sha256(_ bytes: [UInt8]) -> String {
        var running = Running()
        running.update(bytes)
        return running.hex()
    }

    package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHAState(.sha1)
        hash.update(bytes)
        return hash.digest()
    }

    /// SHA-256 over bytes that come in pieces.
    package struct Running: ~Copyable {
        private var hash = SHAState(.sha256)
        package init() {}
        package mutating func update(_ bytes: [UInt8]) { hash.update(bytes) }
        /// The hash of all pieces. Nothing can be added after it.
        package mutating func hex() -> String { Escape.hex(hash.digest()) }
    }
}

/// The owner of libavutil's state of one hash.
///
/// Not private: release builds inline its users into other targets, which then name it.
package struct SHAState: ~Copyable {
    package enum Algorithm: Int32 {
        case sha1 = 160
        case sha256 = 256
    }

    private let algorithm: Algorithm
    private let memory: UnsafeMutableRawPointer
    private var state: OpaquePointer { OpaquePointer(memory) }

    package init(_ algorithm: Algorithm) {
        self.algorithm = algorithm
        memory = .allocate(byteCount: Int(av_sha_size), alignment: 16)
        // It refuses unknown sizes of a hash only.
        av_sha_init(OpaquePointer(memory), algorithm.rawValue)
    }

    deinit { memory.deallocate() }

    package mutating func update(_ bytes: [UInt8]) { av_sha_update(state, bytes, bytes.count) }

    package mutating func digest() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(algorithm.rawValue) / 8) { buffer, count in
            av_sha_final(state, buffer.baseAddress)
            count = buffer.count
        }
    }
}

/// Base64 (RFC 4648, with padding), for bytes that are no text.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
            for place in 0..<4 {
                result.append(place <= count ? alphabet[Int(group >> UInt32(18 - 6 * place) & 63)] : UInt8(ascii: "="))
            }
            index += 3
        }
        return String(decoding: result, as: UTF8.self)
    }

    package static func decode(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var group: UInt32 = 0
        var bits = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: byte) else { return nil }
            group = group << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }
}
