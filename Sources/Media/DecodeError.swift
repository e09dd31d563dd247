/// Why a video could not be opened or decoded. The text is one line: stage, cause, what to do next.
package enum DecodeError: Error, CustomStringConvertible, Equatable {
    case notRegular
    case container(String)
    case containerNotAllowed
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
        case .containerNotAllowed: "open: no known video container (or one that is not allowed)"
        case .noVideo: "open: no video stream"
        case .codecMissing(let name): "open: no decoder for \(name) in this FFmpeg"
        case .codec(let why): "decode: \(why)"
        case .tooManyStreams(let limit): "open: more than \(limit) streams"
        case .outOfMemory: "decode: out of memory; raise --memory-limit"
        case .conversion(let why): "decode: \(why)"
        }
    }
}
