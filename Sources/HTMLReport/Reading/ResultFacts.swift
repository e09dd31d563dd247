internal import Bytes

/// What a result says of its video as a whole.
struct ResultFacts {
    let document: JSON

    var video: JSON? { document["video"] }
    var decode: JSON? { document["decode"] }
    var events: [JSON] { document["events"]?.array ?? [] }
    var errors: [JSON] { decode?["errors"]?.array ?? [] }
    var totalFrames: Int? { document["total_frames"]?.int }

    /// Frames a second, from a number or a fraction such as `30000/1001`.
    var rate: Double? {
        let rate = video?["frame_rate"]
        return ResultFacts.number(rate?["avg"]) ?? ResultFacts.number(rate?["r"]) ?? ResultFacts.number(rate)
    }

    private static func number(_ value: JSON?) -> Double? {
        if let number = value?.double { return number > 0 ? number : nil }
        guard let parts = value?.string?.split(separator: "/"), let first = parts.first.flatMap({ Double($0) }) else {
            return nil
        }
        let second = parts.count > 1 ? Double(parts[1]) ?? 1 : 1
        let quotient = first / second
        return quotient.isFinite && quotient > 0 ? quotient : nil
    }

    /// Fills what only the result knows into a row.
    func complete(_ video: inout Video) {
        video.events = events.count
        video.rate = rate
        video.frames = video.frames ?? totalFrames
        video.declared = video.declared ?? document["declared_frames"]?.int
        video.codec = video.codec ?? self.video?["codec"]?.string
        video.width = video.width ?? self.video?["width"]?.int
        video.height = video.height ?? self.video?["height"]?.int
        video.duration = video.duration ?? self.video?["duration"]?.double
        video.size = video.size ?? document["source"]?["size"]?.int
        video.marks.isTruncated = decode?["truncated"]?.bool == true
        video.marks.hasVariableRate = decode?["timestamps"]?["variable"]?.bool == true
        if let summaries = document["summary"] { video.take(summaries: summaries) }
        if video.reasons.isEmpty { video.reasons = decode?["reasons"]?.array?.compactMap(\.string) ?? [] }
    }
}
