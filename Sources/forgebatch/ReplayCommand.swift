internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import FrameTools
internal import HTMLReport
internal import Jobs
internal import ReplayServer
internal import Store
internal import ToolModel

extension ReplaySpeed: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }

    package var defaultValueDescription: String {
        switch self {
        case .times(let factor): factor == factor.rounded() ? "\(Int(factor))" : "\(factor)"
        case .max: "max"
        }
    }
}

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Serve the viewer and the progress protocol over a run, live or archived.",
        discussion: """
            Prints the address once it listens, and serves until it is stopped. A run that is over is replayed from its \
            beginning as soon as somebody asks for one of its jobs; one that is being written is followed, and a new one is \
            turned to as soon as nobody watches the one before. A run in shards is followed from its plan on. The protocol is \
            in docs/protocol.md of the sources, share/doc/forgebatch/protocol.md where it was installed. Exit status: 0 stopped by INT or TERM, 1 it cannot \
            listen, 66 no output folder and no log.
            """)

    @Argument(
        help: "An output folder, the folder of one run, or a progress log.", completion: .file(),
        transform: PathArgument.read)
    var output: PathArgument

    @Option(
        help:
            "The address to listen on, or a name of one; 0.0.0.0 is all. Any other than the machine itself is open to the network."
    )
    var host = "127.0.0.1"

    @Option(help: "The port; 0 has the system pick one.")
    var port = 8000

    @Flag(name: .customLong("open"), help: "Open the viewer in the browser.")
    var opensBrowser = false

    @Option(
        name: .customLong("run"),
        help: ArgumentHelp("The run that job paths speak of (default: the newest).", valueName: "id"))
    var runID: String?

    @Option(help: ArgumentHelp("How fast a run that is over is replayed: a factor, or max.", valueName: "factor"))
    var speed = ReplaySpeed.times(1)

    @Option(help: ArgumentHelp("Where in the run the replay begins.", valueName: "duration"))
    var from = DurationArgument(seconds: 0)

    @Flag(help: "Wait for somebody to press play, or for a PUT to /v1/replay.")
    var paused = false

    @Option(
        help: ArgumentHelp(
            "How long nothing may happen; what is left of a longer gap is jumped.", valueName: "duration")
    )
    var maxIdle = DurationArgument(seconds: 5)

    @Option(
        help: ArgumentHelp("Another origin whose pages may use the server; may be repeated.", valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(help: ArgumentHelp("Another name that the server is reached by; may be repeated.", valueName: "name"))
    var allowHost: [String] = []

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be between 0 and 65535.") }
        if maxIdle.seconds <= 0 { throw ValidationError("--max-idle must be greater than 0.") }
        for origin in allowOrigin where !origin.contains("://") || origin.hasSuffix("/") {
            throw ValidationError("--allow-origin is a scheme and a host, such as https://example.org.")
        }
    }

    /// The manifests of plugins that results came from, of several versions of one the newest.
    private static func plugins(_ layout: OutputLayout) -> [JSON] {
        func version(_ copy: PluginCopy) -> [Int] {
            (copy.manifest["version"]?.string ?? "").split(separator: ".").map { Int($0) ?? 0 }
        }
        var newest: [String: PluginCopy] = [:]
        for copy in PluginCopies.all(layout) {
            if let other = newest[copy.id], version(copy).lexicographicallyPrecedes(version(other)) { continue }
            newest[copy.id] = copy
        }
        return newest.values.sorted { $0.id < $1.id }.map(\.manifest)
    }

    /// Runs without a log that are named one by one.
    private static let mostFaults = 5

    func run() async throws {
        let (layout, given) = try OutputArgument.place(output, run: runID)
        let id = try given.flatMap { $0 == "latest" ? nil : try OutputArgument.run($0, layout) }
        var options = ReplayOptions(layout: layout, version: Forgebatch.version)
        options.run = id
        (options.server.host, options.server.port) = (host, port)
        (options.speed, options.start, options.isPaused) = (speed, from.seconds, paused)
        options.longestGap = maxIdle.seconds
        (options.server.allowedOrigins, options.server.allowedHosts) = (allowOrigin, allowHost)
        options.server.log = { Terminal.error("forgebatch: \($0)") }
        options.manifest = ToolManifest.json(
            version: Forgebatch.version, tools: ToolRegistry.descriptors,
            costs: ToolCosts.measured(ToolRegistry.descriptors))
        options.plugins = ReplayCommand.plugins(layout)
        options.viewerFile = { ViewerFiles.file(named: $0) }
        let lacking = (try? RunLogSummary.lacking(layout)) ?? []
        for (run, text) in lacking.prefix(ReplayCommand.mostFaults) {
            Terminal.error("forgebatch: run \(Escape.visible(run)) is not shown: \(text)")
        }
        if lacking.count > ReplayCommand.mostFaults {
            let more = lacking.count - ReplayCommand.mostFaults
            Terminal.error("forgebatch: \(more) more runs are not shown; list --runs names them")
        }
        let (opens, host) = (opensBrowser, host)
        do {
            try await ReplayService.serve(options) { place in
                if place.isOpen {
                    Terminal.error(
                        "forgebatch: \(host) is open to the network; anybody who reaches it sees this folder's results")
                }
                for (index, address) in place.addresses.enumerated() {
                    let first = "\(layout.root.display) at \(address)/ (stop with Ctrl-C)"
                    Terminal.output("forgebatch: \(index == 0 ? first : "also at \(address)/")")
                }
                if opens, let address = place.addresses.first { Browser.open(address) }
            }
        } catch let error as ServerError {
            throw Failure(ExitStatus.failure, error.description)
        }
    }
}
