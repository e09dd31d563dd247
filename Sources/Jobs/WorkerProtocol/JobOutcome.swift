package import Bytes

/// How one attempt at a video ended, as its worker tells it.
package struct JobOutcome: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case completed
        /// The video cannot be decoded: that will not change by itself.
        case content
        /// The file changed while it was read.
        case changed
        /// The video cannot be read, which may be another time: permissions, a network that is down.
        case input
        /// Our own files cannot be written.
        case io
        /// The output folder takes no name for the result.
        case name
        /// No space left for the result.
        case diskFull = "disk_full"
        /// The memory limit was too low.
        case memory
        /// The worker could not be confined: the machine's, not the video's.
        case sandbox
    }

    package var kind: Kind
    /// One line: stage, cause, what to do next. Nil when it completed.
    package var message: String?
    package var frames = 0
    package var declared: Int?
    /// How far the result can be trusted; nil when there is none.
    package var verdict: VideoStatus?
    package var reasons: [String] = []
    package var processorSeconds = 0.0
    package var sha256: String?
    package var fingerprint: String?
    /// SHA-256 of the whole video, where that was asked for.
    package var content: String?
    /// Whether measures of the result that was there are in it.
    package var isReused = false
    /// Bytes of the result as it lies there.
    package var size: Int64 = 0
    /// Bytes that a compressed result unpacks to; nil for another one.
    package var contentSize: Int64?
    package var events = 0
    /// For lists.
    package var facts = VideoFacts()
    /// External tools that failed: the result is without them.
    package var toolFailures: [ToolFailure] = []
    /// Each tool's summary, opaque to the batch.
    package var summaries: JSON = .object([])

    package init(kind: Kind, message: String? = nil) {
        self.kind = kind
        self.message = message
    }

    var json: JSON {
        .members([
            "type": "job_result", "kind": .string(kind.rawValue), "message": message.map { .string($0) },
            "frames": .int(frames), "declared": declared.map { .int($0) },
            "verdict": verdict.map { .string($0.rawValue) },
            "reasons": .array(reasons.map { .string($0) }), "cpu_seconds": .double(processorSeconds),
            "sha256": sha256.map { .string($0) }, "fingerprint": fingerprint.map { .string($0) }, "size": .int(size),
            "content_size": contentSize.map { .int($0) },
            "events": .int(events), "facts": .object(facts.members),
            "content": content.map { .string($0) }, "reused": isReused ? true : nil,
            "tools_failed": toolFailures.isEmpty ? nil : .array(toolFailures.map(\.json)),
            "summaries": summaries,
        ])
    }

    init?(_ json: JSON) {
        guard let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }), let frames = json["frames"]?.int
        else { return nil }
        self.kind = kind
        self.frames = frames
        message = json["message"]?.string
        declared = json["declared"]?.int
        verdict = json["verdict"]?.string.flatMap { VideoStatus(rawValue: $0) }.flatMap { $0.isVerdict ? $0 : nil }
        reasons = json["reasons"]?.array?.compactMap(\.string) ?? []
        processorSeconds = json["cpu_seconds"]?.double ?? 0
        sha256 = json["sha256"]?.string
        fingerprint = json["fingerprint"]?.string
        size = Int64(json["size"]?.int ?? 0)
        content = json["content"]?.string
        isReused = json["reused"]?.bool == true
        contentSize = json["content_size"]?.int.map { Int64($0) }
        events = json["events"]?.int ?? 0
        facts = json["facts"].map { VideoFacts($0) } ?? VideoFacts()
        toolFailures = (json["tools_failed"]?.array ?? []).compactMap { ToolFailure($0) }
        summaries = json["summaries"] ?? .object([])
        if kind == .completed, sha256 == nil || verdict == nil { return nil }
    }
}
