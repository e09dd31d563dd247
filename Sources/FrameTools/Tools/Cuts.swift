internal import Frames
internal import ToolModel

/// Cuts: PySceneDetect's content and adaptive detectors.
struct CutsTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "cuts",
        version: "1.0.0",
        title: "Cuts",
        definition:
            "PySceneDetect 0.7 ContentDetector (mean change of hue, saturation, brightness at 256 pixels) and AdaptiveDetector (its ratio to the mean of two frames before and two after)",
        temporalDependency: .pair,
        settings: [
            .number(
                "hue", .measurement, 1, in: 0...100, help: "weight of the change of hue"),
            .number(
                "saturation", .measurement, 1, in: 0...100,
                help: "weight of the change of saturation"),
            .number(
                "brightness", .measurement, 1, in: 0...100,
                help: "weight of the change of brightness"),
            .number(
                "threshold", .detection, 27, in: 0...255,
                help: "content change from which the content detector sees a cut"),
            .number(
                "ratio", .detection, 3, in: 1...255,
                help: "ratio to the neighbourhood from which the adaptive detector sees a cut"),
            .number(
                "min_content", .detection, 15, in: 0...255,
                help: "content change that an adaptive cut has at least"),
            .number(
                "min_scene", .detection, 0.6, in: 0...3600,
                help: "seconds that a scene lasts at least"),
        ],
        capabilities: ["cut_detection"],
        outputs: ToolOutputs(
            frame: [.init("content", to: 255, help: "mean change of hue, saturation and brightness")],
            events: [
                .init(
                    "cut",
                    values: [
                        .init("content", to: 255, help: "the frame's change"),
                        .init("ratio", to: 255, help: "its ratio to the neighbours'"),
                    ], help: "a cut by the adaptive detector"),
                .init(
                    "content_cut", values: [.init("content", to: 255, help: "the frame's change")],
                    help: "a cut by the content detector"),
            ],
            summary: [
                .init("cuts", help: "cuts by the adaptive detector"),
                .init("content_cuts", help: "cuts by the content detector"),
            ]),
        report: ReportHints(lanes: [LaneHint(.change, high: "content", events: ["cut"])]))

    private let weights: (hue: Double, saturation: Double, brightness: Double)
    private var previous: HueImage?
    private var plan: HuePlan?

    init(settings: ToolSettings) {
        weights = (settings.number("hue"), settings.number("saturation"), settings.number("brightness"))
    }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        let image = Kernels.hues(frame.picture, plan: &plan)
        if let previous, previous.width == image.width, previous.height == image.height, frame.previous != nil {
            let change = Kernels.distance(image, previous)
            let total = weights.hue + weights.saturation + weights.brightness
            let sum =
                change.hue * weights.hue + change.saturation * weights.saturation
                + change.brightness * weights.brightness
            // Without any weight there is no content to compare.
            if total > 0 { result.set("content", sum / total) }
        }
        previous = image
        return result
    }

    static func detector(settings: ToolSettings) -> any EventDetector { CutsEventDetector(settings) }
}

private struct CutsEventDetector: EventDetector {
    private var content: ContentCuts
    private var adaptive: AdaptiveCuts
    private var found: [ToolEvent] = []
    private var change = Statistic()
    private var clock = 0.0

    init(_ settings: ToolSettings) {
        content = ContentCuts(threshold: settings.number("threshold"), minimum: settings.number("min_scene"))
        adaptive = AdaptiveCuts(
            ratio: settings.number("ratio"), least: settings.number("min_content"),
            minimum: settings.number("min_scene"))
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        clock = time.time ?? clock
        let value = measurement["content"]
        change.add(value)
        // A frame without a frame before it to compare with changes nothing, as PySceneDetect counts the first one.
        let moment = CutMoment(frame: time.index, time: clock, content: value ?? 0)
        if let cut = content.take(moment) { add("content_cut", cut) }
        if let cut = adaptive.take(moment) { add("cut", cut.moment, ratio: cut.ratio) }
        return measurement
    }

    private mutating func add(_ type: String, _ cut: CutMoment, ratio: Double? = nil) {
        var event = ToolEvent(
            tool: CutsTool.id, type: type, startFrame: cut.frame, endFrame: cut.frame, start: cut.time, end: cut.time)
        event.values.set("content", cut.content)
        if let ratio { event.values.set("ratio", ratio) }
        found.append(event)
    }

    mutating func finish(end: Double) {}

    /// In the order of their frames: an adaptive cut is only known two frames after it.
    var events: [ToolEvent] {
        found.enumerated().sorted { ($0.element.startFrame, $0.offset) < ($1.element.startFrame, $1.offset) }
            .map(\.element)
    }

    var summary: Measurement {
        var result = Measurement()
        result.set("cuts", Double(found.count { $0.type == "cut" }))
        result.set("content_cuts", Double(found.count { $0.type == "content_cut" }))
        result.set("content_avg", change.mean)
        result.set("content_max", change.most)
        return result
    }
}

private struct CutMoment {
    var frame: Int
    /// Seconds.
    var time: Double
    var content: Double

    /// Whether at least `seconds` passed since an earlier one; half a microsecond is forgiven to times that are rounded
    /// to a microsecond.
    func isAtLeast(_ seconds: Double, after earlier: CutMoment) -> Bool { time - earlier.time >= seconds - 5e-7 }
}

/// The content detector, with its filter that merges cuts in quick succession (flashes) into one.
private struct ContentCuts {
    let threshold: Double
    let minimum: Double
    /// The last frame over the threshold; the first frame until there is one.
    private var lastOver: CutMoment?
    private var hasCut = false
    private var mergingSince: CutMoment?

    init(threshold: Double, minimum: Double) {
        self.threshold = threshold
        self.minimum = minimum
    }

    mutating func take(_ moment: CutMoment) -> CutMoment? {
        let isOver = moment.content >= threshold
        guard minimum > 0 else { return isOver ? moment : nil }
        let before = lastOver ?? moment
        let isLongEnough = moment.isAtLeast(minimum, after: before)
        lastOver = isOver ? moment : before
        if let start = mergingSince, let last = lastOver {
            // The merged cut is told once it has been quiet for a scene's length, if the flurry lasted as long.
            guard isLongEnough, !isOver, last.isAtLeast(minimum, after: start) else { return nil }
            mergingSince = nil
            return last
        }
        guard isOver else { return nil }
        if isLongEnough {
            hasCut = true
            return moment
        }
        if hasCut { mergingSince = moment }
        return nil
    }
}

/// The adaptive detector: a frame's change against the mean of its neighbours'.
private struct AdaptiveCuts {
    let ratio: Double
    let least: Double
    let minimum: Double
    /// Two frames before the one that is judged, it, and two after.
    private var window: [CutMoment] = []
    private var last: CutMoment?

    private static let neighbours = 2
    /// What stands for a ratio to nothing.
    private static let most = 255.0

    init(ratio: Double, least: Double, minimum: Double) {
        self.ratio = ratio
        self.least = least
        self.minimum = minimum
    }

    mutating func take(_ moment: CutMoment) -> (moment: CutMoment, ratio: Double)? {
        last = last ?? moment
        window.append(moment)
        guard window.count > 2 * AdaptiveCuts.neighbours else { return nil }
        if window.count > 2 * AdaptiveCuts.neighbours + 1 { window.removeFirst() }
        let judged = window[AdaptiveCuts.neighbours]
        let sum = window.reduce(0) { $0 + $1.content } - judged.content
        let mean = sum / Double(2 * AdaptiveCuts.neighbours)
        var value = 0.0
        if abs(mean) >= 0.00001 {
            value = min(judged.content / mean, AdaptiveCuts.most)
        } else if judged.content >= least {
            value = AdaptiveCuts.most
        }
        guard value >= ratio, judged.content >= least, let last, judged.isAtLeast(minimum, after: last) else {
            return nil
        }
        self.last = judged
        return (judged, value)
    }
}
