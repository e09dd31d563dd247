internal import Bytes

extension ReplayAPI {
    /// `GET /v1/plugins`: this program, and the plugins that results of the folder came from.
    func plugins() -> WebAnswer {
        let own = plugin(manifest, state: "RUNNING")
        return .json(.array([own] + otherManifests.map { plugin($0, state: "LOADED") }))
    }

    /// A plugin in the words of ForgeSyte.
    private func plugin(_ manifest: JSON, state: String) -> JSON {
        [
            "name": manifest["id"] ?? "forgebatch", "state": .string(state),
            "description": manifest["description"] ?? "",
            "reason": .null, "version": manifest["version"] ?? .string(version), "uptime_seconds": .null,
            "last_used": .null,
            "success_count": .null, "error_count": .null, "last_execution_time_ms": .null,
            "avg_execution_time_ms": .null,
        ]
    }

    /// `GET /v1/plugins/{id}/manifest`
    func manifest(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let id = request.parameters["plugin"] ?? ""
        guard let found = ([manifest] + otherManifests).first(where: { $0["id"]?.string == id }) else {
            throw WebError(404, "Plugin '\(Escape.visible(id))' not found")
        }
        return .json(found)
    }
}
