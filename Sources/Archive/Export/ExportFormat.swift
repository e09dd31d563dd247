package import Bytes
package import FrameResults

/// A form in which results leave an output folder. A new one is a file beside this one and a line in the registry.
package protocol ExportFormat: SendableMetatype {
    /// What it is called on the command line.
    static var name: String { get }
    /// One line for people.
    static var title: String { get }
    /// The extension of its files.
    static var fileExtension: String { get }
    /// Whether it tells of one of several tables, rather than always of objects.
    static var hasTables: Bool { get }
    /// Whether every video is a document of its own, so that several need a folder.
    static var isPerVideo: Bool { get }

    init(_ context: ExportContext) throws

    /// What stands before the first video.
    mutating func begin(_ output: (_ bytes: [UInt8]) throws -> Void) throws
    /// Writes one video, with no more than a frame of it in memory.
    mutating func add(_ video: ExportVideo, _ output: (_ bytes: [UInt8]) throws -> Void) throws
    /// What stands behind the last video.
    mutating func finish(_ output: (_ bytes: [UInt8]) throws -> Void) throws
}

/// The formats that there are.
package enum ExportRegistry {
    package static let all: [any ExportFormat.Type] = [
        CSVExport.self, NDJSONExport.self, COCOExport.self, MOTExport.self,
    ]

    package static func format(_ name: String) -> (any ExportFormat.Type)? { all.first { $0.name == name } }
}

/// What a row of a table stands for.
package enum ExportTable: String, CaseIterable, Sendable {
    case videos, frames, events, objects
}

/// What a format has to know before its first video.
package struct ExportContext {
    package var table: ExportTable
    /// The keys that each tool puts into a frame, for formats whose columns are fixed by their first line.
    package var measures: [(tool: String, keys: [String])]
    /// Where a format may keep a spool.
    package var scratch: RawPath
    /// The version of this program.
    package var version: String
}

/// A video on its way out.
package struct ExportVideo {
    package let job: String
    package let path: RawPath
    package let result: StoredResult
    /// How many objects its tools counted; nil where none counts.
    let objectCount: JSON?
    package var head: JSON { result.head }
}

/// An object in a frame, as results hold it.
struct ExportObject {
    let frame: Int
    let time: Double?
    /// The tool that found it; nil for the frame's own `detections`.
    let tool: String?
    let track: Int?
    let classID: Int
    let className: String
    /// x1, y1, x2, y2 in pixels from the top left.
    let corners: [Double]
    let confidence: Double?

    init?(_ json: JSON, frame: Int, time: Double?, tool: String? = nil) {
        let corners = json["xyxy"]?.array?.compactMap(\.double) ?? []
        guard corners.count == 4 else { return nil }
        self.frame = frame
        self.time = time
        self.tool = tool
        self.corners = corners
        track = json["track_id"]?.int
        classID = json["class_id"]?.int ?? 0
        className = json["class"]?.string ?? ""
        confidence = json["confidence"]?.double ?? json["score"]?.double
    }

    /// The objects of a frame's `detections`.
    static func all(in frame: JSON) -> [ExportObject] {
        let index = frame["frame_index"]?.int ?? 0
        let time = frame["time"]?.double
        return (frame["detections"]?["tracked_objects"]?.array ?? []).compactMap {
            ExportObject($0, frame: index, time: time)
        }
    }

    var width: Double { corners[2] - corners[0] }
    var height: Double { corners[3] - corners[1] }
}
