internal import Bytes
internal import Jobs
internal import TemplateEngine

/// A name and a value.
struct Fact {
    let name: String
    let value: String
    /// More of it, shown on hover.
    var more: String?

    init(_ name: String, _ value: String, more: String? = nil) {
        self.name = name
        self.value = value
        self.more = more
    }
}

/// A row of the table of all videos. Rows are many, so their members are found without reflection.
struct Row: TemplateObject {
    private let video: ReportVideo
    private let isTerse: Bool
    private let hasPicture: Bool

    /// - Parameter isTerse: leaves out what a reader can infer: that the first cell heads its row, and, of a video without
    ///   a page, the link to its result, which lies at `results/<path>.json`.
    init(_ video: ReportVideo, isTerse: Bool = false, hasPicture: Bool = false) {
        self.video = video
        self.isTerse = isTerse
        self.hasPicture = hasPicture && video.hasThumbnail
    }

    func member(_ name: String) -> TemplateValue? {
        switch name {
        case "kind": video.status == .ok ? .nothing : .text(video.status.rawValue)
        case "scope": .flag(!isTerse)
        case "href": value(link)
        case "plain": .flag(link == nil)
        case "picture": value(hasPicture ? "../" + OutputLayout.still(video.job, .thumbnail) : nil)
        case "path": .text(Text.shown(video.path, limit: 400))
        case "change": value(video.changeWord)
        case "flaw": value(video.flawWord)
        case "status": .text(video.status.rawValue)
        case "frames": value(video.frames.flatMap { $0 == 0 ? nil : Text.count($0) })
        case "rate": value(video.rate.map { Text.decimal($0, 2) })
        case "size": value(video.size.map { Text.bytes($0) })
        case "codec": value(video.codec.map { Text.shown($0, limit: 40) })
        case "duration": value(video.duration.map { Text.clock($0, digits: $0 < 10 ? 1 : 0) })
        case "speed": value(video.speed.map { Text.decimal($0, $0 < 9.95 ? 1 : 0) })
        case "events": value(video.events.map { Text.count($0) })
        case "tracks": value(video.tracks.map { Text.count($0) })
        default: nil
        }
    }

    private func value(_ text: String?) -> TemplateValue { text.map { .text($0) } ?? .nothing }

    private var link: String? { isTerse && !video.hasPage ? nil : Row.link(video) }

    /// A video's page, else its result, seen from the index; nil when it has neither.
    static func link(_ video: ReportVideo) -> String? {
        if video.hasPage { return video.page }
        return video.result.map { "../" + Escape.urlPath($0.bytes) }
    }
}

/// A part of the table of all videos: so many rows that a browser lays out at once.
struct RowBlock {
    let name: String
    let rows: [Row]
    /// Whether it has as many rows as the stylesheet keeps room for while they are not laid out.
    let isFull: Bool

    private static let size = 100

    /// The blocks of a page.
    ///
    /// - Parameter videos: those of the page.
    static func all(_ videos: [ReportVideo], _ shards: Shards, _ shard: Int) -> [RowBlock] {
        let first = shards.range(shard).lowerBound
        return stride(from: 0, to: videos.count, by: size).map { start in
            let end = min(start + size, videos.count)
            return RowBlock(
                name: "\(Text.count(first + start + 1)) to \(Text.count(first + end)) of \(Text.count(shards.rows))",
                rows: videos[start..<end].map { Row($0, isTerse: shards.isTerse, hasPicture: shards.hasPictures) },
                isFull: end - start == size)
        }
    }
}
