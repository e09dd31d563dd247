package import Bytes
package import Jobs

/// What stands before the frames of a result that this program wrote, as far as another result can be made of it.
package struct StoredHead: Sendable {
    package let jobID: String
    /// Of the video.
    package let path: RawPath
    /// Bytes of the video.
    package let size: Int64
    package let fingerprint: String
    package let video: JSON
    package let decode: JSON
    package let totalFrames: Int
    package let declaredFrames: Int?
    /// Objects of id, version and settings.
    package let tools: [JSON]
    /// Whether nothing was left out because JSON cannot hold it, but for what tools of plugins left out themselves.
    package let isComplete: Bool

    /// Nil for what is no such head.
    package init?(_ head: JSON) {
        guard head["schema"]?.string == ResultHead.schema, let job = head["job_id"]?.string,
            let source = head["source"], let path = RawPath(source), let size = source["size"]?.int,
            let fingerprint = source["fingerprint"]?.string, let video = head["video"], let decode = head["decode"],
            let total = head["total_frames"]?.int, let tools = head["tools"]?.array
        else { return nil }
        (jobID, self.path, self.size, self.fingerprint) = (job, path, Int64(size), fingerprint)
        (self.video, self.decode, totalFrames, self.tools) = (video, decode, total, tools)
        declaredFrames = head["declared_frames"]?.int
        let told = SanitizerCounts(told: head["summary"])
        isComplete =
            head["sanitized"]?["dropped_values"]?.int == told.droppedValues
            && head["sanitized"]?["dropped_objects"]?.int == told.droppedObjects
    }

    /// The version of the rules of decoding; results before version 2 do not tell it.
    package var rules: Int { decode["rules"]?.int ?? 1 }
    package var threads: Int { video["decoder_threads"]?.int ?? 1 }
    /// Seconds at which the last frame ends.
    package var coveredDuration: Double? { decode["covered_duration"]?.double }
    package var verdict: VideoStatus { VideoStatus(verdict: decode["verdict"]?.string ?? "") }
    package var reasons: [String] { (decode["reasons"]?.array ?? []).compactMap(\.string) }

    package func tool(_ id: String) -> JSON? { tools.first { $0["id"]?.string == id } }
}
