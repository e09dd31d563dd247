import Bytes
import Jobs
import Testing

@Suite("How a video stands") struct VideoStatusTests {
    @Test func `the worst comes first`() {
        #expect(VideoStatus.allCases.shuffled().sorted() == VideoStatus.allCases)
        #expect(VideoStatus.failed < .damaged && VideoStatus.damaged < .warning && VideoStatus.warning < .ok)
    }

    @Test(arguments: [
        ("ok", VideoStatus.ok), ("warning", .warning), ("damaged", .damaged), ("excellent", .ok), ("", .ok),
        // No verdict of a result.
        ("failed", .ok), ("running", .ok),
    ])
    func `a verdict is read, and ok stands for a word of another version`(word: String, status: VideoStatus) {
        #expect(VideoStatus(verdict: word) == status)
    }

    @Test func `a video in an output folder has a result or failed`() {
        #expect(VideoStatus.settled.map(\.rawValue) == ["failed", "quarantined", "damaged", "warning", "ok"])
        #expect(VideoStatus.allCases.filter(\.needsAttention).map(\.rawValue) == ["failed", "quarantined", "damaged"])
    }

    @Test func `the protocol knows four words`() {
        let words = VideoStatus.allCases.map(\.protocolWord)
        #expect(
            words == [
                "failed", "failed", "completed", "completed", "completed", "completed", "running", "pending", "pending",
            ])
    }

    @Test func `processed and skipped videos are counted apart`() {
        var counts = RunCounts()
        for status in VideoStatus.settled { counts.countProcessed(status) }
        for status in [VideoStatus.skipped, .failed, .damaged, .damaged, .quarantined] { counts.countSkipped(status) }
        #expect(counts.completed == 3 && counts.ok == 1 && counts.warning == 1 && counts.damaged == 1)
        #expect(counts.failed == 2 && counts.skipped == 1 && counts.skippedFailed == 1 && counts.skippedDamaged == 2)
        #expect(counts.quarantined == 1 && counts.allSkipped == 5)
        #expect(RunCounts(counts.json) == counts)
    }

    @Test func `counts stand in records under their names, all of them, in one order`() {
        #expect(
            JSONWriter.text(RunCounts().json) == """
                {"found":0,"completed":0,"ok":0,"warning":0,"damaged":0,"failed":0,"skipped":0,"skipped_failed":0,\
                "skipped_damaged":0,"quarantined":0,"not_started":0,"unreadable":0}
                """)
    }
}
