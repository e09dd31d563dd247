/// How far a result can be trusted.
package enum Verdict: String, Sendable, CaseIterable {
    case ok, warning, damaged
}

/// Why a verdict is not `ok`.
package enum Reason: String, Sendable, CaseIterable {
    /// The decoder or the demuxer reported errors.
    case decodeErrors = "decode_errors"
    /// Frames came out that the decoder marked as corrupt.
    case corruptFrames = "corrupt_frames"
    /// The container's data end before its own structure says so.
    case truncated
    /// The last frame ends more than one second and 1 % before the declared duration.
    case endsEarly = "ends_early"
    /// Another number of frames than declared, though the time covered is whole.
    case frameCount = "frame_count"
    /// Holes in the timestamps of over a second.
    case gaps
    /// Timestamps that step back.
    case backwardTimestamps = "backward_timestamps"

    var verdict: Verdict {
        switch self {
        case .decodeErrors, .corruptFrames, .truncated, .endsEarly: .damaged
        case .frameCount, .gaps, .backwardTimestamps: .warning
        }
    }
}

/// The counts of one decoding that the verdict is made of, and that a result keeps.
package struct DecodeReport: Sendable, Equatable {
    package struct Fault: Sendable, Equatable {
        package var frame: Int
        package var text: String
        package init(frame: Int, text: String) {
            self.frame = frame
            self.text = text
        }
    }

    package var demuxedPackets = 0
    package var decodedFrames = 0
    package var corruptFrames = 0
    package var concealedFrames = 0
    package var errorCount = 0
    package var errors: [Fault] = []
    package var missing = 0
    package var repeated = 0
    package var backward = 0
    package var gaps = 0
    package var isVariable = false
    package var sizeChanges = 0
    package var endedEarly = false
    package var declaredFrames: Int?
    /// Seconds.
    package var declaredDuration: Double?
    package var coveredDuration: Double?

    package init() {}

    private var isShort: Bool {
        guard let declaredDuration, let coveredDuration else { return false }
        let lack = declaredDuration - coveredDuration
        return lack > 1 && lack > 0.01 * declaredDuration
    }

    package var isTruncated: Bool { endedEarly || isShort }

    package var reasons: [Reason] {
        var result: [Reason] = []
        if errorCount > 0 { result.append(.decodeErrors) }
        if corruptFrames > 0 { result.append(.corruptFrames) }
        if endedEarly { result.append(.truncated) }
        if isShort { result.append(.endsEarly) }
        if let declaredFrames, declaredFrames != decodedFrames { result.append(.frameCount) }
        if gaps > 0 { result.append(.gaps) }
        if backward > 0 { result.append(.backwardTimestamps) }
        return result
    }

    package var verdict: Verdict {
        let all = reasons.map(\.verdict)
        return all.contains(.damaged) ? .damaged : all.isEmpty ? .ok : .warning
    }
}
