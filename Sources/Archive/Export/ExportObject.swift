package import Bytes
package import FrameResults

/// A video on its way out.
package struct ExportVideo {
    package let job: String
    package let path: RawPath
    /// Whether it is not at its place any more.
    let isGone: Bool
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
    /// Nil for an object that was not told apart from others.
    let track: Int?
    let classID: Int
    let className: String
    /// x1, y1, x2, y2 in pixels from the top left.
    let corners: [Double]
    let confidence: Double?
    /// Points of x, y and, where there is one, confidence.
    let keypoints: [[Double]]

    init?(_ json: JSON, frame: Int, time: Double?, tool: String? = nil) {
        let corners = json["xyxy"]?.array?.compactMap(\.double) ?? []
        guard corners.count == 4 else { return nil }
        self.frame = frame
        self.time = time
        self.tool = tool
        self.corners = corners
        track = json["track_id"]?.int.flatMap { $0 < 0 ? nil : $0 }
        classID = json["class_id"]?.int ?? 0
        className = json["class"]?.string ?? ""
        confidence = json["confidence"]?.double ?? json["score"]?.double
        keypoints = (json["keypoints"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
    }

    /// The objects of a frame's `detections`.
    static func all(in frame: JSON) -> [ExportObject] {
        let index = frame["frame_index"]?.int ?? 0
        let time = frame["time"]?.double
        return (frame["detections"]?["tracked_objects"]?.array ?? []).compactMap {
            ExportObject($0, frame: index, time: time)
        }
    }

    /// Whether a tool says what it is.
    var isNamed: Bool { !className.isEmpty && className != TrackedObject.unnamedClass }

    var width: Double { corners[2] - corners[0] }
    var height: Double { corners[3] - corners[1] }
}
