import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

/// A small output folder, made with the writers of the program and nothing wrong with it.
final class MadeFolder {
    let folder: TemporaryFolder
    let layout: OutputLayout
    let videos = [RawPath("cam1/a.mp4"), RawPath("cam1/b.mkv"), RawPath(bytes: [0x63, 0xff, 0x2e, 0x6d, 0x70, 0x34])]
    static let run = "20260226T010203Z-ab12"

    static let tools: [JSON] = [.members(["id": "luma", "version": "1.0.0", "settings": .object([])])]

    init() throws {
        folder = try TemporaryFolder()
        layout = OutputLayout(root: folder.path.appending("out"))
        let log = try ProgressLog(layout.log(run: Self.run))
        let time = UTCTime(milliseconds: 1_772_067_723_456)
        func say(_ event: LogEvent) throws { try log.append(event, time: time, now: 0) }
        try say(.runStarted(runID: Self.run, version: "1.0.0", jobs: videos.count, settings: "d"))
        var lines: [UInt8] = []
        for video in videos {
            let job = JobID(video: video)
            try say(.jobStarted(job: job, path: video, totalFrames: 4, size: 100))
            let result = OutputLayout.result(for: video, job: job)
            let published = try Self.write(layout.root.appending(result), video)
            for frame in 1...4 { try say(.progress(job: job, Progress(currentFrame: frame, totalFrames: 4))) }
            try say(.completed(job: job))
            let entry = CatalogEntry(
                job: job, path: video, result: result, size: 100, modified: 1, inode: 2, fingerprint: "x1:00",
                digest: SettingsDigest.of(tools: Self.tools, threads: 1, rules: DecodeReport.rules), verdict: "ok",
                frames: 4,
                sha256: published.sha256, runID: Self.run, facts: VideoFacts())
            lines += JSONWriter.encode(entry.json) + [0x0a]
        }
        try AtomicFile.write(lines, to: layout.catalog, durable: false)
        try say(.runFinished(counts: .members(["completed": 3]), exitStatus: 0))
        try AtomicFile.write(Array("{\"run_id\":\"x\"}\n".utf8), to: layout.summary(run: Self.run), durable: false)
    }

    static func write(_ path: RawPath, _ video: RawPath) throws -> ResultWriter.Finished {
        var writer = try ResultWriter(path: path)
        for frame in 0..<4 {
            try writer.append(
                FrameRecord(time: Double(frame) / 25, measures: [ToolMeasures(tool: "luma", values: [("avg", 100)])]))
        }
        var report = DecodeReport()
        report.decodedFrames = 4
        let head = ResultHead(
            jobID: JobID(video: video).text, source: .init(path: video, size: 100, fingerprint: "x1:00"),
            video: .members([
                "codec": "h264", "pixel_format": "yuv420p", "width": 64, "height": 48, "duration": .double(0.16),
                "decoder_threads": 1,
            ]), decode: report, tools: tools, summary: .members(["luma": .members(["avg": 100])]),
            events: [
                .members([
                    "tool": "scene", "type": "scene", "start_frame": 1, "end_frame": 1, "start": .double(0.04),
                    "end": .double(0.04),
                ])
            ])
        return try writer.finish(head)
    }

    /// The result of the first video.
    var result: RawPath {
        layout.root.appending(OutputLayout.result(for: videos[0], job: JobID(video: videos[0])))
    }

    var log: RawPath { layout.log(run: Self.run) }

    /// Replaces text in a file once; the text has to be there.
    func replace(_ old: String, with new: String, in path: RawPath) throws {
        let text = try #require(String(validating: Files.read(path), as: UTF8.self))
        let place = try #require(text.firstRange(of: old), "\(old)")
        try AtomicFile.write(
            Array((text[..<place.lowerBound] + new + text[place.upperBound...]).utf8), to: path, durable: false)
    }
}
