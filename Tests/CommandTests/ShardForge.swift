import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// A forge whose run is cut into shards.
struct ShardForge: Sendable {
    let forge: Forge
    /// The plan's folder.
    let folder: String
    let run: String
    let shards: Int
    var layout: OutputLayout { forge.layout }

    /// Plans `in` into `out`.
    init(_ forge: Forge, _ shards: Int, _ flags: [String] = []) async throws {
        let words = ["plan", "in", "-o", "out", "--no-config", "--json", "--shards", "\(shards)"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        try #require(result.status == 0, "\(result.error)")
        let json = try JSONReader.parse(result.output)
        (self.forge, self.shards) = (forge, shards)
        (folder, run) = (try #require(json["plan"]?.string), try #require(json["run_id"]?.string))
    }

    private func words(_ shard: Int, _ flags: [String]) -> [RawPath] {
        (["run", "--plan", folder, "--shard", "\(shard)"] + flags).map { RawPath($0) }
    }

    /// Does a shard to its end.
    func work(
        _ shard: Int, expecting status: Int32 = 0, _ flags: [String] = [], location: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await forge.forgebatch(words(shard, flags))
        #expect(result.status == status, "shard \(shard): \(result.error)", sourceLocation: location)
    }

    /// Starts an attempt at a shard and does not wait for it.
    func start(_ shard: Int, _ flags: [String] = [], environment: [String: String] = [:]) throws -> RunningProcess {
        var launch = forge.launch(words(shard, ["--stall", "10m"] + flags))
        launch.environment.merge(environment) { $1 }
        return try RunningProcess.start(launch)
    }

    func merge(
        expecting status: Int32 = 0, _ flags: [String] = [], location: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await forge.forgebatch((["merge", "out", run] + flags).map { RawPath($0) })
        #expect(result.status == status, "\(result.error)", sourceLocation: location)
    }

    /// Whether a shard has the video.
    func shard(of name: String) throws -> Int? {
        let (plan, job) = (try PlanFile.open(RawPath(folder)).plan, JobID(video: RawPath(name)))
        return try (0..<shards).first { try plan.jobs(of: $0).contains { $0.job == job } }
    }

    /// How many videos `status` takes for done.
    func done() async throws -> Int? {
        let status = try await forge.forgebatch("status", "out", run, "--json")
        return try JSONReader.parse(status.output)["ended"]?.int
    }

    /// Files of the shard's folder whose names begin so.
    func files(_ shard: Int, _ beginning: String) throws -> [RawPath] {
        try Files.list(layout.shard(shard, run: run)).filter { $0.display.hasPrefix(beginning) }
    }
}

extension Forge {
    /// Copies one of the project's own plugins below `plugins/`.
    func addPlugin(_ name: String) throws {
        let (source, folder) = (Samples.folder.appending("plugins/\(name)"), home.appending("plugins/\(name)"))
        func text(_ file: String) throws -> String {
            String(decoding: try Files.read(source.appending(RawPath(file))), as: UTF8.self)
        }
        MadePlugin.setMode(home, 0o755)
        try MadePlugin.write(folder, text("manifest.json"), program: text("plugin.py"))
    }

    /// The lines of the catalog by path, without what differs from run to run and from copy to copy of a video.
    func catalogButTimes() throws -> [RawPath: CatalogEntry] {
        let records = try layout.catalogLines.latest().records.values
        return Dictionary(
            uniqueKeysWithValues: records.map { entry in
                var entry = entry
                (entry.runID, entry.seconds, entry.processorSeconds) = ("", nil, nil)
                (entry.modified, entry.inode) = (nil, nil)
                entry.previousRunID = entry.previousRunID.map { _ in "" }
                return (entry.path, entry)
            })
    }

    /// How often each job ends in the last run's log.
    func ends() throws -> [JobID: Int] {
        var ends: [JobID: Int] = [:]
        for line in try log() where line.event.isTerminal {
            if let job = line.event.job { ends[job, default: 0] += 1 }
        }
        return ends
    }
}

extension Processes {
    /// A process and all below it.
    static func tree(of process: Int32) -> [Int32] { [process] + children(of: process).flatMap { tree(of: $0) } }
}
