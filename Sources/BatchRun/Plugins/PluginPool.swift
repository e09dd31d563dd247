package import Bytes
package import Jobs
internal import ToolModel

/// Why a run with plugins does not begin: one of them does not start.
package struct PluginStartFailure: Error, Sendable, CustomStringConvertible {
    package let description: String
}

/// The processes of a run's plugins: started when the first video needs them, handed from job to job, and started anew
/// after a failure.
///
/// A job has, for each plugin that it uses, one of the plugin's places; there are as many as workers, or fewer where the run
/// says so, and on graphics cards one a card.
package actor PluginPool {
    /// What processes are started with.
    package struct Settings: Sendable {
        package var plugins: [ChosenPlugin]
        /// Most jobs that use one plugin at a time.
        package var places: Int
        package var sandbox = SandboxMode.auto
        /// The niceness of the processes, 0 to 19.
        package var nice = 0
        /// This program.
        package var program: RawPath
        /// Files that each process finds in its temporary folder, by their paths there.
        package var files: [(path: RawPath, content: [UInt8])] = []
        /// Sees the processes.
        package var watch: PluginWatch?

        package init(plugins: [ChosenPlugin], places: Int, program: RawPath) {
            self.plugins = plugins
            self.places = places
            self.program = program
        }
    }

    /// What a job has of the pool until it gives it back.
    struct Lease: Sendable {
        /// The request with the places of its tools, and without those whose process did not start.
        var request: JobRequest
        fileprivate var held: [Held] = []
        /// In the order in which a worker wants them.
        var descriptors: [FileDescriptor] { held.flatMap { $0.instance?.process.ends.all ?? [] } }
    }

    /// A tool of a lease.
    fileprivate struct Held: Sendable {
        let plugin: String
        let tool: String
        let place: String
        /// Whether it may serve another video.
        let isReused: Bool
        /// Nil where it did not start.
        let instance: Instance?
    }

    fileprivate struct Instance: Sendable {
        let process: PluginProcess
        let place: String
    }

    /// A plugin's places and the processes that wait in them.
    private struct Room {
        let plugin: ChosenPlugin
        /// Free places, by device.
        var free: [String]
        var idle: [Instance] = []
        var waiting: [CheckedContinuation<String, Never>] = []
    }

    private let settings: Settings
    private var rooms: [String: Room] = [:]

    package init(_ settings: Settings) {
        self.settings = settings
        for chosen in settings.plugins {
            let isOnProcessors = chosen.devices == ["cpu"]
            let places =
                isOnProcessors
                ? Array(repeating: "cpu", count: max(1, settings.places))
                : Array(chosen.devices.prefix(max(1, settings.places)))
            // The last one is taken first.
            rooms[chosen.plugin.manifest.id] = Room(plugin: chosen, free: places.reversed())
        }
    }

    // MARK: Starting

    /// Starts each plugin that the jobs need once, and keeps its process for the first of them where it may serve several.
    ///
    /// - Parameter tools: ids of the tools that some job needs a process for.
    /// - Throws: ``PluginStartFailure`` for the first that does not say hello.
    package func probe(_ tools: Set<String>) async throws(PluginStartFailure) {
        for chosen in settings.plugins {
            let manifest = chosen.plugin.manifest
            let wanted = chosen.tools.filter { tools.contains("\(manifest.id)/\($0)") }
            guard !wanted.isEmpty else { continue }
            let place = chosen.devices.first ?? "cpu"
            let process: PluginProcess
            do {
                process = try await start(chosen, place: place)
            } catch {
                await close()
                throw PluginStartFailure(
                    description:
                        "the plugin \(manifest.id) does not start: \(error.message)\(PluginPool.quoted(error.logTail))")
            }
            if wanted.contains(where: { PluginPool.isReused(manifest.tool($0)) }) {
                rooms[manifest.id]?.idle.append(Instance(process: process, place: place))
            } else {
                await process.finish()
            }
        }
    }

    /// The end of a log below a message.
    private static func quoted(_ log: String) -> String {
        let lines = log.split(separator: "\n").suffix(20)
        return lines.isEmpty ? "" : "; it wrote:\n" + lines.map { "  \($0)" }.joined(separator: "\n")
    }

    private static func isReused(_ tool: PluginTool?) -> Bool {
        guard let tool, tool.mode != .video else { return false }
        return tool.isReused
    }

    /// Starts a process and waits for its hello.
    private func start(_ chosen: ChosenPlugin, place: String) async throws(ToolEnd) -> PluginProcess {
        let process = try make(chosen, place: place, video: nil)
        let hello = try await process.hello(within: chosen.plugin.manifest.limits.startSeconds)
        if let lack = chosen.tools.first(where: { !hello.tools.contains($0) }) {
            await process.stop()
            throw ToolEnd(.start, "its hello does not name the tool \(lack)")
        }
        return process
    }

    /// Starts a process.
    ///
    /// - Parameter video: of a tool with a pass of its own: it may be read, and the plugin begins when it is told of it.
    private func make(_ chosen: ChosenPlugin, place: String, video: RawPath?) throws(ToolEnd) -> PluginProcess {
        let manifest = chosen.plugin.manifest
        do throws(SystemError) {
            let folder = try PluginTemporaries.make()
            do throws(SystemError) {
                for file in settings.files {
                    let path = folder.path.appending(file.path)
                    try Files.makeDirectory(path.parent, durable: false)
                    try AtomicFile.write(file.content, to: path, durable: false)
                }
                let reads = manifest.reads.map { $0.hasPrefix("/") ? RawPath($0) : chosen.folder.appending($0) }
                let order = ToolOrder(
                    run: manifest.run, folder: chosen.folder, read: reads + (video.map { [$0] } ?? []),
                    write: folder.path, memory: manifest.limits.memory, processes: manifest.limits.processes,
                    device: place, nice: settings.nice, hold: video != nil, sandbox: settings.sandbox,
                    environment: ["PYTHONPATH": folder.path.appending("python").display])
                let process = try PluginProcess(order, program: settings.program, folder: folder)
                settings.watch?.began(process)
                return process
            } catch {
                folder.remove()
                throw error
            }
        } catch {
            throw ToolEnd(.start, "\(error)")
        }
    }

    // MARK: Jobs

    /// Has a job have what it needs: waits for a place of each plugin, and for processes that are not there yet.
    ///
    /// A tool whose process does not start is left out of the request, with how.
    func lease(_ request: JobRequest) async -> Lease {
        var lease = Lease(request: request)
        var places: [String: String] = [:]
        // In one order for all jobs, so that no two wait for each other.
        for plugin in Set(request.workedTools.map { PluginPool.plugin(of: $0.id) }).sorted() {
            if let place = await place(in: plugin) { places[plugin] = place }
        }
        for tool in request.workedTools {
            let plugin = PluginPool.plugin(of: tool.id)
            guard let place = places[plugin], let chosen = rooms[plugin]?.plugin,
                let description = chosen.plugin.manifest.tool(String(tool.id.dropFirst(plugin.utf8.count + 1)))
            else { continue }
            var instance: Instance?
            do throws(ToolEnd) {
                instance = try await self.instance(
                    chosen, description, place: place, video: Files.absolute(request.input))
            } catch {
                lease.request.leaveOut(
                    ToolFailure(
                        tool: tool.id, kind: .crash, message: "it does not start: \(error.message)", log: error.logTail)
                )
            }
            lease.request.setPlace(place, of: tool.id)
            lease.held.append(
                Held(
                    plugin: plugin, tool: tool.id, place: place, isReused: PluginPool.isReused(description),
                    instance: instance))
        }
        return lease
    }

    private static func plugin(of tool: String) -> String { String(tool.prefix { $0 != "/" }) }

    private func place(in plugin: String) async -> String? {
        guard rooms[plugin] != nil else { return nil }
        if let place = rooms[plugin]?.free.popLast() { return place }
        return await withCheckedContinuation { rooms[plugin]?.waiting.append($0) }
    }

    private func instance(
        _ chosen: ChosenPlugin, _ tool: PluginTool, place: String, video: RawPath
    ) async throws(ToolEnd) -> Instance {
        guard tool.mode != .video else {
            return Instance(process: try make(chosen, place: place, video: video), place: place)
        }
        let plugin = chosen.plugin.manifest.id
        while PluginPool.isReused(tool), let index = rooms[plugin]?.idle.firstIndex(where: { $0.place == place }),
            let instance = rooms[plugin]?.idle.remove(at: index)
        {
            // One that ended while nobody used it is of no use.
            if instance.process.end == nil { return instance }
            await instance.process.stop()
        }
        return Instance(process: try await start(chosen, place: place), place: place)
    }

    /// Takes back what a job had.
    ///
    /// - Parameter outcome: of its worker; nil when it did not say how it ended.
    func giveBack(_ lease: Lease, _ outcome: JobOutcome?) async {
        settings.watch?.look()
        for held in lease.held {
            guard let instance = held.instance else { continue }
            let failure = outcome?.toolFailures.first { $0.tool == held.tool }
            let isSound = outcome?.kind == .completed && (failure?.isProcessSound ?? true)
            if isSound, held.isReused, instance.process.end == nil {
                rooms[held.plugin]?.idle.append(instance)
            } else if isSound {
                await instance.process.finish()
            } else {
                await instance.process.stop()
            }
        }
        var places: [String: String] = [:]
        for held in lease.held { places[held.plugin] = held.place }
        for (plugin, place) in places { free(place, in: plugin) }
    }

    private func free(_ place: String, in plugin: String) {
        guard rooms[plugin]?.waiting.isEmpty == false, let next = rooms[plugin]?.waiting.removeFirst() else {
            rooms[plugin]?.free.append(place)
            return
        }
        next.resume(returning: place)
    }

    /// Ends all processes that wait.
    package func close() async {
        for plugin in rooms.keys {
            let idle = rooms[plugin]?.idle ?? []
            rooms[plugin]?.idle = []
            await withTaskGroup { group in
                for instance in idle { group.addTask { await instance.process.finish() } }
            }
        }
    }
}
