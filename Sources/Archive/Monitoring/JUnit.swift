package import Bytes
package import Jobs
internal import Store

/// The videos that a run saw as JUnit XML: a test case each, its class the folder, its name the file's.
///
/// A failed video is an `error`, a damaged one and one on which an external tool failed a `failure`; one that was left alone because of an earlier run is
/// `skipped`.
package enum JUnit {
    /// Puts the file in place, whole or not at all.
    ///
    /// - Throws: ``ArchiveError`` when the run has no record, `SystemError` when the file cannot be written.
    package static func write(_ layout: OutputLayout, run id: String, to path: RawPath) throws {
        let inventory = try RunInventory.read(layout, runs: [id]).inventories[0]
        let videos = inventory.videos.values.sorted { $0.path < $1.path }
        var file = try AtomicFile(path)
        try file.write(Array(opening(inventory.run, videos).utf8))
        for video in videos { try file.write(Array(testCase(video, inventory.run).utf8)) }
        try file.write(Array("  </testsuite>\n</testsuites>\n".utf8))
        try file.publish()
    }

    private static func opening(_ run: RunSummary, _ videos: [RunVideo]) -> String {
        let errors = videos.count { isError($0, run) }
        let failures = videos.count { isFailure($0, run) }
        let skipped = videos.count { isSkipped($0, run) }
        let counts =
            "tests=\"\(videos.count)\" failures=\"\(failures)\" errors=\"\(errors)\" skipped=\"\(skipped)\" "
            + "time=\"\(seconds(run.seconds))\""
        // The schema has the time without a zone.
        let started = run.started.prefix(19)
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="forgebatch" \(counts)>
              <testsuite name="forgebatch" id="\(Escape.xml(run.id))" timestamp="\(Escape.xml(String(started)))" \(counts)>

            """
    }

    private static func isSkipped(_ video: RunVideo, _ run: RunSummary) -> Bool {
        video.runID != run.id || video.status == .unfinished
    }

    private static func isError(_ video: RunVideo, _ run: RunSummary) -> Bool {
        !isSkipped(video, run) && video.status.isFailure
    }

    private static func isFailure(_ video: RunVideo, _ run: RunSummary) -> Bool {
        !isSkipped(video, run) && !video.status.isFailure
            && (video.status == .damaged || !video.toolsFailed.isEmpty)
    }

    private static func testCase(_ video: RunVideo, _ run: RunSummary) -> String {
        let folder = video.path.parent == RawPath(".") ? "." : video.path.parent.display
        let head =
            "    <testcase classname=\"\(Escape.xml(folder))\" name=\"\(Escape.xml(video.path.lastComponent.display))\" "
            + "time=\"\(seconds(isSkipped(video, run) ? 0 : video.seconds))\""
        guard let body = body(video, run) else { return head + "/>\n" }
        return head + ">\n      \(body)\n    </testcase>\n"
    }

    private static func body(_ video: RunVideo, _ run: RunSummary) -> String? {
        let reasons = video.reasons.joined(separator: ", ")
        if isSkipped(video, run) {
            let why =
                switch video.status {
                case .unfinished: video.message ?? "not started"
                case .failed, .quarantined: "\(video.status.rawValue): \(video.message ?? "in an earlier run")"
                case .damaged: "damaged, unchanged since run \(video.runID)"
                default: "done in run \(video.runID)"
                }
            return "<skipped message=\"\(Escape.xml(why))\"/>"
        }
        let type = video.status.rawValue
        if isFailure(video, run) {
            let frames = video.frames.map { "\($0) frames decoded" } ?? ""
            let isDamaged = video.status == .damaged
            let tools = video.toolsFailed.map { "\($0.id): \($0.message)" }
            let message = ((isDamaged ? ["\(type): \(reasons)"] : []) + tools).joined(separator: "; ")
            return "<failure type=\"\(isDamaged ? type : "tool")\" message=\"\(Escape.xml(message))\">"
                + "\(Escape.xml(frames))</failure>"
        }
        guard isError(video, run) else { return nil }
        let text = video.log.map { Escape.xml($0) }.joined(separator: "\n")
        let failed = VideoStatus.failed.rawValue
        return "<error type=\"\(failed)\" message=\"\(Escape.xml(video.message ?? failed))\">\(text)</error>"
    }

    private static func seconds(_ value: Double?) -> String { JSONWriter.text(.double(value ?? 0)) }
}
