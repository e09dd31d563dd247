internal import Archive
internal import Bytes
internal import Jobs

/// What the server tells of runs and jobs: every answer of the contract but the files of the report, without HTTP.
struct ReplayAPI: Sendable {
    let library: RunLibrary
    /// The tools of this build.
    let manifest: JSON
    let version: String
    /// The viewer's page, scripts and styles by their names.
    let viewerFile: @Sendable (String) -> (bytes: [UInt8], contentType: String)?
    /// The manifests of plugins that results came from.
    var otherManifests: [JSON] = []

    var layout: OutputLayout { library.layout }

    func health() -> WebAnswer {
        .json(["status": "healthy", "plugins_loaded": .int(1 + otherManifests.count), "version": .string(version)])
    }

    /// `GET /v1/worker/health`: whether jobs go on, live or replayed, and when something was last heard of them, in seconds
    /// since 1970.
    func workerHealth() -> WebAnswer {
        let feed = library.feed()
        let clock = feed?.clock
        let isAlive = clock.map { $0.isLive || $0.isPlaying } ?? false
        let last = isAlive ? UTCTime.now : feed.flatMap { RunLogSummary(layout, run: $0.id)?.last }
        return .json([
            "alive": .bool(isAlive), "last_heartbeat": last.map { .double(Double($0.milliseconds) / 1000) } ?? .null,
        ])
    }

    /// A run by the id in a path, or the selected one.
    func run(_ id: String?) throws(WebError) -> RunFeed {
        if let feed = library.feed(id) { return feed }
        throw WebError(
            404,
            id.map { "no run \(Escape.visible($0)); GET /v1/runs lists those there are" }
                ?? "no run in this folder yet; forgebatch run makes one")
    }

    /// The job that a request's path names, who answers for it, and how it stands.
    func asked(_ request: WebRequest) async throws(WebError) -> (asked: AskedJob, view: JobView) {
        let asked = try await job(request.parameters["job"] ?? "", run: request.query("run"))
        guard let view = asked.view() else { throw WebError(404, "no job \(asked.job) in run \(asked.feed.id)") }
        // Who named no run and has not seen the end yet is not turned to another one meanwhile.
        if request.query("run") == nil, !view.status.isEnded { asked.feed.noteAsked() }
        return (asked, view)
    }

    /// A job by its id, and who answers for it.
    func job(_ text: String, run id: String?) async throws(WebError) -> AskedJob {
        guard let job = JobID(text: text.lowercased()) else {
            throw WebError(404, "\(Escape.visible(text)) is no job id: a job id is a UUID")
        }
        let asked = try run(id)
        guard let found = await library.find(job, run: id) else {
            throw WebError(404, "no job \(job) in run \(asked.id); GET /v1/jobs lists those there are")
        }
        return found
    }
}

extension WebRequest {
    /// A number of the query within a range.
    func number(_ name: String, _ range: ClosedRange<Int>, default standard: Int) throws(WebError) -> Int {
        guard let text = query(name) else { return standard }
        guard let value = Int(text), range.contains(value) else {
            let most = range.upperBound == .max ? "or more" : "to \(range.upperBound)"
            throw WebError(422, "\(name) has to be a number, \(range.lowerBound) \(most)")
        }
        return value
    }
}

extension JSON {
    /// The text, or null.
    static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    static func number(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
}
