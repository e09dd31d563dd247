internal import Bytes
internal import CLimits
internal import Jobs
internal import Synchronization

/// The processes that a run's plugins had, for who checks them.
package final class PluginWatch: Sendable {
    private struct State {
        var processes: [PluginProcess] = []
        var memory: Int64 = 0
    }
    private let state = Mutex(State())

    package init() {}

    /// Takes note of a process that is being started.
    func began(_ process: PluginProcess) { state.withLock { $0.processes.append(process) } }

    private var processes: [PluginProcess] { state.withLock { $0.processes } }

    /// Notes how much memory there is at the moment.
    ///
    /// - Complexity: reads some files of /proc for each process that lives.
    func look() {
        for process in processes where process.end == nil {
            guard let supervisor = process.process else { continue }
            let bytes = ToolGroup.memory(of: ToolGroup.processes(below: supervisor, most: 1000))
            state.withLock { $0.memory = max($0.memory, bytes) }
        }
    }

    /// The most bytes that one process of a plugin, with those that it started, was seen to have.
    var memory: Int64 { state.withLock { $0.memory } }

    /// Kills the plugin's own processes, as a crash of theirs would be.
    ///
    /// - Returns: whether there was one.
    func kill() -> Bool {
        var hasKilled = false
        for process in processes where process.end == nil {
            guard let supervisor = process.process else { continue }
            for child in ToolGroup.processes(below: supervisor, most: 1000) {
                hasKilled = fb_kill(child) == 0 || hasKilled
            }
        }
        return hasKilled
    }

    /// What those that are over printed last.
    var log: String { processes.compactMap { $0.end?.log }.joined() }

    /// How many processes of them are still there, after so many seconds at most.
    func survivors(after seconds: Double) async -> Int {
        let begun = monotonicNanoseconds()
        let groups = processes.compactMap(\.process)
        while true {
            let left = groups.reduce(0) { $0 + ToolGroup.scanned(group: $1, most: 1000).count }
            guard left > 0, Double(monotonicNanoseconds() &- begun) / 1e9 < seconds else { return left }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }
}
