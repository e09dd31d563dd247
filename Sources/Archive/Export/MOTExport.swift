internal import Bytes
internal import FrameResults

/// MOTChallenge: frame, id, left, top, width, height, confidence, class, and two numbers that are not known. Frames and
/// classes count from 1; pixels, as in results, from 0. What no tool names has the class -1.
struct MOTExport: ExportFormat {
    static let name = "mot"
    static let title = "MOTChallenge tracks, a file a video"
    static let fileExtension = "txt"
    static let hasTables = false
    static let isPerVideo = true

    init(_ context: ExportContext) {}

    func begin(_ output: ([UInt8]) throws -> Void) throws {}

    func add(_ video: ExportVideo, _ output: ([UInt8]) throws -> Void) throws {
        while let frame = try video.result.nextFrame() {
            for object in ExportObject.all(in: frame) { try output(MOTExport.line(object)) }
        }
    }

    func finish(_ output: ([UInt8]) throws -> Void) throws {}

    private static func line(_ object: ExportObject) -> [UInt8] {
        let numbers: [JSON] = [
            .int(object.frame + 1), .int(object.track ?? -1), .double(object.corners[0]), .double(object.corners[1]),
            .double(object.width), .double(object.height), .double(object.confidence ?? 1),
            .int(object.isNamed ? object.classID + 1 : -1), -1, -1,
        ]
        return Array(numbers.map { JSONWriter.text($0) }.joined(separator: ",").utf8) + [0x0a]
    }
}
