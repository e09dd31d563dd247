package import Bytes
internal import FrameResults
package import Jobs
package import Store

/// A video as an output folder knows it, whichever run processed it last.
package struct VideoEntry: Sendable {
    package let job: JobID
    package let path: RawPath
    /// One of ``VideoStatus/settled``.
    package var status: VideoStatus
    /// Of a video that failed or is damaged.
    package var message: String?
    /// What the catalog says of its result; nil when there is none.
    package var entry: CatalogEntry?
    /// What is remembered of its failure.
    package var failure: FailureEntry?

    /// Since when it is not at its place; nil for one that is there as far as runs know.
    package var absence: Absence? { [failure?.absence, entry?.absence].compactMap { $0 }.first { $0.isOpen } }

    /// External tools that its result is without, because they failed.
    package var toolsFailed: [FailedTool] { entry?.toolsFailed ?? [] }

    /// Classes of the objects in it, in the order in which they first appear.
    package var classes: [String] { entry?.facts.classes ?? [] }

    /// All videos that have a result or failed, in the order of their paths.
    package static func all(_ layout: OutputLayout) throws(SystemError) -> [VideoEntry] {
        var videos: [JobID: VideoEntry] = [:]
        for entry in try layout.catalogLines.latest().records.values {
            videos[entry.job] = VideoEntry(job: entry.job, path: entry.path, status: entry.verdict, entry: entry)
        }
        for (job, failure) in try layout.failureLines.latest().records {
            var video = videos[job] ?? VideoEntry(job: job, path: failure.path, status: .failed)
            // A damaged video is remembered as one not to be redone; it has its result all the same.
            if video.status != .damaged || failure.isQuarantined {
                video.status = failure.isQuarantined ? .quarantined : .failed
            }
            (video.message, video.failure) = (failure.message, failure)
            videos[job] = video
        }
        return videos.values.sorted { ($0.path, $0.job.text) < ($1.path, $1.job.text) }
    }

    package var json: JSON {
        let head = [JSON.Member("job_id", .string(job.text))] + path.members()
        let rest = JSON.members([
            "status": .string(status.rawValue), "message": message.map { .string($0) },
            "frames": entry.map { .int($0.frames) }, "duration": entry?.facts.duration.map { .double($0) },
            "codec": entry?.facts.codec.map { .string($0) }, "width": entry?.facts.width.map { .int($0) },
            "height": entry?.facts.height.map { .int($0) }, "events": entry?.events.map { .int($0) },
            "detections": entry?.facts.detections.map { .int($0) },
            "classes": classes.isEmpty ? nil : .array(classes.map { .string($0) }), "tools_failed": toolsFailed.json,
            "size": .int(entry?.size ?? failure?.size ?? 0), "run_id": entry.map { .string($0.runID) },
            "gone": absence?.json,
        ])
        return .object(head + (entry?.result.members("result") ?? []) + (rest.members ?? []))
    }
}

extension CatalogEntry {
    /// Reads what stands before the frames of its result.
    package func head(_ layout: OutputLayout) throws -> JSON {
        try HeadReader.read(layout.root.appending(result))
    }
}
