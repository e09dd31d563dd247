import Archive
import Bytes
import Jobs
import Store
import TestSupport

/// An output folder that holds nothing but the records of runs, as the program writes them.
final class MadeRuns {
    private let folder: TemporaryFolder
    let layout: OutputLayout

    static let first = "20260101T000000Z-aaaaaa"
    static let second = "20260102T000000Z-bbbbbb"

    init() throws {
        folder = try TemporaryFolder()
        layout = OutputLayout(root: folder.path.appending("out"))
    }

    /// A video that a run processed.
    struct Done {
        var path: RawPath
        var status = "completed"
        var verdict: String? = "ok"
        var fingerprint: String? = "x1:1"
        var sha256: String? = "1"
        var frames = 100
        var processorSeconds = 10.0
        var kind: String?
        var message: String?

        init(_ path: String) { self.path = RawPath(path) }

        static func failed(_ path: String, kind: String = "content", _ message: String = "no frame") -> Done {
            var done = Done(path)
            (done.status, done.verdict, done.sha256, done.kind, done.message) = ("failed", nil, nil, kind, message)
            return done
        }

        var json: JSON {
            let rest = JSON.members([
                "status": .string(status), "verdict": verdict.map { .string($0) }, "frames": .int(frames),
                "cpu_seconds": .double(processorSeconds), "size": 100, "fingerprint": fingerprint.map { .string($0) },
                "sha256": sha256.map { .string($0) }, "message": message.map { .string($0) },
                "kind": kind.map { .string($0) },
            ])
            return .object(
                [JSON.Member("job_id", .string(JobID(video: path).text))] + path.members() + (rest.members ?? []))
        }
    }

    /// Writes a run's record, its line of the history and its lines of the catalog.
    func add(
        _ id: String, _ done: [Done], skipped: [(run: String, kind: String, paths: [String])] = [],
        digest: String = "d",
        scope: String = "s", more: [JSON.Member] = [], interrupted: Bool = false, listsSkipped: Bool = true
    ) throws {
        func paths(_ kind: String) -> Int { skipped.filter { $0.kind == kind }.reduce(0) { $0 + $1.paths.count } }
        let head = JSON.members([
            "schema": "forgebatch/run/1", "run_id": .string(id), "version": "1.0.0",
            "started": "2026-01-01T00:00:00.000Z", "finished": "2026-01-01T00:01:00.000Z", "seconds": 60,
            "exit_status": 0, "interrupted": .bool(interrupted),
            "counts": .members([
                "found": .int(done.count + skipped.reduce(0) { $0 + $1.paths.count }),
                "completed": .int(done.count { $0.status == "completed" }),
                "failed": .int(done.count { $0.status == "failed" }), "skipped": .int(paths("up_to_date")),
                "skipped_failed": .int(paths("failed")), "skipped_damaged": .int(paths("damaged")),
                "quarantined": .int(paths("quarantined")),
            ]), "frames": 100, "settings_digest": .string(digest), "scope": .string(scope),
        ])
        let groups = skipped.map { group in
            JSON.members([
                "run_id": .string(group.run), "kind": .string(group.kind),
                "jobs": .array(group.paths.map { .string(JobID(video: RawPath($0)).text) }),
            ])
        }
        let rest =
            [JSON.Member("jobs", .array(done.map(\.json)))]
            + (listsSkipped ? [JSON.Member("skipped", .array(groups))] : [])
        let document = JSON.object((head.members ?? []) + rest + more)
        try AtomicFile.write(JSONWriter.encode(document) + [0x0a], to: layout.summary(run: id), durable: false)
        try LineFile(layout.history).append(JSONWriter.encode(head))
        let catalog = try LineFile(layout.catalog)
        for video in done where video.status == "completed" {
            let entry = CatalogEntry(
                job: JobID(video: video.path), path: video.path, result: RawPath("results").appending(video.path),
                size: 100,
                modified: 1, inode: 1, fingerprint: video.fingerprint, digest: digest, verdict: video.verdict ?? "ok",
                frames: video.frames, sha256: video.sha256 ?? "", runID: id,
                facts: VideoFacts(), processorSeconds: video.processorSeconds)
            try catalog.append(JSONWriter.encode(entry.json))
        }
        let failures = try LineFile(layout.failures)
        for video in done where video.status == "failed" && video.kind == "content" {
            let entry = FailureEntry(
                job: JobID(video: video.path), path: video.path, kind: .content, message: video.message ?? "",
                size: 100,
                modified: 1, inode: 1, digest: digest, version: "1.0.0", time: 0, runs: 1, isQuarantined: false,
                runID: id)
            try failures.append(JSONWriter.encode(entry.json))
        }
    }

    func compare(_ before: String = MadeRuns.first, _ after: String = MadeRuns.second) throws -> Comparison {
        try Comparison(layout, before: before, after: after)
    }
}

extension Comparison {
    /// The paths of each category that is not empty.
    var paths: [String: [String]] {
        var result: [String: [String]] = [:]
        for category in Category.allCases where !self[category].isEmpty {
            result[category.rawValue] = self[category].map(\.path.display)
        }
        return result
    }
}
