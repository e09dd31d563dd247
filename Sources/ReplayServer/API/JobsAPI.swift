internal import Archive
internal import Bytes
internal import FrameResults
internal import Jobs

extension ReplayAPI {
    /// Bytes of a result that is told whole within its job.
    private static let inlineLimit: Int64 = 8 << 20
    private static let plugin = "forgebatch"

    /// `GET /v1/jobs`
    func jobs(_ query: Query) throws(Refusal) -> Reply {
        let limit = try query.number("limit", 1...100, default: 10)
        let skip = try query.number("skip", 0...Int.max, default: 0)
        var status: JobView.Status?
        if let text = query["status"] {
            status = JobView.Status(rawValue: text)
            guard status != nil else {
                let all = JobView.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw .unusable("status has to be one of \(all)")
            }
        }
        guard let feed = library.feed(query["run"]) else {
            if query["run"] != nil { _ = try run(query["run"]) }
            return .json(["jobs": .array([]), "count": 0])
        }
        feed.load()
        let (page, count) = feed.jobs(status, skip: skip, limit: limit)
        return .json(["jobs": .array(page.compactMap { item($0, feed) }), "count": .int(count)])
    }

    private func item(_ job: JobID, _ feed: RunFeed) -> JSON? {
        guard let view = feed.view(job) else { return nil }
        let outcome = outcome(view, feed)
        return [
            "job_id": .string(job.text), "status": .string(view.status.rawValue), "plugin": .string(Self.plugin),
            "created_at": .string(view.created),
            "completed_at": view.status == .completed ? .string(view.updated) : .null,
            "result_url": outcome.url, "summary": outcome.summary, "error": .text(view.message),
            "progress": progress(view),
        ]
    }

    /// `GET /v1/jobs/{id}`
    func job(_ id: String, _ query: Query) async throws(Refusal) -> Reply {
        let (feed, job) = try await job(id, run: query["run"])
        feed.start()
        guard let view = feed.view(job) else { throw .notFound("no job \(job) in run \(feed.id)") }
        if let include = query["include"], include != "none", include != "results" {
            throw .unusable("include has to be none or results")
        }
        let outcome = outcome(view, feed)
        let facts = feed.facts
        let pass = view.status == .running ? view.progress?.pass : nil
        let members: JSON = [
            "job_id": .string(job.text), "status": .string(view.status.rawValue), "plugin_id": .string(Self.plugin),
            "run_id": .string(feed.id), "result_url": outcome.url, "summary": outcome.summary,
            "tool": .text(facts?.tools.first), "tools": facts.map { .array($0.tools.map { .string($0) }) } ?? .null,
            "job_type": "video", "error_message": .text(view.message), "progress": progress(view),
            "current_tool": .text(pass?.tool), "tools_total": .number(pass?.total),
            "tools_completed": .number(pass?.completed), "created_at": .string(view.created),
            "updated_at": .string(view.updated),
        ]
        guard view.status == .completed, query["include"] != "none" else { return .json(members) }
        return try document(members, outcome)
    }

    /// The job with its result as its last member: whole if it is short enough, else what stands before the frames.
    private func document(_ job: JSON, _ outcome: Outcome) throws(Refusal) -> Reply {
        var members = job.members ?? []
        switch outcome {
        case .superseded(let run, let frames):
            let results: JSON = ["total_frames": .number(frames), "superseded_by": .string(run)]
            members.append(JSON.Member("results", results))
        case .none:
            break
        case .result(let file, _):
            guard file.size > Self.inlineLimit else {
                let head = JSONWriter.encode(job).dropLast() + Array(",\"results\":".utf8)
                return .document(head: Array(head), file: file)
            }
            guard let head = try? HeadReader.read(file.path) else { break }
            members.append(JSON.Member("results", head))
        }
        return .json(.object(members))
    }

    /// `GET /v1/video/status/{id}`
    func videoStatus(_ id: String, _ query: Query) async throws(Refusal) -> Reply {
        let (feed, job) = try await job(id, run: query["run"])
        feed.start()
        guard let view = feed.view(job) else { throw .notFound("no job \(job) in run \(feed.id)") }
        return .json([
            "job_id": .string(job.text), "status": .string(view.status.rawValue), "progress": progress(view),
            "created_at": .string(view.created), "updated_at": .string(view.updated),
        ])
    }

    /// `GET /v1/jobs/{id}/result`
    func result(_ id: String, _ query: Query) async throws(Refusal) -> Reply {
        let (feed, job) = try await job(id, run: query["run"])
        feed.start()
        guard let view = feed.view(job) else { throw .notFound("no job \(job) in run \(feed.id)") }
        switch (view.status, outcome(view, feed)) {
        case (.completed, .result(let file, _)): return .file(file)
        case (.completed, .superseded(let run, _)): throw .notFound("superseded by run \(run)")
        case (.completed, .none): throw .notFound("the result of job \(job) is no longer there")
        case (.failed, _): throw .notFound("job \(job) failed and has no result: \(view.message ?? "no message")")
        default: throw .notFound("job \(job) has not completed yet")
        }
    }

    /// `GET /v1/jobs/{id}/video`
    func video(_ id: String, _ query: Query) async throws(Refusal) -> Reply {
        let (feed, job) = try await job(id, run: query["run"])
        feed.start()
        guard let known = library.catalog.file(job), let facts = feed.facts else {
            throw .notFound("where the video of job \(job) lies is not known")
        }
        let paths = facts.roots.compactMap { $0.file(known.path) }
        for path in paths {
            guard let status = try? Files.status(path), status.kind == .file else { continue }
            guard status.size == known.size, known.modified.map({ $0 == status.modified }) ?? true else {
                throw .notFound("the video of job \(job) has changed since it was processed")
            }
            let type = MediaType.of(path)
            return .file(
                ServedFile(
                    path: path, size: status.size, tag: "\(status.size)-\(status.modified)-\(status.inode)", type: type,
                    name: nil))
        }
        throw .notFound("the video of job \(job) is no longer there")
    }

    private func progress(_ view: JobView) -> JSON {
        switch view.status {
        case .pending: .null
        case .completed: 100
        case .running, .failed: .number(view.progress?.percent ?? 0)
        }
    }
}

extension ReplayAPI {
    /// What a completed job left.
    enum Outcome {
        /// It has not completed, or the file is gone.
        case none
        case result(ServedFile, CatalogEntry)
        /// A later run has put another result in its place.
        case superseded(run: String, frames: Int?)

        var url: JSON {
            guard case .result(_, let entry) = self else { return .null }
            return .string("/v1/jobs/\(entry.job)/result")
        }

        var summary: JSON {
            guard case .result(_, let entry) = self else { return .null }
            return [
                "frame_count": .int(entry.frames), "detection_count": entry.facts["detections"] ?? .null,
                "classes": entry.facts["classes"] ?? .array([]),
            ]
        }
    }

    func outcome(_ view: JobView, _ feed: RunFeed) -> Outcome {
        guard view.status == .completed, let entry = library.catalog.entry(view.job) else { return .none }
        if entry.runID != feed.id, !entry.runID.isEmpty, let own = feed.facts?.results[view.job],
            own.sha256 != entry.sha256
        {
            return .superseded(run: entry.runID, frames: own.frames)
        }
        let path = layout.root.appending(entry.result)
        guard let status = try? Files.status(path, follow: false), status.kind == .file else { return .none }
        let file = ServedFile(
            path: path, size: status.size, tag: entry.sha256, type: MediaType.json, name: "\(view.job).json")
        return .result(file, entry)
    }
}
