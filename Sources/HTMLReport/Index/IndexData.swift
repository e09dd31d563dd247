internal import Archive
internal import Bytes
internal import Jobs

/// The rows of a shard as columns, for the script of the index: `forgebatch.rows({…})`.
enum IndexData {
    /// The bytes of a shard's data file.
    ///
    /// - Parameter rows: those of the shard.
    /// - Complexity: linear; the shard's text is in memory once.
    static func script(_ rows: [ReportVideo], _ shards: Shards, _ shard: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: rows.count * 160)
        writer.beginObject()
        func list(_ key: String, _ value: (ReportVideo) -> Double?) {
            writer.key(key)
            writer.beginArray()
            for video in rows {
                if let value = value(video), value.isFinite { writer.double(value) } else { writer.null() }
            }
            writer.endArray()
        }
        writer.key("shard")
        writer.int(shard)
        writer.key("shards")
        writer.int(shards.count)
        writer.key("total")
        writer.int(shards.rows)
        writer.key("status")
        writer.string(String(rows.map { $0.status.letter }))
        if shards.hasPictures {
            writer.key("pictures")
            writer.bool(true)
        }
        // A hexadecimal digit: 1 for a page of its own, 2 for having been processed by this run, 4 for a thumbnail.
        writer.key("marks")
        writer.string(
            rows.map { String(($0.hasPage ? 1 : 0) + ($0.isOfThisRun ? 2 : 0) + ($0.hasThumbnail ? 4 : 0), radix: 16) }
                .joined())
        writer.key("ids")
        writer.string(rows.map { $0.job.text.filter { $0 != "-" } }.joined())
        paths(rows, &writer)
        words(rows, &writer)
        classes(rows, &writer)
        list("frames") { $0.frames.map { Double($0) } }
        list("rate") { $0.rate.map { ($0 * 100).rounded() / 100 } }
        list("size") { $0.size.map { Double($0) } }
        list("duration") { $0.duration.map { ($0 * 10).rounded() / 10 } }
        list("speed") { $0.speed.map { $0 < 9.95 ? ($0 * 10).rounded() / 10 : $0.rounded() } }
        list("events") { $0.events.map { Double($0) } }
        list("tracks") { $0.tracks.map { Double($0) } }
        rest(rows, &writer)
        writer.endObject()
        return Script.call("forgebatch.rows", writer.bytes)
    }

    /// Each path as the number of UTF-16 units that it shares with the one before, and the rest.
    private static func paths(_ rows: [ReportVideo], _ writer: inout JSONWriter) {
        writer.key("paths")
        writer.beginArray()
        var last: [Character] = []
        for video in rows {
            let path = Array(Text.shown(video.path, limit: 400))
            var shared = 0
            while shared < min(last.count, path.count), last[shared] == path[shared],
                last[shared].utf16.elementsEqual(path[shared].utf16)
            {
                shared += 1
            }
            writer.int(path[..<shared].reduce(0) { $0 + $1.utf16.count })
            writer.string(String(path[shared...]))
            last = path
        }
        writer.endArray()
    }

    /// Codecs by their index in a list of all.
    private static func words(_ rows: [ReportVideo], _ writer: inout JSONWriter) {
        let codecs = Set(rows.compactMap(\.codec)).sorted()
        let indices = Dictionary(uniqueKeysWithValues: codecs.enumerated().map { ($1, $0) })
        writer.key("codecs")
        writer.value(.array(codecs.map { .string(Text.shown($0, limit: 40)) }))
        writer.key("codec")
        writer.beginArray()
        for video in rows {
            if let index = video.codec.flatMap({ indices[$0] }) { writer.int(index) } else { writer.null() }
        }
        writer.endArray()
    }

    /// Classes of the objects in a video as a list, by its index in one of all such lists; nothing where no video has any.
    private static func classes(_ rows: [ReportVideo], _ writer: inout JSONWriter) {
        var lists: [[String]: Int] = [:]
        var order: [[String]] = []
        let places = rows.map { video -> Int? in
            guard !video.classes.isEmpty else { return nil }
            let list = video.classes.prefix(mostClasses).map { Text.shown($0, limit: 40) }
            if let known = lists[list] { return known }
            lists[list] = order.count
            order.append(list)
            return order.count - 1
        }
        guard !order.isEmpty else { return }
        writer.key("classes")
        writer.value(.array(order.map { .array($0.map { .string($0) }) }))
        writer.key("kind")
        writer.beginArray()
        for place in places { if let place { writer.int(place) } else { writer.null() } }
        writer.endArray()
    }

    /// Of one video.
    private static let mostClasses = 12

    /// What only few rows have, by their index: changes, flaws, causes, and results that do not lie where their path says.
    private static func rest(_ rows: [ReportVideo], _ writer: inout JSONWriter) {
        func members(_ key: String, _ value: (ReportVideo) -> String?) {
            writer.key(key)
            writer.beginObject()
            for (index, video) in rows.enumerated() {
                guard let value = value(video) else { continue }
                writer.key(String(index))
                writer.string(value)
            }
            writer.endObject()
        }
        members("change") { $0.changeWord }
        members("flaw") { $0.flawWord }
        members("cause") { $0.failure.cause.map { Text.shown($0, limit: 120) } }
        members("result") { video in
            guard !video.hasPage else { return nil }
            guard let result = video.result else { return "" }
            let isPlain = video.raw.text == video.path && result == OutputLayout.result(for: video.raw, job: video.job)
            return isPlain ? nil : "../" + Escape.urlPath(result.bytes)
        }
    }
}
