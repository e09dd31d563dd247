internal import Bytes
internal import Mustache

/// The page templates, styles and scripts: built in, each replaceable by a file of the same name.
struct Templates {
    /// The files of `report/assets/` by their names.
    let assets: [(name: String, bytes: [UInt8])]
    /// The viewer's styles and scripts.
    let viewer: [(name: String, bytes: [UInt8])]
    /// The viewer's page beside the report.
    let viewerPage: [UInt8]
    private let index: MustacheTemplate
    private let videos: MustacheTemplate
    private let video: MustacheTemplate
    private let library: MustacheLibrary

    /// What every stylesheet of ours begins with.
    static let base: (name: String, bytes: [UInt8]) = ("base.css", PackageResources.base_css)

    /// The parts of `report.css`, in their order.
    private static let styles: [(name: String, bytes: [UInt8])] = [base, ("report.css", PackageResources.report_css)]

    /// The parts of `report.js`, in their order.
    private static let scripts: [(name: String, bytes: [UInt8])] = [
        ("report-core.js", PackageResources.report_core_js), ("report-query.js", PackageResources.report_query_js),
        ("report-rows.js", PackageResources.report_rows_js), ("report-index.js", PackageResources.report_index_js),
        ("report-lanes.js", PackageResources.report_lanes_js), ("report-boxes.js", PackageResources.report_boxes_js),
        ("report-video.js", PackageResources.report_video_js),
    ]

    init(override folder: RawPath?) throws {
        if let folder, try Files.status(folder).kind != .directory {
            throw ReportError("templates \(folder.display): not a folder")
        }
        func load(_ name: String, _ builtIn: [UInt8]) throws -> [UInt8] {
            guard let path = folder?.appending(name), Files.exists(path) else { return builtIn }
            return try Files.read(path, limit: 1 << 20)
        }
        func template(_ name: String, _ builtIn: [UInt8]) throws -> MustacheTemplate {
            let bytes = try load(name, builtIn)
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ReportError("template \(name): not UTF-8")
            }
            do {
                return try MustacheTemplate(string: text)
            } catch {
                throw ReportError("template \(name): \(error)")
            }
        }
        assets = [
            ("report.css", try Templates.styles.flatMap { try load($0.name, $0.bytes) }),
            ("report.js", try Templates.scripts.flatMap { try load($0.name, $0.bytes) }),
            ("uplot.css", try load("uplot.css", PackageResources.uplot_css)),
            ("uplot.js", try load("uplot.js", PackageResources.uplot_js)),
            ("NOTICES.txt", try load("NOTICES.txt", PackageResources.NOTICES_txt)),
        ]
        viewer =
            try ViewerFiles.scripts.map { ($0.name, try load($0.name, $0.bytes)) } + [
                ("replay.css", try ViewerFiles.styles.flatMap { try load($0.name, $0.bytes) })
            ]
        viewerPage = ViewerFiles.render(
            try template("replay.mustache", ViewerFiles.pageTemplate), source: .files)
        index = try template("index.mustache", PackageResources.index_mustache)
        videos = try template("videos.mustache", PackageResources.videos_mustache)
        video = try template("video.mustache", PackageResources.video_mustache)
        library = MustacheLibrary(templates: [
            "rows": try template("rows.mustache", PackageResources.rows_mustache),
            "row": try template("row.mustache", PackageResources.row_mustache),
            "failure": try template("failure.mustache", PackageResources.failure_mustache),
            "chart": try template("chart.mustache", PackageResources.chart_mustache),
            "lane": try template("lane.mustache", PackageResources.lane_mustache),
        ])
    }

    func render(_ page: IndexPage) -> [UInt8] { Array(index.render(Members(page), library: library).utf8) }
    func render(_ page: ShardPage) -> [UInt8] { Array(videos.render(Members(page), library: library).utf8) }
    func render(_ page: VideoPage) -> [UInt8] { Array(video.render(Members(page), library: library).utf8) }
}

/// A page's members by name, reflected once: looking each one up by reflection takes milliseconds a page.
private struct Members: MustacheParent {
    private let values: [String: Any]

    init(_ page: Any) {
        var values: [String: Any] = [:]
        for member in Mirror(reflecting: page).children {
            guard let name = member.label else { continue }
            let mirror = Mirror(reflecting: member.value)
            if mirror.displayStyle == .optional {
                values[name] = mirror.children.first?.value
            } else {
                values[name] = member.value
            }
        }
        self.values = values
    }

    func child(named name: String) -> Any? { values[name] }
}
