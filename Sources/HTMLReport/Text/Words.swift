internal import Bytes

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
            return "the clock begins anew " + counted(timestamps?["restarts"], "time", "at times") + "; the parts were joined"
        case "missing_timestamps":
            let rate = facts?.video?["frame_rate"]?["avg"]?.string ?? facts?.video?["frame_rate"]?["r"]?.string
            return counted(timestamps?["missing"], "frame", "frames") + " without a timestamp: times are counted"
                + (rate.map { " at \($0) frames a second" } ?? " at 25 frames a second, an assumption")
        default: return name(code)
        }
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
