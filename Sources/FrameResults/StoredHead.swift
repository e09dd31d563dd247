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
    /// Without `decoder_threads`, which was told until version 0.1.
    package let video: JSON
    /// Threads that decoded it. Since results do not tell it, more than one leave no trace in them.
    package let threads: Int
    package let decode: JSON
    package let totalFrames: Int
    package let declaredFrames: Int?
    /// Objects of id, version and settings.
    package let tools: [JSON]
    /// Whether nothing was left out because JSON cannot hold it, but for what tools of plugins left out themselves.
    package let isComplete: Bool

    private static let threadsKey = "decoder_threads"

    /// Nil for what is no such head.
    package init?(_ head: JSON) {
        guard head["schema"]?.string == ResultHead.schema, let job = head["job_id"]?.string,
            let source = head["source"], let path = RawPath(source), let size = source["size"]?.int,
            let fingerprint = source["fingerprint"]?.string, let video = head["video"], let decode = head["decode"],
            let total = head["total_frames"]?.int, let tools = head["tools"]?.array
        else { return nil }
        (jobID, self.path, self.size, self.fingerprint) = (job, path, Int64(size), fingerprint)
        let rest = (video.members ?? []).filter { $0.key != StoredHead.threadsKey }
        (self.video, threads) = (.object(rest), video[StoredHead.threadsKey]?.int ?? 1)
        (self.decode, totalFrames, self.tools) = (decode, total, tools)
        declaredFrames = head["declared_frames"]?.int
        let told = SanitizerCounts(told: head["summary"])
        isComplete =
            head["sanitized"]?["dropped_values"]?.int == told.droppedValues
            && head["sanitized"]?["dropped_objects"]?.int == told.droppedObjects
    }

    /// The version of the rules of decoding; results before version 2 do not tell it.
    package var rules: Int { decode["rules"]?.int ?? 1 }
    /// Seconds at which the last frame ends.
    package var coveredDuration: Double? { decode["covered_duration"]?.double }
    package var verdict: VideoStatus { VideoStatus(verdict: decode["verdict"]?.string ?? "") }
    package var reasons: [String] { (decode["reasons"]?.array ?? []).compactMap(\.string) }

    package func tool(_ id: String) -> JSON? { tools.first { $0["id"]?.string == id } }
}
