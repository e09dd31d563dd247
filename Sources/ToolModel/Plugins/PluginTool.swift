/// A tool of a plugin, as its manifest describes it.
package struct PluginTool: Sendable {
    /// How it gets to see a video.
    package enum Mode: Equatable, Sendable {
        /// The host sends frames of the one decode.
        case frames(FrameFeed)
        /// It gets the path and makes a pass of its own.
        case video
    }

    /// Which frames are sent, and how they look.
    package struct FrameFeed: Equatable, Sendable {
        package enum Format: String, Equatable, Sendable {
            /// One byte a pixel: luma as it is coded, on the 8-bit scale.
            case gray8
            /// Three bytes a pixel.
            case rgb24
            /// The planes Y, U and V behind each other, U and V with half the columns and rows, rounded up.
            case yuv420p
        }

        package enum Size: Equatable, Sendable {
            /// As the source's pictures are.
            case source
            /// The small luma that built-in tools share.
            case small
            case exact(width: Int, height: Int)
            /// The shorter side at most; the other follows, both are even.
            case short(Int)
        }

        package enum Pace: Equatable, Sendable {
            /// Every Nth frame, from the first on.
            case every(Int)
            /// So many a second, by their timestamps.
            case perSecond(Double)
        }

        package let format: Format
        package let size: Size
        package let pace: Pace
    }

    /// What the host makes of what the tool measured.
    package struct Conclusion: Equatable, Sendable {
        package struct Detections: Equatable, Sendable {
            /// The setting that a detection's confidence has to reach; nil where all count.
            package let above: String?
            /// Whether the host numbers the objects that come without a number.
            package let tracks: Bool
        }

        /// Events of a value that passes a threshold.
        package struct ValueRule: Equatable, Sendable {
            package enum Side: Equatable, Sendable {
                case over, under
            }
            package enum Form: String, Equatable, Sendable {
                /// The stretch of frames.
                case span
                /// The frame with the most extreme value of the stretch.
                case peak
            }
            package let value: String
            package let side: Side
            /// The setting that is the threshold.
            package let threshold: String
            package let event: String
            package let form: Form
        }

        package let detections: Detections?
        package let values: [ValueRule]
    }

    package let id: String
    package let title: String
    package let definition: String
    package let mode: Mode
    /// How many frames its answers may be behind.
    package let lag: Int
    /// Whether one process may serve several videos.
    package let isReused: Bool
    /// Whether it sees pictures, and tells places, as a player turns them.
    package let isUpright: Bool
    /// Names by class id.
    package let classes: [String]
    package let settings: [Setting]
    /// The values of a frame.
    package let values: [ToolOutputs.Field]
    package let conclusion: Conclusion
    /// Besides that of every tool that takes videos.
    package let capabilities: [String]

    init(_ reader: ManifestReader) throws(ManifestError) {
        try reader.requireObject()
        id = try reader.identifier("id")
        title = try reader.optionalText("title") ?? id
        definition = try reader.optionalText("description") ?? title
        lag = try reader.optionalInteger("lag", in: 0...1000) ?? 0
        isReused = try reader.optionalBool("reuse") ?? true
        classes = try reader.optionalTexts("classes")
        capabilities = try reader.optionalTexts("capabilities").filter { $0 != ToolDescriptor.streaming }
        let inputs = try reader.optionalTexts("input_types")
        guard inputs.isEmpty || inputs.contains("video") else {
            throw reader.error("input_types", "a tool that takes no video cannot be used")
        }
        switch try reader.word("mode", among: ["frames", "video"]) {
        case "video":
            mode = .video
            isUpright = try reader.optionalBool("upright") ?? true
        default:
            guard let feed = try reader.object("frames") else {
                throw reader.error("frames", "a tool of the mode frames says which it wants")
            }
            mode = .frames(try FrameFeed(feed))
            isUpright = try feed.optionalBool("upright") ?? false
        }
        settings = try reader.settings("inputs")
        values = try reader.object("outputs")?.fields("frame") ?? []
        conclusion = try Conclusion(reader.object("conclude"), settings: settings, values: values)
    }

    /// What it can be asked for by, besides its id.
    var allCapabilities: [String] {
        ToolDescriptor.general(detects: conclusion.detections != nil) + capabilities
    }

    package func setting(_ key: String) -> Setting? { settings.first { $0.key == key } }

    /// The name of a class that came without one.
    package func className(_ id: Int) -> String {
        classes.indices.contains(id) ? classes[id] : "class \(id)"
    }
}

extension PluginTool.FrameFeed {
    fileprivate init(_ reader: ManifestReader) throws(ManifestError) {
        let name = try reader.word("format", among: ["gray8", "rgb24", "yuv420p"])
        format = Format(rawValue: name) ?? .rgb24
        let sides = 1...16_384
        let width = try reader.optionalInteger("width", in: sides)
        let height = try reader.optionalInteger("height", in: sides)
        let short = try reader.optionalInteger("short", in: 2...16_384)
        let named = try reader.optionalText("size")
        switch (width, height, short, named) {
        case (let width?, let height?, nil, nil): size = .exact(width: width, height: height)
        case (nil, nil, let short?, nil): size = .short(short)
        case (nil, nil, nil, "small"?) where format == .gray8: size = .small
        case (nil, nil, nil, nil): size = .source
        default:
            throw reader.error(
                "format", "its size is width and height, or short, or for gray8 \"size\": \"small\", or nothing")
        }
        let every = try reader.optionalInteger("every", in: 1...1_000_000)
        let perSecond = try reader.optionalNumber("per_second", in: 0.0001...1000)
        switch (every, perSecond) {
        case (let every, nil): pace = .every(every ?? 1)
        case (nil, let perSecond?): pace = .perSecond(perSecond)
        default: throw reader.error("every", "every and per_second exclude each other")
        }
    }
}

extension PluginTool.Conclusion {
    fileprivate init(
        _ reader: ManifestReader?, settings: [Setting], values fields: [ToolOutputs.Field]
    ) throws(ManifestError) {
        guard let reader else {
            (detections, values) = (nil, [])
            return
        }
        func threshold(_ reader: ManifestReader, _ key: String) throws(ManifestError) -> String? {
            guard let name = try reader.optionalText(key) else { return nil }
            guard let setting = settings.first(where: { $0.key == name }), setting.kind == .detection,
                setting.isNumeric
            else { throw reader.error(key, "\(name) is no number among the inputs of kind concluding") }
            return name
        }
        if let own = try reader.object("detections") {
            detections = Detections(above: try threshold(own, "above"), tracks: try own.optionalBool("track") ?? true)
        } else {
            detections = nil
        }
        var rules: [ValueRule] = []
        for entry in try reader.objects("values") {
            let value = try entry.text("value")
            guard fields.contains(where: { $0.key == value }) else {
                throw entry.error("value", "\(value) is none of outputs.frame")
            }
            let over = try threshold(entry, "over")
            let under = try threshold(entry, "under")
            guard let name = over ?? under, over == nil || under == nil else {
                throw entry.error("over", "a setting is wanted, under over or under under")
            }
            let form = try entry.optionalWord("at", among: ["span", "peak"]) ?? "span"
            rules.append(
                ValueRule(
                    value: value, side: over == nil ? .under : .over, threshold: name,
                    event: try entry.identifier("event"), form: ValueRule.Form(rawValue: form) ?? .span))
        }
        values = rules
    }
}

extension PluginTool {
    /// The kinds of events that objects make.
    package static let trackEvent = "track"
    package static let presenceEvent = "presence"

    /// What a frame, and the summary, tell of values and objects that had to be dropped because a number was missing; absent
    /// where there is nothing to tell.
    package static let droppedValues = "dropped_values"
    package static let droppedObjects = "dropped_objects"

    /// The key of the summary that counts events of a kind.
    package static func countKey(_ event: String) -> String { event + "_events" }

    /// What it puts into a result.
    var declaredOutputs: ToolOutputs {
        let confidence = ToolOutputs.Field("confidence", to: 1, help: "the highest of its detections")
        var events: [ToolOutputs.Event] = []
        if conclusion.detections != nil {
            events = [
                .init(
                    PluginTool.presenceEvent, values: [.init("count", from: 1, help: "most at once")],
                    help: "frames with an object of a class"),
                .init(
                    PluginTool.trackEvent, values: [.init("track_id", help: "number of the object"), confidence],
                    help: "an object, from its first frame to its last"),
            ]
        }
        for rule in conclusion.values where !events.contains(where: { $0.type == rule.event }) {
            let side = rule.side == .over ? "at or over" : "at or under"
            events.append(
                .init(
                    rule.event, values: [.init("value", from: nil, help: "the most extreme one")],
                    help: "\(rule.value) \(side) \(rule.threshold)"))
        }
        var summary: [ToolOutputs.Field] = []
        if conclusion.detections != nil {
            summary = [
                .init("objects", help: "objects that were told apart"),
                .init("detections", help: "detections in the frames that it looked at"),
                .init("objects_max", help: "most objects of a frame"),
            ]
        }
        for rule in conclusion.values {
            let key = PluginTool.countKey(rule.event)
            if !summary.contains(where: { $0.key == key }) {
                summary.append(.init(key, help: "how many events \(rule.event) there are"))
            }
        }
        summary += [
            .init(PluginTool.droppedValues, help: "numbers that were missing in its answers"),
            .init(PluginTool.droppedObjects, help: "objects that were left out because a number was missing"),
        ]
        return ToolOutputs(frame: values, events: events, summary: summary)
    }

    /// What reports make of it.
    var reportHints: ReportHints {
        ReportHints(objectCount: conclusion.detections == nil ? nil : "objects")
    }
}
