internal import Frames
internal import ToolModel

/// Objects of an external tool's candidates: those that reach the threshold, with their classes and numbers. Between two
/// frames that were looked at, an object that is in both is laid on the straight way from one to the other; in a video
/// without times by the number of the frame.
struct DetectionFold {
    /// The number of an object that nobody told apart from others.
    static let noTrack = -1
    /// Objects are not laid between two frames that are further apart.
    static let reach = 120

    private struct Frame {
        let time: Double
        var objects: [Detection] = []
    }

    private let id: String
    private let threshold: Double?
    private let tracks: Bool
    private var tracker = DetectionTracker()
    private(set) var classes: ObjectClasses
    private var book = TrackBook()
    /// Whether the plugin numbers its objects: then nobody else does.
    private var isNumbered = false
    /// Frames that were not asked for yet; the first one's index is ``first``.
    private var frames: [Frame] = []
    private var first = 0
    /// The last frame that was looked at.
    private var seen: (frame: Int, objects: [Detection])?
    private var detections = 0
    private var most = 0

    init(
        _ id: String, _ tool: PluginTool, _ rule: PluginTool.Conclusion.Detections, _ settings: ToolSettings
    ) {
        self.id = id
        threshold = rule.above.map { settings.number($0) }
        tracks = rule.tracks
        classes = ObjectClasses(id, tool)
    }

    /// How many of the frames that came last may still get objects: at most ``reach`` less one.
    var latency: Int {
        guard let seen, seen.objects.contains(where: { $0.track >= 0 }) else { return 0 }
        let behind = first + frames.count - 1 - seen.frame
        return behind < DetectionFold.reach ? behind : 0
    }

    /// - Parameter candidates: nil for a frame that was not looked at.
    mutating func fold(_ candidates: [Candidate]?, frame: Int, time: Double) {
        frames.append(Frame(time: time))
        guard let candidates else { return classes.pass(time: time) }
        let objects = conclude(candidates, frame, time)
        lay(to: objects, frame, time)
        frames[frames.count - 1].objects = objects
        seen = (frame, objects)
        detections += objects.count
        most = max(most, objects.count)
        classes.fold(objects, frame: frame, time: time)
        for object in objects where object.track >= 0 {
            if book.note(object, frame: frame, time: time) { classes.count(object.className) }
        }
    }

    private mutating func conclude(_ candidates: [Candidate], _ frame: Int, _ time: Double) -> [Detection] {
        if candidates.contains(where: { $0.track != nil }) { isNumbered = true }
        let kept = candidates.filter { candidate in
            guard let threshold, let confidence = candidate.confidence else { return true }
            return confidence >= threshold
        }
        let kinds = kept.map { classes.of($0) }
        var numbers = kept.map { $0.track ?? DetectionFold.noTrack }
        if tracks, !isNumbered {
            numbers = tracker.number(
                zip(kinds, kept).map { (kind: $0, box: $1.box) }, frame: frame, time: time)
        }
        var used: Set<Int> = []
        return kept.indices.map { index in
            // No two objects of a frame are one.
            let number = used.insert(numbers[index]).inserted ? numbers[index] : DetectionFold.noTrack
            return Detection(
                track: number, classID: kinds[index].id, className: kinds[index].name, box: kept[index].box,
                confidence: kept[index].confidence, keypoints: kept[index].keypoints)
        }
    }

    /// Puts the objects that are in the frame seen last and in this one into the frames between.
    private mutating func lay(to objects: [Detection], _ frame: Int, _ time: Double) {
        guard let seen, frame - seen.frame > 1, frame - seen.frame <= DetectionFold.reach, seen.frame >= first else {
            return
        }
        let then = Dictionary(objects.map { ($0.track, $0) }) { one, _ in one }
        let start = frames[seen.frame - first].time
        for object in seen.objects where object.track >= 0 {
            guard let end = then[object.track] else { continue }
            for between in seen.frame + 1..<frame {
                let now = frames[between - first].time
                let share =
                    time > start
                    ? (now - start) / (time - start) : Double(between - seen.frame) / Double(frame - seen.frame)
                frames[between - first].objects.append(object.moved(towards: end, share))
            }
        }
    }

    /// The objects of the next frame.
    mutating func take(_ index: Int) -> [Detection] {
        guard index >= first, index - first < frames.count else { return [] }
        let objects = frames[index - first].objects
        // Objects may still be laid from the frame that was seen last.
        let last = first + frames.count - 1
        let start = seen.map { last - $0.frame < DetectionFold.reach ? min($0.frame, index) : index } ?? index
        if start - first >= 64 {
            frames.removeFirst(start - first)
            first = start
        }
        return objects
    }

    mutating func finish(end: Double) { classes.finish(end: end) }

    var events: [ToolEvent] { classes.events + book.events(tool: id) }

    func summarize(into summary: inout Measurement) {
        if tracks || isNumbered { summary.set("objects", Double(book.count)) }
        summary.set("detections", Double(detections))
        summary.set("objects_max", Double(most))
    }
}

extension Detection {
    /// The same object a part of the way to where it is later, without what only a look can tell.
    fileprivate func moved(towards later: Detection, _ share: Double) -> Detection {
        var result = self
        result.box = box.moved(towards: later.box, share).stored
        result.confidence = confidence.flatMap { one in
            later.confidence.map { rounded4(one + ($0 - one) * share) }
        }
        result.keypoints = []
        return result
    }
}
