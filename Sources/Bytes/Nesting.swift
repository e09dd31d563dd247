/// How deep in objects and lists a JSON text is; brackets inside strings do not count.
struct Nesting {
    private(set) var depth = 0
    private var isInString = false
    private var isEscaped = false

    @inline(__always)
    mutating func take(_ byte: UInt8) {
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return
        }
        switch byte {
        case UInt8(ascii: "\""): isInString = true
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }
}

extension JSONReader {
    /// Whether a line may be a whole JSON object: what its first byte opens is closed by its last one, and no byte is a
    /// control character. So a line that was cut, or partly overwritten by zeros, is found; not every mistake is.
    ///
    /// - Complexity: one look at each byte, a fraction of what parsing takes.
    package static func mayBeObject(_ line: [UInt8]) -> Bool {
        guard line.first == UInt8(ascii: "{") else { return false }
        return line.withUnsafeBufferPointer { line in
            let last = line.count - 1
            var nesting = Nesting()
            for index in 0..<last {
                nesting.take(line[index])
                if line[index] < 0x20 || nesting.depth < 1 { return false }
            }
            nesting.take(line[last])
            return nesting.depth == 0 && line[last] >= 0x20
        }
    }
}
