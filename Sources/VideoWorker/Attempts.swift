internal import Bytes
internal import FrameResults
internal import Jobs

/// The ways to the frames of a video, one after the other until one leads to its end.
extension VideoAnalysis {
    /// Makes the frames and the head of a result: of the measures that are there, or else of the video alone; with the threads
    /// of the request, or else with one.
    ///
    /// - Parameters:
    ///   - descriptor: of the video; it stays open.
    ///   - results: the result that is there, open as often as it may have to be read; empty where nothing is kept.
    ///   - content: SHA-256 of the whole video, where it was read.
    /// - Returns: and whether measures of the result that was there are in it.
    mutating func run(
        _ descriptor: FileDescriptor, _ results: [LineReader], content: String?, into writer: inout ResultWriter,
        _ stillFiles: borrowing StillFiles
    ) throws -> (video: AnalysedVideo, isReused: Bool) {
        do {
            for (number, lines) in results.enumerated() {
                let kept = try KeptResult(request, lines)
                try kept.check(request, source, content: content)
                if kept.isEnough { return (try reevaluate(kept, into: &writer), true) }
                let threads = number == results.count - 1 ? 1 : request.threads
                do {
                    return (try decode(descriptor, kept, threads: threads, into: &writer, stillFiles), true)
                } catch is ThreadTrouble {
                    try restart(&writer)
                }
            }
        } catch is KeptResult.Unusable {
            try restart(&writer)
            leftOut += request.keptExternalTools.map { ToolFailure(notKept: $0.id) }
        }
        do {
            return (try decode(descriptor, nil, threads: request.threads, into: &writer, stillFiles), false)
        } catch is ThreadTrouble {
            try restart(&writer)
            return (try decode(descriptor, nil, threads: 1, into: &writer, stillFiles), false)
        }
    }

    /// Drops what an attempt has made: frames, stills, and what external tools were sent and said.
    private func restart(_ writer: inout ResultWriter) throws {
        try writer.restart()
        external?.restart()
        teller.restart()
    }
}
