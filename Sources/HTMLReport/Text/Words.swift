internal import Bytes
internal import FrameResults

/// What the report says in sentences.
enum Words {
    /// The report's first line: did it work.
    static func verdict(_ run: RunFacts) -> String {
        let failed = run.count("failed")
        let damaged = run.count("damaged")
        let processed = run.count("completed") + failed
        if run.isInterrupted {
            let by = run.text("stopped").map { " by \(Text.shown($0, limit: 40))" } ?? ""
            var text = "Stopped early\(by): \(Text.count(processed)) of \(videos(run.count("found"))) processed"
            if failed > 0 { text += ", \(Text.count(failed)) failed" }
            if damaged > 0 { text += ", \(Text.count(damaged)) \(areDamaged(damaged))" }
            return text
        }
        switch (processed, failed, damaged) {
        case (0, _, _):
            let skipped = run.count("found")
            return skipped == 0
                ? "No videos found" : "Nothing new: \(videos(skipped)) \(skipped == 1 ? "was" : "were") known"
        case (1, 1, _): return "The only video failed"
        case (1, 0, 1): return "The only video is damaged"
        case (1, _, _): return "The only video was processed"
        case (_, processed, _): return "All \(videos(processed)) failed"
        case (_, 0, 0): return "All \(videos(processed)) processed"
        case (_, 0, processed): return "All \(videos(processed)) are damaged"
        case (_, 0, _): return "\(Text.count(damaged)) of \(videos(processed)) \(areDamaged(damaged))"
        case (_, _, 0): return "\(Text.count(failed)) of \(videos(processed)) failed"
        default:
            return "\(Text.count(failed)) of \(videos(processed)) failed, \(Text.count(damaged)) \(areDamaged(damaged))"
        }
    }

    /// The worst that happened in this run, for the sign beside the sentence.
    static func standing(_ run: RunFacts) -> Standing {
        if run.count("failed") > 0 { return .failed }
        if run.count("damaged") > 0 { return .damaged }
        return run.isInterrupted || run.count("warning") > 0 ? .warning : .ok
    }

    private static func videos(_ count: Int) -> String { Text.plural(count, "video") }
    private static func areDamaged(_ count: Int) -> String { count == 1 ? "is damaged" : "are damaged" }

    /// Why a verdict is not ok, with the counts behind it where the result tells them.
    static func reason(_ code: String, _ facts: ResultFacts?) -> String {
        let decode = facts?.decode
        let timestamps = decode?["timestamps"]
        func counted(_ value: JSON?, _ noun: String, _ plain: String) -> String {
            value?.int.map { Text.plural($0, noun) } ?? plain
        }
        switch code {
        case "decode_errors": return counted(decode?["error_count"], "decode error", "decode errors")
        case "corrupt_frames": return counted(decode?["corrupt_frames"], "corrupt frame", "corrupt frames")
        case "truncated": return "the file's data end before its structure says so"
        case "ends_early": return "the last frame ends well before the declared duration"
        case "corrupt_packets":
            return counted(decode?["corrupt_packets"], "packet", "packets") + " marked as corrupt, or lost on the way"
        case "container_faults": return "the container is not as it should be in places"
        case "frame_count":
            guard let total = facts?.totalFrames, let declared = facts?.document["declared_frames"]?.int else {
                return "another number of frames than declared"
            }
            return "\(Text.plural(total, "frame")) decoded, \(Text.count(declared)) declared"
        case "gaps": return counted(timestamps?["gaps"], "gap", "gaps") + " in the timestamps"
        case "backward_timestamps": return counted(timestamps?["backward"], "step", "steps") + " back in the timestamps"
        case "clock_restarts":
            return "the clock begins anew " + counted(timestamps?["restarts"], "time", "at times")
                + "; the parts were joined"
        case "missing_timestamps":
            let rate = facts?.video?["frame_rate"]?["avg"]?.string ?? facts?.video?["frame_rate"]?["r"]?.string
            return counted(timestamps?["missing"], "frame", "frames") + " without a timestamp: times are counted"
                + (rate.map { " at \($0) frames a second" } ?? " at 25 frames a second, an assumption")
        default: return name(code)
        }
    }

    /// How large the pictures are and how they are shown: `1080×1920 (stored 1920×1080, turned 90°)`.
    static func picture(_ pictures: ShownPictures) -> String {
        let main = picture(pictures.main)
        guard pictures.varies else { return main }
        return pictures.first == pictures.main
            ? "\(main) in most frames, others in some" : "\(main) in most frames, at first \(picture(pictures.first))"
    }

    private static func picture(_ picture: ShownPicture) -> String {
        let stored = "\(picture.width)×\(picture.height)"
        let shown = "\(picture.shown.width)×\(picture.shown.height)"
        // A mirroring is told as people see it, left for right. That is upside down, and half a turn.
        let turn = (picture.turns + (picture.isMirrored ? 2 : 0)) % 4 * 90
        let ratio = picture.sampleAspectRatio.flatMap { $0 == "1:1" ? nil : Text.shown($0, limit: 30) }
        let isCut = picture.aperture.width * picture.aperture.height < Double(picture.width * picture.height)
        let ways = [
            isCut ? "cut to its clean aperture" : nil, picture.isMirrored ? "mirrored" : nil,
            turn != 0 ? "turned \(turn)°" : nil,
        ].compactMap { $0 }
        if ways.isEmpty, stored == shown { return stored }
        if ways.isEmpty { return "\(stored), shown as \(shown)" + (ratio.map { " (\($0))" } ?? "") }
        let pixels = ratio.map { " with pixels of \($0)" } ?? ""
        let origin = stored == shown && ratio == nil ? [] : ["stored \(stored)\(pixels)"]
        return "\(shown) (\((origin + ways).joined(separator: ", ")))"
    }

    /// A code such as `no_video` for reading: `no video`.
    static func name(_ code: String) -> String {
        Text.shown(String(code.map { $0 == "_" ? " " : $0 }), limit: 60)
    }

    /// A message without what is particular to one video: `Worker killed by SIGSEGV at frame …`.
    static func cause(_ text: String) -> String {
        let shown = Text.shown(
            text.split(separator: "#", omittingEmptySubsequences: false).joined(separator: "…"), limit: 160)
        return shown.prefix(1).uppercased() + shown.dropFirst()
    }

    /// ``name(_:)`` with a capital.
    static func title(_ code: String) -> String {
        let name = name(code)
        return name.prefix(1).uppercased() + name.dropFirst()
    }
}
