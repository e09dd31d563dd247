/// What is to be known of a tool without running it: its name, what it can be told, what it needs of a frame, what it puts
/// into a result, and what reports make of that.
package struct ToolDescriptor: Sendable {
    package let id: String
    /// Semantic: a new measure is a minor version, a changed one a major version.
    package let version: String
    package let title: String
    /// The published definition of what it measures, in one sentence.
    package let definition: String
    package let temporalDependency: TemporalDependency
    package let settings: [Setting]
    /// Whether it is among the tools that run when none are named.
    package let isDefault: Bool
    /// What it needs of a frame that other tools may need, too.
    package let features: [FrameFeature]
    /// Whether it finds objects: the first such tool of a run fills a frame's `detections`.
    package let detects: Bool
    /// What it is good for besides what ``allCapabilities`` adds.
    package let capabilities: [String]
    /// What it puts into a result.
    package let outputs: ToolOutputs
    /// What reports make of it.
    package let report: ReportHints
    /// Where it comes from; nil for a tool of this program.
    package let origin: ToolOrigin?

    package init(
        id: String, version: String, title: String, definition: String, temporalDependency: TemporalDependency,
        settings: [Setting] = [], isDefault: Bool = true, features: [FrameFeature] = [], detects: Bool = false,
        capabilities: [String] = [], outputs: ToolOutputs = ToolOutputs(), report: ReportHints = ReportHints(),
        origin: ToolOrigin? = nil
    ) {
        self.id = id
        self.version = version
        self.title = title
        self.definition = definition
        self.temporalDependency = temporalDependency
        self.settings = settings
        self.isDefault = isDefault
        self.features = features
        self.detects = detects
        self.capabilities = capabilities
        self.outputs = outputs
        self.report = report
        self.origin = origin
    }

    /// Whether an id is that of a plugin's tool: `plugin/tool`.
    package static func isExternal(_ id: String) -> Bool { id.utf8.contains(UInt8(ascii: "/")) }

    package func setting(_ key: String) -> Setting? { settings.first { $0.key == key } }

    /// Every tool takes videos frame by frame.
    static let streaming = "streaming_video_analysis"
    private static let tracking = "object_tracking"

    /// The capabilities that a tool has by what it is.
    static func general(detects: Bool) -> [String] { [streaming] + (detects ? [tracking] : []) }

    /// What it can be asked for by, besides its id: the first tool that has a capability is meant.
    package var allCapabilities: [String] {
        let general = ToolDescriptor.general(detects: detects)
        return general + capabilities.filter { !general.contains($0) }
    }
}

/// How far back a tool's pixel work looks.
package enum TemporalDependency: String, Equatable, Sendable {
    /// The frame alone.
    case frame
    /// The frame and the one before it.
    case pair
    /// Private state over all frames in order.
    case sequence
}

/// Something of a frame that is worth computing once for all tools. A tool declares what it needs, so that it comes out
/// of one traversal of the picture.
package enum FrameFeature: Equatable, Sendable {
    /// The luma made smaller.
    case smallLuma
    /// How many luma samples are dark, up to the share of the luma range that this setting of the tool gives.
    case darkCount(setting: String)
}
