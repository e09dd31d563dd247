internal import Bytes
internal import Jobs
internal import Store

/// Decides whether an external tool that failed on a video is tried on it again, and what is remembered of its failures:
/// they stand in the catalog's line of the video's result, which is without the tool.
struct ToolMemory: Equatable, Sendable {
    /// Of this program.
    var version: String
    var retryFailed = false
    var retryQuarantined = false

    /// Why a tool is left out this time; nil when it is tried. Another version of this program, a change of the tool's
    /// files, device or settings, and of course one of the video, have it tried again.
    ///
    /// - Parameter tool: as the result would list it.
    func leavesOut(_ failed: FailedTool, as tool: JSON) -> ToolFailure? {
        guard failed.version == version, failed.settings == SettingsDigest.of(tool: tool), let kind = failed.kind
        else { return nil }
        let why: String
        switch kind {
        case .refused:
            if retryFailed { return nil }
            why = "left out, because it cannot do this video: \(failed.message); --retry-failed tries it again"
        case .crash, .stall, .answer:
            guard failed.runs >= QuarantinePolicy.runsUntilQuarantine, !retryQuarantined else { return nil }
            why =
                "left out, because it failed in \(failed.runs) runs: \(failed.message); --retry-quarantined tries it again"
        default: return nil
        }
        return ToolFailure(tool: failed.id, kind: .leftOut, message: why)
    }

    /// What is remembered of the failures of a job.
    ///
    /// - Parameters:
    ///   - tools: of the result, as it lists them.
    ///   - video: as it was when the run was planned.
    ///   - known: the result before.
    func entries(_ failures: [ToolFailure], of tools: [JSON], video: FileStatus, known: KnownResult?) -> [FailedTool] {
        let isSame = known?.size == video.size && known?.modified == video.modified
        return failures.map { failure in
            let before = isSame ? known?.toolsFailed.first { $0.id == failure.tool } : nil
            if failure.kind == .leftOut, let before { return before }
            var entry = FailedTool(failure)
            entry.settings = tools.first { $0["id"]?.string == failure.tool }.map { SettingsDigest.of(tool: $0) }
            entry.version = version
            if let before, before.settings == entry.settings, before.version == version, before.counts, entry.counts {
                entry.runs = before.runs + 1
            }
            return entry
        }
    }
}

extension FailedTool {
    /// Whether such failures are counted from run to run.
    fileprivate var counts: Bool { kind == .crash || kind == .stall || kind == .answer }
}

extension ToolMemory {
    init(_ options: RunOptions) {
        self.init(
            version: options.version, retryFailed: options.retryFailed, retryQuarantined: options.retryQuarantined)
    }
}
