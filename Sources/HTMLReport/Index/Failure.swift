/// Why a video failed and how to run it again, for the index and the video's page.
struct Failure {
    let path: String
    let href: String?
    let message: String
    let progress: String
    let hasProgress: Bool
    /// The same on the video's page, where no line above tells it.
    let after: String?
    let log: [String]
    let hasLog: Bool
    let logTitle: String
    let command: String
    /// Where the command is to be given; nil where the record does not tell it.
    let folder: String?

    /// - Parameter lines: of the worker's log, at most.
    init(_ video: ReportVideo, _ rerun: Rerun, log lines: Int = 20, isOnIndex: Bool) {
        path = Text.shown(video.path, limit: 400)
        href = isOnIndex ? Row.link(video) : nil
        message = video.failureText(limit: isOnIndex ? 600 : 1000) ?? "no message"
        progress = video.progressLine
        hasProgress = !progress.isEmpty
        after = isOnIndex || progress.isEmpty ? nil : progress
        log = video.failure.log.suffix(lines).map { Text.shown($0, limit: isOnIndex ? 200 : 300) }
        hasLog = !log.isEmpty
        logTitle = log.count == 1 ? "Last line of its log" : "Last \(log.count) lines of its log"
        command = Text.shown(rerun.command(video), limit: 6000)
        folder = rerun.folder
    }
}
