internal import Bytes
internal import TemplateEngine

/// The replay viewer's page, style, icon and scripts: one page with two sources of events, a server and files of script.
package enum ViewerFiles {
    /// The parts of `replay.css`, in their order.
    static let styles = [Templates.base, "replay.css"]

    /// Icon and scripts by the names that the page asks for below `assets/`.
    static let scripts = [
        "replay.js", "replay-channel.js", "replay-clock.js", "replay-events.js", "replay-icon.svg", "replay-job.js",
        "replay-list.js", "replay-log.js", "replay-scrubber.js", "replay-source.js", "replay-status.js",
        "replay-text.js", "replay-view.js",
    ]

    /// All that the page asks for below `assets/`.
    static let assets: [(name: String, bytes: [UInt8])] =
        scripts.map { ($0, BuiltIn.file($0)) } + [("replay.css", styles.flatMap { BuiltIn.file($0) })]

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

    private static let served = try? render(Template(BuiltIn.file(pageTemplate)), source: .server)

    static let pageTemplate = "replay.mustache"

    /// Where a page's events come from.
    enum Source: String {
        case server
        /// Files of script beside the page.
        case files = "static"
    }

    static func render(_ template: Template, source: Source) throws -> [UInt8] {
        try template.render(.object(["source": .text(source.rawValue)]))
    }
}
