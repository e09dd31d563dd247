package import Bytes
internal import FrameResults

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

/// What a row of a table stands for.
package enum ExportTable: String, CaseIterable, Sendable {
    case videos, frames, events, objects
}

/// What a format has to know before its first video.
package struct ExportContext {
    package var table: ExportTable
    /// The keys that each tool puts into a frame, for formats whose columns are fixed by their first line.
    package var measures: [(tool: String, keys: [String])]
    /// Whether no text of a table may be taken for a formula by a spreadsheet.
    package var isSpreadsheetSafe: Bool
    /// Where a format may keep a spool.
    package var scratch: RawPath
    /// The version of this program.
    package var version: String
}
