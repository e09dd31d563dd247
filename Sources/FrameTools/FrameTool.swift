package import Frames

/// How far back a tool's pixel work looks.
package enum Reach: Equatable, Sendable {
    /// The frame alone.
    case frame
    /// The frame and the one before it.
    case pair
    /// Private state over all frames in order.
    case sequence
}

/// A number that a tool can be told, with its default and bounds.
package struct Setting: Sendable {
    package enum Kind: String, Sendable {
        /// Changes pixel work: another value needs another decode.
        case measuring
        /// A threshold on stored numbers: results can be concluded again without decoding.
        case concluding
    }
    package let key: String
    package let kind: Kind
    package let standard: Double
    package let range: ClosedRange<Double>
    package let help: String
}

/// A tool's settings, complete: every declared key has a value.
package struct ToolSettings: Equatable, Sendable {
    package private(set) var values: [String: Double]

    /// The tool's defaults with some of them replaced. Keys that the tool does not declare are ignored; the command
    /// line refuses them before.
    package init(_ declared: [Setting], replacing given: [String: Double] = [:]) {
        values = Dictionary(uniqueKeysWithValues: declared.map { ($0.key, given[$0.key] ?? $0.standard) })
    }

    package subscript(key: String) -> Double {
        guard let value = values[key] else {
            preconditionFailure("a tool reads a setting that it does not declare: \(key)")
        }
        return value
    }
}

/// What a tool stores of one frame: a few named, finite numbers in a fixed order.
package struct Measurement: Equatable, Sendable {
    package private(set) var values: [(key: String, value: Double)] = []

    package init() {}

    /// Adds a number, or replaces the one of the same name. It is rounded to four digits, so that concluding now and
    /// later sees the same; a non-finite one is left out.
    package mutating func set(_ key: String, _ value: Double) {
        guard value.isFinite else { return }
        if let place = values.firstIndex(where: { $0.key == key }) {
            values[place].value = rounded4(value)
        } else {
            values.append((key, rounded4(value)))
        }
    }

    package subscript(key: String) -> Double? { values.first { $0.key == key }?.value }

    package static func == (left: Measurement, right: Measurement) -> Bool {
        left.values.elementsEqual(right.values) { $0.key == $1.key && $0.value == $1.value }
    }
}

/// Something that happened in a video.
package struct ToolEvent: Equatable, Sendable {
    package var tool: String
    package var type: String
    package var startFrame: Int
    /// The last frame that belongs to it.
    package var endFrame: Int
    /// Seconds.
    package var start: Double
    package var end: Double
    /// The video ended before the event did.
    package var isOpenAtEnd = false
    package var values = Measurement()
}

/// A tool's pixel work on one video, frame by frame in order.
package protocol FrameTool: SendableMetatype {
    static var id: String { get }
    static var version: String { get }
    static var title: String { get }
    static var definition: String { get }
    static var reach: Reach { get }
    static var settings: [Setting] { get }

    init(settings: ToolSettings)

    /// Measures one frame.
    mutating func measure(_ frame: FrameStore) -> Measurement

    /// The half that never touches a pixel.
    static func conclusion(settings: ToolSettings) -> any Conclusion
}

/// A fold over a tool's measurements in frame order. It yields each frame's record, the events and the summary.
package protocol Conclusion {
    /// Takes one frame; the answer is what is stored of it.
    mutating func fold(_ measurement: Measurement, at time: FrameTime) -> Measurement
    /// The last frame is in. `end` is its timestamp plus its duration, in seconds.
    mutating func finish(end: Double)
    var events: [ToolEvent] { get }
    var summary: Measurement { get }
}

/// All tools there are. A new tool is a file in `Tools` and a line here.
package enum ToolRegistry {
    package static let all: [any FrameTool.Type] = [LumaTool.self, SceneTool.self, BlackTool.self, FreezeTool.self]

    package static func tool(_ id: String) -> (any FrameTool.Type)? { all.first { $0.id == id } }
}
