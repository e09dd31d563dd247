internal import Bytes
internal import FrameResults

/// An object a line. A frame is what the result holds of it, with the video's names before it.
struct NDJSONExport: ExportFormat {
    static let name = "ndjson"
    static let title = "a JSON object a line"
    static let fileExtension = "ndjson"
    static let hasTables = true
    static let isPerVideo = false

    private let table: ExportTable

    init(_ context: ExportContext) { table = context.table }

    func begin(_ output: ([UInt8]) throws -> Void) throws {}

    func add(_ video: ExportVideo, _ output: ([UInt8]) throws -> Void) throws {
        guard table == .frames else {
            return try Tables.rows(table, of: video) { try output(JSONWriter.encode(.object($0)) + [0x0a]) }
        }
        // The frame's own text follows behind the names.
        let start = Array(JSONWriter.encode(.object(Tables.video(video))).dropLast()) + [UInt8(ascii: ",")]
        while let line = try video.result.nextLine() { try output(start + line.dropFirst() + [0x0a]) }
    }

    func finish(_ output: ([UInt8]) throws -> Void) throws {}
}
