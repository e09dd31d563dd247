package import Bytes

/// The line that the holder of an output folder's lock writes into the file `lock`.
package struct LockRecord: Equatable, Sendable {
    package var runID: String
    package var process: Int
    package var since: UTCTime

    package init(runID: String, process: Int, since: UTCTime) {
        self.runID = runID
        self.process = process
        self.since = since
    }

    /// With its line feed.
    package var line: [UInt8] { Array("run \(runID), process \(process), since \(since.text)\n".utf8) }

    /// Whether such a line is that of a run.
    package static func names(_ runID: String, in line: [UInt8]) -> Bool { line.starts(with: "run \(runID),".utf8) }
}
