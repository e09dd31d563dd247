internal import Bytes
internal import VideoFormats

/// What can be told about a file from its name and first bytes alone. Whether it *is* a video is the worker's answer.
enum Signature {
    /// What a name says.
    enum Name {
        case video
        /// A video unless its first bytes are text.
        case videoUnlessText
        /// Looks like a video and is not read.
        case untaken(UntakenFormat)
        /// Only the first bytes can tell.
        case unknown
        case other

        /// Whether something of this name that cannot be looked at is worth telling.
        var isVideo: Bool {
            switch self {
            case .video, .videoUnlessText: true
            case .untaken, .unknown, .other: false
            }
        }
    }

    /// What a file is taken for.
    enum Content {
        case video
        case untaken(UntakenFormat)
        case other
    }

    /// - Parameters:
    ///   - extensions: the only extensions wanted, or nil for the known ones.
    ///   - missing: ids of formats that are not read here.
    static func name(_ path: RawPath, extensions: Set<String>?, missing: Set<String>) -> Name {
        let found = path.lowercasedExtension
        if let extensions { return found.map(extensions.contains) == true ? .video : .other }
        switch FormatTable.name(found) {
        case .video(let format): return missing.contains(format.id) ? .untaken(FormatTable.missing(format)) : .video
        case .videoUnlessText: return .videoUnlessText
        case .untaken(let format): return format.isLookedInto ? .unknown : .untaken(format)
        case .unknown: return .unknown
        case .other: return .other
        }
    }

    /// What a file is whose name says no more than ``Name/unknown``.
    static func content(_ path: RawPath, _ head: FileHead, missing: Set<String>) -> Content {
        if let format = FormatTable.recognise(head) {
            return missing.contains(format.id) ? .untaken(FormatTable.missing(format)) : .video
        }
        if case .untaken(let format) = FormatTable.name(path.lowercasedExtension) { return .untaken(format) }
        return .other
    }
}
