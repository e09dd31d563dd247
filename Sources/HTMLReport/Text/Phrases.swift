internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store

/// How the videos of an output folder stand.
struct FolderCounts: Equatable {
    var videos = 0
    var failed = 0
    var damaged = 0
    /// Without a result: failed or in quarantine.
    var failing = 0
    /// Failed in an earlier run, and not done since.
    var failingBefore = 0
    /// With a result of this run that an external tool did not add to, because it failed.
    var withoutTool = 0

    mutating func add(_ video: ReportVideo) {
        videos += 1
        if video.status == .failed { failed += 1 }
        if video.status == .damaged { damaged += 1 }
        if video.status.isFailure { failing += 1 }
        if video.status == .failed, !video.isOfThisRun { failingBefore += 1 }
        if video.isOfThisRun, !video.toolsFailed.isEmpty { withoutTool += 1 }
    }
}

/// What the report says in sentences.
enum Phrases {
    /// The report's first line: did it work.
    ///
    /// - Parameter folder: how all videos stand, those that the run left alone included.
    static func verdict(_ run: RunSummary, _ folder: FolderCounts = FolderCounts()) -> String {
        let tools = folder.withoutTool > 0 ? "; a tool failed on \(videos(folder.withoutTool))" : ""
        let sentence = verdict(run, isWhole: folder.videos <= 1) + tools
        let processed = run.tally.completed + run.tally.failed
        if processed == 0, !endedEarly(run) {
            guard run.tally.found > 0, folder.failing > 0 else { return sentence }
            let all = folder.videos
            if folder.failing == all {
                return "Nothing new to do; "
                    + (all == 1 ? "the only video still fails" : "all \(videos(all)) still fail")
            }
            return "Nothing new to do; \(Text.count(folder.failing)) of \(videos(all)) still "
                + (folder.failing == 1 ? "fails" : "fail")
        }
        guard folder.failingBefore > 0 else { return sentence }
        let other = run.tally.failed > 0 ? "\(folder.failingBefore == 1 ? " other" : " others")" : ""
        return "\(sentence); \(Text.count(folder.failingBefore))\(other) still "
            + (folder.failingBefore == 1 ? "fails" : "fail") + " from earlier runs"
    }

    /// What became of the videos of this run alone.
    ///
    /// - Parameter isWhole: whether the folder has no other videos.
    private static func verdict(_ run: RunSummary, isWhole: Bool) -> String {
        let failed = run.tally.failed
        let damaged = run.tally.damaged
        let processed = run.tally.completed + failed
        if endedEarly(run) {
            let by = run.stopped.map { " by \(Text.shown($0, limit: 40))" } ?? ""
            var text = "Stopped early\(by): \(Text.count(processed)) of \(videos(run.tally.found)) processed"
            if failed > 0 { text += ", \(Text.count(failed)) failed" }
            if damaged > 0 { text += ", \(Text.count(damaged)) \(areDamaged(damaged))" }
            return text
        }
        switch (processed, failed, damaged) {
        case (0, _, _):
            let skipped = run.tally.found
            return skipped == 0
                ? "No videos found" : "Nothing new: \(videos(skipped)) \(skipped == 1 ? "was" : "were") known"
        case (1, 1, _): return isWhole ? "The only video failed" : "One video failed"
        case (1, 0, 1): return isWhole ? "The only video is damaged" : "One video is damaged"
        case (1, _, _): return isWhole ? "The only video was processed" : "One video processed"
        case (_, processed, _): return "All \(videos(processed)) failed"
        case (_, 0, 0): return "All \(videos(processed)) processed"
        case (_, 0, processed): return "All \(videos(processed)) are damaged"
        case (_, 0, _): return "\(Text.count(damaged)) of \(videos(processed)) \(areDamaged(damaged))"
        case (_, _, 0): return "\(Text.count(failed)) of \(videos(processed)) failed"
        default:
            return "\(Text.count(failed)) of \(videos(processed)) failed, \(Text.count(damaged)) \(areDamaged(damaged))"
        }
    }

    /// The worst that happened in this run, for the sign beside the sentence; of a run that had nothing to do, how the folder
    /// stands.
    static func status(_ run: RunSummary, _ folder: FolderCounts = FolderCounts()) -> VideoStatus {
        if run.tally.failed > 0 { return .failed }
        if run.tally.completed == 0, run.tally.found > 0, !endedEarly(run), folder.failing > 0 { return .failed }
        if run.tally.damaged > 0 { return .damaged }
        return endedEarly(run) || run.tally.warning > 0 || folder.withoutTool > 0 ? .warning : .ok
    }

    private static func endedEarly(_ run: RunSummary) -> Bool { run.isInterrupted || run.stopped != nil }

    private static func videos(_ count: Int) -> String { Text.plural(count, "video") }
    private static func areDamaged(_ count: Int) -> String { count == 1 ? "is damaged" : "are damaged" }

    /// Why a verdict is not `ok`, with the counts behind it where the result tells them.
    ///
    /// - Parameter code: as results write it; one that this version does not know is shown as it is.
    static func reason(_ code: String, _ facts: ResultFacts?) -> String {
        let decode = facts?.decode
        func counted(_ value: Int?, _ noun: String, _ plain: String) -> String {
            value.map { Text.plural($0, noun) } ?? plain
        }
        switch Reason(rawValue: code) {
        case .decodeErrors: return counted(decode?.errorCount, "decode error", "decode errors")
        case .corruptFrames: return counted(decode?.corruptFrames, "corrupt frame", "corrupt frames")
        case .truncated: return "the file's data end before its structure says so"
        case .endsEarly: return "the last frame ends well before the declared duration"
        case .corruptPackets:
            return counted(decode?.corruptPackets, "packet", "packets") + " marked as corrupt, or lost on the way"
        case .containerFaults: return "the container is not as it should be in places"
        case .frameCount:
            guard let total = facts?.totalFrames, let declared = facts?.declaredFrames else {
                return "another number of frames than declared"
            }
            return "\(Text.plural(total, "frame")) decoded, \(Text.count(declared)) declared"
        case .gaps: return counted(decode?.gaps, "gap", "gaps") + " in the timestamps"
        case .backwardTimestamps: return counted(decode?.stepsBack, "step", "steps") + " back in the timestamps"
        case .clockRestarts:
            return "the clock begins anew " + counted(decode?.restarts, "time", "at times")
                + "; the parts were joined"
        case .missingTimestamps:
            return counted(decode?.untimed, "frame", "frames") + " without a timestamp: times are counted"
                + (facts?.video.rate.map { " at \($0) frames a second" } ?? " at 25 frames a second, an assumption")
        case nil: return name(code)
        }
    }

    /// What a video's status says of it.
    static func status(_ status: VideoStatus) -> String {
        switch status {
        case .failed: "This video failed; it has no result."
        case .quarantined: "This video is quarantined after failing repeatedly; runs leave it out."
        case .damaged: "Frames were decoded, but the file is damaged."
        case .warning: "Decoded, with something to note."
        case .ok, .skipped: "Decoded without a complaint."
        case .running, .pending, .unfinished: "This video is not done."
        }
    }

    /// What had to be left out of a result.
    static func sanitized(_ counts: SanitizerCounts) -> String {
        if counts == SanitizerCounts() { return "Nothing had to be dropped to make this result strict JSON." }
        return "\(Text.plural(counts.droppedValues, "value")) and \(Text.plural(counts.droppedObjects, "object")) "
            + "that JSON cannot hold were dropped."
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

    /// A code such as `corrupt_frames` for reading: `corrupt frames`.
    static func name(_ code: String) -> String {
        Text.shown(String(code.map { $0 == "_" ? " " : $0 }), limit: 60)
    }

    /// A message without what is particular to one video: `Worker killed by SIGSEGV at frame …`.
    static func cause(_ text: String) -> String {
        let shown = Text.shown(
            text.split(separator: "#", omittingEmptySubsequences: false).joined(separator: "…"), limit: 160)
        return shown.prefix(1).uppercased() + shown.dropFirst()
    }
}
