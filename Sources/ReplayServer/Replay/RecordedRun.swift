internal import Bytes
internal import Jobs
internal import Store

/// What `run.json` says of a run, as far as the server asks. There is none while the run is being written.
struct RecordedRun: Sendable {
    struct Result: Sendable {
        let sha256: String
        let frames: Int?
    }
    /// In the order of the selection.
    var tools: [String] = []
    var roots: [InputRoot] = []
    var results: [JobID: Result] = [:]

    init?(_ path: RawPath) {
        guard let reader = try? RunDocumentReader(path), let document = reader.document else { return nil }
        (tools, roots) = (document.tools, document.roots)
        do {
            while let record = try reader.nextJob() {
                guard let sha256 = record.sha256 else { continue }
                results[record.job] = Result(sha256: sha256, frames: record.frames)
            }
        } catch {
            return nil
        }
    }
}
