internal import Bytes
internal import Jobs
internal import Store

/// Where a journal enters what jobs came to: the catalog and the failure memory of the output folder, or what a shard of a run
/// keeps until all of them are joined.
protocol RunBooks: AnyObject {
    /// Whether what a job came to is on the disk before its end is in the log. The catalog's line is anyhow.
    var comesFirst: Bool { get }
    /// What the log says behind its first line.
    var opening: LogEvent? { get }

    /// Enters a job's new result, and takes back those that it stands in for. When this returns they are on the disk, or will
    /// be before the job's end is told.
    ///
    /// - Parameter stored: the result that the catalog had of the job, below the output folder.
    func publish(_ entries: [CatalogEntry], stored: RawPath?) throws
    func enter(_ entries: [CatalogEntry]) throws
    func enter(_ entries: [FailureEntry]) throws
    /// What a job came to in the end.
    ///
    /// - Parameter toolsLost: external tools that failed on it in this run.
    func close(_ record: JobRecord, toolsLost: Int) throws
    /// Tells readers how the run stands.
    func write(_ snapshot: RunSnapshot) throws
    /// Called about ten times a second while nothing is new.
    func refresh() throws
}

/// Those of the output folder.
final class FolderBooks: RunBooks {
    private let layout: OutputLayout
    private let catalog: JobLineWriter<CatalogEntry>
    private let failures: JobLineWriter<FailureEntry>

    let comesFirst = false
    let opening: LogEvent? = nil

    init(_ layout: OutputLayout) throws(SystemError) {
        self.layout = layout
        catalog = try JobLineWriter(layout.catalogLines)
        failures = try JobLineWriter(layout.failureLines)
    }

    func enter(_ entries: [CatalogEntry]) throws { try catalog.append(entries) }

    func publish(_ entries: [CatalogEntry], stored: RawPath?) throws {
        try catalog.append(entries)
        // A kill before this leaves files that the catalog has taken back; prune removes them.
        ReplacedResults.remove(entries, stored: stored, layout)
    }

    func enter(_ entries: [FailureEntry]) throws { try failures.append(entries) }
    func close(_ record: JobRecord, toolsLost: Int) {}
    func write(_ snapshot: RunSnapshot) throws { try snapshot.write(layout) }
    func refresh() {}
}
