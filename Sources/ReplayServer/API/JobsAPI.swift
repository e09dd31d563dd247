internal import Archive
internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store
internal import VideoFormats

extension ReplayAPI {
    /// Bytes of a result that is told whole within its job.
    private static let inlineLimit: Int64 = 8 << 20
    private static let plugin = "forgebatch"

    /// `GET /v1/jobs`
    func jobs(_ request: WebRequest) async throws(WebError) -> WebAnswer {
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
        // Those that this run has yet to begin with are listed, too.
        _ = await feed.whenPlanned()
        await feed.whenLoaded(to: .infinity)
        let (page, count) = feed.jobs(status, skip: skip, limit: limit)
        return .json(["jobs": .array(page.compactMap { item($0, feed) }), "count": .int(count)])
    }

    private func item(_ job: JobID, _ feed: RunFeed) -> JSON? {
        guard let view = feed.view(job) else { return nil }
        let outcome = outcome(view, feed.id, feed.facts)
        let passes = passes(view)
        return [
            "job_id": .string(job.text), "status": .string(view.status.protocolWord), "plugin": .string(Self.plugin),
            "created_at": .string(view.created),
            "completed_at": view.status.isEnded ? .string(view.updated) : .null,
            "result_url": outcome.url, "summary": outcome.summary, "error": .text(view.message),
            "progress": progress(view), "current_tool": passes.tool, "tools_total": passes.total,
            "tools_completed": passes.completed, "estimated_progress": estimatedProgress(view),
        ]
    }

    /// `GET /v1/jobs/{id}`
    func job(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (asked, view) = try await asked(request)
        let job = asked.job
        let include = request.query("include") ?? "results"
        guard ["none", "results", "all"].contains(include) else {
            throw WebError(422, "include has to be none, results or all")
        }
        let facts = asked.facts
        let outcome = outcome(view, asked.runID ?? "", facts)
        let passes = passes(view)
        let members: JSON = [
            "job_id": .string(job.text), "status": .string(view.status.protocolWord), "plugin_id": .string(Self.plugin),
            "run_id": .text(asked.runID), "result_url": outcome.url, "summary": outcome.summary,
            "tool": .text(facts?.tools.first), "tools": facts.map { .array($0.tools.map { .string($0) }) } ?? .null,
            "job_type": view.progress?.pass == nil ? "video" : "video_multi", "error_message": .text(view.message),
            "progress": progress(view),
            "current_tool": passes.tool, "tools_total": passes.total,
            "tools_completed": passes.completed, "estimated_total": .number(view.estimatedTotal),
            "estimated_progress": estimatedProgress(view), "created_at": .string(view.created),
            "updated_at": .string(view.updated), "verdict": outcome.verdict, "superseded_by": outcome.supersededBy,
            "report_url": page(of: job),
        ]
        guard view.status == .ok, include != "none" else { return .json(members) }
        return try document(members, outcome, limit: include == "all" ? .max : Self.inlineLimit)
    }

    /// The job with its result as its last member: whole if it has no more bytes than the limit, else what stands before the
    /// frames.
    private func document(_ job: JSON, _ outcome: Outcome, limit: Int64) throws(WebError) -> WebAnswer {
        var members = job.members ?? []
        switch outcome {
        case .superseded(let run, let frames):
            let results: JSON = ["total_frames": .number(frames), "superseded_by": .string(run)]
            members.append(JSON.Member("results", results))
        case .none:
            break
        case .result(let file):
            guard file.size > limit else {
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
        let (asked, view) = try await asked(request)
        return .json([
            "job_id": .string(asked.job.text), "status": .string(view.status.protocolWord), "progress": progress(view),
            "estimated_progress": estimatedProgress(view), "created_at": .string(view.created),
            "updated_at": .string(view.updated),
        ])
    }

    /// `GET /v1/jobs/{id}/result`
    func result(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let (asked, view) = try await asked(request)
        let job = asked.job
        switch (view.status, outcome(view, asked.runID ?? "", asked.facts)) {
        case (.ok, .result(let file)): return file.answer(to: request)
        case (.ok, .superseded(let run, _)): throw WebError(404, "superseded by run \(run)")
        case (.ok, .none): throw WebError(404, "the result of job \(job) is no longer there")
        case (.failed, _): throw WebError(404, "job \(job) failed and has no result: \(view.message ?? "no message")")
        default: throw WebError(404, "job \(job) has not completed yet")
        }
    }

    /// `GET /v1/jobs/{id}/video`
    func video(_ request: WebRequest) async throws(WebError) -> WebAnswer {
        let asked = try await asked(request).asked
        let job = asked.job
        guard let known = library.catalog.file(job), let facts = asked.facts else {
            throw WebError(404, "where the video of job \(job) lies is not known")
        }
        let paths = facts.roots.compactMap { $0.file(known.path) }
        for path in paths {
            guard let file = try? OpenFile.named(path) else { continue }
            guard file.size == known.size, known.modified.map({ $0 == file.status.modified }) ?? true else {
                throw WebError(404, "the video of job \(job) has changed since it was processed")
            }
            // Whoever named the file could name it for a page; its bytes tell what it is.
            let head = FileHead((try? file.read(at: 0, count: FileHead.length)) ?? [], size: file.size)
            return FileAnswer.make(
                file, for: request, as: ContentType.video(head).map { .shown($0) } ?? .saved)
        }
        throw WebError(404, "the video of job \(job) is no longer there")
    }

    /// The page of a job in the report, if there is one.
    private func page(of job: JobID) -> JSON {
        let page = OutputLayout.page(job)
        return Files.exists(layout.report.appending(page)) ? .string("/report/" + page) : .null
    }

    /// The passes of a job that has several. What is known of them stays known when it has ended.
    private func passes(_ view: JobView) -> (tool: JSON, total: JSON, completed: JSON) {
        let pass = view.progress?.pass
        return (
            .text(view.status == .running ? pass?.tool : nil), .number(pass?.total),
            .number(view.status == .ok ? pass?.total : pass?.completed)
        )
    }

    /// As ``progress(_:)``; while a video whose number of frames is not known runs, what an estimate of it comes to.
    private func estimatedProgress(_ view: JobView) -> JSON {
        guard view.status == .running, let progress = view.progress else { return self.progress(view) }
        return .int(progress.shownPercent(estimatedTotal: view.estimatedTotal) ?? progress.percent)
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

    /// - Parameters:
    ///   - runID: of the run that the view is of; empty when it is not known.
    ///   - facts: what that run's record says.
    func outcome(_ view: JobView, _ runID: String, _ facts: RecordedRun?) -> Outcome {
        guard view.status == .ok, let entry = library.catalog.entry(view.job) else { return .none }
        if entry.runID != runID, !entry.runID.isEmpty, let own = facts?.results[view.job],
            own.sha256 != entry.sha256
        {
            return .superseded(run: entry.runID, frames: own.frames)
        }
        return ResultFile(entry, in: layout).map { .result($0) } ?? .none
    }
}
