internal import Frames
internal import ToolModel

/// Frozen pictures: freezedetect, against the picture that opened the freeze and over all planes.
///
/// Luma decides first: when its difference alone is over the limit of all planes, chroma is not looked at. The answer
/// is the same, and moving video costs nothing beyond the difference that other tools need anyway. Where pictures stand
/// still, the luma of the picture that opened the freeze is read along with theirs.
struct FreezeTool: FrameTool {
    static let descriptor = ToolDescriptor(
        id: "freeze",
        version: "2.0.0",
        title: "Frozen pictures",
        definition:
            "freezedetect (vf_freezedetect.c): mean absolute difference over all planes to the picture that opened the freeze, /2^depth",
        temporalDependency: .sequence,
        settings: [
            .number(
                "noise", .measurement, 0.001, in: 0...1,
                help: "mean difference, of 0 to 1, up to which pictures are the same"),
            .number(
                "duration", .detection, 2, in: 0...86400,
                help: "seconds from which a frozen picture is an event"),
        ],
        capabilities: ["freeze_detection"],
        outputs: ToolOutputs(
            frame: [
                .init("since", isTimeSeries: false, help: "number of the frame that opened the standstill"),
                .init("difference", to: 1, help: "mean absolute difference to that frame, over all planes"),
            ],
            events: [.init("freeze", help: "a standstill for as long as the setting says")],
            summary: [.init("frames", help: "frames of all standstills, however short, without the first of each")]),
        report: ReportHints(
            lanes: [LaneHint(.standstill, condition: "difference", events: ["freeze"])],
            outliers: [OutlierHint("Most frozen", key: "frames", side: .high, measure: .shareOfFrames)]))

    private let noise: Double
    private var opening: (picture: Picture, index: Int)?

    var reference: Picture? { opening?.picture }

    init(settings: ToolSettings) { noise = settings.number("noise") }

    mutating func measure(_ frame: FrameFeatures) -> Measurement {
        var result = Measurement()
        if let opening, let difference = difference(frame, opening.picture) {
            // The opening frame's number says that the freeze goes on, without a rounded number to judge again.
            result.set("since", Double(opening.index))
            result.set("difference", difference)
        } else {
            opening = (frame.picture, frame.time.index)
        }
        return result
    }

    /// The difference to the reference if it is within the limit, else nil.
    private func difference(_ frame: FrameFeatures, _ reference: Picture) -> Double? {
        let picture = frame.picture
        guard picture.isComparable(with: reference) else { return nil }
        let samples = picture.planes.reduce(0) { $0 + $1.sampleCount }
        let full = Double(samples) * Double(1 << picture.depth)
        var sum = frame.lumaDifference(to: reference)
        for plane in 1..<max(1, picture.planes.count) {
            guard Double(sum) / full <= noise else { return nil }
            sum += Kernels.difference(picture, reference, plane: plane)
        }
        let mean = Double(sum) / full
        return mean <= noise ? mean : nil
    }

    static func detector(settings: ToolSettings) -> any EventDetector {
        FreezeEventDetector(minimum: settings.number("duration"))
    }
}

private struct FreezeEventDetector: EventDetector {
    private var spans: SpanTracker
    private var frozenFrames = 0

    init(minimum: Double) {
        spans = SpanTracker(tool: FreezeTool.id, type: "freeze", minimum: minimum, countsLastFrame: false)
    }

    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement {
        let now = spans.now(time)
        if measurement["since"] != nil {
            frozenFrames += 1
        } else {
            // Every other frame is the reference of those behind it. A single picture that is held long enough is frozen.
            spans.close(time: now)
            spans.open(frame: time.index, time: now)
        }
        spans.extend(frame: time.index, time: now)
        return measurement
    }

    mutating func finish(end: Double) { spans.close(time: end, atEnd: true) }

    var events: [ToolEvent] { spans.events }

    var summary: Measurement {
        var result = spans.summary
        result.set("frames", Double(frozenFrames))
        return result
    }
}
