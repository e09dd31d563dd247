internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store

/// What the page of one video shows, part by part in the order of its template.
struct VideoPage {
    /// The videos that its links lead to.
    struct Neighbours {
        var previous: ReportVideo?
        var next: ReportVideo?
        /// The nearest that failed or are damaged.
        var previousFailed: ReportVideo?
        var nextFailed: ReportVideo?
    }

    /// What stands beside a video's page.
    struct Context {
        var neighbours: Neighbours
        /// Whether the run has a replay.
        var hasReplay = false
        /// What a reader has to know of all pages.
        var notice: String?

        init(_ neighbours: Neighbours) { self.neighbours = neighbours }
    }

    /// What was read of a video; without a result there is nothing of it.
    struct Content {
        var facts: ResultFacts?
        var film: Film?
        /// Seconds of the film's frames.
        var filmTimes: [Int: Double] = [:]
        /// What there is in them.
        var filmObjects: [Int: [ShownObject]] = [:]
        var colours = ClassColours([])
        var pictures: ShownPictures
        var fold: Fold?
        var still: Still?
    }

    private struct Reason {
        let text: String
        let guide: String?
    }

    private struct Heading {
        let title: String
        let path: String
        let job: String
        let sign: StatusBadge
        let verdict: String
        /// Where the status is explained.
        let guide: String?
        let reasons: [Reason]
        let hasReasons: Bool
        let flaw: String?
        let notice: String?
        let facts: [Fact]
        let failure: Failure?
    }

    private struct Navigation {
        struct Neighbour {
            let href: String
            let path: String

            init(_ video: ReportVideo) {
                href = "../" + OutputLayout.pageName(video.job)
                path = Text.shown(video.path, limit: 120)
            }
        }

        let previous: Neighbour?
        let next: Neighbour?
        let previousFailed: Neighbour?
        let nextFailed: Neighbour?

        init(_ neighbours: Neighbours) {
            previous = neighbours.previous.map { Neighbour($0) }
            next = neighbours.next.map { Neighbour($0) }
            previousFailed = neighbours.previousFailed.map { Neighbour($0) }
            nextFailed = neighbours.nextFailed.map { Neighbour($0) }
        }
    }

    private struct Pictures {
        let still: Still?
        /// Where there is no film.
        let strip: String?
        let timeline: String?
    }

    private struct Links {
        let sanitized: String?
        let result: String?
        /// The run's replay, at the time at which this video was started.
        let replay: String?
        /// The video itself as `forgebatch replay` serves it.
        let video: String
        /// The same where the run found it, for pages that are opened from disk; nil where that is not known.
        let file: String?
        let hasData: Bool
        /// How every frame becomes a table.
        let exportCommand: String?
    }

    let members: PageMembers

    /// - Parameters:
    ///   - rows: how many rows a table may have.
    ///   - lanes: how many classes have a lane.
    init(
        _ video: ReportVideo, _ content: Content, run: RunDocument, rerun: Rerun, layout: OutputLayout,
        context: Context, tools: ReportTools,
        rows: Int, lanes: Int
    ) {
        let facts = content.facts
        let chart = facts.flatMap { facts in content.fold.map { LaneChart($0, facts, tools.all) } }
        let timeline = VideoPage.still(.lumaTimeline, video, layout)
        let colours = content.colours
        let film = FilmStrip(
            content.film, times: content.filmTimes, objects: content.filmObjects, colours,
            canvas: content.pictures.main.shown, hasTimeline: timeline != nil)
        let external = facts.flatMap { facts in
            content.fold.map { ExternalLanes(fold: $0, facts: facts, tools: tools, colours: colours) }
        }
        members = PageMembers(
            VideoPage.heading(video, content, rerun, context), Navigation(context.neighbours),
            Pictures(
                still: content.still, strip: content.film == nil ? VideoPage.still(.strip, video, layout) : nil,
                timeline: timeline),
            Legend(content.fold?.classes ?? [], colours, facts), FailedToolList(facts),
            ChartSection(chart, external, most: lanes), film,
            EventTables(facts?.events ?? [], film: film, colours, rows: rows),
            MessageTables(facts?.decode, rows: rows), VideoPage.links(video, content, run, rerun, context))
    }

    private static func heading(
        _ video: ReportVideo, _ content: Content, _ rerun: Rerun, _ context: Context
    ) -> Heading {
        Heading(
            title: Text.shown(RawPath(bytes: video.raw.bytes).lastComponent.display, limit: 160),
            path: Text.shown(video.path, limit: 800), job: video.job.text, sign: StatusBadge(video.status),
            verdict: Phrases.status(video.status), guide: VerdictPage.place(video.status).map { "../../" + $0 },
            reasons: video.reasons.map { code in
                Reason(
                    text: Phrases.reason(code, content.facts),
                    guide: VerdictPage.place(reason: code).map { "../../" + $0 })
            },
            hasReasons: !video.reasons.isEmpty, flaw: video.flaw, notice: context.notice,
            facts: VideoFactList(video, content.facts, content.pictures).facts,
            failure: video.status.isFailure ? Failure(video, rerun, isOnIndex: false) : nil)
    }

    private static func links(
        _ video: ReportVideo, _ content: Content, _ run: RunDocument, _ rerun: Rerun, _ context: Context
    ) -> Links {
        Links(
            sanitized: content.facts?.sanitized.map { Phrases.sanitized($0) },
            result: video.result.map { "../../../" + Escape.urlPath($0.bytes) },
            replay: context.hasReplay ? replay(video, run) : nil,
            video: "../../../v1/jobs/\(video.job.text)/video",
            file: rerun.link(video.raw, from: RawPath("report/" + video.page)), hasData: content.fold != nil,
            exportCommand: video.result == nil ? nil : "forgebatch export OUT --format csv --job \(video.job.text)")
    }

    private static func replay(_ video: ReportVideo, _ run: RunDocument) -> String? {
        guard let started = video.started else { return nil }
        return "../../replay.html#run=\(Escape.urlPath(Array(run.summary.id.utf8)))&job=\(video.job.text)"
            + "&t=\(Text.decimal(started, 3))"
    }

    private static func still(_ kind: OutputLayout.Still, _ video: ReportVideo, _ layout: OutputLayout) -> String? {
        let path = OutputLayout.still(video.job, kind)
        return Files.exists(layout.root.appending(path)) ? "../../../" + path : nil
    }
}
