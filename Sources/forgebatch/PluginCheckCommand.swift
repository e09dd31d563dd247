internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import ToolModel

struct PluginCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Hold a plugin to what is asked of plugins.",
        discussion: """
            Reads the manifest, starts the program, and runs small batches of made videos through each of its tools, in a \
            temporary folder: whether the same video gives the same in a fresh process, and after another video in the same \
            one; videos of other sizes and lengths; a crash in the middle of a video; and what it costs. One line for each \
            check: ok, FAILED with what to do, or a note. A VIDEO is copied, and answered three times: take a short one.

            Exit status: 0 all is well, 3 a check failed, 64 usage, 66 a folder or video that cannot be read, 78 the plugin \
            cannot be used or does not start, 129/130/143 stopped by a signal.
            """)

    @Argument(help: "The plugin's folder.", completion: .directory, transform: PathArgument.read)
    var folder: PathArgument

    @Argument(help: "A video to check with besides the made ones.", completion: .file(), transform: PathArgument.read)
    var video: PathArgument?

    @Option(
        name: .customLong("tool"), parsing: .singleValue,
        help: ArgumentHelp("Check this tool of the plugin alone (repeatable).", valueName: "id"))
    var tools: [String] = []

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp(
            "A tool's setting, such as shapes/shapes.dark=60 (repeatable).", valueName: "plugin/tool.key=value"))
    var set: [String] = []

    @Option(
        help: ArgumentHelp(
            "What it is worked on where it can use a graphics card: cpu, or cuda:0 and so on.", valueName: "list"))
    var pluginDevices = PluginDevices.standard

    @Flag(help: "Keep the temporary folder with videos and results, and say where it is.")
    var keep = false

    @Flag(help: "Print what was found as JSON.")
    var json = false

    private static let prefix = (used: "forgebatch-check-", kept: "forgebatch-checked-")

    func run() async throws {
        let plugin: FoundPlugin
        switch try find() {
        case .success(let found): plugin = found
        case .failure(let fault):
            var findings = CheckFindings(isJSON: json)
            findings.take(PluginFinding(.failed, fault.id, "manifest", fault.reason))
            findings.end(folder: nil)
            throw ExitCode(ExitStatus.configuration)
        }
        let source = PluginSource([plugin.folder])
        let chosen = try choose(plugin)
        // What is typed wrong is told before anything is started.
        var selections: [(tool: PluginTool, selection: ToolSelection)] = []
        for tool in chosen {
            let id = "\(plugin.id)/\(tool.id)"
            let own = set.filter { $0.hasPrefix(id + ".") }
            selections.append((tool, try selection(id, own, source)))
        }
        for text in set where !chosen.contains(where: { text.hasPrefix("\(plugin.id)/\($0.id).") }) {
            throw Failure(
                ExitStatus.usage,
                "--set \(Escape.visible(text)): write \(plugin.id)/TOOL.KEY=VALUE with a tool that is checked")
        }
        let signals = try Signals.listen()
        let stops = StopRelay()
        let incoming = signals.begin()
        let listen = Task { for await number in incoming { stops.tell(number) } }
        defer { listen.cancel() }
        let parent = try Files.resolve(PluginTemporaries.parent)
        PrivateFolder.sweep(parent, prefix: Self.prefix.used)
        let work = try PrivateFolder(in: parent, prefix: keep ? Self.prefix.kept : Self.prefix.used)
        defer { if !keep { work.remove() } }
        var findings = CheckFindings(isJSON: json)
        let status = try await check(plugin, selections, in: work.path, stops, &findings)
        findings.end(folder: keep ? work.path : nil)
        if status != 0 { throw ExitCode(status) }
    }

    // MARK: What is checked

    private func find() throws -> Result<FoundPlugin, PluginFindings.Unusable> {
        if let video {
            do throws(SystemError) {
                let status = try Files.status(video.path)
                guard status.kind == .file else {
                    throw SystemError("open", video.path, detail: "this is no file")
                }
                Files.close(try Files.openInput(video.path))
            } catch {
                throw Failure(ExitStatus.unreadableInput, "\(error)")
            }
        }
        do throws(SystemError) {
            guard try Files.status(folder.path).kind == .directory else {
                throw SystemError("open", folder.path, detail: "this is no folder; name the folder of a plugin")
            }
            _ = try Files.list(folder.path)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        guard Files.exists(folder.path.appending(PluginManifest.fileName)) else {
            throw Failure(
                ExitStatus.usage,
                "\(folder.path.display): there is no \(PluginManifest.fileName) in it; forgebatch plugin new NAME makes a plugin"
            )
        }
        let found = try PluginFolders([PluginFolders.Place(folder.path, isNamed: true)]).search()
        if let plugin = found.usable.first { return .success(plugin) }
        guard let fault = found.unusable.first else {
            throw Failure(ExitStatus.unreadableInput, "\(folder.path.display): it is being changed")
        }
        return .failure(fault)
    }

    private func choose(_ plugin: FoundPlugin) throws -> [PluginTool] {
        for name in tools where plugin.manifest.tool(name) == nil {
            let all = plugin.manifest.tools.map(\.id)
            let near = Suggestion.near(name, among: all)
            throw Failure(
                ExitStatus.usage,
                "--tool \(Escape.visible(name)): \(near.isEmpty ? "\(plugin.id) has \(all.joined(separator: ", "))" : "did you mean \(near)?")"
            )
        }
        return plugin.manifest.tools.filter { tools.isEmpty || tools.contains($0.id) }
    }

    private func selection(_ id: String, _ settings: [String], _ source: PluginSource) throws -> ToolSelection {
        try ToolSelection(try ToolNames(list: id, settings: settings, source: source), devices: pluginDevices)
    }

    private func options(_ selection: ToolSelection) -> RunOptions {
        var options = RunOptions(
            output: RawPath(""), version: Forgebatch.version, worker: RawPath("/proc/self/exe"), now: UTCTime.now)
        options.tools = selection.orders
        options.toolDescriptions = selection.descriptions
        options.availableTools = selection.available
        options.plugins = selection.plugins
        options.pluginFiles = [(RawPath("python/" + PluginFiles.helperName), PluginFiles.helper)]
        return options
    }

    // MARK: Checking

    private func check(
        _ plugin: FoundPlugin, _ selections: [(tool: PluginTool, selection: ToolSelection)], in folder: RawPath,
        _ stops: StopRelay, _ findings: inout CheckFindings
    ) async throws -> Int32 {
        let manifest = plugin.manifest
        let count = manifest.tools.count
        findings.take(
            PluginFinding(
                .ok, plugin.id, "manifest", "\(manifest.version), \(Quantity.plural(count, "tool")); it can be read"))
        findings.take(PluginFinding(.note, plugin.id, "reads", "it may read \(PluginListing.reads(manifest))"))
        guard let first = selections.first else { return 0 }
        do {
            let own = options(first.selection)
            let start = try await PluginCheck.start(own, Set(own.tools.map(\.id)))
            findings.take(
                PluginFinding(
                    .ok, plugin.id, "start",
                    "its hello came after \(Quantity.oneDecimal(start.seconds)) s, of \(Quantity.duration(manifest.limits.startSeconds))",
                    [JSON.Member("seconds", .double((start.seconds * 1000).rounded() / 1000))]))
        } catch {
            findings.take(PluginFinding(.failed, plugin.id, "start", "\(error)"))
            return ExitStatus.configuration
        }
        for (tool, selection) in selections {
            let id = "\(plugin.id)/\(tool.id)"
            let line = ProgressLine(isWanted: !json)
            let place = folder.appending(tool.id)
            try Files.makeDirectory(place, durable: false)
            var found: [PluginFinding] = []
            do {
                let check = PluginCheck(
                    tool, id: id, options(selection), in: place, video: video?.path, stops,
                    report: { finding in
                        line.clear()
                        if !json { CheckFindings.show(finding) }
                        found.append(finding)
                    }, progress: { what, view in line.show(view.line("\(id): \(what)")) })
                defer { line.clear() }
                try await check.run()
            } catch PluginCheck.Stop.signal(let number) {
                Terminal.error("forgebatch: stopped by \(StopReason.signal(number).text)")
                return 128 + number
            } catch PluginCheck.Stop.video(let why) {
                throw Failure(ExitStatus.unreadableInput, "\(video?.path.display ?? ""): \(why)")
            }
            findings.add(found)
        }
        return findings.hasFailed ? ExitStatus.videosFailed : ExitStatus.ok
    }
}

/// What was found, on standard output.
private struct CheckFindings {
    let isJSON: Bool
    private var all: [PluginFinding] = []

    init(isJSON: Bool) { self.isJSON = isJSON }

    var hasFailed: Bool { all.contains { $0.verdict == .failed } }

    mutating func take(_ finding: PluginFinding) {
        all.append(finding)
        if !isJSON { CheckFindings.show(finding) }
    }

    /// Takes what was shown already.
    mutating func add(_ findings: [PluginFinding]) { all += findings }

    static func show(_ finding: PluginFinding) {
        let word =
            switch finding.verdict {
            case .ok: "ok    "
            case .failed: "FAILED"
            case .note: "note  "
            }
        Terminal.output("\(word)  \(finding.subject)  \(finding.check): \(finding.text)")
    }

    /// - Parameter folder: that was kept.
    func end(folder: RawPath?) {
        guard isJSON else {
            if let folder { Terminal.output("videos and results: \(folder.display)") }
            return
        }
        let head = [
            JSON.Member("holds", .bool(!hasFailed)), JSON.Member("findings", .array(all.map(\.json))),
        ]
        Terminal.output(JSONWriter.text(.object(head + (folder.map { $0.members("folder") } ?? []))))
    }
}

extension RunView {
    /// How far a check is: `people: plain: 1 of 2 videos, frame 12`
    fileprivate func line(_ what: String) -> String {
        let frame = workers.first?.progress.map { ", frame \($0.currentFrame)" } ?? ""
        return "\(what): \(done) of \(Quantity.plural(planned, "video"))\(frame)"
    }
}
