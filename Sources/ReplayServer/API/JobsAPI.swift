internal import Archive
internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store

extension ReplayAPI {
    /// Bytes of a result that is told whole within its job.
    private static let inlineLimit: Int64 = 8 << 20
    private static let plugin = "forgebatch"

    /// `GET /v1/jobs`
    func jobs(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let limit = try request.number("limit", 1...100, default: 10)
        let skip = try request.number("skip", 0...Int.max, default: 0)
        let status = request.query("status")
        if let status, !VideoStatus.protocolWords.contains(status) {
            throw WebError(422, "status has to be one of \(VideoStatus.protocolWords.joined(separator: ", "))")
        }
        guard let feed = library.feed(request.query("run")) else {
            if request.query("run") != nil { _ = try run(request.query("run")) }
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
            "job_id": .string(job.text), "status": .string(view.status.protocolWord), "plugin": .string(Self.plugin),
            "created_at": .string(view.created),
            "completed_at": view.status == .ok ? .string(view.updated) : .null,
            "result_url": outcome.url, "summary": outcome.summary, "error": .text(view.message),
            "progress": progress(view),
        ]
    }

    /// `GET /v1/jobs/{id}`
    func job(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (feed, job) = try await asked(request)
        feed.start()
        guard let view = feed.view(job) else { throw WebError(404, "no job \(job) in run \(feed.id)") }
        if let include = request.query("include"), include != "none", include != "results" {
            throw WebError(422, "include has to be none or results")
        }
        let outcome = outcome(view, feed)
        let facts = feed.facts
        let pass = view.status == .running ? view.progress?.pass : nil
        let members: JSON = [
            "job_id": .string(job.text), "status": .string(view.status.protocolWord), "plugin_id": .string(Self.plugin),
            "run_id": .string(feed.id), "result_url": outcome.url, "summary": outcome.summary,
            "tool": .text(facts?.tools.first), "tools": facts.map { .array($0.tools.map { .string($0) }) } ?? .null,
            "job_type": "video", "error_message": .text(view.message), "progress": progress(view),
            "current_tool": .text(pass?.tool), "tools_total": .number(pass?.total),
            "tools_completed": .number(pass?.completed), "created_at": .string(view.created),
            "updated_at": .string(view.updated), "verdict": outcome.verdict, "superseded_by": outcome.supersededBy,
            "report_url": page(of: job),
        ]
        guard view.status == .ok, request.query("include") != "none" else { return .json(members) }
        return try document(members, outcome)
    }

    /// The job with its result as its last member: whole if it is short enough, else what stands before the frames.
    private func document(_ job: JSON, _ outcome: Outcome) throws(WebError) -> WebAnswer {
        var members = job.members ?? []
        switch outcome {
        case .superseded(let run, let frames):
            let results: JSON = ["total_frames": .number(frames), "superseded_by": .string(run)]
            members.append(JSON.Member("results", results))
        case .none:
            break
        case .result(let file):
            guard file.size > Self.inlineLimit else {
                let head = JSONWriter.encode(job).dropLast() + Array(",\"results\":".utf8)
                return .json(encoded: [.bytes(Array(head)), file.piece, .bytes([UInt8(ascii: "}")])])
            }
            guard let head = try? HeadReader.read(file.path) else { break }
            members.append(JSON.Member("results", head))
        }
        return .json(.object(members))
    }

    /// `GET /v1/video/status/{id}`
    func videoStatus(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (feed, job) = try await asked(request)
        feed.start()
        guard let view = feed.view(job) else { throw WebError(404, "no job \(job) in run \(feed.id)") }
        return .json([
            "job_id": .string(job.text), "status": .string(view.status.protocolWord), "progress": progress(view),
            "created_at": .string(view.created), "updated_at": .string(view.updated),
        ])
    }

    /// `GET /v1/jobs/{id}/result`
    func result(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (feed, job) = try await asked(request)
        feed.start()
        guard let view = feed.view(job) else { throw WebError(404, "no job \(job) in run \(feed.id)") }
        switch (view.status, outcome(view, feed)) {
        case (.ok, .result(let file)): return file.answer(to: request)
        case (.ok, .superseded(let run, _)): throw WebError(404, "superseded by run \(run)")
        case (.ok, .none): throw WebError(404, "the result of job \(job) is no longer there")
        case (.failed, _): throw WebError(404, "job \(job) failed and has no result: \(view.message ?? "no message")")
        default: throw WebError(404, "job \(job) has not completed yet")
        }
    }

    /// `GET /v1/jobs/{id}/video`
    func video(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (feed, job) = try await asked(request)
        feed.start()
        guard let known = library.catalog.file(job), let facts = feed.facts else {
            throw WebError(404, "where the video of job \(job) lies is not known")
        }
        let paths = facts.roots.compactMap { $0.file(known.path) }
        for path in paths {
            guard let file = try? OpenFile.named(path) else { continue }
            guard file.size == known.size, known.modified.map({ $0 == file.status.modified }) ?? true else {
                throw WebError(404, "the video of job \(job) has changed since it was processed")
            }
            return FileAnswer.make(file, for: request)
        }
        throw WebError(404, "the video of job \(job) is no longer there")
    }

    /// The page of a job in the report, if there is one.
    private func page(of job: JobID) -> JSON {
        let page = OutputLayout.page(job)
        return Files.exists(layout.report.appending(page)) ? .string("/report/" + page) : .null
    }

    private func progress(_ view: JobView) -> JSON {
        switch view.status {
        case .pending: .null
        case .ok: 100
        default: .number(view.progress?.percent ?? 0)
        }
    }
}

extension ReplayAPI {
    /// What a completed job left.
    enum Outcome {
        /// It has not completed, or the file is gone.
        case none
        case result(ResultFile)
        /// A later run has put another result in its place.
        case superseded(run: String, frames: Int?)

        var url: JSON {
            guard case .result(let file) = self else { return .null }
            return .string("/v1/jobs/\(file.entry.job)/result")
        }

        var verdict: JSON {
            guard case .result(let file) = self else { return .null }
            return .string(file.entry.verdict.rawValue)
        }

        var supersededBy: JSON {
            guard case .superseded(let run, _) = self else { return .null }
            return .string(run)
        }

        var summary: JSON {
            guard case .result(let file) = self else { return .null }
            let entry = file.entry
            return [
                "frame_count": .int(entry.frames), "detection_count": .number(entry.facts.detections),
                "classes": .array((entry.facts.classes ?? []).map { .string($0) }),
            ]
        }
    }

    func outcome(_ view: JobView, _ feed: RunFeed) -> Outcome {
        guard view.status == .ok, let entry = library.catalog.entry(view.job) else { return .none }
        if entry.runID != feed.id, !entry.runID.isEmpty, let own = feed.facts?.results[view.job],
            own.sha256 != entry.sha256
        {
            return .superseded(run: entry.runID, frames: own.frames)
        }
        return ResultFile(entry, in: layout).map { .result($0) } ?? .none
    }
}
