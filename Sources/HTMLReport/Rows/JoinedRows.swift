internal import Archive
internal import Bytes
internal import Jobs

/// The rows of videos while they are put together from several files, found by their jobs.
///
/// - Complexity: about seventy bytes of each row are in memory.
final class JoinedRows {
    /// What is told of a row after all that is written with it: to read it for that alone would take long.
    private struct Mark {
        /// Not a number where it is not told.
        var started = Double.nan
        var change: Comparison.Category?
        var hasThumbnail = false
    }

    private let folder: RawPath
    private let rows: RowFile
    private var marks: [Mark] = []
    private var indices: [JobID: Int32] = [:]
    /// How often a row was made or changed.
    private(set) var updates = 0
    /// Why rows are not whole.
    private var fault: SystemError?

    /// - Parameter folder: where rows lie while they are needed.
    init(in folder: RawPath) {
        self.folder = folder
        rows = RowFile(in: folder)
    }

    var count: Int { rows.count }

    /// Changes the row of a job, or makes it. What goes wrong ``sorted()`` tells.
    func update(_ job: JobID, _ path: RawPath, _ change: (inout ReportVideo) -> Void) {
        updates += 1
        do throws(SystemError) {
            if let index = indices[job].map({ Int($0) }) {
                var row = try rows.row(at: index)
                change(&row)
                return try rows.replace(at: index, with: row)
            }
            indices[job] = Int32(rows.count)
            var row = ReportVideo(job: job, path: path)
            change(&row)
            try rows.append(row)
            marks.append(Mark())
        } catch {
            fault = fault ?? error
        }
    }

    /// Says when the work on a video began, in seconds since the run's first event. A job without a row has none.
    func mark(_ job: JobID, started: Double) {
        if let index = indices[job] { marks[Int(index)].started = started }
    }

    func mark(_ job: JobID, change: Comparison.Category) {
        if let index = indices[job] { marks[Int(index)].change = change }
    }

    func markThumbnail(_ job: JobID) {
        if let index = indices[job] { marks[Int(index)].hasThumbnail = true }
    }

    /// All rows in the order of the index. Nothing is changed any more after that.
    ///
    /// - Throws: `SystemError` when rows could not be kept.
    func sorted() throws(SystemError) -> RowFile {
        if let fault { throw fault }
        indices = [:]
        var sorter = RowSorter(in: folder)
        for (index, mark) in marks.enumerated() {
            var row = try rows.row(at: index)
            row.started = mark.started.isNaN ? nil : mark.started
            (row.change, row.hasThumbnail) = (mark.change, mark.hasThumbnail)
            try sorter.add(row)
        }
        marks = []
        return try sorter.sorted()
    }
}
