internal import Bytes
internal import Jobs
internal import Media

/// How a worker opens what it was asked for.
extension JobRequest {
    /// Opens the file that the run was planned for.
    ///
    /// - Returns: the status is nil when it is another one by now.
    /// - Throws: `SystemError` when it cannot be opened.
    func openInput() throws(SystemError) -> (FileDescriptor, FileStatus?) {
        let descriptor = try Files.openInput(input)
        let status = try Files.status(descriptor: descriptor, path: relative)
        guard status.kind == .file, status.size == size, status.modified == modified, status.inode == inode
        else { return (descriptor, nil) }
        return (descriptor, status)
    }

    /// Reads what container and decoder say of the video.
    ///
    /// - Parameters:
    ///   - descriptor: of the video; it stays open.
    ///   - threads: that the decoder may have at most.
    /// - Throws: `DecodeError`, `SystemError`.
    func openVideo(_ descriptor: FileDescriptor, threads: Int) throws -> VideoReader {
        var limits = MediaLimits()
        (limits.threads, limits.threadedPixels) = (threads, threadedPixels)
        limits.memory = memory.limit == 0 ? 0 : memory.most
        let memory = memory
        limits.expectMemory = { Confinement.allow($0, memory) }
        return try VideoReader(
            descriptor: Files.duplicate(descriptor, path: relative), fileExtension: relative.lowercasedExtension,
            limits: limits)
    }
}

extension VideoInfo {
    /// What lists show of the video before a frame is decoded.
    var facts: VideoFacts { VideoFacts(codec: codec, width: width, height: height, duration: duration) }
}
