package import Archive
package import Bytes
package import ToolModel

/// What the report holds and how it looks.
package struct ReportOptions: Sendable {
    /// Which videos get a page of their own.
    package enum Pages: String, CaseIterable, Sendable {
        /// Failed and damaged videos.
        case basic
        /// Every video.
        case full
    }

    /// Nil for ``Pages/full`` up to ``fullLimit`` videos, and ``Pages/basic`` for more.
    package var pages: Pages?
    /// A folder whose files stand in for the built-in templates of the same name.
    package var templates: RawPath?
    /// The run that the reported one is compared with.
    package var baseline: String?
    /// Other thresholds, with which events are detected again for these pages.
    package var reevaluation: Reevaluation?
    /// The tools whose descriptors say what is drawn and compared; nil for those that the output folder knows.
    package var tools: [ToolDescriptor]?

    /// Is told how far the report is, every thousand videos and at each step.
    package var progress: (@Sendable (ReportProgress) -> Void)?

    package init(
        pages: Pages? = .full, templates: RawPath? = nil, baseline: String? = nil, reevaluation: Reevaluation? = nil,
        tools: [ToolDescriptor]? = nil
    ) {
        self.pages = pages
        self.templates = templates
        self.baseline = baseline
        self.reevaluation = reevaluation
        self.tools = tools
    }

    /// Up to so many videos every one gets a page of its own unless something else is asked for.
    package static let fullLimit = 2000

    /// What is asked for, or what so many videos get.
    package func chosenPages(of videos: Int) -> Pages { pages ?? (videos <= ReportOptions.fullLimit ? .full : .basic) }
}

/// What a report is at.
package enum ReportProgress: Sendable, Equatable {
    /// The records of so many videos were read.
    case reading(Int)
    /// The log, for the course of the run.
    case timeline
    /// Results of videos, and pages of them.
    case videos(done: Int, of: Int)
    case replay
    case index

    /// Videos between two reports.
    static let step = 1000
}

/// What was written.
package struct ReportSummary: Sendable, Equatable {
    package var index: RawPath
    /// Rows in the table of all videos.
    package var videos: Int
    /// Pages of single videos.
    package var pages: Int

    package init(index: RawPath, videos: Int, pages: Int) {
        self.index = index
        self.videos = videos
        self.pages = pages
    }
}

/// Why no report could be made.
package struct ReportError: Error, CustomStringConvertible, Equatable {
    package var reason: String
    package var description: String { reason }
    package init(_ reason: String) { self.reason = reason }
}
