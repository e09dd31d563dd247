internal import Bytes
internal import Mustache

/// The replay viewer's page, style, icon and scripts: one page with two sources of events, a server and files of script.
package enum ViewerFiles {
    /// The parts of `replay.css`, in their order.
    static let styles: [(name: String, bytes: [UInt8])] = [Templates.base, ("replay.css", PackageResources.replay_css)]

    /// Icon and scripts by the names that the page asks for below `assets/`.
    static let scripts: [(name: String, bytes: [UInt8])] = [
        ("replay.js", PackageResources.replay_js),
        ("replay-channel.js", PackageResources.replay_channel_js),
        ("replay-clock.js", PackageResources.replay_clock_js),
        ("replay-events.js", PackageResources.replay_events_js),
        ("replay-icon.svg", PackageResources.replay_icon_svg),
        ("replay-job.js", PackageResources.replay_job_js),
        ("replay-list.js", PackageResources.replay_list_js),
        ("replay-log.js", PackageResources.replay_log_js),
        ("replay-scrubber.js", PackageResources.replay_scrubber_js),
        ("replay-source.js", PackageResources.replay_source_js),
        ("replay-status.js", PackageResources.replay_status_js),
        ("replay-text.js", PackageResources.replay_text_js),
        ("replay-view.js", PackageResources.replay_view_js),
    ]

    /// All that the page asks for below `assets/`.
    static let assets = scripts + [("replay.css", styles.flatMap(\.bytes))]

    /// The name of the page itself.
    package static let page = "replay.html"

    /// A file as a server hands it out: the page by ``page``, whose events come from that server, the rest by the names
    /// that the page asks for below `assets/`.
    ///
    /// - Returns: nil for any other name.
    package static func file(named name: String) -> (bytes: [UInt8], contentType: String)? {
        if name == page { return served.map { ($0, "text/html; charset=utf-8") } }
        guard let asset = assets.first(where: { $0.name == name }) else { return nil }
        return (asset.bytes, contentType(name))
    }

    private static func contentType(_ name: String) -> String {
        if name.hasSuffix(".svg") { return "image/svg+xml" }
        return name.hasSuffix(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
    }

    private static let served = (try? MustacheTemplate(string: String(decoding: pageTemplate, as: UTF8.self)))
        .map { render($0, source: .server) }

    static var pageTemplate: [UInt8] { PackageResources.replay_mustache }

    /// Where a page's events come from.
    enum Source: String {
        case server
        /// Files of script beside the page.
        case files = "static"
    }

    static func render(_ template: MustacheTemplate, source: Source) -> [UInt8] {
        Array(template.render(["source": source.rawValue]).utf8)
    }
}
