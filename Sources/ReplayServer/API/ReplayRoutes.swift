internal import Bytes
internal import Jobs

extension ReplayAPI {
    /// Every path of the contract that HTTP answers.
    func routes() -> [WebRoute] {
        // Of a log that lies alone nothing else is served, whatever lies beside it.
        let names = layout.isLone ? [] : ["report", "stills", "results", "runs"]
        let folders = names.map { name in
            let root = FolderRoot(layout.root.appending(name))
            return WebRoute(.get, "/\(name)/**") { request in
                // A name need not be UTF-8, but links in pages to such a name are escaped bytes.
                let path = request.rest.isEmpty ? ["index.html"] : request.rest
                return FileAnswer.make(try root.open(path), for: request)
            }
        }
        return [
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
            WebRoute(.get, "/v1/runs/{run}/log") { try log($0) },
            WebRoute(.get, "/v1/runs/{run}/replay") { try replay($0) },
            WebRoute(.put, "/v1/runs/{run}/replay") { try await setReplay($0) },
            WebRoute(.get, "/v1/replay") { try replay($0) },
            WebRoute(.put, "/v1/replay") { try await setReplay($0) },
            WebRoute(.get, "/v1/plugins") { _ in plugins() },
            WebRoute(.get, "/v1/plugins/{plugin}/manifest") { try manifest($0) },
            WebRoute(.get, "/") { _ in try viewer("replay.html") },
            // Browsers ask for it by themselves.
            WebRoute(.get, "/favicon.ico") { _ in WebAnswer(status: 204) },
            WebRoute(.get, "/assets/{name}") { try viewer($0.parameters["name"] ?? "") },
        ] + folders
    }

    /// A file of the viewer.
    private func viewer(_ name: String) throws(WebError) -> WebAnswer {
        guard let file = viewerFile(name) else { throw WebError(404, "the viewer has no \(Escape.visible(name))") }
        return .bytes(file.bytes, type: file.contentType)
    }
}
