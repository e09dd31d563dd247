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

    var layout: OutputLayout { library.layout }

    func health() -> WebAnswer {
        .json(["status": "healthy", "plugins_loaded": 1, "version": .string(version)])
    }

    /// A run by the id in a path, or the selected one.
    func run(_ id: String?) throws(WebError) -> RunFeed {
        if let feed = library.feed(id) { return feed }
        throw WebError(
            404,
            id.map { "no run \(Escape.visible($0)); GET /v1/runs lists those there are" }
                ?? "no run in this folder yet; forgebatch run makes one")
    }

    /// The job that a request's path names, and the run that answers for it.
    ///
    /// The replay of that run begins with the first question about one of its jobs.
    func asked(_ request: WebRequest) async throws(WebError) -> (feed: RunFeed, job: JobID) {
        try await job(request.parameters["job"] ?? "", run: request.query("run"))
    }

    /// A job by its id, and the run that answers for it.
    func job(_ text: String, run id: String?) async throws(WebError) -> (feed: RunFeed, job: JobID) {
        guard let job = JobID(text: text.lowercased()) else {
            throw WebError(404, "\(Escape.visible(text)) is no job id: a job id is a UUID")
        }
        let asked = try run(id)
        guard let feed = await library.feed(of: job, run: id) else {
            throw WebError(404, "no job \(job) in run \(asked.id); GET /v1/jobs lists those there are")
        }
        return (feed, job)
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
