/// A ratio as the container gives it.
package struct Ratio: Equatable, Sendable {
    package var numerator: Int
    package var denominator: Int

    package init(numerator: Int, denominator: Int) {
        self.numerator = numerator
        self.denominator = denominator
    }

    package var value: Double? {
        denominator != 0 && numerator != 0 ? Double(numerator) / Double(denominator) : nil
    }
    package var text: String { "\(numerator)/\(denominator)" }
}

/// What the container and the decoder say of the chosen video stream before a frame is decoded.
package struct VideoInfo: Sendable {
    package var container = ""
    package var codec = ""
    package var width = 0
    package var height = 0
    package var pixelFormat = ""
    /// The format that pictures are converted to before they are measured, nil when they are read in place.
    package var conversion: String?
    /// Clockwise degrees a player turns the picture by: 0, 90, 180 or 270 for all but odd matrices.
    package var rotation = 0
    /// The container's display matrix, row by row, as FFmpeg gives it: 16.16 fixed point, the last column 2.30.
    package var displayMatrix: [Int]?
    /// How the first picture is shown, and what holds for all of them.
    package var display = DisplayGeometry(width: 0, height: 0)
    package var realFrameRate = Ratio(numerator: 0, denominator: 0)
    package var averageFrameRate = Ratio(numerator: 0, denominator: 0)
    package var timeBase = Ratio(numerator: 0, denominator: 1)
    /// Seconds.
    package var startTime: Double?
    /// Seconds, as declared for the video, counted from its start: see ``DeclaredDuration``.
    package var duration: Double?
    /// Seconds that the whole file lasts, as FFmpeg reckons it from whatever there is: timestamps at the end, the bit rate.
    /// Good enough to draw a bar; no claim of the container.
    package var roughDuration: Double?
    package var colorRange: String?
    package var colorSpace: String?
    package var colorPrimaries: String?
    package var colorTransfer: String?
    package var fieldOrder: String?
    /// The frame count that the container declares; what it holds may be another.
    package var declaredFrames: Int?
    /// The frames that duration and rate come to, where the container declares no number of them; nil where either is not
    /// known. For a bar alone: nothing is held to it.
    package var estimatedFrames: Int? {
        guard declaredFrames == nil, let seconds = duration ?? roughDuration,
            let rate = averageFrameRate.value ?? realFrameRate.value
        else { return nil }
        let frames = (seconds * rate).rounded()
        return frames >= 1 && frames < Double(Int32.max) ? Int(frames) : nil
    }
    package var streamIndex = 0
    package var videoStreams = 1
}

/// Counts of one pass over a file: what was read, what came out, what was wrong.
package struct DecodeAccount: Sendable {
    package struct Fault: Sendable, Equatable {
        /// The number of frames that had been decoded when the fault was seen.
        package var frame: Int
        package var text: String
    }
    package var demuxedPackets = 0
    /// Packets that the demuxer marked: transport errors, breaks in the count of packets.
    package var corruptPackets = 0
    /// Packets that hold no picture by intent: an AVI's empty chunks.
    package var emptyPackets = 0
    /// Packets that are decoded and not shown, as an edit list says.
    package var discardedPackets = 0
    /// Packets at the beginning of which no decoder can make pictures.
    package var leadingPackets = 0
    /// Frames that the container's index lists to be shown; nil where that is not known.
    package var indexedFrames: Int?
    package var decodedFrames = 0
    package var corruptFrames = 0
    package var concealedFrames = 0
    package var errorCount = 0
    /// The first 100.
    package var errors: [Fault] = []
    /// Messages of the demuxer about a container that is not as it should be; among the notes, too.
    package var containerFaults = 0
    package var noteCount = 0
    /// The first 20 messages that are no errors: those that concern no picture, and those about the container.
    package var notes: [Fault] = []
    /// The container's data ended before its own structure said so.
    package var endedEarly = false
    package var missingTimestamps = 0
    package var repeatedTimestamps = 0
    package var backwardTimestamps = 0
    /// How often the clock began anew or jumped, and was joined.
    package var restarts = 0
    package var gaps = 0
    package var isVariable = false
    /// Seconds from the stream's start to the end of the last frame.
    package var coveredDuration: Double?
    package var sizeChanges = 0
    /// Why no frame came out, where one cause is known.
    package var refusal: DecodeError?

    mutating func fault(_ text: String) {
        errorCount += 1
        if errors.count < 100 { errors.append(fault(text, at: decodedFrames)) }
    }

    mutating func containerFault(_ text: String) {
        containerFaults += 1
        note(text)
    }

    mutating func note(_ text: String) {
        noteCount += 1
        if notes.count < 20 { notes.append(fault(text, at: decodedFrames)) }
    }

    private func fault(_ text: String, at frame: Int) -> Fault { Fault(frame: frame, text: String(text.prefix(300))) }
}
