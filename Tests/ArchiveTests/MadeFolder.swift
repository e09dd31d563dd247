import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

/// A small output folder with nothing wrong with it: one run, its log, and a result of each video.
struct MadeFolder {
    let made: MadeOutputFolder
    let videos = [RawPath("cam1/a.mp4"), RawPath("cam1/b.mkv"), RawPath(bytes: [0x63, 0xff, 0x2e, 0x6d, 0x70, 0x34])]
    static let run = "20260226T010203Z-ab12"

    init() throws {
        made = try MadeOutputFolder()
        var events: [LogEvent] = [
            .runStarted(runID: Self.run, version: "1.0.0", jobs: videos.count, settings: "d")
        ]
        var records: [JobRecord] = []
        for video in videos {
            let published = try made.writeResult(video) {
                $0.events = [
                    .members([
                        "tool": "scene", "type": "scene", "start_frame": 1, "end_frame": 1, "start": .double(0.04),
                        "end": .double(0.04),
                    ])
                ]
            }
            let job = JobID(video: video)
            events.append(.jobStarted(job: job, path: video, totalFrames: 4, size: 100))
            for frame in 1...4 { events.append(.progress(job: job, Progress(currentFrame: frame, totalFrames: 4))) }
            events.append(.completed(job: job))
            records.append(
                .done(video) {
                    ($0.frames, $0.events, $0.fingerprint) = (4, 1, "x1:00")
                    ($0.sha256, $0.resultSize) = (published.sha256, published.size)
                })
        }
        events.append(.runFinished(counts: .members(["completed": 3]), exitStatus: 0))
        try made.writeLog(Self.run, events.map { (0, $0) })
        try made.addRun(Self.run, records) {
            $0.summary.settingsDigest = SettingsDigest.of(
                tools: MadeOutputFolder.tools, threads: 1, rules: DecodeReport.rules)
        }
    }

    var layout: OutputLayout { made.layout }

    /// The result of the first video.
    var result: RawPath {
        layout.root.appending(OutputLayout.result(for: videos[0], job: JobID(video: videos[0])))
    }

    var log: RawPath { layout.log(run: Self.run) }

    /// Replaces text in a file once; the text has to be there.
    func replace(_ old: String, with new: String, in path: RawPath) throws {
        let text = try #require(String(validating: Files.read(path), as: UTF8.self))
        let range = try #require(text.firstRange(of: old), "\(old)")
        try AtomicFile.write(
            Array((text[..<range.lowerBound] + new + text[range.upperBound...]).utf8), to: path, durable: false)
    }
}
