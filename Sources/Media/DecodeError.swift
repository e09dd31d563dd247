/// Why a video could not be opened or decoded. The text is one line: stage, cause, what to do next.
package enum DecodeError: Error, CustomStringConvertible, Equatable {
    case notRegular
    case container(String)
    case containerNotAllowed
    case photo
    case empty
    /// The first so many bytes are zero, or all there are.
    case zeros(Int64, isWhole: Bool)
    case noVideo
    case codecMissing(String)
    case codec(String)
    case tooManyStreams(Int)
    case outOfMemory
    case conversion(String)

    package var description: String {
        switch self {
        case .notRegular: "open: not a regular file"
        case .container(let why): "open: \(why)"
        case .containerNotAllowed: "open: not a video container that forgebatch reads (see `forgebatch formats`)"
        case .photo: "open: a photo, not a video"
        case .empty: "open: empty file"
        case .zeros(_, isWhole: true): "open: only zero bytes: the recording was never written"
        case .zeros(let count, isWhole: false):
            "open: the first \(count >> 20) MiB are zero bytes: the recording or its beginning was never written"
        case .noVideo: "open: no video stream"
        case .codecMissing(let name): "open: no decoder for \(name) in this FFmpeg"
        case .codec(let why): "decode: \(why)"
        case .tooManyStreams(let limit): "open: more than \(limit) streams"
        case .outOfMemory: "decode: out of memory; raise --memory-limit"
        case .conversion(let why): "decode: \(why)"
        }
    }
}
