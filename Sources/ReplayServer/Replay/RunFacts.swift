internal import Bytes
internal import Jobs

/// What `run.json` says of a run, as far as the server asks. There is none while the run is being written.
struct RunFacts: Sendable {
    struct Result: Sendable {
        let sha256: String
        let frames: Int?
    }
    /// In the order of the selection.
    var tools: [String] = []
    var roots: [InputRoot] = []
    var results: [JobID: Result] = [:]

    init?(_ path: RawPath) {
        guard let bytes = try? Files.read(path), let json = try? JSONReader.parse(bytes) else { return nil }
        tools = (json["tools"]?.array ?? []).compactMap { $0["id"]?.string }
        roots = (json["roots"]?.array ?? []).compactMap { InputRoot($0) }
        for job in json["jobs"]?.array ?? [] {
            guard let id = job["job_id"]?.string.flatMap({ JobID(text: $0) }), let sha256 = job["sha256"]?.string
            else { continue }
            results[id] = Result(sha256: sha256, frames: job["frames"]?.int)
        }
    }
}
