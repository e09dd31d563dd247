internal import Bytes
internal import Jobs
internal import Store

/// A small batch that was run to check a plugin, and what it left.
struct CheckRun {
    /// A video of it.
    enum Video {
        case made(CheckClip)
        /// A copy of a file.
        case copy(RawPath)
    }

    let outcome: RunOutcome
    let watch: PluginWatch
    private let output: RawPath
    private let entries: [RawPath: CatalogEntry]

    /// Runs it in a folder of its own.
    ///
    /// - Parameters:
    ///   - options: of which only inputs and output are not good yet.
    ///   - videos: with their names; they are taken in the order of their names.
    ///   - display: about ten times a second while it works.
    /// - Throws: `SystemError`, ``RunRefusal``, ``LookFailure``.
    init(
        in folder: RawPath, _ options: RunOptions, _ videos: [(name: String, video: Video)], _ stops: StopRelay,
        display: (RunView, PluginWatch) -> Void
    ) async throws {
        let input = folder.appending("in")
        for path in [folder, input] where !Files.exists(path) { try Files.makeDirectory(path, durable: false) }
        for (name, video) in videos {
            switch video {
            case .made(let clip): try AtomicFile.write(clip.bytes, to: input.appending(name), durable: false)
            case .copy(let path): try CheckRun.copy(path, to: input.appending(name))
            }
        }
        let watch = PluginWatch()
        var options = options
        options.inputs = [input]
        options.output = folder.appending("out")
        options.discovery.output = options.output
        options.pluginWatch = watch
        outcome = try await BatchRunner.run(
            options, signals: { stops.stream() }, begin: { _ in nil },
            display: { view in
                watch.look()
                display(view, watch)
            })
        self.watch = watch
        output = options.output
        let catalog = try OutputLayout(root: options.output).catalogLines.latest().records
        entries = Dictionary(catalog.values.map { ($0.path, $0) }) { _, last in last }
    }

    private static func copy(_ path: RawPath, to target: RawPath) throws(SystemError) {
        let source = try Files.openInput(path)
        defer { Files.close(source) }
        let file = try Files.open(target, Files.createExclusive)
        defer { Files.close(file) }
        while true {
            let piece = try Files.read(source, count: 1 << 20, path: path)
            if piece.isEmpty { return }
            try Files.write(piece, to: file, path: target)
        }
    }

    func entry(_ name: String) -> CatalogEntry? { entries[RawPath(name)] }

    /// - Throws: what cannot be read.
    func result(_ name: String) throws -> JSON {
        guard let entry = entry(name) else { return .null }
        return try JSONReader.parse(Files.read(output.appending(entry.result)))
    }

    /// Why a tool failed on a video, with the last that it printed; nil when it did not.
    func failure(_ tool: String, _ name: String) throws -> String? {
        guard let entry = entry(name) else {
            let issue = outcome.issues.first { $0.path == RawPath(name) }
            return issue.map { "the video was not decoded: \($0.message)" } ?? "the video was not taken"
        }
        guard let failed = entry.toolsFailed.first(where: { $0.id == tool }) else { return nil }
        let own = try result(name)["tools"]?.array?.first { $0["id"]?.string == tool }
        let lines = (own?["log"]?.string ?? "").split(separator: "\n").suffix(5)
        let words = lines.isEmpty ? "" : "; it wrote: " + lines.joined(separator: " | ")
        return "\(failed.message), after \(failed.frame) \(failed.frame == 1 ? "answer" : "answers")\(words)"
    }
}
