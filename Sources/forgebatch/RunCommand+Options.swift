internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import FrameTools
internal import Jobs
internal import Store
internal import ToolModel
internal import VideoWorker

/// What the flags of a run come to.
extension RunCommand {
    func plan(_ options: RunOptions) async throws -> Plan {
        do {
            let plan = try await BatchRunner.plan(options)
            await RunCommand.zygotes.close()
            return plan
        } catch let refusal as RunRefusal {
            throw Failure(ExitStatus.usage, "\(refusal)")
        } catch let failure as LookFailure {
            throw Failure(failure.exitStatus, "\(failure)")
        }
    }

    /// What the given paths are. They may lie on a share that does not answer, so another process looks at them.
    ///
    /// - Returns: and how many names of a list were taken without what Windows adds to them.
    private func survey(_ inputs: [RawPath]) async throws -> (InputSurvey, windowsNames: Int) {
        let looker = RunCommand.looker(stall: work.stall, maxDuration: work.maxDuration)
        do {
            var listed: [RawPath] = []
            if let file = input.filesFrom?.path {
                listed = try await ConfigurationLayers.list(file, isNullSeparated: input.null, looker: looker)
            }
            let named = input.roots.compactMap { InputRoot.parts(declared: RawArguments.path($0))?.path }
            let survey = try await looker.survey(
                inputs, listed: listed, named: named, silent: ConfigurationLayers.silent)
            let windows = input.null ? [:] : WindowsList.names(survey)
            if windows.isEmpty { return (survey, 0) }
            listed = listed.map { windows[$0] ?? $0 }
            return (
                try await looker.survey(inputs, listed: listed, named: named, silent: survey.silent), windows.count
            )
        } catch let failure as LookFailure {
            throw Failure(failure.exitStatus, "\(failure)")
        }
    }

    /// When this process first asked anything of an input, in nanoseconds of the monotonic clock.
    private static let begun = monotonicNanoseconds()

    /// What looks at inputs before there is a run.
    static func looker(stall: DurationArgument, maxDuration: DurationArgument?) -> Looker {
        Looker(
            program: (program, lookArguments), zygotes: zygotes, stall: stall.seconds,
            deadline: maxDuration.map { begun &+ UInt64($0.seconds * 1e9) })
    }

    /// The arguments for the record, without commands.
    private static func told(_ arguments: [String]) -> [String] {
        let flags = FlagKey.commands.map { "--\($0)" }
        var result: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return (result + [argument] + rest).map { Escape.visible($0) } }
            if flags.contains(argument) {
                _ = rest.popFirst()
            } else if !flags.contains(where: { argument.hasPrefix($0 + "=") }) {
                result.append(argument)
            }
        }
        return result.map { Escape.visible($0) }
    }

    static let program = RawPath("/proc/self/exe")
    static let lookArguments = ["look"]
    /// One of them serves all that the process has forked, from its first look at an input to its last worker.
    static let zygotes = Zygotes(program: program, arguments: ["worker", "fork"])

    func makeOptions() async throws -> RunOptions {
        let inputs = input.paths.map(\.path)
        let source = PluginSource(tools.pluginDirs.map(\.path))
        let names = try ToolNames(list: tools.tools, settings: tools.set, source: source)
        let (survey, windowsNames) = try await survey(inputs)
        try MissingInput.refuse(survey, out: input.out?.path, arguments: Array(CommandLine.arguments.dropFirst()))
        let now = UTCTime.now
        let output = input.out?.path ?? OutputFolder.standard(survey, hasList: input.filesFrom != nil)
        try refuseInputAsOutput(survey, output)
        try names.refuse(survey, output: output)
        let selection = try ToolSelection(names, devices: tools.pluginDevices)
        let absolute = output.isAbsolute ? output : Files.currentDirectory().appending(output)
        var options = RunOptions(
            output: absolute, version: Forgebatch.version, worker: RunCommand.program, now: now)
        options.lookArguments = RunCommand.lookArguments
        options.zygotes = RunCommand.zygotes
        options.inputs = inputs
        options.listed = survey.listed.map(\.path)
        options.roots = try declaredRoots(survey)
        options.silent = survey.silent
        options.discovery.rules = Rules.inOrder(includes: input.includes, excludes: input.excludes)
        options.discovery.extensions = input.ext.map { list in
            Set(list.split { ", ".contains($0) }.map { $0.drop { "*.".contains($0) }.lowercased() })
        }
        options.discovery.missingFormats = WorkerProgram.missingFormats
        options.discovery.maxDepth = input.maxDepth
        options.discovery.hidden = input.hidden
        options.discovery.follow = input.follow
        options.limit = input.limit
        options.discovery.minAge = input.minAge.map { Int64(clamping: Int($0.seconds * 1000)) * 1_000_000 }
        let count = try fill(&options, selection)
        options.errorIfEmpty = input.errorIfEmpty
        options.lock = operation.lock.mode
        options.keepRuns = operation.keepRuns
        options.notes =
            [ConfigurationLayers.note, display.verbose ? count.reason : nil].compactMap { $0 }
            + WindowsList.notes(windowsNames)
            + (display.verbose && !selection.plugins.isEmpty ? try source.findings().notes : [])
        options.command = ["forgebatch"] + RunCommand.told(Array(CommandLine.arguments.dropFirst()))
        options.invocation = ConfigurationLayers.invocation()
        options.scope = scope(survey, options.roots)
        // A name that means no run is told before an hour's work.
        _ = try Baseline.resolve(pages.baseline, scope: options.scope, in: OutputLayout(root: absolute))
        options.settings = flatSettings(options)
        options.spent = monotonicNanoseconds() &- RunCommand.begun
        return options
    }

    /// What tools, work and reuse say, which is all that a shard of a run goes by.
    ///
    /// - Returns: how many videos at once, and why no more.
    func fill(_ options: inout RunOptions, _ selection: ToolSelection) throws -> WorkerCount {
        options.tools = selection.orders
        options.toolDescriptions = selection.descriptions
        options.availableTools = selection.available
        options.plugins = selection.plugins
        options.pluginFiles = [(RawPath("python/" + PluginFiles.helperName), PluginFiles.helper)]
        options.pluginJobs = tools.pluginJobs
        options.resultTools = { path in
            ResultSettings(path).map { ResultTools(tools: $0.tools, threads: $0.threads, rules: $0.rules) }
        }
        let count = try BatchLimits.workers(work)
        options.workers = count.count
        options.nice = work.nice
        // Who asks for fewer workers wants no more processors busy than those.
        let busy = Machine.busyProcessors
        options.threads = work.threadsPerJob.threads(
            processors: work.jobs == "auto" ? busy : min(busy, options.workers))
        options.timeout = work.timeout?.seconds
        options.stall = work.stall.seconds
        options.maxDuration = work.maxDuration?.seconds
        options.memory = work.memoryLimit.memory(jobs: options.workers)
        options.sandbox = work.sandbox
        options.retries = work.retries
        options.maxFailures = work.maxFailures?.limit
        options.minFree = work.minFree.bytes
        options.grace = operation.grace.seconds
        options.force = reuse.force
        options.retryFailed = reuse.retryFailed
        options.retryQuarantined = reuse.retryQuarantined
        options.identity = reuse.fingerprint
        options.failOnAny = operation.failOn == .any
        options.progressInterval = display.progressRate.interval
        options.stills = display.stills
        options.compressesResults = display.compress
        options.libraries = WorkerProgram.libraries
        options.rules = WorkerProgram.rules
        return count
    }

    /// Where this run looks for videos. What is only too young or unreadable is told one by one.
    private func scope(_ survey: InputSurvey, _ roots: [InputRoot]) -> String {
        // Snapshots of one share are one place.
        let names = Dictionary(roots.map { ($0.path, $0.prefix) }) { first, _ in first }
        func places(_ entries: [InputSurvey.Entry]) -> JSON {
            .array(
                entries.map { entry in
                    let real = entry.resolved ?? entry.path
                    return .object(names[real]?.members("root") ?? real.members())
                })
        }
        let rules = Rules.texts(includes: input.includes, excludes: input.excludes)
        let scope = JSON.members([
            "inputs": places(survey.inputs), "listed": places(survey.listed),
            "rules": .array(rules.map { .string($0) }),
            "ext": .string(input.ext ?? ""), "max_depth": .int(input.maxDepth ?? 0), "hidden": .bool(input.hidden),
            "follow": .bool(input.follow), "limit": .int(input.limit ?? 0),
        ])
        return String(Digest.sha256(JSONWriter.encode(scope)).prefix(16))
    }

    /// What `--root` says.
    private func declaredRoots(_ survey: InputSurvey) throws -> [InputRoot] {
        func resolved(_ path: RawPath) -> RawPath? { survey.named.first { $0.path == path }?.resolved }
        var roots: [InputRoot] = []
        for text in input.roots {
            let argument = RawArguments.path(text)
            guard let root = InputRoot(declared: argument, resolved: resolved) else {
                throw Failure(
                    ExitStatus.usage,
                    "--root \(argument.display): write NAME=PATH, such as cam=/snapshots/2026-01-01; NAME has no slash")
            }
            if let other = roots.first(where: { $0.path == root.path && $0.prefix != root.prefix }) {
                throw Failure(
                    ExitStatus.usage,
                    "--root \(argument.display): the same folder is called \(other.prefix.display) by another --root")
            }
            roots.append(root)
        }
        return roots
    }

    /// Results among the videos would be found as input by whatever looks for them next.
    private func refuseInputAsOutput(_ survey: InputSurvey, _ output: RawPath) throws {
        guard let folder = try? Files.status(output) else { return }
        func isOutput(_ status: FileStatus) -> Bool { status.device == folder.device && status.inode == folder.inode }
        guard survey.inputs.contains(where: { $0.status.map(isOutput) == true }) else { return }
        throw Failure(
            ExitStatus.usage, "-o \(output.display): this is the input; the results need a folder of their own")
    }

    /// Those that only count where there are plugins.
    private func pluginSettings(_ options: RunOptions) -> [(key: String, value: JSON)] {
        guard !options.plugins.isEmpty else { return [] }
        let places = options.plugins.map { "\($0.plugin.manifest.id) \($0.devices.joined(separator: ","))" }
        return [
            ("plugin-jobs", .int(min(options.workers, options.pluginJobs ?? options.workers))),
            ("plugin-devices", .string(places.joined(separator: "; "))),
        ]
    }

    private func flatSettings(_ options: RunOptions) -> [(key: String, value: JSON)] {
        func seconds(_ value: Double?) -> JSON { value.map { .double($0) } ?? "default" }
        let sandbox: [(key: String, value: JSON)] =
            options.sandbox == .auto ? [] : [("sandbox", .string(options.sandbox.rawValue))]
        let files = ConfigurationLayers.filesRead.map(\.display).joined(separator: ", ")
        return [
            ("tools", .string(options.tools.map(\.id).joined(separator: ","))), ("jobs", .int(options.workers)),
            ("threads-per-job", work.threadsPerJob.json), ("timeout", seconds(options.timeout)),
            ("stall", seconds(options.stall)), ("max-duration", options.maxDuration.map { .double($0) } ?? "none"),
            ("memory-limit", work.memoryLimit.isAutomatic ? "auto" : .int(options.memory.limit)),
            ("retries", .int(options.retries)), ("nice", .int(options.nice)),
            ("min-free", .int(options.minFree)), ("grace", seconds(options.grace)), ("force", .bool(options.force)),
            ("retry-failed", .bool(options.retryFailed)), ("retry-quarantined", .bool(options.retryQuarantined)),
            ("fingerprint", .string(options.identity.rawValue)), ("stills", .bool(options.stills)),
            ("compress", .bool(options.compressesResults)),
        ] + sandbox + pluginSettings(options) + (files.isEmpty ? [] : [("config", .string(files))])
    }

}
