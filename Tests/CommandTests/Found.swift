import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// What a run left behind.
extension Forge {
    /// The results' paths below `results/`.
    func results(in folder: RawPath? = nil) throws -> [RawPath: [UInt8]] {
        let root = (folder ?? output).appending("results")
        var found: [RawPath: [UInt8]] = [:]
        func walk(_ folder: RawPath, _ relative: RawPath) throws {
            guard Files.exists(folder) else { return }
            for name in try Files.list(folder) {
                let path = folder.appending(name)
                if try Files.status(path).kind == .directory {
                    try walk(path, relative.appending(name))
                } else {
                    found[relative.appending(name)] = try Files.read(path)
                }
            }
        }
        try walk(root, RawPath(""))
        return found
    }

    /// The names of the videos that have results, sorted.
    func names() throws -> [String] {
        try results().keys.sorted().map { String($0.display.dropLast(".json".count)) }
    }

    func result(_ name: String) throws -> JSON {
        try JSONReader.parse(Files.read(layout.results.appending(name + ".json")))
    }

    /// The record of the last finished run.
    func record() throws -> JSON { try JSONReader.parse(Files.read(layout.latest.appending("run.json"))) }

    func count(_ name: String) throws -> Int? { try record()["counts"]?[name]?.int }

    func log() throws -> [LogLine] {
        try Files.read(layout.latest.appending("progress.ndjson")).split(separator: 0x0a).map {
            try LogLine.parse(Array($0))
        }
    }

    /// The order in which the last run started its videos.
    func started() throws -> [String] {
        try log().compactMap { if case .jobStarted(_, let path, _, _, _) = $0.event { path.display } else { nil } }
    }

    /// How many videos were in work at once, as the last run's log tells.
    func mostAtOnce() throws -> Int {
        var (now, most) = (0, 0)
        for line in try log() {
            if case .jobStarted = line.event { now += 1 }
            if line.event.isTerminal { now -= 1 }
            most = max(most, now)
        }
        return most
    }

    /// The numbers of events of progress in the last run's log, for its only video.
    func steps() throws -> [Int] {
        try log().compactMap { if case .progress(_, let step) = $0.event { step.currentFrame } else { nil } }
    }

    func message(_ name: String) throws -> String? {
        try record()["jobs"]?.array?.first { $0["path"]?.string == name }?["message"]?.string
    }
}

/// What /proc says of processes.
enum Processes {
    /// The children of a process that are alive, zombies left out.
    static func children(of parent: pid_t) -> [pid_t] {
        ((try? Files.list(RawPath("/proc"))) ?? []).compactMap { name in
            guard let pid = name.text.flatMap({ pid_t($0) }), let (state, found) = stat(pid) else { return nil }
            return found == parent && state != "Z" ? pid : nil
        }
    }

    static func isAlive(_ pid: pid_t) -> Bool { stat(pid).map { $0.state != "Z" } ?? false }

    /// The workers of a run that have begun to read their videos: they hold one open.
    static func workers(of run: RunningProcess, reading suffix: String) -> [pid_t] {
        children(of: run.pid).filter { holds($0, suffix) }
    }

    /// Whether a process has a file open whose path ends so.
    static func holds(_ pid: pid_t, _ suffix: String) -> Bool {
        let folder = RawPath("/proc/\(pid)/fd")
        return ((try? Files.list(folder)) ?? []).contains { name in
            (try? Files.linkTarget(folder.appending(name)))?.display.hasSuffix(suffix) == true
        }
    }

    private static func stat(_ pid: pid_t) -> (state: Character, parent: pid_t)? {
        guard let bytes = try? Files.read(RawPath("/proc/\(pid)/stat")) else { return nil }
        // The name in brackets may hold anything.
        let rest = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
        guard rest.count > 1, let state = rest[0].first, let parent = pid_t(rest[1]) else { return nil }
        return (state, parent)
    }
}

extension RunningProcess {
    /// The worker that reads the video, once there is one; it is stopped, so that the run stays where it is.
    func holdWorker(of name: String) async throws -> pid_t {
        let worker = try await poll { () -> pid_t?? in
            if self.hasEnded { return .some(nil) }
            guard let worker = Processes.workers(of: self, reading: "/" + name).first else { return nil }
            kill(worker, SIGSTOP)
            return worker
        }
        return try #require(worker ?? nil, "the run ended before its worker was caught")
    }
}
