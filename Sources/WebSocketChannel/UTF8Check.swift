/// Checks UTF-8 that comes in pieces, which may be cut inside a character.
///
/// Surrogates, overlong forms and anything past U+10FFFF are not UTF-8 (RFC 3629).
struct UTF8Check {
    /// Continuation bytes that the current character still needs.
    private var missing = 0
    /// What the next continuation byte may be: narrower than 0x80...0xBF after some first bytes.
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the text so far ends with a whole character.
    var isWhole: Bool { missing == 0 }

    /// Takes the next bytes; false as soon as one cannot belong to UTF-8.
    ///
    /// - Complexity: O(n).
    mutating func accept(_ bytes: some Sequence<UInt8>) -> Bool {
        for byte in bytes {
            if missing > 0 {
                guard allowed.contains(byte) else { return false }
                missing -= 1
                allowed = 0x80...0xBF
            } else if byte >= 0x80, !begin(byte) {
                return false
            }
        }
        return true
    }

    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF: missing = 2
        case 0xF0...0xF4: missing = 3
        default: return false
        }
        switch byte {
        case 0xE0: allowed = 0xA0...0xBF
        case 0xED: allowed = 0x80...0x9F
        case 0xF0: allowed = 0x90...0xBF
        case 0xF4: allowed = 0x80...0x8F
        default: break
        }
        return true
    }
}
