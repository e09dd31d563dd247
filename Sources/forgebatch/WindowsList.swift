internal import BatchRun
internal import Bytes

enum StandardInput {
    static func read() throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let piece = try Files.read(.standardInput, count: 1 << 16, path: RawPath("standard input"))
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }
}

/// Lists that were written on Windows: their lines end in a carriage return, and a byte order mark stands before the
/// first.
enum WindowsList {
    private static let mark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// The names of a list that lead nowhere as they stand, with what is left of them without such bytes. A name may
    /// legally have them, so the exact one comes first.
    static func names(_ survey: InputSurvey) -> [RawPath: RawPath] {
        var names: [RawPath: RawPath] = [:]
        for (index, entry) in survey.listed.enumerated()
        where entry.status == nil && survey.silent[entry.path] == nil {
            var bytes = entry.path.bytes[...]
            if index == 0, bytes.starts(with: mark) { bytes = bytes.dropFirst(mark.count) }
            if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
            if bytes.count < entry.path.bytes.count { names[entry.path] = RawPath(bytes: Array(bytes)) }
        }
        return names
    }

    static func notes(_ count: Int) -> [String] {
        count == 0
            ? []
            : [
                "--files-from: \(Quantity.plural(count, "name")) taken without the carriage return or byte order mark of a Windows list"
            ]
    }
}
