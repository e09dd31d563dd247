package import Jobs

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

    /// The version of the rules by which frames get their times and videos their verdict. A result by older rules is done
    /// again; results before version 2 do not tell it.
    package static let rules = 2

    package var demuxedPackets = 0
    package var corruptPackets = 0
    package var emptyPackets = 0
    package var discardedPackets = 0
    package var leadingPackets = 0
    /// Frames that the container's index lists to be shown, edit lists taken into account; nil where that is not known.
    package var indexedFrames: Int?
    package var decodedFrames = 0
    package var corruptFrames = 0
    package var concealedFrames = 0
    package var errorCount = 0
    package var errors: [Fault] = []
    package var containerFaults = 0
    package var noteCount = 0
    package var notes: [Fault] = []
    package var missing = 0
    package var repeated = 0
    package var backward = 0
    package var restarts = 0
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

    /// Whether the number of frames is another one than declared, when all is counted that is no picture by intent.
    ///
    /// Frames that an edit list leaves out and empty chunks are not missing; neither are pictures at the beginning that
    /// refer to what the file does not hold. An index that grew while the file was read, as that of a fragmented file
    /// does, knows better than the header.
    private var isMiscounted: Bool {
        guard let declaredFrames, declaredFrames != decodedFrames else { return false }
        var expected = [declaredFrames - discardedPackets - emptyPackets, declaredFrames - emptyPackets]
        if let indexedFrames { expected += [indexedFrames, indexedFrames - emptyPackets] }
        return !expected.contains { ($0 - leadingPackets...$0).contains(decodedFrames) }
    }

    package var isTruncated: Bool { endedEarly || isShort }

    package var reasons: [Reason] {
        var result: [Reason] = []
        if errorCount > 0 { result.append(.decodeErrors) }
        if corruptFrames > 0 { result.append(.corruptFrames) }
        if endedEarly { result.append(.truncated) }
        if isShort { result.append(.endsEarly) }
        if corruptPackets > 0 { result.append(.corruptPackets) }
        if containerFaults > 0 { result.append(.containerFaults) }
        if isMiscounted { result.append(.frameCount) }
        if gaps > 0 { result.append(.gaps) }
        if backward > 0 { result.append(.backwardTimestamps) }
        if restarts > 0 { result.append(.clockRestarts) }
        // A decoder may give its last pictures without one: a handful is no lack.
        if missing > max(4, decodedFrames / 100) { result.append(.missingTimestamps) }
        return result
    }

    /// How far the result can be trusted: ok, warning or damaged.
    package var verdict: VideoStatus { reasons.map(\.verdict).min() ?? .ok }
}
