/// Cuts bytes into lines.
package struct LineSplitter {
    /// What stands behind the last line feed.
    package private(set) var rest: [UInt8] = []

    package init() {}

    /// Takes further bytes, and hands out the lines that they end.
    ///
    /// - Complexity: the number of bytes taken.
    package mutating func add(_ bytes: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = 0
        while let feed = bytes[start...].firstIndex(of: 0x0a) {
            lines.append(rest + bytes[start..<feed])
            rest = []
            start = feed + 1
        }
        rest += bytes[start...]
        return lines
    }

    /// Leaves the last bytes of the rest only.
    package mutating func cutRest(to count: Int) { rest = Array(rest.suffix(count)) }
}
