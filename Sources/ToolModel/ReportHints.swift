/// What reports make of what a tool puts into a result.
package struct ReportHints: Sendable {
    /// What it adds to the lanes that a video's page shows without script.
    package let lanes: [LaneHint]
    /// In what a whole video may stand apart from the others of its batch.
    package let outliers: [OutlierHint]
    /// The key of its summary that counts objects, for tools that detect.
    package let objectCount: String?
    /// The name in the stylesheet of the colour that charts of its measures have; nil for none, which is grey.
    package let colour: String?

    /// - Parameter colour: nil for that of its first lane.
    package init(
        lanes: [LaneHint] = [], outliers: [OutlierHint] = [], objectCount: String? = nil, colour: String? = nil
    ) {
        self.lanes = lanes
        self.outliers = outliers
        self.objectCount = objectCount
        self.colour = colour ?? lanes.first?.lane.style
    }
}

/// A lane of a video's page. Tools that tell of the same thing share one.
package struct ReportLane: Equatable, Sendable {
    /// How it is drawn, and what its note says.
    package enum Form: Equatable, Sendable {
        /// From the lowest to the highest value of each column, with the mean as a line; the first tool that was there.
        /// The scale ends at `top`, or at the highest value.
        case band(decimals: Int, top: Double?)
        /// Peaks on the first scale that holds them all, events as ticks that the noun counts; the first tool that was
        /// there, but the events of all.
        case peaks(scales: [Double], noun: String)
        /// A share from 0 to 1 as an area, the share of frames that have a value as a line, and events as spans.
        case spans
        /// Peaks as shares of `whole` on a scale of their own, the number of objects as a line, and events as spans.
        case activity(whole: Double)
    }

    package let title: String
    /// The chart in words, before its note.
    package let caption: String
    /// The name of its colour in the stylesheet.
    package let style: String
    package let form: Form
    /// What its numbers count, in a few words.
    package let unit: String
    /// What it shows and what is usual, in a sentence or two for people who have never seen it.
    package let meaning: String

    package init(
        title: String, caption: String, style: String, form: Form, unit: String = "", meaning: String = ""
    ) {
        self.title = title
        self.caption = caption
        self.style = style
        self.form = form
        self.unit = unit
        self.meaning = meaning
    }

    package static let luma = ReportLane(
        title: "Luma", caption: "Luma over frames", style: "luma", form: .band(decimals: 0, top: 255),
        unit: "0 to 255",
        meaning: "Brightness, from the darkest to the brightest spot; the line is the mean, 60 to 160 in most scenes.")
    package static let change = ReportLane(
        title: "Change", caption: "Change from frame to frame", style: "scene",
        form: .peaks(scales: [20, 50, 100], noun: "cut"), unit: "score",
        meaning: "How much a frame differs from the one before: under 5 as a rule, a lone peak at a cut.")
    package static let standstill = ReportLane(
        title: "Black and frozen", caption: "Black and frozen frames", style: "freeze", form: .spans, unit: "share",
        meaning:
            "Black part of the picture; the line is the share of frames that stand still. Both are near 0 as a rule.")
    package static let detail = ReportLane(
        title: "Sharpness", caption: "Spatial information", style: "sharpness", form: .band(decimals: 1, top: nil),
        unit: "spatial information",
        meaning: "Fine detail, to be held against the rest of the video: a fall is blur, fog or a covered lens.")
    package static let motion = ReportLane(
        title: "Motion", caption: "Motion and objects", style: "motion", form: .activity(whole: 255),
        unit: "% of the picture",
        meaning: "How much of the picture moves; the line counts moving objects. 0 while nothing does.")
}

/// What a tool adds to a lane: keys of its frames, and types of its events.
package struct LaneHint: Sendable {
    package let lane: ReportLane
    /// The lower edge of a band; other forms have none.
    package let low: String?
    /// The upper edge of a band, or what is drawn as an area.
    package let high: String?
    /// The line in a band.
    package let mean: String?
    /// The key that frames have when the condition holds, for ``ReportLane/Form/spans``.
    package let condition: String?
    package let events: [String]

    package init(
        _ lane: ReportLane, low: String? = nil, high: String? = nil, mean: String? = nil, condition: String? = nil,
        events: [String] = []
    ) {
        self.lane = lane
        self.low = low
        self.high = high
        self.mean = mean
        self.condition = condition
        self.events = events
    }

    /// A band around one key.
    package init(_ lane: ReportLane, band key: String) { self.init(lane, low: key, high: key) }
}

/// A number of a tool's summary in which a video may stand apart from the others of its batch.
package struct OutlierHint: Sendable {
    package enum Side: Sendable {
        /// Under the median is what stands out, or over it.
        case low, high
    }

    package enum Measure: Sendable {
        /// The number, with a word before it.
        case value(name: String, decimals: Int)
        /// The number's share of the video's frames.
        case shareOfFrames
    }

    /// The heading, such as `Darkest`.
    package let title: String
    package let key: String
    package let side: Side
    package let measure: Measure

    package init(_ title: String, key: String, side: Side, measure: Measure) {
        self.title = title
        self.key = key
        self.side = side
        self.measure = measure
    }
}
