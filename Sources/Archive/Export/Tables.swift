internal import Bytes
internal import FrameResults

/// The tables that CSV and NDJSON share, but for frames, whose columns follow the tools.
enum Tables {
    static let videos = [
        "job_id", "path", "path_bytes", "verdict", "reasons", "total_frames", "declared_frames", "codec", "width",
        "height", "duration", "frame_rate", "size", "fingerprint", "decode_errors", "events", "tracks",
        "rotation", "mirrored", "sample_aspect_ratio", "display_width", "display_height", "start_time",
        "gone",
    ]
    static let events = [
        "job_id", "path", "path_bytes", "tool", "type", "start_frame", "end_frame", "start", "end", "open_at_end",
        "values", "class",
    ]
    static let objects = [
        "job_id", "path", "path_bytes", "frame_index", "time", "track_id", "class_id", "class", "x1", "y1", "x2", "y2",
        "confidence",
    ]

    /// What every row begins with: which video it speaks of.
    static func video(_ video: ExportVideo) -> [JSON.Member] {
        [JSON.Member("job_id", .string(video.job))] + video.path.members()
    }

    static func row(_ video: ExportVideo) -> [JSON.Member] {
        let head = video.head
        let rate = head["video"]?["frame_rate"]
        let rest = JSON.members([
            "verdict": head["decode"]?["verdict"],
            "reasons": .string((head["decode"]?["reasons"]?.array ?? []).compactMap(\.string).joined(separator: " ")),
            "total_frames": head["total_frames"], "declared_frames": head["declared_frames"],
            "codec": head["video"]?["codec"], "width": head["video"]?["width"], "height": head["video"]?["height"],
            "duration": head["video"]?["duration"],
            "frame_rate": number(rate?["avg"]) ?? number(rate?["r"]), "size": head["source"]?["size"],
            "fingerprint": head["source"]?["fingerprint"], "decode_errors": head["decode"]?["error_count"],
            "events": .int(head["events"]?.array?.count ?? 0), "tracks": video.objectCount,
            "rotation": head["video"]?["rotation"], "mirrored": head["video"]?["mirrored"],
            "sample_aspect_ratio": head["video"]?["sample_aspect_ratio"],
            "display_width": head["video"]?["display"]?["width"],
            "display_height": head["video"]?["display"]?["height"], "start_time": head["video"]?["start_time"],
            "gone": video.isGone ? true : nil,
        ])
        return Tables.video(video) + (rest.members ?? [])
    }

    /// A fraction such as `30000/1001` as a number of six digits.
    private static func number(_ fraction: JSON?) -> JSON? {
        let parts = (fraction?.string ?? "").split(separator: "/").compactMap { Double($0) }
        guard parts.count == 2, parts[1] != 0 else { return nil }
        return .double((parts[0] / parts[1] * 1_000_000).rounded() / 1_000_000)
    }

    static func row(event: JSON, of video: ExportVideo) -> [JSON.Member] {
        let own: Set<String> = ["tool", "type", "start_frame", "end_frame", "start", "end", "open_at_end", "class"]
        let members = event.members ?? []
        let known = members.filter { own.contains($0.key) }
        let values = members.filter { !own.contains($0.key) }
        return Tables.video(video) + known + (values.isEmpty ? [] : [JSON.Member("values", .object(values))])
    }

    static func row(_ object: ExportObject, of video: ExportVideo) -> [JSON.Member] {
        let rest = JSON.members([
            "frame_index": .int(object.frame), "time": object.time.map { .double($0) },
            "track_id": object.track.map { .int($0) }, "class_id": .int(object.classID),
            "class": .string(object.className), "x1": .double(object.corners[0]), "y1": .double(object.corners[1]),
            "x2": .double(object.corners[2]), "y2": .double(object.corners[3]),
            "confidence": object.confidence.map { .double($0) },
        ])
        return Tables.video(video) + (rest.members ?? [])
    }

    /// Hands out the rows of a table, but for frames.
    static func rows(
        _ table: ExportTable, of video: ExportVideo, _ body: ([JSON.Member]) throws -> Void
    ) throws {
        switch table {
        case .videos: try body(row(video))
        case .events: for event in video.head["events"]?.array ?? [] { try body(row(event: event, of: video)) }
        case .objects:
            while let frame = try video.result.nextFrame() {
                for object in ExportObject.all(in: frame) { try body(row(object, of: video)) }
            }
        case .frames: preconditionFailure("frames have columns of their own")
        }
    }
}
