internal import Bytes
internal import Jobs

extension ReplayAPI {
    /// Every path of the contract that HTTP answers.
    func routes() -> [WebRoute] {
        // The report is made of pages of ours. What else lies in the folder has names and contents that are anybody's. Of a
        // log that lies alone nothing else is served, whatever lies beside it.
        let served: [(String, FileAnswer.Use?)] =
            layout.isLone ? [] : [("report", .page), ("stills", nil), ("results", nil), ("runs", nil)]
        let folders = served.map { name, use in
            let root = FolderRoot(layout.root.appending(name))
            return WebRoute(.get, "/\(name)/**") { FileAnswer.make(try root.open($0.rest), for: $0, as: use) }
        }
        let report = FolderRoot(layout.report)
        return [
            WebRoute(.get, "/report") { request in
                // Relative, since a proxy may have put a folder before it.
                guard request.target.endsWithSlash else { return .redirect(to: "report/") }
                return FileAnswer.make(try report.open([layout.reportIndex.lastComponent]), for: request, as: .page)
            },
            WebRoute(.get, "/health") { _ in health() },
            WebRoute(.get, "/v1/health") { _ in health() },
            WebRoute(.get, "/v1/worker/health") { _ in workerHealth() },
            WebRoute(.get, "/v1/jobs") { try await jobs($0) },
            WebRoute(.get, "/v1/jobs/{job}") { try await job($0) },
            WebRoute(.get, "/v1/jobs/{job}/result") { try await result($0) },
            WebRoute(.get, "/v1/jobs/{job}/video") { try await video($0) },
            WebRoute(.get, "/v1/video/status/{job}") { try await videoStatus($0) },
            WebRoute(.get, "/v1/runs") { try runs($0) },
            WebRoute(.get, "/v1/runs/{run}") { try oneRun($0) },
            WebRoute(.get, "/v1/runs/{run}/log") { try await log($0) },
            WebRoute(.get, "/v1/runs/{run}/replay") { try replay($0) },
            WebRoute(.put, "/v1/runs/{run}/replay") { try await setReplay($0) },
            WebRoute(.get, "/v1/replay") { try replay($0) },
            WebRoute(.put, "/v1/replay") { try await setReplay($0) },
            WebRoute(.get, "/v1/plugins") { _ in plugins() },
            WebRoute(.get, "/v1/plugins/{plugin}/manifest") { try manifest($0) },
            WebRoute(.get, "/") { _ in try viewer("replay.html") },
            // Browsers ask for it by themselves.
            WebRoute(.get, "/favicon.ico") { _ in try viewer("replay-icon.svg") },
            WebRoute(.get, "/assets/**") { request in
                guard request.rest.count == 1, let name = request.rest[0].text else {
                    throw WebError(404, "the viewer has no such file")
                }
                return try viewer(name)
            },
        ] + folders
    }

    /// A file of the viewer.
    private func viewer(_ name: String) throws(WebError) -> WebAnswer {
        guard let file = viewerFile(name) else { throw WebError(404, "the viewer has no \(Escape.visible(name))") }
        return .bytes(file.bytes, type: file.contentType)
    }
}
