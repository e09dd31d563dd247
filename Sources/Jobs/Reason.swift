/// Why a verdict is not `ok`.
package enum Reason: String, Sendable, CaseIterable {
    /// The decoder or the demuxer reported errors that cost or change pictures.
    case decodeErrors = "decode_errors"
    /// Frames came out that the decoder marked as corrupt.
    case corruptFrames = "corrupt_frames"
    /// The container's data end before its own structure says so.
    case truncated
    /// The last frame ends more than one second and 1 % before the declared duration.
    case endsEarly = "ends_early"
    /// Packets that were marked as corrupt on their way: transport errors, breaks in their count.
    case corruptPackets = "corrupt_packets"
    /// The container is not as it should be; whether that costs pictures is not known.
    case containerFaults = "container_faults"
    /// Another number of frames than declared, though the time covered is whole.
    case frameCount = "frame_count"
    /// Holes in the timestamps of over a second.
    case gaps
    /// Timestamps that step back.
    case backwardTimestamps = "backward_timestamps"
    /// The clock begins anew or jumps; the parts were joined.
    case clockRestarts = "clock_restarts"
    /// Over one in a hundred frames, and over four, have no timestamp: their times were counted by the frame rate.
    case missingTimestamps = "missing_timestamps"

    /// What a video is that has this about it.
    package var verdict: VideoStatus {
        switch self {
        case .decodeErrors, .corruptFrames, .truncated, .endsEarly: .damaged
        case .corruptPackets, .containerFaults, .frameCount, .gaps, .backwardTimestamps, .clockRestarts,
            .missingTimestamps:
            .warning
        }
    }
}
