package import Bytes

/// What a finished result holds, from reading it once: its head, its hash, and what is counted over its frames.
package struct ResultContent: Sendable {
    /// Everything before the frames.
    package let head: JSON
    /// In hexadecimal.
    package let sha256: String
    /// Bytes.
    package let size: Int64
    /// Bytes of the file, which are fewer where it is compressed.
    package let fileSize: Int64
    package let isCompressed: Bool
    /// Objects in the `detections` of all frames.
    package private(set) var detections = 0
    /// Their classes, in the order in which they first appear.
    package private(set) var classes: [String] = []

    /// Reads a result as this program writes it, a frame a line, one line in memory at a time.
    ///
    /// - Throws: `SystemError` when it cannot be read, `JSONError` when it is no whole result.
    package init(_ path: RawPath) throws {
        let content = try ContentReader(path)
        let lines = LineReader(content)
        var hash = Digest.Running()
        var size: Int64 = 0
        func next() throws -> [UInt8]? {
            guard let line = try lines.next() else { return nil }
            let bytes = lines.isTorn ? line : line + [0x0a]
            hash.update(bytes)
            size += Int64(bytes.count)
            return line
        }
        head = try HeadReader.parse(next() ?? [])
        var isWhole = false
        while var line = try next() {
            isWhole = line.elementsEqual("]}".utf8) && !lines.isTorn
            if isWhole { continue }
            if line.last == UInt8(ascii: ",") { line.removeLast() }
            let frame = try JSONReader.parse(line)
            for object in frame["detections"]?["tracked_objects"]?.array ?? [] {
                detections += 1
                if let name = object["class"]?.string, !classes.contains(name) { classes.append(name) }
            }
        }
        guard isWhole else { throw JSONError(reason: "it ends inside its frames", offset: Int(clamping: size)) }
        sha256 = hash.hex()
        self.size = size
        isCompressed = content.isCompressed
        fileSize = isCompressed ? try Files.status(path).size : size
    }
}
