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
    /// Whether frames also have places in the picture, under `regions`.
    package let hasRegions: Bool

    package init(
        frame: [Field] = [], pictureSize: PictureSize? = nil, events: [Event] = [], hasRegions: Bool = false
    ) {
        self.frame = frame
        self.pictureSize = pictureSize
        self.events = events
        self.hasRegions = hasRegions
    }
}
