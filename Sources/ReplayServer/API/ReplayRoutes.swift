internal import Bytes
internal import Jobs

extension ReplayAPI {
    /// Every path of the contract.
    func routes() -> Routes {
        let api = self
        var routes = Routes()
        routes.get("/health") { _ in api.health() }
        routes.get("/v1/health") { _ in api.health() }
        routes.get("/v1/jobs") { call throws(Refusal) in try api.jobs(call.query) }
        routes.get("/v1/jobs/*") { call throws(Refusal) in try await api.job(call.parts[0], call.query) }
        routes.get("/v1/jobs/*/result") { call throws(Refusal) in try await api.result(call.parts[0], call.query) }
        routes.get("/v1/jobs/*/video") { call throws(Refusal) in try await api.video(call.parts[0], call.query) }
        routes.get("/v1/video/status/*") { call throws(Refusal) in
            try await api.videoStatus(call.parts[0], call.query)
        }
        routes.get("/v1/runs") { _ throws(Refusal) in try api.runs() }
        routes.get("/v1/runs/*") { call throws(Refusal) in try api.oneRun(call.parts[0]) }
        routes.get("/v1/runs/*/log") { call throws(Refusal) in try api.log(call.parts[0]) }
        routes.get("/v1/replay") { _ throws(Refusal) in try api.replay(nil) }
        routes.put("/v1/replay") { call throws(Refusal) in try api.setReplay(nil, body: try await call.body()) }
        routes.get("/v1/runs/*/replay") { call throws(Refusal) in try api.replay(call.parts[0]) }
        routes.put("/v1/runs/*/replay") { call throws(Refusal) in
            try api.setReplay(call.parts[0], body: try await call.body())
        }
        routes.get("/v1/plugins") { _ in api.plugins() }
        routes.get("/v1/plugins/*/manifest") { call throws(Refusal) in try api.manifest(of: call.parts[0]) }
        routes.get("/") { _ throws(Refusal) in try api.viewer("replay.html") }
        routes.get("/assets/*") { call throws(Refusal) in try api.viewer(call.parts[0]) }
        for folder in ReplayAPI.folders {
            routes.get(folder.pattern) { call throws(Refusal) in try api.file(folder.name, call.rest) }
        }
        return routes
    }

    /// The parts of an output folder that a report links to.
    private static let folders: [(name: String, pattern: StaticString)] = [
        ("report", "/report/**"), ("stills", "/stills/**"), ("results", "/results/**"),
    ]

    /// A file of the viewer.
    private func viewer(_ name: String) throws(Refusal) -> Reply {
        guard let bytes = viewerFile(name) else { throw .notFound("the viewer has no \(Escape.visible(name))") }
        return .content(bytes, type: MediaType.of(RawPath(name)))
    }

    /// A file below one of the folders, by its path as it was sent. No link is followed, and nothing is normalised: each
    /// segment is a name in the folder before it.
    private func file(_ folder: String, _ path: String) throws(Refusal) -> Reply {
        var place = layout.root.appending(folder)
        let missing = Refusal.notFound("nothing at \(Escape.visible("/\(folder)/" + path.prefix(200)))")
        let segments = path.isEmpty ? ["index.html"] : path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            guard let name = PercentEncoding.bytes(segment), !name.isEmpty, name != [0x2e], name != [0x2e, 0x2e],
                !name.contains(where: { $0 == 0 || $0 == UInt8(ascii: "/") }),
                !name.starts(with: Files.temporaryPrefix.utf8)
            else { throw missing }
            place = place.appending(RawPath(bytes: name))
            let kind = (try? Files.status(place, follow: false))?.kind
            guard kind == (index == segments.count - 1 ? .file : .directory) else { throw missing }
        }
        guard let status = try? Files.status(place, follow: false), status.kind == .file else { throw missing }
        let tag = "\(status.inode)-\(status.modified)-\(status.size)"
        return .file(ServedFile(path: place, size: status.size, tag: tag, type: MediaType.of(place), name: nil))
    }
}
