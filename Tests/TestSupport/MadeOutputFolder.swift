package import Bytes
package import FrameResults
package import Jobs
package import Store

/// An output folder made without a run, by the writers that runs use: what a test finds in it, a run could have left.
/// What no run leaves, a test writes over it.
///
///     let made = try MadeOutputFolder()
///     try made.addRun("20260101T000000Z-aaaaaa", [.done("a.mp4"), .failed("b.mp4")])
///     try made.addRun("20260102T000000Z-bbbbbb", [.done("b.mp4")]) { $0.isLimited = true }
///     try made.writeResult(RawPath("a.mp4"))
package struct MadeOutputFolder: Sendable {
    package let layout: OutputLayout
    private let folder: TemporaryFolder?

    /// Videos that a run left alone for what another one made of them.
    package struct Skipped: Sendable {
        package var run: String
        package var status: VideoStatus
        package var paths: [String]

        package init(run: String, _ paths: [String], _ status: VideoStatus = .skipped) {
            self.run = run
            self.status = status
            self.paths = paths
        }
    }

    /// Makes one that is removed with the last copy of this value.
    package init() throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        layout = OutputLayout(root: folder.path.appending("out"))
    }

    /// Makes one in a folder that somebody else removes.
    package init(_ root: RawPath) {
        folder = nil
        layout = OutputLayout(root: root)
    }

    // MARK: Runs

    /// Adds a run: its record, its line of the history, and a line of the catalog or the failure memory for each video.
    ///
    /// - Parameters:
    ///   - videos: what it processed, see ``Store/JobRecord/done(_:_:change:)``.
    ///   - isRemembered: whether videos that failed for what is in them get a line of the failure memory.
    ///   - change: whatever the record is to say otherwise.
    package func addRun(
        _ id: String, _ videos: [JobRecord], skipped: [Skipped] = [], isRemembered: Bool = true,
        change: (inout RunDocument) -> Void = { _ in }
    ) throws {
        var document = RunDocument(MadeOutputFolder.summary(id, videos, skipped))
        document.skip(
            skipped.flatMap { group in
                group.paths.map { (job: JobID(video: RawPath($0)), status: group.status, runID: group.run) }
            })
        change(&document)
        try write(document, videos)
        try History(layout).append([document.summary])
        let digest = document.summary.settingsDigest
        try add(videos.filter(\.status.isVerdict).map { CatalogEntry($0, run: id, digest: digest) })
        guard isRemembered else { return }
        let content = FailureEntry.Kind.content.rawValue
        try add(videos.filter { $0.kind == content }.map { FailureEntry($0, run: id, digest: digest) })
    }

    private static func summary(_ id: String, _ videos: [JobRecord], _ skipped: [Skipped]) -> RunSummary {
        var run = RunSummary(id: id)
        run.version = "1.0.0"
        (run.started, run.finished) = ("2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z")
        (run.seconds, run.exitStatus, run.frames) = (60, 0, 100)
        (run.settingsDigest, run.scope) = ("d", "s")
        for video in videos { run.tally.countProcessed(video.status) }
        for group in skipped { for _ in group.paths { run.tally.countSkipped(group.status) } }
        run.tally.found = videos.count + run.tally.allSkipped
        return run
    }

    /// Writes a run's record and nothing else.
    package func write(_ document: RunDocument, _ jobs: [JobRecord]) throws {
        var file = try RunDocumentWriter(layout.summary(run: document.summary.id), document)
        for job in jobs { try file.append(RunDocumentWriter.EncodedJob(job)) }
        try file.publish()
    }

    /// Adds lines to the catalog, without results to them.
    package func add(_ entries: [CatalogEntry]) throws { try append(entries, to: layout.catalog) }

    /// Adds lines to the failure memory.
    package func add(_ entries: [FailureEntry]) throws { try append(entries, to: layout.failures) }

    /// Not one after another to the disk, as a run does, which takes long for thousands of them.
    private func append(_ records: [some JobLine], to path: RawPath) throws {
        let file = try LineFile(path)
        for record in records { try file.append(JSONWriter.encode(record.json)) }
    }

    // MARK: Logs

    /// Writes a run's log: events, each with its milliseconds since the first.
    ///
    /// - Parameter start: of the log, milliseconds since 1970.
    package func writeLog(_ run: String, _ events: [(Int64, LogEvent)], start: Int64 = MadeOutputFolder.start) throws {
        var bytes: [UInt8] = []
        for (index, (time, event)) in events.enumerated() {
            bytes += event.encode(time: UTCTime(milliseconds: start + time), seq: index + 1) + [0x0a]
        }
        try AtomicFile.write(bytes, to: layout.log(run: run), durable: false)
    }

    /// 26 February 2026, 01:02:03 UTC, in milliseconds since 1970.
    package static let start: Int64 = 1_772_067_723_000

    /// Holds the folder's lock as the writer of a run, until the descriptor is closed.
    package func lock(run: String) throws -> FileDescriptor {
        let descriptor = try Files.open(layout.lock, Files.readWriteOrCreate)
        let record = LockRecord(runID: run, process: 1, since: .now)
        try Files.write(record.line, to: descriptor, path: layout.lock)
        _ = try Files.lock(descriptor, path: layout.lock)
        return descriptor
    }

    // MARK: Results

    /// Writes a video's result where a run would, without a line of the catalog.
    ///
    /// - Parameter change: whatever stands otherwise before the frames.
    @discardableResult
    package func writeResult(
        _ video: RawPath, frames: [FrameRecord] = MadeOutputFolder.frames(4), isCompressed: Bool = false,
        change: (inout ResultHead) -> Void = { _ in }
    ) throws -> ResultWriter.Finished {
        let job = JobID(video: video)
        let path = OutputLayout.result(for: video, job: job, isCompressed: isCompressed)
        var writer = try ResultWriter(path: layout.root.appending(path), isCompressed: isCompressed)
        for frame in frames { try writer.append(frame) }
        var decode = DecodeReport()
        decode.decodedFrames = frames.count
        var head = ResultHead(
            jobID: job.text, source: .init(path: video, size: 100, fingerprint: "x1:00"),
            video: .members([
                "codec": "h264", "pixel_format": "yuv420p", "width": 64, "height": 48,
                "duration": .double(Double(frames.count) / 25),
            ]), decode: decode, tools: MadeOutputFolder.tools, summary: .members(["luma": .members(["avg": 100])]),
            events: [])
        change(&head)
        return try writer.finish(head)
    }

    /// The tools of such results.
    package static let tools: [JSON] = [.members(["id": "luma", "version": "1.0.0", "settings": .object([])])]

    /// Frames of a grey video, 25 a second.
    package static func frames(_ count: Int) -> [FrameRecord] {
        (0..<count).map { index in
            FrameRecord(time: Double(index) / 25, measures: [ToolMeasures(tool: "luma", values: [("avg", 100)])])
        }
    }
}

extension JobRecord {
    /// A video that got a result.
    package static func done(
        _ path: String, _ verdict: VideoStatus = .ok, change: (inout JobRecord) -> Void = { _ in }
    ) -> JobRecord {
        done(RawPath(path), verdict, change: change)
    }

    /// The same of a name that is no text.
    package static func done(
        _ path: RawPath, _ verdict: VideoStatus = .ok, change: (inout JobRecord) -> Void = { _ in }
    ) -> JobRecord {
        var record = JobRecord(job: JobID(video: path), path: path, hasFailed: false)
        record.result = OutputLayout.result(for: path, job: record.job)
        (record.verdict, record.reasons, record.frames, record.events) = (verdict, [], 100, 0)
        (record.processorSeconds, record.size, record.tries) = (10, 100, 1)
        (record.fingerprint, record.sha256) = ("x1:1", "1")
        change(&record)
        return record
    }

    /// A video that got none.
    ///
    /// - Parameter kind: one of ``FailureEntry/Kind`` or of ``JobOutcome/Kind``, or ``stopped``.
    package static func failed(
        _ path: String, kind: String = "content", _ message: String = "no frame",
        change: (inout JobRecord) -> Void = { _ in }
    ) -> JobRecord {
        let path = RawPath(path)
        var record = JobRecord(job: JobID(video: path), path: path, hasFailed: true)
        (record.kind, record.message, record.cause) = (kind, message, Cause.of(message))
        (record.frames, record.processorSeconds, record.size, record.fingerprint) = (100, 10, 100, "x1:1")
        change(&record)
        return record
    }
}

extension CatalogEntry {
    /// The line of a video that a run gave a result.
    package init(_ video: JobRecord, run: String, digest: String) {
        self.init(
            job: video.job, path: video.path,
            result: video.result ?? OutputLayout.result(for: video.path, job: video.job), size: video.size ?? 0,
            modified: 1, inode: 2, fingerprint: video.fingerprint, digest: digest, verdict: video.verdict ?? .ok,
            frames: video.frames ?? 0, sha256: video.sha256 ?? "", resultSize: video.resultSize, runID: run,
            facts: video.facts, events: video.events, seconds: video.seconds,
            processorSeconds: video.processorSeconds)
        contentSize = video.contentSize
        toolsFailed = video.toolsFailed
    }
}

extension FailureEntry {
    /// The line of a video that failed in a run.
    package init(_ video: JobRecord, run: String, digest: String) {
        self.init(
            job: video.job, path: video.path, kind: video.kind.flatMap { Kind(rawValue: $0) } ?? .death,
            message: video.message ?? "", size: video.size ?? 0, modified: 1, inode: 2, digest: digest,
            version: "1.0.0", time: 0, runs: 1, isQuarantined: false, runID: run)
    }
}
