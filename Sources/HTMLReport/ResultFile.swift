internal import Bytes

/// A result document, whole or only what stands before its frames.
struct ResultFile {
    let document: JSON

    /// Reads the whole document.
    static func whole(_ path: RawPath) throws -> ResultFile {
        ResultFile(document: try JSONReader.parse(try Files.read(path)))
    }

    /// Reads what stands before `frames`, or nil when that is not to be found near the file's beginning.
    ///
    /// A quote inside a JSON string follows a backslash, so the marker with its comma cannot be part of one.
    static func head(_ path: RawPath) -> ResultFile? {
        let marker = Array(",\"frames\":[".utf8)
        guard let descriptor = try? Files.openInput(path) else { return nil }
        defer { Files.close(descriptor) }
        guard let bytes = try? Files.read(descriptor, at: 0, count: 1 << 18, path: path) else { return nil }
        var start = 0
        while let comma = bytes[start...].firstIndex(of: marker[0]) {
            if bytes[comma...].starts(with: marker) {
                return (try? JSONReader.parse(Array(bytes[..<comma]) + [UInt8(ascii: "}")])).map {
                    ResultFile(document: $0)
                }
            }
            start = comma + 1
        }
        return nil
    }

    var video: JSON? { document["video"] }
    var decode: JSON? { document["decode"] }
    var events: [JSON] { document["events"]?.array ?? [] }
    var errors: [JSON] { decode?["errors"]?.array ?? [] }
    var frames: [JSON] { document["frames"]?.array ?? [] }

    /// Frames a second, from a number or a fraction such as `30000/1001`.
    var rate: Double? {
        let rate = video?["frame_rate"]
        return ResultFile.number(rate?["avg"]) ?? ResultFile.number(rate?["r"]) ?? ResultFile.number(rate)
    }

    private static func number(_ value: JSON?) -> Double? {
        if let number = value?.double { return number > 0 ? number : nil }
        guard let parts = value?.string?.split(separator: "/"), let first = parts.first.flatMap({ Double($0) }) else {
            return nil
        }
        let second = parts.count > 1 ? Double(parts[1]) ?? 1 : 1
        return second > 0 && first > 0 ? first / second : nil
    }

    /// Fills what only the result knows into a row.
    func complete(_ video: inout Video) {
        video.events = events.count
        video.rate = rate
        video.frames = video.frames ?? document["total_frames"]?.int
        video.declared = video.declared ?? document["declared_frames"]?.int
        video.codec = video.codec ?? self.video?["codec"]?.string
        video.width = video.width ?? self.video?["width"]?.int
        video.height = video.height ?? self.video?["height"]?.int
        video.duration = video.duration ?? self.video?["duration"]?.double
        video.size = video.size ?? document["source"]?["size"]?.int
        if video.reasons.isEmpty { video.reasons = decode?["reasons"]?.array?.compactMap(\.string) ?? [] }
    }
}
