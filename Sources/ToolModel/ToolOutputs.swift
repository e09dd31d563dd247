/// What a tool puts into a result: the keys of a frame and the kinds of events.
package struct ToolOutputs: Sendable {
    /// A number under a name. A key that is undefined for a frame is absent.
    package struct Field: Sendable {
        package let key: String
        package let least: Double?
        package let most: Double?
        /// Whether its values are a series over time that can be drawn; the number of a frame is none.
        package let isTimeSeries: Bool
        package let help: String

        package init(
            _ key: String, from least: Double? = 0, to most: Double? = nil, isTimeSeries: Bool = true, help: String
        ) {
            self.isTimeSeries = isTimeSeries
            self.key = key
            self.least = least
            self.most = most
            self.help = help
        }
    }

    /// A kind of event, with the numbers that it carries besides its times and frames.
    package struct Event: Sendable {
        package let type: String
        package let values: [Field]
        package let help: String

        package init(_ type: String, values: [Field] = [], help: String) {
            self.type = type
            self.values = values
            self.help = help
        }
    }

    /// The keys of a frame that tell the size of its picture, in pixels.
    package struct PictureSize: Sendable {
        package let width: String
        package let height: String

        package init(width: String, height: String) {
            self.width = width
            self.height = height
        }
    }

    package let frame: [Field]
    /// For results that do not list the sizes of their pictures; nil for tools that do not tell it.
    package let pictureSize: PictureSize?
    package let events: [Event]
    /// Keys of the summary whose meaning does not follow from those of a frame; see ``help(ofSummary:)``.
    package let summary: [Field]
    /// Whether frames also have places in the picture, under `regions`.
    package let hasRegions: Bool

    package init(
        frame: [Field] = [], pictureSize: PictureSize? = nil, events: [Event] = [], summary: [Field] = [],
        hasRegions: Bool = false
    ) {
        self.frame = frame
        self.pictureSize = pictureSize
        self.events = events
        self.summary = summary
        self.hasRegions = hasRegions
    }

    /// What a number of a video's summary is, with its unit: as declared, or that of a frame under the same name or one
    /// with `_avg`, `_min`, `_max` or `_median` behind it. Nil for a key that nobody explains.
    package func help(ofSummary key: String) -> String? {
        if let own = summary.first(where: { $0.key == key }) { return own.help }
        if let same = frame.first(where: { $0.key == key }) { return same.help }
        for (suffix, words) in ToolOutputs.statistics where key.hasSuffix(suffix) {
            let name = key.dropLast(suffix.count)
            if let field = frame.first(where: { $0.key == name }) { return "\(words): \(field.help)" }
        }
        return ToolOutputs.common[key]
    }

    private static let statistics = [
        ("_avg", "mean over the frames"), ("_min", "least of the frames"), ("_max", "greatest of the frames"),
        ("_median", "median of the frames"),
    ]
    private static let common = ["events": "how many events there are", "seconds": "seconds that the events cover"]
}
