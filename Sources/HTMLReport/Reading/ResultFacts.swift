internal import Bytes
internal import FrameResults
internal import Jobs

/// What a result says of its video as a whole: the head of the document, read once.
struct ResultFacts {
    /// What the container says of the pictures.
    struct Pictures {
        var codec: String?
        var pixelFormat: String?
        /// Pixels as they are stored.
        var width: Int?
        var height: Int?
        /// Degrees clockwise.
        var rotation: Int?
        /// Seconds.
        var duration: Double?
        var startTime: Double?
        /// Frames a second as the result writes them, such as `30000/1001`.
        var rate: String?

        init(_ json: JSON?) {
            codec = json?["codec"]?.string
            pixelFormat = json?["pixel_format"]?.string
            width = json?["width"]?.int
            height = json?["height"]?.int
            rotation = json?["rotation"]?.int
            duration = json?["duration"]?.double
            startTime = json?["start_time"]?.double
            rate = json?["frame_rate"]?["avg"]?.string ?? json?["frame_rate"]?["r"]?.string
        }
    }

    /// An external tool that failed.
    struct FailedTool {
        var id: String
        var message: String
        /// Frames that it had answered.
        var frames: Int
        /// The last lines that it wrote.
        var log: String

        /// Nil for a tool that did not fail.
        init?(_ json: JSON) {
            guard json["status"]?.string == VideoStatus.failed.rawValue, let id = json["id"]?.string else { return nil }
            self.id = id
            message = json["error"]?.string ?? ""
            frames = json["frames_done"]?.int ?? 0
            log = json["log"]?.string ?? ""
        }
    }

    /// Something that the decoder said at a frame.
    struct Message {
        var frame: Int?
        var text: String
    }

    /// How the decoding went. Counts are nil where the result does not tell them.
    struct Decoding {
        var errors: [Message]
        /// At least those that are listed.
        var errorCount: Int
        var notes: [Message]
        var noteCount: Int
        var corruptFrames: Int?
        var corruptPackets: Int?
        var gaps: Int?
        var stepsBack: Int?
        var restarts: Int?
        /// Frames without a timestamp.
        var untimed: Int?
        var isTruncated: Bool
        /// Whether the frame rate varies.
        var isVariable: Bool
        /// Why the verdict is not `ok`, as results write it.
        var reasons: [String]

        init(_ json: JSON?) {
            func messages(_ list: JSON?) -> [Message] {
                (list?.array ?? []).map { Message(frame: $0["frame"]?.int, text: $0["text"]?.string ?? "") }
            }
            errors = messages(json?["errors"])
            errorCount = max(errors.count, json?["error_count"]?.int ?? 0)
            notes = messages(json?["notes"])
            noteCount = max(notes.count, json?["note_count"]?.int ?? 0)
            corruptFrames = json?["corrupt_frames"]?.int
            corruptPackets = json?["corrupt_packets"]?.int
            let timestamps = json?["timestamps"]
            gaps = timestamps?["gaps"]?.int
            stepsBack = timestamps?["backward"]?.int
            restarts = timestamps?["restarts"]?.int
            untimed = timestamps?["missing"]?.int
            isVariable = timestamps?["variable"]?.bool == true
            isTruncated = json?["truncated"]?.bool == true
            reasons = json?["reasons"]?.array?.compactMap(\.string) ?? []
        }
    }

    var totalFrames: Int?
    /// Frames that the container declares.
    var declaredFrames: Int?
    /// Bytes of the video.
    var size: Int?
    var video: Pictures
    /// How the pictures are shown is read from all that the result says of them.
    var pictures: JSON?
    /// Frames a second.
    var rate: Double?
    var decode: Decoding
    /// What had to be left out because JSON cannot hold it; nil where the result does not tell it.
    var sanitized: SanitizerCounts?
    /// Each tool's summary.
    var summaries: JSON?
    var events: [EventRecord]
    var failedTools: [FailedTool]
    /// Whether the result says which tools made it.
    var knowsTools: Bool

    /// - Parameter head: everything of the document but its frames.
    init(_ head: JSON) {
        totalFrames = head["total_frames"]?.int
        declaredFrames = head["declared_frames"]?.int
        size = head["source"]?["size"]?.int
        pictures = head["video"]
        video = Pictures(pictures)
        let rates = pictures?["frame_rate"]
        rate = ResultFacts.rate(rates?["avg"]) ?? ResultFacts.rate(rates?["r"]) ?? ResultFacts.rate(rates)
        decode = Decoding(head["decode"])
        sanitized = head["sanitized"].map { json in
            var counts = SanitizerCounts()
            counts.droppedValues = json["dropped_values"]?.int ?? 0
            counts.droppedObjects = json["dropped_objects"]?.int ?? 0
            return counts
        }
        summaries = head["summary"]
        failedTools = (head["tools"]?.array ?? []).compactMap { FailedTool($0) }
        knowsTools = head["tools"]?.array?.isEmpty == false
        events = (head["events"]?.array ?? []).compactMap { EventRecord($0) }
    }

    /// Frames a second, from a number or a fraction such as `30000/1001`.
    private static func rate(_ value: JSON?) -> Double? {
        if let number = value?.double { return number > 0 ? number : nil }
        guard let parts = value?.string?.split(separator: "/"), let first = parts.first.flatMap({ Double($0) }) else {
            return nil
        }
        let second = parts.count > 1 ? Double(parts[1]) ?? 1 : 1
        let quotient = first / second
        return quotient.isFinite && quotient > 0 ? quotient : nil
    }
}

extension EventRecord {
    /// Events with this number are about an object.
    static let trackKey = "track_id"

    /// The number of the object that the event is about, nil for events of the picture.
    var track: Int? { value(EventRecord.trackKey)?.int }
    /// Pixels along the object's way.
    var distance: Double? { value("distance")?.double }
    /// The class of what the event is about, for events of external tools.
    var className: String? { value("class")?.string }
    /// The highest confidence of an object.
    var confidence: Double? { value("confidence")?.double }
    /// The most objects at once.
    var count: Int? { value("count")?.int }
    /// Whether it is at one frame only.
    var isMoment: Bool { startFrame == endFrame }
}
