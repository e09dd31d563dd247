/// Hands out the lines of a file from its end: for readers that only want the newest of a file that grows at its end.
package enum LinesFromEnd {
    private static let pieceSize: Int64 = 1 << 16

    /// Calls `body` with each whole line, the last one first, until it returns false. What follows the last line feed is
    /// left out: its writer has not finished it. A missing file has no lines.
    ///
    /// - Complexity: what is read, and the longest line in memory.
    package static func forEach(_ path: RawPath, _ body: ([UInt8]) throws -> Bool) throws {
        guard Files.exists(path) else { return }
        let descriptor = try Files.openInput(path)
        defer { Files.close(descriptor) }
        var start = try Files.status(descriptor: descriptor, path: path).size
        // What is read and not handed out: it begins at `start`, and the line that it begins with may have begun before.
        var rest: [UInt8] = []
        var isTail = true
        while start > 0 || !rest.isEmpty {
            while let feed = rest.lastIndex(of: 0x0a) {
                let line = Array(rest[(feed + 1)...])
                rest.removeSubrange(feed...)
                defer { isTail = false }
                if !isTail, !line.isEmpty, try !body(line) { return }
            }
            guard start > 0 else {
                if !isTail, !rest.isEmpty { _ = try body(rest) }
                return
            }
            let count = min(pieceSize, start)
            start -= count
            rest = try Files.read(descriptor, at: start, count: Int(count), path: path) + rest
        }
    }

    /// How many line feeds a file has; 0 for a missing one.
    package static func count(_ path: RawPath) throws(SystemError) -> Int {
        guard Files.exists(path) else { return 0 }
        let descriptor = try Files.openInput(path)
        defer { Files.close(descriptor) }
        var count = 0
        while true {
            let piece = try Files.read(descriptor, count: 1 << 20, path: path)
            if piece.isEmpty { return count }
            for byte in piece where byte == 0x0a { count += 1 }
        }
    }
}
