internal import Frames
internal import ToolModel

/// What moves: regions that differ from a running background, joined to tracks.
struct MotionTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "motion",
        version: "2.0.0",
        title: "Motion",
        definition:
            "running-average background on the small luma; score = 255 * share of moving foreground; regions joined to tracks",
        temporalDependency: .sequence,
        settings: [
            .number(
                "threshold", .measurement, 30, in: 1...255,
                help: "difference to the background, after contrast is stretched, from which a sample is foreground"),
            .number(
                "alpha", .measurement, 0.01, in: 0.002...0.045,
                help: "weight of a new frame in the background"),
            .integer(
                "area", .measurement, 10, in: 1...100_000,
                help: "samples of the small picture from which a region counts"),
            .number(
                "lightning", .measurement, 0.8, in: 0.1...1,
                help: "share of foreground from which the picture has changed as a whole"),
            .number(
                "absorb", .measurement, 10, in: 0.1...3600,
                help: "seconds after which an object that stopped becomes background"),
            .number(
                "score", .detection, 0.15, in: 0...255,
                help: "score from which a frame has motion"),
            .integer(
                "frames", .detection, 2, in: 1...1000,
                help: "frames in a row with motion that begin an event"),
            .number(
                "before", .detection, 1.5, in: 0...3600,
                help: "seconds that an event begins earlier"),
            .number(
                "after", .detection, 2, in: 0...3600,
                help: "seconds without motion that end an event, and that belong to it"),
            .number(
                "overlap", .detection, 0.2, in: 0.01...1,
                help: "least overlap, intersection over union, of a region with a track's forecast"),
            .integer(
                "hits", .detection, 6, in: 1...30,
                help: "frames in which a track is seen before it counts"),
            .number(
                "gap", .detection, 0.8, in: 0...10,
                help: "seconds, and at most 30 frames, that a track may be out of sight"),
            .number(
                "still", .detection, 2, in: 0...1000,
                help: "pixels, in a picture 640 wide, by which an object moves within a second to be reported"),
        ],
        features: [.smallLuma],
        detects: true,
        capabilities: ["motion_detection"],
        outputs: ToolOutputs(
            frame: [
                .init("score", to: 255, help: "255 times the share of the picture that lies in regions which move"),
                .init("width", from: 1, help: "of the picture, at the first frame of a size"),
                .init("height", from: 1, help: "of the picture, at the first frame of a size"),
            ],
            pictureSize: .init(width: "width", height: "height"),
            events: [
                .init("motion", help: "a stretch of frames with motion"),
                .init(
                    "track",
                    values: [
                        .init("track_id", from: 1, help: "number of the object"),
                        .init("distance", help: "pixels along its way"),
                    ], help: "an object, from its first frame to its last"),
            ], summary: [.init("tracks", help: "objects that were followed")], hasRegions: true),
        report: ReportHints(
            lanes: [LaneHint(.motion, high: "score", events: ["motion"])], objectCount: "tracks"))

    private let options: Background.Options
    private var background: Background?
    private var size: (width: Int, height: Int)?

    /// More regions than this are weather, not objects.
    private static let limit = 64

    init(settings: ToolSettings) {
        options = Background.Options(
            threshold: settings.number("threshold"), alpha: settings.number("alpha"), area: settings.integer("area"),
            lightning: settings.number("lightning"), absorb: settings.number("absorb"))
    }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        let small = frame.small
        let smoothed = Kernels.smooth(small.samples, width: small.width, height: small.height)
        guard let size, size == (frame.picture.width, frame.picture.height), background != nil else {
            size = (frame.picture.width, frame.picture.height)
            background = Background(small, smoothed: smoothed, options: options)
            // The detector, which has no picture, is told of its size where it begins.
            result.set("width", Double(frame.picture.width))
            result.set("height", Double(frame.picture.height))
            return result
        }
        guard let found = background?.take(smoothed, at: frame.time.time) else { return result }
        result.set("score", 255 * found.share)
        let largest = found.components.sorted { $0.area > $1.area }.prefix(MotionTool.limit)
        for component in largest.sorted(by: { ($0.top, $0.left) < ($1.top, $1.left) }) {
            let pieces = component.pieces(of: found.runs, least: 8, saving: 0.25)
            result.regions += pieces.map { $0.box(factor: small.factor) }
        }
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { MotionEventDetector(settings) }
}

private struct MotionEventDetector: EventDetector {
    private var tracker: Tracker
    private var spans: MotionEvents
    private var score = Statistic()
    private var clock = 0.0
    let latency = Tracker.latency

    init(_ settings: ToolSettings) {
        tracker = Tracker(
            Tracker.Options(
                overlap: settings.number("overlap"), hits: settings.integer("hits"), gap: settings.number("gap"),
                still: settings.number("still")))
        spans = MotionEvents(
            score: settings.number("score"), frames: settings.integer("frames"), before: settings.number("before"),
            after: settings.number("after"))
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        clock = time.time ?? clock
        if let width = measurement["width"], let height = measurement["height"] {
            tracker.restart(frame: time.index, width: width, height: height)
        }
        score.add(measurement["score"])
        spans.take(measurement["score"], frame: time.index, time: clock)
        tracker.take(measurement.regions, frame: time.index, time: clock)
        return measurement
    }

    mutating func finish(end: Double) { spans.finish(end: end) }

    mutating func detections(of index: Int) -> [Detection] { tracker.objects(of: index) }

    var events: [ToolEvent] {
        let tracks = tracker.summaries.map { track -> ToolEvent in
            var event = ToolEvent(
                tool: MotionTool.id, type: "track", startFrame: track.start.frame, endFrame: track.end.frame,
                start: track.start.time, end: track.end.time)
            event.values.set("track_id", Double(track.id))
            event.values.set("distance", track.distance.rounded())
            return event
        }
        return (spans.list + tracks).enumerated().sorted {
            ($0.element.startFrame, $0.offset) < ($1.element.startFrame, $1.offset)
        }.map(\.element)
    }

    var summary: Measurement {
        var result = Measurement()
        result.set("events", Double(spans.list.count))
        result.set("seconds", spans.seconds)
        result.set("tracks", Double(tracker.confirmed))
        result.set("score_avg", score.mean)
        result.set("score_max", score.most)
        return result
    }
}

extension Cell {
    /// In pixels of the picture.
    fileprivate func box(factor: Int) -> Box {
        Box(
            x1: Double(left * factor), y1: Double(top * factor), x2: Double(right * factor),
            y2: Double(bottom * factor))
    }
}
