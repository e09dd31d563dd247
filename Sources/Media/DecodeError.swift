internal import Glibc

/// Why a video could not be opened or decoded. The text is one line: stage, cause, what to do next.
package enum DecodeError: Error, CustomStringConvertible, Equatable {
    case notRegular
    case container(String)
    case containerNotAllowed
    case photo
    case empty
    /// The first so many bytes are zero, or all there are.
    case zeros(Int64, isWhole: Bool)
    /// An ISO file without the index that is written last.
    case unfinished
    case noVideo
    /// The name of the scheme, as far as the file says.
    case encrypted(String)
    case codecMissing(String)
    case codec(String)
    case tooManyStreams(Int)
    case pictureTooLarge(width: Int, height: Int, limit: Int64)
    case outOfMemory
    /// The file could not be read: the errno. It may be sound, and readable another time.
    case unreadable(Int32)
    case conversion(String)
    /// Something came up while several threads decoded of which one thread might give another account. Begin anew with one.
    case threadTrouble

    package var description: String {
        switch self {
        case .notRegular: "open: not a regular file"
        case .container(let why): "open: \(why)"
        case .containerNotAllowed:
            "open: not a video container that forgebatch reads: the content is something else, whatever the name says; forgebatch formats lists what is read"
        case .photo: "open: a photo, not a video"
        case .empty: "open: empty file"
        case .zeros(_, isWhole: true): "open: only zero bytes: the recording was never written"
        case .zeros(let count, isWhole: false):
            "open: the first \(count >> 20) MiB are zero bytes: the recording or its beginning was never written"
        case .unfinished:
            "open: the recording was never finished, or its end was not copied: it has no index (moov atom); copy it again, or repair it with a program that rebuilds one"
        case .noVideo: "open: no pictures in it, only sound or data (no video stream)"
        case .encrypted(let scheme): "open: the video is encrypted (\(scheme)); decrypt it first"
        case .codecMissing(let name):
            "open: the FFmpeg of this machine has no decoder for \(name); convert the video, or install a fuller FFmpeg"
        case .codec(let why): "decode: \(why)"
        case .tooManyStreams(let limit): "open: more than \(limit) streams"
        case .pictureTooLarge(let width, let height, let limit):
            "decode: a picture of \(width)x\(height) is over the limit of \(limit / 1_000_000) million pixels"
        case .outOfMemory: "decode: out of memory; raise --memory-limit"
        case .unreadable(let code): "read: \(String(cString: strerror(code)))"
        case .conversion(let why): "decode: \(why)"
        case .threadTrouble: "decode: damage that has to be read by one thread"
        }
    }
}
