internal import Bytes

extension ReplayAPI {
    /// `GET /v1/plugins`: this program is the one plugin there is.
    func plugins() -> WebAnswer {
        let plugin: JSON = [
            "name": manifest["id"] ?? "forgebatch", "state": "RUNNING",
            "description": manifest["description"] ?? "", "reason": .null, "version": .string(version),
            "uptime_seconds": .null, "last_used": .null, "success_count": .null, "error_count": .null,
            "last_execution_time_ms": .null, "avg_execution_time_ms": .null,
        ]
        return .json(.array([plugin]))
    }

    /// `GET /v1/plugins/{id}/manifest`
    func manifest(_ request: WebRequest) throws(WebError) -> WebAnswer {
        let id = request.parameters["plugin"] ?? ""
        guard manifest["id"]?.string == id else { throw WebError(404, "Plugin '\(Escape.visible(id))' not found") }
        return .json(manifest)
    }
}
