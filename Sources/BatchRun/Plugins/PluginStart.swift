internal import Bytes
internal import Jobs

extension PluginPool {
    /// The pool of a run whose plugins have all said hello; nil for one in which no job needs a process.
    ///
    /// - Parameters:
    ///   - jobs: the tools that its jobs have, each once; nil for those of the run.
    ///   - signal: asked again and again while plugins start: the number of the signal that ends the run.
    /// - Throws: ``RunRefusal/plugin(_:)`` when one does not start, ``LookFailure`` for a signal meanwhile.
    static func start(
        for jobs: [JobTools?], _ options: RunOptions, signal: @escaping @Sendable () -> Int32?
    ) async throws -> PluginPool? {
        var wanted: Set<String> = []
        for tools in jobs {
            let kept = Set(tools?.kept ?? [])
            for tool in options.requests(tools)
            where tool.plugin != nil && tool.leftOut == nil && !kept.contains(tool.id) { wanted.insert(tool.id) }
        }
        guard !wanted.isEmpty else { return nil }
        PluginTemporaries.sweep()
        var settings = Settings(
            plugins: options.plugins, places: min(options.workers, options.pluginJobs ?? options.workers),
            program: options.worker)
        settings.sandbox = options.sandbox
        settings.nice = options.nice
        settings.files = options.pluginFiles
        settings.watch = options.pluginWatch
        let pool = PluginPool(settings)
        let names = wanted
        // A model may take a minute to load, and nobody who ends the run waits for it.
        let number: Int32? = try await withThrowingTaskGroup(of: Int32?.self) { group in
            group.addTask {
                do {
                    try await pool.probe(names)
                } catch let failure as PluginStartFailure {
                    throw RunRefusal.plugin("\(failure)")
                }
                return nil
            }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(50))) != nil {
                    if let number = signal() { return number }
                }
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next().flatMap { $0 }
        }
        guard let number else { return pool }
        throw LookFailure.stoppedStarting(.signal(number))
    }
}
