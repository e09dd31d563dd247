import Bytes
import Jobs
import Store

@testable import BatchRun

/// Videos and memories of them that no disk has.
enum Planned {
    static func candidate(_ name: String, size: Int64 = 1000, modified: Int64 = 7, inode: UInt64 = 3) -> Candidate {
        let status = FileStatus(kind: .file, size: size, modified: modified, device: 1, inode: inode)
        return Candidate(path: RawPath("/in").appending(RawPath(name)), relative: RawPath(name), status: status)
    }

    static func job(_ name: String, size: Int64 = 1000, knownFailure: FailureEntry? = nil) -> PlannedJob {
        let video = candidate(name, size: size)
        return PlannedJob(
            id: JobID(video: video.relative), video: video, result: RawPath("results/\(name).json"), reason: "new",
            knownFailure: knownFailure)
    }

    /// What a run with the digest `d` and version `1` remembers of ``candidate(_:size:modified:inode:)``.
    static func failure(
        _ name: String, _ kind: FailureEntry.Kind, runs: Int = 1, isQuarantined: Bool = false, time: Int64 = 0
    ) -> FailureEntry {
        let video = candidate(name)
        return FailureEntry(
            job: JobID(video: video.relative), path: video.relative, kind: kind, message: "why",
            size: video.status.size, modified: video.status.modified, inode: video.status.inode, digest: "d",
            version: "1", time: time, runs: runs, isQuarantined: isQuarantined, runID: "r1")
    }

    static func known(_ name: String, verdict: VideoStatus = .ok, fingerprint: String? = "f") -> KnownResult {
        KnownResult(entry(name, verdict: verdict, fingerprint: fingerprint))
    }

    static func entry(_ name: String, verdict: VideoStatus = .ok, fingerprint: String? = "f") -> CatalogEntry {
        let video = candidate(name)
        return CatalogEntry(
            job: JobID(video: video.relative), path: video.relative, result: RawPath("results/\(name).json"),
            size: video.status.size, modified: video.status.modified, inode: video.status.inode,
            fingerprint: fingerprint, digest: "d", verdict: verdict, frames: 4, sha256: "0", runID: "r1",
            facts: VideoFacts())
    }
}
