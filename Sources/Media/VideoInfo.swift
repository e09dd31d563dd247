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
    /// Seconds, as the stream or else the container declares.
    package var duration: Double?
    package var colorRange: String?
    package var colorSpace: String?
    package var colorPrimaries: String?
    package var colorTransfer: String?
    package var fieldOrder: String?
    /// The frame count that the container declares; what it holds may be another.
    package var declaredFrames: Int?
    package var streamIndex = 0
    package var videoStreams = 1
    package var decoderThreads = 1
}

/// Counts of one pass over a file: what was read, what came out, what was wrong.
package struct DecodeAccount: Sendable {
    package struct Fault: Sendable, Equatable {
        /// The number of frames that had been decoded when the fault was seen.
        package var frame: Int
        package var text: String
    }
    package var demuxedPackets = 0
    package var decodedFrames = 0
    package var corruptFrames = 0
    package var concealedFrames = 0
    package var errorCount = 0
    /// The first 100.
    package var errors: [Fault] = []
    /// The container's data ended before its own structure said so.
    package var endedEarly = false
    package var missingTimestamps = 0
    package var repeatedTimestamps = 0
    package var backwardTimestamps = 0
    package var gaps = 0
    package var isVariable = false
    /// Seconds from the stream's start to the end of the last frame.
    package var coveredDuration: Double?
    package var sizeChanges = 0

    mutating func fault(_ text: String) {
        errorCount += 1
        if errors.count < 100 { errors.append(Fault(frame: decodedFrames, text: String(text.prefix(300)))) }
    }
}
