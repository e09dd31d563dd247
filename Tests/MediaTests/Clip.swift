import Bytes
import Frames
import Media
import TestSupport
import Testing

/// A video made on the fly by the `ffmpeg` command, and what the reader gets out of it.
struct Clip {
    let folder: TemporaryFolder
    let path: RawPath

    /// - Parameter arguments: `ffmpeg` arguments but for the output's name, which is `name` in a folder of its own.
    init(_ name: String, _ arguments: String...) async throws {
        folder = try TemporaryFolder()
        path = folder.path.appending(name)
        try await FFmpegCommand.make(path, arguments)
    }

    /// A file of these bytes.
    init(_ name: String, bytes: [UInt8]) throws {
        folder = try TemporaryFolder()
        path = folder.path.appending(name)
        try AtomicFile.write(bytes, to: path, durable: false)
    }

    static let isPossible = ExternalProgram.ffmpeg != nil

    func bytes() throws -> [UInt8] { try Files.read(path) }

    func read(limits: MediaLimits = MediaLimits()) throws -> Reading { try Reading(path, limits: limits) }
}

/// One pass over a video.
struct Reading {
    struct Frame {
        let width: Int
        let height: Int
        let depth: Int
        let planes: Int
        let isFullRange: Bool
        let time: Double?
        let luma: Kernels.LumaSums

        /// Mean luma on the scale of the samples.
        var average: Double { Double(luma.sum) / Double(width * height) }
    }

    var frames: [Frame] = []
    let info: VideoInfo
    let account: DecodeAccount
    let shapes: PictureShapes

    /// Reads everything; that frames are numbered without a hole and that time never falls is held of every video.
    init(_ path: RawPath, limits: MediaLimits = MediaLimits()) throws {
        let reader = try VideoReader(
            descriptor: Files.openInput(path), fileExtension: path.lowercasedExtension, limits: limits)
        var last = -Double.infinity
        while let (picture, time) = try reader.next() {
            #expect(time.index == frames.count, "\(path.display)")
            if let now = time.time {
                #expect(now >= last, "\(path.display): frame \(time.index)")
                last = now
            }
            frames.append(
                Frame(
                    width: picture.width, height: picture.height, depth: picture.depth, planes: picture.planes.count,
                    isFullRange: picture.isFullRange,
                    time: time.time, luma: Kernels.luma(picture, previous: nil, darkLimit: 0)))
        }
        info = reader.info
        account = reader.account
        shapes = reader.shapes
        #expect(account.decodedFrames == frames.count)
    }
}
