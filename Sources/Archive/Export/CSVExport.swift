internal import Bytes
internal import FrameResults

/// RFC 4180: a header line, a line a row, CRLF. An undefined value is an empty field.
///
/// Texts are exact unless they have to be safe for spreadsheets.
struct CSVExport: ExportFormat {
    static let name = "csv"
    static let title = "a table (RFC 4180)"
    static let fileExtension = "csv"
    static let hasTables = true
    static let isPerVideo = false

    private let table: ExportTable
    private let columns: [String]
    private let isSpreadsheetSafe: Bool
    private let measures: [(tool: String, keys: [String])]

    init(_ context: ExportContext) {
        table = context.table
        measures = context.measures
        isSpreadsheetSafe = context.isSpreadsheetSafe
        switch context.table {
        case .videos: columns = Tables.videos
        case .events: columns = Tables.events
        case .objects: columns = Tables.objects
        case .frames:
            columns =
                ["job_id", "path", "path_bytes", "frame_index", "time", "objects"]
                + context.measures.flatMap { tool, keys in keys.map { "\(tool).\($0)" } }
        }
    }

    func begin(_ output: ([UInt8]) throws -> Void) throws { try output(CSVExport.line(columns)) }

    func add(_ video: ExportVideo, _ output: ([UInt8]) throws -> Void) throws {
        guard table == .frames else {
            return try Tables.rows(table, of: video) { row in
                try output(CSVExport.line(columns.map { key in text(row.first { $0.key == key }?.value) }))
            }
        }
        let names = Tables.video(video)
        let start = columns.prefix(3).map { key in text(names.first { $0.key == key }?.value) }
        while let frame = try video.result.nextFrame() {
            let objects = frame["detections"]?["tracked_objects"]?.array?.count
            var fields = start
            fields += [frame["frame_index"], frame["time"], objects.map { .int($0) }].map(text)
            for (tool, keys) in measures {
                let own = frame[tool]
                fields += keys.map { text(own?[$0]) }
            }
            try output(CSVExport.line(fields))
        }
    }

    func finish(_ output: ([UInt8]) throws -> Void) throws {}

    private func text(_ value: JSON?) -> String {
        switch value {
        case nil: ""
        case .string(let text): isSpreadsheetSafe && CSVExport.isFormula(text) ? "'" + text : text
        case .some(let value): JSONWriter.text(value)
        }
    }

    /// Whether a spreadsheet takes a text for a formula, by its first character. Numbers are none.
    private static func isFormula(_ text: String) -> Bool {
        text.utf8.first.map { Array("=+-@\t\r\n".utf8).contains($0) } ?? false
    }

    private static func line(_ fields: [String]) -> [UInt8] {
        var line: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            line += Array(Escape.csv(field).utf8)
        }
        return line + [0x0d, 0x0a]
    }
}
