internal import Bytes
internal import FrameResults
internal import Jobs

/// What the page of one video shows.
struct VideoPage {
    struct Event {
        let tool: String
        let type: String
        let start: String
        let end: String
        let length: String
        let frames: String
    }

    struct Fault {
        let frame: String
        let text: String
    }

    struct Track {
        let number: String
        let start: String
        let end: String
        let frames: String
        let distance: String
    }

    struct Axis {
        let time: String
        let frame: String
    }

    struct Neighbour {
        let href: String
        let path: String
    }

    let title: String
    let path: String
    let job: String
    let sign: Sign
    let verdict: String
    let reasons: [String]
    let hasReasons: Bool
    let flaw: String?
    let notice: String?
    let previous: Neighbour?
    let next: Neighbour?
    let previousFailed: Neighbour?
    let nextFailed: Neighbour?
    let facts: [Fact]
    let failure: Failure?
    let still: Still?
    let strip: String?
    let timeline: String?
    let hasChart: Bool
    let lanes: [Lane]
    let width: Int
    /// The chart's quarters, as an SVG path.
    let grid: String
    let marks: [Axis]
    let end: Axis
    let hasEvents: Bool
    let eventCount: String
    let events: [Event]
    let moreEvents: String?
    let hasTracks: Bool
    let trackCount: String
    let tracks: [Track]
    let moreTracks: String?
    let hasFaults: Bool
    let faultCount: String
    let faults: [Fault]
    let moreFaults: String?
    let hasNotes: Bool
    let noteCount: String
    let notes: [Fault]
    let moreNotes: String?
    let sanitized: String?
    let result: String?
    /// The run's replay, at the time at which this video was begun.
    let replay: String?
    /// The video itself as `forgebatch replay` serves it.
    let video: String
    let hasData: Bool
    /// How every frame becomes a table.
    let exportCommand: String?

    /// What stands beside a video's page.
    struct Surroundings {
        var previous: Video?
        var next: Video?
        var previousFailed: Video?
        var nextFailed: Video?
        var hasReplay = false
        var notice: String?
    }

    /// - Parameter rows: how many lines a table may have.
    init(
        _ video: Video, facts result: ResultFacts?, pictures: ShownPictures, fold: Fold?, still: Still?,
        run: RunFacts, layout: OutputLayout, beside: Surroundings, tools: ReportTools,
        rows: Int
    ) {
        path = Text.shown(video.path, limit: 800)
        title = Text.shown(RawPath(bytes: video.raw.bytes).lastComponent.display, limit: 160)
        job = video.job.text
        sign = Sign(video.standing)
        let isFailed = video.standing == .failed || video.standing == .quarantined
        reasons = video.reasons.map { Words.reason($0, result) }
        hasReasons = !reasons.isEmpty
        verdict = VideoPage.verdict(video)
        flaw = video.flaw
        notice = beside.notice
        previous = beside.previous.map(VideoPage.neighbour)
        next = beside.next.map(VideoPage.neighbour)
        previousFailed = beside.previousFailed.map(VideoPage.neighbour)
        nextFailed = beside.nextFailed.map(VideoPage.neighbour)
        facts = VideoPage.facts(video, result, pictures)
        failure = isFailed ? Failure(video, run, isOnIndex: false) : nil
        self.still = still
        strip = VideoPage.still(.strip, video, layout)
        timeline = VideoPage.still(.lumaTimeline, video, layout)
        let chart = result.flatMap { facts in fold.map { Lanes($0, facts, tools.all) } }
        lanes = chart?.all ?? []
        hasChart = !lanes.isEmpty
        let columns = chart?.width ?? 1
        width = columns
        grid = columns < 4 ? "" : (1..<4).map { "M\($0 * columns / 4) 0V100" }.joined()
        marks = (chart?.marks ?? []).map { Axis(time: $0.time, frame: $0.frame) }
        end = Axis(time: chart?.end.time ?? "", frame: chart?.end.frame ?? "")

        let found = result?.events ?? []
        let all = VideoPage.joined(found.filter { $0["track_id"] == nil })
        hasEvents = !all.isEmpty
        eventCount = Text.count(all.count)
        events = all.prefix(rows).map { VideoPage.event($0.event, types: $0.types) }
        moreEvents = all.count > events.count ? Text.count(all.count - events.count) : nil
        let objects = found.filter { $0["track_id"] != nil }
        hasTracks = !objects.isEmpty
        trackCount = Text.count(objects.count)
        tracks = objects.prefix(rows).map(VideoPage.track)
        moreTracks = objects.count > tracks.count ? Text.count(objects.count - tracks.count) : nil
        let errors = result?.errors ?? []
        let errorCount = max(errors.count, result?.decode?["error_count"]?.int ?? 0)
        hasFaults = errorCount > 0
        faultCount = Text.count(errorCount)
        faults = errors.prefix(rows).map(VideoPage.fault)
        moreFaults = errorCount > faults.count ? Text.count(errorCount - faults.count) : nil
        let said = result?.decode?["notes"]?.array ?? []
        let saidCount = max(said.count, result?.decode?["note_count"]?.int ?? 0)
        hasNotes = saidCount > 0
        noteCount = Text.count(saidCount)
        notes = said.prefix(rows).map(VideoPage.fault)
        moreNotes = saidCount > notes.count ? Text.count(saidCount - notes.count) : nil
        sanitized = VideoPage.sanitized(result)
        self.result = video.result.map { "../../../" + Escape.urlPath($0.bytes) }
        replay = beside.hasReplay ? VideoPage.replay(video, run) : nil
        self.video = "../../../v1/jobs/\(video.job.text)/video"
        hasData = fold != nil
        exportCommand =
            video.result == nil ? nil : "forgebatch export OUT --format csv --job \(video.job.text)"
    }

    private static func replay(_ video: Video, _ run: RunFacts) -> String? {
        guard let begun = video.begun else { return nil }
        return "../../replay.html#run=\(Escape.urlPath(Array(run.id.utf8)))&job=\(video.job.text)"
            + "&t=\(Text.decimal(begun, 3))"
    }

    private static func sanitized(_ result: ResultFacts?) -> String? {
        guard let counts = result?.document["sanitized"] else { return nil }
        let (values, objects) = (counts["dropped_values"]?.int ?? 0, counts["dropped_objects"]?.int ?? 0)
        guard (values, objects) != (0, 0) else { return "Nothing had to be dropped to make this result strict JSON." }
        return
            "\(Text.plural(values, "value")) and \(Text.plural(objects, "object")) that JSON cannot hold were dropped."
    }

    private static func fault(_ message: JSON) -> Fault {
        Fault(frame: Text.count(message["frame"]?.int), text: Text.shown(message["text"]?.string ?? "", limit: 160))
    }

    private static func track(_ event: JSON) -> Track {
        Track(
            number: Text.count(event["track_id"]?.int), start: Text.clock(event["start"]?.double, digits: 2),
            end: Text.clock(event["end"]?.double, digits: 2),
            frames: "\(Text.count(event["start_frame"]?.int))–\(Text.count(event["end_frame"]?.int))",
            distance: event["distance"]?.double.map { Text.decimal($0, 0) + " px" } ?? "")
    }

    private static func verdict(_ video: Video) -> String {
        switch video.standing {
        case .failed: "This video failed; it has no result."
        case .quarantined: "This video is quarantined after failing repeatedly; runs leave it out."
        case .damaged: "Frames were decoded, but the file is damaged."
        case .warning: "Decoded, with something to note."
        case .ok, .skipped: "Decoded without a complaint."
        }
    }

    private static func neighbour(_ video: Video) -> Neighbour {
        Neighbour(
            href: "../" + OutputLayout.pageName(video.job), path: Text.shown(video.path, limit: 120))
    }

    private static func still(_ kind: OutputLayout.Still, _ video: Video, _ layout: OutputLayout) -> String? {
        let path = OutputLayout.still(video.job, kind)
        return Files.exists(layout.root.appending(path)) ? "../../../" + path : nil
    }

    private static func facts(_ video: Video, _ result: ResultFacts?, _ pictures: ShownPictures) -> [Fact] {
        var list: [Fact] = []
        func add(_ name: String, _ value: String?) {
            if let value, value != Text.nothing, !value.isEmpty { list.append(Fact(name, value)) }
        }
        add("Frames", video.frameCount)
        add("Duration", Text.clock(video.duration))
        add("Frame rate", video.rate.map { Text.decimal($0, 3) + " fps" })
        add("Picture", result == nil ? video.dimensions : Words.picture(pictures))
        add("Codec", video.codec.map { Text.shown($0, limit: 60) })
        add("Pixel format", result?.video?["pixel_format"]?.string.map { Text.shown($0, limit: 60) })
        // Players turn pictures by quarters; another angle is only told.
        if let rotation = result?.video?["rotation"]?.int, rotation % 90 != 0 { add("Rotation", "\(rotation)°") }
        // Where a player that shows the whole file is when the first picture comes.
        if let start = result?.video?["start_time"]?.double, abs(start) >= 1 {
            add("Starts at", Text.clock(start, digits: 2))
        }
        if result?.decode?["timestamps"]?["variable"]?.bool == true { add("Timing", "variable frame rate") }
        add("Size", Text.bytes(video.size))
        add("Processed in", video.seconds.map { Text.span($0) })
        add("Speed", video.speed.map { Text.speed($0) + " real time" })
        if let tries = video.tries, tries > 1 { add("Tries", Text.count(tries)) }
        add("Job", video.job.text)
        return list
    }

    /// Events of one frame that several tools saw, such as a cut, share a row.
    static func joined(_ events: [JSON]) -> [(event: JSON, types: [String])] {
        var result: [(event: JSON, types: [String])] = []
        for event in events {
            let type = event["type"]?.string ?? ""
            let isMoment = event["start_frame"]?.int == event["end_frame"]?.int
            if isMoment, let last = result.last, last.event["start_frame"] == event["start_frame"],
                last.event["end_frame"] == event["end_frame"]
            {
                result[result.count - 1].types.append(type)
            } else {
                result.append((event, [type]))
            }
        }
        return result
    }

    private static func event(_ event: JSON, types: [String]) -> Event {
        let start = event["start"]?.double
        let end = event["end"]?.double
        let first = event["start_frame"]?.int
        let last = event["end_frame"]?.int
        let isMoment = first == last
        var length = ""
        if let start, let end, !isMoment { length = Text.span(end - start) }
        if event["open_at_end"]?.bool == true { length += " (to the end)" }
        return Event(
            tool: Text.shown(event["tool"]?.string ?? "", limit: 40),
            type: types.map { Words.name($0) }.joined(separator: ", "), start: Text.clock(start, digits: 2),
            end: isMoment ? "" : Text.clock(end, digits: 2), length: length,
            frames: isMoment ? Text.count(first) : "\(Text.count(first))–\(Text.count(last))")
    }
}
