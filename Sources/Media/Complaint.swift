/// What a message of FFmpeg says about the pictures.
enum Complaint: Equatable {
    /// Nothing: it concerns metadata, or pictures that cannot be decoded from where the file begins.
    case note
    /// The container is not as it should be; whether pictures are missing or changed is not known.
    case container
    /// Pictures are missing or wrong.
    case damage
    /// Not kept.
    case nothing

    /// Where in the stream a message came.
    struct Place {
        /// Packets of keyframes handed to the decoder so far.
        var keyPackets = 0
        /// The file begins inside a group of pictures: with packets before the first keyframe, or with pictures behind it
        /// that are shown before it and refer to what is not there.
        var beginsInside = false
    }

    /// Whether a line may leave a trace in the account of a video: in its words, in their number, or in the frame that they
    /// are booked on. All do but those warnings of demuxers of which nothing is kept.
    static func leavesTrace(_ line: LogLine, at place: Place) -> Bool {
        line.source == .decoder || of(line, at: place) != .nothing || line.tellsOfEarlyEnd || line.isOutOfMemory
    }

    static func of(_ line: LogLine, at place: Place) -> Complaint {
        switch line.source {
        case .demuxer:
            if line.isWarning { return isSuspicious(line.text) ? .container : .nothing }
            // A page with a wrong checksum may belong to any stream; Ogg's demuxer does not tell.
            return line.text.contains("CRC mismatch") ? .container : .damage
        case .decoder:
            // H.261 has no keyframes, which its decoder takes for a fault of the first.
            if place.keyPackets == 0 || isMetadata(line.text) || line.text.contains("first frame is no keyframe") {
                return .note
            }
            if place.beginsInside, place.keyPackets < 2, isReference(line.text) { return .note }
            return .damage
        }
    }

    /// Parts of a stream that tell about pictures and do not make them: supplemental enhancement information, application
    /// fields, usability information, colour profiles, captions, tags.
    private static func isMetadata(_ text: String) -> Bool {
        let words = Set(text.split { !$0.isLetter && !$0.isNumber }.map { $0.lowercased() })
        return !words.isDisjoint(with: [
            "sei", "app", "app0", "app1", "app2", "icc", "iccp", "exif", "afd", "a53", "vui", "dovi", "rpu", "itut",
            "metadata", "caption", "captions", "timecode", "stereo3d", "spherical", "text", "ztxt", "itxt", "chrm",
            "gama", "exi", "xmp",
        ]) || text.contains("Header packet passed") || text.contains("mastering display")
            || text.contains("content light") || text.contains("user data")
    }

    /// Pictures, or parameter sets, that a picture refers to.
    private static func isReference(_ text: String) -> Bool {
        [
            "mmco", "reference picture missing", "Missing reference picture", "co located POCs", "ref with POC",
            "reference frames", "Frame num gap", "non-existing PPS", "non-existing SPS", "no frame!",
            "decode_slice_header error", "PPS id out of range", "SPS id out of range", "does not exist",
            "Invalid frame dimensions 0x0", "first frame not a keyframe", "illegal short term buffer state",
        ].contains { text.contains($0) }
    }

    /// What demuxers say when parts of a file do not fit together; the rest of their warnings is about streams that are not
    /// read, estimates, and oddities of the format that change nothing.
    private static func isSuspicious(_ text: String) -> Bool {
        let text = text.lowercased()
        // Marked packets are counted by their mark, odd times by the clock.
        if text.contains("packet corrupt") || text.contains("invalid timestamps") { return false }
        return ["mismatch", "corrupt", "exceeds", "invalid", "duplicate element", "damaged", "broken"].contains {
            text.contains($0)
        }
    }
}
