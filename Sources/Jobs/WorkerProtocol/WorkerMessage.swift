internal import Bytes

/// What a worker says on its standard output: a line each.
package enum WorkerMessage: Equatable, Sendable {
    /// The video is open: what its container declares (0 for no frame count) and its duration in seconds; the frames that
    /// duration and rate come to, where it declares none; how many threads decode it.
    case opened(totalFrames: Int, duration: Double?, estimatedTotal: Int? = nil, threads: Int = 1)
    /// A frame of a pass; nil for a job that has one pass only.
    case step(current: Int, total: Int, pass: Progress.Pass? = nil)
    /// Frames come, but none is to be told yet.
    case heartbeat
    /// The last line.
    case finished(JobOutcome)
    /// The last line where the request asks for nothing else: what the container tells of the video, and its number of frames,
    /// declared or else of duration and rate; nil where neither is told.
    case described(VideoFacts, frames: Int?)
    /// Something a person should know, once.
    case note(String)

    /// Bytes of the longest line that is listened to.
    package static let lineLimit = 1 << 20

    package func encode() -> [UInt8] {
        let json: JSON =
            switch self {
            case .opened(let total, let duration, let estimate, let threads):
                .members([
                    "type": "opened", "total_frames": .int(total), "duration": duration.map { .double($0) },
                    "estimated_total": estimate.map { .int($0) }, "threads": threads > 1 ? .int(threads) : nil,
                ])
            case .step(let current, let total, let pass):
                .members([
                    "type": "step", "current": .int(current), "total": .int(total),
                    "tool": pass.map { .string($0.tool) }, "passes_done": pass.map { .int($0.completed) },
                    "passes": pass.map { .int($0.total) },
                ])
            case .heartbeat: .members(["type": "heartbeat"])
            case .finished(let outcome): outcome.json
            case .described(let facts, let frames):
                .members(["type": "described", "frames": frames.map { .int($0) }, "facts": .object(facts.members)])
            case .note(let text): .members(["type": "note", "text": .string(text)])
            }
        return JSONWriter.encode(json) + [0x0a]
    }

    /// Nil for a line that no worker writes.
    package init?(_ line: [UInt8]) {
        guard let json = try? JSONReader.parse(line) else { return nil }
        switch json["type"]?.string {
        case "opened":
            guard let total = json["total_frames"]?.int else { return nil }
            self = .opened(
                totalFrames: total, duration: json["duration"]?.double,
                estimatedTotal: json["estimated_total"]?.int, threads: max(1, json["threads"]?.int ?? 1))
        case "step":
            guard let current = json["current"]?.int, let total = json["total"]?.int else { return nil }
            var pass: Progress.Pass?
            if let tool = json["tool"]?.string {
                guard let completed = json["passes_done"]?.int, let passes = json["passes"]?.int else { return nil }
                pass = Progress.Pass(tool: tool, completed: completed, total: passes)
            }
            self = .step(current: current, total: total, pass: pass)
        case "heartbeat": self = .heartbeat
        case "note":
            guard let text = json["text"]?.string else { return nil }
            self = .note(text)
        case "job_result":
            guard let outcome = JobOutcome(json) else { return nil }
            self = .finished(outcome)
        case "described":
            guard let facts = json["facts"] else { return nil }
            self = .described(VideoFacts(facts), frames: json["frames"]?.int)
        default: return nil
        }
    }
}
