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
    let viewerFile: @Sendable (String) -> [UInt8]?

    var layout: OutputLayout { library.layout }

    func health() -> Reply {
        .json(["status": "healthy", "plugins_loaded": 1, "version": .string(version)])
    }

    /// A run by the id in a path, or the selected one.
    func run(_ id: String?) throws(Refusal) -> RunFeed {
        if let feed = library.feed(id) { return feed }
        throw .notFound(
            id.map { "no run \(Escape.visible($0)); GET /v1/runs lists those there are" }
                ?? "no run in this folder yet; forgebatch run makes one")
    }

    /// A job by the id in a path: the run that answers for it.
    ///
    /// The replay of that run begins with the first question about one of its jobs.
    func job(_ text: String, run id: String?) async throws(Refusal) -> (feed: RunFeed, job: JobID) {
        guard let job = JobID(text: text.lowercased()) else {
            throw .notFound("\(Escape.visible(text)) is no job id: a job id is a UUID")
        }
        let asked = try run(id)
        guard let feed = await library.feed(of: job, run: id) else {
            throw .notFound("no job \(job) in run \(asked.id); GET /v1/jobs lists those there are")
        }
        return (feed, job)
    }
}

extension JSON {
    /// The text, or null.
    static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    static func number(_ value: Int?) -> JSON { value.map { .int($0) } ?? .null }
}
