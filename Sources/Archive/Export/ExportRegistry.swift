internal import Bytes
internal import FrameResults

/// The formats that there are.
package enum ExportRegistry {
    package static let all: [any ExportFormat.Type] = [
        CSVExport.self, NDJSONExport.self, COCOExport.self, MOTExport.self,
    ]

    package static func format(_ name: String) -> (any ExportFormat.Type)? { all.first { $0.name == name } }
}
