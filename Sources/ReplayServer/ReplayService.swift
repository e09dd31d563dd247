package import Bytes
package import Jobs
internal import WebSocketChannel

/// What is served, where, and how it is replayed.
package struct ReplayOptions: Sendable {
    package var layout: OutputLayout
    package var version: String
    /// The run that job paths speak of; nil for the newest there is.
    package var run: String?
    package var server = ServerOptions()
    package var speed = ReplaySpeed.times(1)
    /// Seconds from the first line of the log.
    package var start = 0.0
    /// Whether the replay waits to be told to play.
    package var isPaused = false
    /// Seconds after which a gap is jumped; nil keeps all gaps.
    package var longestGap: Double?
    /// The tools of this build, as they describe themselves.
    package var manifest: JSON = .object([])
    /// The manifests of plugins that results came from, as these wrote them, each id once.
    package var plugins: [JSON] = []
    /// The viewer's page, scripts and styles by their names.
    package var viewerFile: @Sendable (String) -> (bytes: [UInt8], contentType: String)? = { _ in nil }

    package init(layout: OutputLayout, version: String) {
        self.layout = layout
        self.version = version
    }
}

/// Serves an output folder as a live job server would: progress over WebSockets, jobs and runs over HTTP, and a page
/// for people.
package enum ReplayService {
    /// Serves until a signal or cancelling stops it.
    ///
    /// - Parameter onReady: called once, when connections are accepted.
    /// - Throws: ``ServerError`` when it cannot listen.
    package static func serve(_ options: ReplayOptions, onReady: @escaping @Sendable (ListeningPlace) async -> Void)
        async throws
    {
        let feedOptions = RunFeed.Options(
            speed: options.speed, start: options.start, isPaused: options.isPaused, longestGap: options.longestGap)
        let library = RunLibrary(options.layout, selected: options.run, options: feedOptions)
        var api = ReplayAPI(
            library: library, manifest: options.manifest, version: options.version, viewerFile: options.viewerFile)
        api.otherManifests = options.plugins
        let served = api
        // The log is read while nobody waits for it yet.
        library.feed()?.load()
        try await ReplayHTTPServer.run(
            options.server, routes: served.routes(), webSocket: { await served.offer($0) }, onReady: onReady)
    }
}
