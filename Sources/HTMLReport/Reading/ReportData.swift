internal import Archive
internal import Store

/// A run and all videos of its output folder.
struct ReportData {
    var run: RunDocument
    /// Those whose measures are compared.
    var tools: ReportTools
    /// Those in trouble first, then by path.
    var videos: RowFile
    /// What could not be read.
    var notes: [String]
    /// What a reader has to know of all pages.
    var notice: String?
    /// What is different from the run that this one is compared with.
    var changes: Comparison?
    /// All runs of the folder, the newest first.
    var runs: [RunSummary] = []
    /// What the output folder calls its input roots.
    var names = RootNames()
    /// How the run went over time; nil where there is no log of it.
    var timeline: RunTimeline?
}
