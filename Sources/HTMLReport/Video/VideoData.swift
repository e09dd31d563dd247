internal import Bytes
internal import FrameResults

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

    /// Bytes that the file should not pass.
    static let limit = 16 << 10

    /// Values are written as one or two of these characters: none that JSON or HTML would escape.
    private static let digits = Array(
        "!#$%()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}".utf8)

    /// The finest form within the limit: first measures lose digits, then events are left out.
    func script() -> [UInt8] {
        var bytes: [UInt8] = []
        for (width, events) in [(2, 400), (2, 100), (1, 400), (1, 100), (1, 20)] {
            bytes = script(width: width, events: events)
            if bytes.count <= VideoData.limit { break }
        }
        return bytes
    }

    private func script(width: Int, events limit: Int) -> [UInt8] {
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
        times(&writer)
        writer.key("lanes")
        writer.beginArray()
        let shown = facts.events.prefix(limit)
        let types = Set(shown.map(\.type)).sorted()
        for series in fold.timeSeries(tools) { lane(series, width, types, &writer) }
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

    private func lane(_ series: Series, _ width: Int, _ types: [String], _ writer: inout JSONWriter) {
        guard let range = series.range else { return }
        writer.beginObject()
        writer.key("name")
        writer.string(Text.shown(series.name, limit: 60))
        // Where it stands, the style's name for its colour, and the types of the events behind it by their index.
        writer.key("rank")
        writer.int(tools.rank(series.tool))
        if let colour = tools.colour(series.tool) {
            writer.key("colour")
            writer.string(colour)
        }
        if let help = tools.help(series.tool, series.key) {
            writer.key("help")
            writer.string(help)
        }
        let events = tools.events(series.tool).compactMap { types.firstIndex(of: $0) }
        if !events.isEmpty {
            writer.key("events")
            writer.value(.array(events.map { .int($0) }))
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
            guard let type = types.firstIndex(of: event.type) else { continue }
            for number in [type, event.startFrame, event.endFrame - event.startFrame] { writer.int(number) }
        }
        writer.endArray()
    }
}
