/// A container or a raw stream that videos come in.
package struct VideoFormat: Sendable {
    /// A word that stays the same from version to version.
    package let id: String
    /// A word for people, and who makes such files.
    package let title: String
    /// FFmpeg's names of the demuxers that read it, of which one is enough.
    package let demuxers: [String]
    /// FFmpeg's name of the codec of a raw stream that some builds of FFmpeg cannot decode.
    package let codec: String?
    /// Extensions that are taken without a look at the file, in lower case.
    package let extensions: [String]
    /// Extensions under which it is met besides, taken when the first bytes are its own.
    package let otherExtensions: [String]
    /// Whether FFmpeg has to be told what it is, because it does not find that out from the bytes alone. Then the file's
    /// extension decides.
    package let isToldByName: Bool
    /// Whether FFmpeg's demuxer answers with an error instead of an end once every byte of a whole file is read.
    package let endsInError: Bool
    /// Whether its first bytes may be those of a text.
    let mayLookLikeText: Bool
    /// Whether the first bytes are this format's; nil when they tell nothing.
    let signature: (@Sendable (FileHead) -> Bool)?

    init(
        _ id: String, _ title: String, _ demuxers: [String], names extensions: [String] = [],
        also otherExtensions: [String] = [], codec: String? = nil, told isToldByName: Bool = false,
        endsInError: Bool = false, likeText mayLookLikeText: Bool = false,
        signature: (@Sendable (FileHead) -> Bool)? = nil
    ) {
        self.id = id
        self.title = title
        self.demuxers = demuxers
        self.extensions = extensions
        self.otherExtensions = otherExtensions
        self.codec = codec
        self.isToldByName = isToldByName
        self.endsInError = endsInError
        self.mayLookLikeText = mayLookLikeText
        self.signature = signature
    }

    /// Whether a file under any name is found.
    package var isFoundBySignature: Bool { signature != nil }
}

/// Something that looks like a video and is not read.
package struct UntakenFormat: Sendable, Hashable {
    package let id: String
    package let title: String
    package let extensions: [String]
    /// What its owner can do about it.
    package let advice: String
    /// Whether such a name may also hold something that is read, so that the first bytes are asked.
    package let isLookedInto: Bool

    init(_ id: String, _ title: String, _ extensions: [String], _ advice: String, looked isLookedInto: Bool = false) {
        self.id = id
        self.title = title
        self.extensions = extensions
        self.advice = advice
        self.isLookedInto = isLookedInto
    }
}

extension FormatTable {
    /// What a name says of a file.
    package enum Name: Sendable {
        case video(VideoFormat)
        /// A video unless it is text: names that programs use too.
        case videoUnlessText(VideoFormat)
        /// Looks like a video and is not read.
        case untaken(UntakenFormat)
        /// A photo, sound, text, or something else that stands beside videos.
        case other
        /// Only the first bytes can tell.
        case unknown
    }

    /// - Parameter fileExtension: in lower case without its dot; nil for a name without one.
    package static func name(_ fileExtension: String?) -> Name {
        guard let fileExtension else { return .unknown }
        if let format = byExtension[fileExtension] {
            return sharedWithText.contains(fileExtension) ? .videoUnlessText(format) : .video(format)
        }
        if let format = untakenByExtension[fileExtension] { return .untaken(format) }
        return notVideo.contains(fileExtension) ? .other : .unknown
    }

    /// The format whose signature a file begins with.
    package static func recognise(_ head: FileHead) -> VideoFormat? {
        // A word at the start of a text is no signature.
        let isText = head.isText
        return all.first { (!isText || $0.mayLookLikeText) && $0.signature?(head) == true }
    }

    /// The format whose demuxer FFmpeg has to be told for a file of this name: a raw stream, unless its first bytes are
    /// those of another format, or text.
    package static func told(_ fileExtension: String?, _ head: FileHead) -> VideoFormat? {
        guard let format = fileExtension.flatMap({ byExtension[$0] }), format.isToldByName, !head.isText,
            recognise(head).map({ $0.id == format.id }) ?? true
        else { return nil }
        return format
    }

    /// A format that the linked FFmpeg does not read.
    package static func missing(_ format: VideoFormat) -> UntakenFormat {
        UntakenFormat(
            format.id, format.title, format.extensions.isEmpty ? format.otherExtensions : format.extensions,
            "the FFmpeg that forgebatch is linked with does not read it; another version may")
    }

    private static let byExtension: [String: VideoFormat] = index(all) { $0.extensions }
    private static let untakenByExtension: [String: UntakenFormat] = index(untaken) { $0.extensions }

    private static func index<Format>(_ formats: [Format], by extensions: (Format) -> [String]) -> [String: Format] {
        var result: [String: Format] = [:]
        for format in formats {
            for name in extensions(format) where result[name] == nil { result[name] = format }
        }
        return result
    }
}
