internal import Bytes
internal import FrameResults
internal import ToolModel

/// What the script of a video's page draws: `forgebatch.video({…})` with all measures in up to 240 columns.
struct VideoData {
    let fold: Fold
    let tools: ReportTools
    let facts: ResultFacts
    let rate: Double?
    /// The numbers of the box chunks beside this file.
    let boxChunks: [Int]
    /// Frames whose smallest boxes were left out.
    let hasCutBoxes: Bool
    /// Classes by the index that boxes have for them.
    var classNames: [String] = []
    var colours = ClassColours([])

    /// Bytes that the file should not pass.
    static let limit = 16 << 10

    /// Values are written as one or two of these characters: none that JSON or HTML would escape.
    private static let digits = Array(
        "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}".utf8)

    /// The finest form within the limit: first measures lose digits, then events are left out.
    func script() -> [UInt8] {
        var bytes: [UInt8] = []
        for (width, events, classes) in [
            (2, 400, 12), (2, 100, 12), (1, 400, 12), (1, 100, 12), (1, 20, 12), (1, 20, 6), (1, 20, 2),
        ] {
            bytes = script(width: width, events: events, classes: classes)
            if bytes.count <= VideoData.limit { break }
        }
        return bytes
    }

    private func script(width: Int, events limit: Int, classes most: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: VideoData.limit)
        writer.beginObject()
        writer.key("frames")
        writer.int(fold.total)
        writer.key("columns")
        writer.int(fold.columns)
        writer.key("digits")
        writer.int(width)
        if let rate {
            writer.key("rate")
            writer.double(rate)
        }
        if let end = fold.lastTime {
            writer.key("end")
            writer.double(end)
        }
        if let start = facts.video.startTime, start != 0 {
            // The browser's clock is the container's: a picture that starts late has its first frame there.
            writer.key("start")
            writer.double(start)
        }
        writer.key("boxes")
        writer.value(.array(boxChunks.map { .int($0) }))
        if hasCutBoxes {
            writer.key("cut")
            writer.bool(true)
        }
        classes(&writer)
        times(&writer)
        writer.key("lanes")
        writer.beginArray()
        let shown = facts.events.prefix(limit)
        let types = Set(shown.map { VideoData.kind($0) }).sorted()
        let external = ExternalLanes(fold: fold, facts: facts, tools: tools, colours: colours)
        for found in fold.classes.prefix(most) { lane(found, external, width, types, &writer) }
        let values = external.values
        for series in fold.timeSeries(tools) {
            let own = values.first { $0.series.tool == series.tool && $0.series.key == series.key }
            lane(series, own?.events, width, types, &writer)
        }
        writer.endArray()
        events(shown, types, &writer)
        writer.key("errors")
        writer.value(.array(Set(facts.decode.errors.compactMap(\.frame)).sorted().map { .int($0) }))
        writer.key("gaps")
        writer.value(.array(fold.gaps.map { .int($0) }))
        writer.endObject()
        return Script.call("forgebatch.video", writer.bytes)
    }

    /// The time of each column, left out where frames come at an even rate.
    private func times(_ writer: inout JSONWriter) {
        let isEven = (0..<fold.columns).allSatisfy { column in
            guard let time = fold.times[column], let rate else { return false }
            return abs(time - Double(fold.frame(of: column)) / rate) < 0.02
        }
        guard !isEven else { return }
        writer.key("times")
        writer.beginArray()
        for time in fold.times {
            if let time { writer.double((time * 100).rounded() / 100) } else { writer.null() }
        }
        writer.endArray()
    }

    /// What an event counts as, for the lanes behind which it is drawn: its type, and for external tools, which may use the
    /// same words, tool and class besides.
    private static func kind(_ event: EventRecord) -> String {
        guard ToolDescriptor.isExternal(event.tool) else { return event.type }
        return [event.tool, event.type, event.className].compactMap { $0 }.joined(separator: " ")
    }

    /// The names of classes with their colours on pictures.
    private func classes(_ writer: inout JSONWriter) {
        guard !classNames.isEmpty else { return }
        writer.key("classes")
        writer.beginArray()
        for name in classNames.prefix(VideoData.mostClasses) {
            writer.string(Text.shown(name, limit: 30))
            writer.string(colours.onPicture(name))
        }
        writer.endArray()
    }

    private static let mostClasses = 100

    /// The lane of a class, before the stretches in which there is one.
    private func lane(
        _ found: ClassFold.Found, _ external: ExternalLanes, _ width: Int, _ types: [String],
        _ writer: inout JSONWriter
    ) {
        let by = found.tool.isEmpty ? "" : " by \(Text.shown(found.tool, limit: 60))"
        lane(
            found.series, name: Text.shown(found.name, limit: 40), rank: ReportTools.classRank,
            colour: external.colours.style(found.name), help: "objects in the frame\(by)",
            events: external.presence(found).map { VideoData.kind($0) }, width, types, &writer)
    }

    /// - Parameter events: those of an external tool.
    private func lane(
        _ series: Series, _ events: [EventRecord]?, _ width: Int, _ types: [String], _ writer: inout JSONWriter
    ) {
        lane(
            series, name: Text.shown(series.name, limit: 60), rank: tools.rank(series.tool),
            colour: tools.colour(series.tool), help: tools.help(series.tool, series.key),
            events: events?.map { VideoData.kind($0) } ?? tools.events(series.tool), width, types, &writer)
    }

    /// - Parameters:
    ///   - rank: where it stands.
    ///   - colour: the style's name.
    ///   - events: what is drawn behind it.
    private func lane(
        _ series: Series, name: String, rank: Int, colour: String?, help: String?, events: [String], _ width: Int,
        _ types: [String], _ writer: inout JSONWriter
    ) {
        guard let range = series.range else { return }
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        // The types of the events behind it are told by their index.
        writer.key("rank")
        writer.int(rank)
        if let colour {
            writer.key("colour")
            writer.string(colour)
        }
        if let help {
            writer.key("help")
            writer.string(help)
        }
        let places = Set(events).compactMap { types.firstIndex(of: $0) }.sorted()
        if !places.isEmpty {
            writer.key("events")
            writer.value(.array(places.map { .int($0) }))
        }
        writer.key("low")
        writer.double(rounded(range.low))
        writer.key("high")
        writer.double(rounded(range.high))
        writer.key("min")
        writer.string(encoded(series.low, range, width))
        if series.low != series.high {
            writer.key("max")
            writer.string(encoded(series.high, range, width))
        }
        writer.endObject()
    }

    private func rounded(_ value: Double) -> Double {
        abs(value) < 1e11 ? (value * 10000).rounded() / 10000 : value
    }

    private func encoded(_ values: [Float], _ range: (low: Double, high: Double), _ width: Int) -> String {
        let base = VideoData.digits.count
        let steps = (width == 2 ? base * base : base) - 1
        let span = range.high - range.low
        var bytes: [UInt8] = []
        for value in values {
            guard value.isFinite else {
                bytes += Array(repeating: UInt8(ascii: " "), count: width)
                continue
            }
            let share = span > 0 ? (Double(value) - range.low) / span : 0
            let step = min(steps, max(0, Int((share * Double(steps)).rounded())))
            if width == 2 { bytes.append(VideoData.digits[step / base]) }
            bytes.append(VideoData.digits[step % base])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Each as its type's index, first frame and length.
    private func events(_ shown: ArraySlice<EventRecord>, _ types: [String], _ writer: inout JSONWriter) {
        writer.key("types")
        writer.value(.array(types.map { .string(Text.shown($0, limit: 40)) }))
        writer.key("events")
        writer.beginArray()
        for event in shown {
            guard let type = types.firstIndex(of: VideoData.kind(event)) else { continue }
            for number in [type, event.startFrame, event.endFrame - event.startFrame] { writer.int(number) }
        }
        writer.endArray()
    }
}
