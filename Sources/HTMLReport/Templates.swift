internal import Bytes
internal import TemplateEngine

/// The page templates, styles and scripts: built in, each replaceable by a file of the same name.
struct Templates {
    /// The files of `report/assets/` by their names.
    let assets: [(name: String, bytes: [UInt8])]
    /// The viewer's styles and scripts.
    let viewer: [(name: String, bytes: [UInt8])]
    /// The viewer's page beside the report.
    let viewerPage: [UInt8]
    private let index: Template
    private let videos: Template
    private let video: Template
    private let verdicts: Template
    /// Parts of pages.
    private let partials: [String: Template]

    /// What every stylesheet of ours begins with.
    static let base = "base.css"

    /// The parts of `report.css`, in their order.
    private static let styles = [base, "report.css"]

    /// The parts of `report.js`, in their order.
    private static let scripts = [
        "report-core.js", "report-query.js", "report-rows.js", "report-index.js", "report-lanes.js", "report-boxes.js",
        "report-video.js",
    ]

    init(override folder: RawPath?) throws {
        if let folder, try Files.status(folder).kind != .directory {
            throw ReportError("templates \(folder.display): not a folder")
        }
        func isReplaced(_ name: String) -> Bool { folder.map { Files.exists($0.appending(name)) } ?? false }
        func load(_ name: String) throws -> [UInt8] {
            guard let path = folder?.appending(name), isReplaced(name) else { return BuiltIn.file(name) }
            return try Files.read(path, limit: 1 << 20)
        }
        func template(_ name: String) throws -> Template {
            let bytes = try load(name)
            guard String(validating: bytes, as: UTF8.self) != nil else {
                throw ReportError("template \(name): not UTF-8")
            }
            do {
                return try Template(bytes)
            } catch {
                throw ReportError("template \(name): \(error)")
            }
        }
        assets = [
            (
                "report.css",
                try Templates.styles.flatMap { name in
                    isReplaced(name) ? try load(name) : Templates.lean(style: try load(name))
                }
            ),
            (
                "report.js",
                try Templates.scripts.flatMap { name in
                    let script = Templates.withoutComments(try load(name))
                    return isReplaced(name) ? script : Templates.withoutIndents(script)
                }
            ),
            ("uplot.css", try load("uplot.css")),
            ("uplot.js", try load("uplot.js")),
            ("NOTICES.txt", try load("NOTICES.txt")),
        ]
        viewer =
            try ViewerFiles.scripts.map { ($0, try load($0)) } + [
                ("replay.css", try ViewerFiles.styles.flatMap { try load($0) })
            ]
        viewerPage = try ViewerFiles.render(try template(ViewerFiles.pageTemplate), source: .files)
        index = try template("index.mustache")
        videos = try template("videos.mustache")
        video = try template("video.mustache")
        verdicts = try template("verdicts.mustache")
        partials = [
            "rows": try template("rows.mustache"),
            "row": try template("row.mustache"),
            "failure": try template("failure.mustache"),
            "chart": try template("chart.mustache"),
            "lane": try template("lane.mustache"),
        ]
    }

    /// A script without the lines that are comments alone: each report would carry 6 kB of them.
    static func withoutComments(_ script: [UInt8]) -> [UInt8] {
        let lines = script.split(separator: 0x0a, omittingEmptySubsequences: false)
        return Array(
            lines.filter { !$0.drop { $0 == 0x20 }.starts(with: "//".utf8) }.joined(separator: [0x0a]))
    }

    /// A script of ours without empty lines and the spaces that lines begin with, another 4 kB. None of our texts goes over
    /// several lines; those of others may.
    static func withoutIndents(_ script: [UInt8]) -> [UInt8] {
        Array(script.split(separator: 0x0a).map { $0.drop { $0 == 0x20 } }.joined(separator: [0x0a])) + [0x0a]
    }

    /// A style of ours without comments, empty lines and the spaces that lines begin with.
    static func lean(style: [UInt8]) -> [UInt8] {
        var text = style[...]
        var plain: [UInt8] = []
        let (slash, star) = (UInt8(ascii: "/"), UInt8(ascii: "*"))
        while let start = pair(slash, star, in: text), let end = pair(star, slash, in: text[(start + 2)...]) {
            plain += text[..<start]
            text = text[(end + 2)...]
        }
        plain += text
        let lines = plain.split(separator: 0x0a).map { $0.drop { $0 == 0x20 } }.filter { !$0.isEmpty }
        return Array(lines.joined(separator: [0x0a])) + [0x0a]
    }

    /// Where one byte stands before another one first.
    private static func pair(_ first: UInt8, _ second: UInt8, in text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == first && text[$0 + 1] == second }
    }

    func render(_ page: IndexPage) throws -> [UInt8] { try render(index, page.members) }
    func render(_ page: ShardPage) throws -> [UInt8] { try render(videos, page) }
    func render(_ page: VerdictPage) throws -> [UInt8] { try render(verdicts, page) }
    func render(_ page: VideoPage) throws -> [UInt8] { try render(video, page.members) }

    private func render(_ template: Template, _ page: Any) throws -> [UInt8] {
        do {
            return try template.render(TemplateValue(reflecting: page), partials: partials)
        } catch {
            throw ReportError("template: \(error)")
        }
    }
}
