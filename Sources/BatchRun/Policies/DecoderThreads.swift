/// How many threads the decoder of a video may have. No result depends on it; only how soon it is there.
package enum DecoderThreads: Equatable, Sendable {
    /// What is left of so many processors where fewer videos than those are worked on at once.
    case automatic(processors: Int)
    /// So many for each video, whatever its size.
    case fixed(Int)

    /// The most of one video.
    package static let most = 64

    /// Pixels from which on a picture is decoded faster by several threads: 1280x720. Smaller ones leave a thread too
    /// little to do between two hand-overs.
    static let leastPixels: Int64 = 1280 * 720

    /// The pixels of the smallest picture that more than one thread decode.
    var threadedPixels: Int64 {
        switch self {
        case .automatic: DecoderThreads.leastPixels
        case .fixed: 0
        }
    }

    /// The threads of a video that starts.
    ///
    /// A video alone gets two more than there are processors: the thread that measures takes pictures in order, and what is
    /// decoded ahead of it keeps processors busy. Videos beside each other fill each other's gaps, and get an equal share,
    /// rounded up.
    ///
    /// - Parameters:
    ///   - together: how many videos will be worked on at once, this one included.
    ///   - attempt: 1 for the first. A further one has one thread, so that whatever ended the first, it was no thread.
    func count(together: Int, attempt: Int) -> Int {
        guard attempt == 1 else { return 1 }
        switch self {
        case .fixed(let count): return min(DecoderThreads.most, max(1, count))
        case .automatic(let processors):
            guard together < processors else { return 1 }
            if together <= 1 { return min(DecoderThreads.most, processors + 2) }
            return min(DecoderThreads.most, (processors + together - 1) / together)
        }
    }
}
