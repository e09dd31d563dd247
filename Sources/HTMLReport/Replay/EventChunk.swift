internal import Bytes
internal import Jobs

/// Lines of a log as a script that hands them to the viewer.
///
/// Progress and completions, nearly all lines there are, become numbers in columns when these are enough to write the
/// very same line again; every other line is carried as it is.
struct EventChunk {
    /// Lines of a chunk; the viewer draws between two.
    static let rowLimit = 20_000
    /// Bytes of lines that are carried whole.
    static let textLimit = 1 << 20

    private var places: [JobID: Int] = [:]
    private var ids: [JobID] = []
    private var jobs: [Int] = []
    private var frames: [Int] = []
    private var totals: [Int] = []
    private var percents: [Int] = []
    /// Milliseconds since the line before, of those in columns.
    private var steps: [Int64] = []
    private var texts: [(row: Int, text: String)] = []
    private var bytes: [(row: Int, base64: String)] = []
    private var textSize = 0
    private var first: UTCTime?
    private var last: UTCTime?
    /// The sequence number before the first line.
    private let before: Int
    private(set) var seq: Int

    init(after seq: Int) {
        before = seq
        self.seq = seq
    }

    var isEmpty: Bool { jobs.isEmpty }
    var isFull: Bool { jobs.count >= EventChunk.rowLimit || textSize >= EventChunk.textLimit }

    /// Adds a line, given without its line feed, with what was read in it; nil for a line that is no event.
    mutating func add(_ line: [UInt8], _ event: LogLine?) {
        if let event, let columns = columns(event, line) {
            append(columns)
            seq += 1
            return
        }
        append(job: -1, 0, 0, 0, 0)
        textSize += line.count
        if let text = String(validating: line, as: UTF8.self) {
            texts.append((jobs.count - 1, text))
        } else {
            bytes.append((jobs.count - 1, Base64.encode(line)))
        }
        if let event { seq = event.seq }
    }

    private typealias Columns = (job: JobID, frame: Int, total: Int, percent: Int, time: UTCTime)

    /// Nil for a line that numbers do not tell in full.
    private func columns(_ line: LogLine, _ bytes: [UInt8]) -> Columns? {
        guard line.seq == seq + 1, let time = UTCTime(text: line.time) else { return nil }
        let columns: Columns
        let counts = 0...999_999_999
        switch line.event {
        case .progress(let job, let progress)
        where progress.pass == nil && counts.contains(progress.currentFrame) && counts.contains(progress.totalFrames):
            columns = (job, progress.currentFrame, progress.totalFrames, progress.percent, time)
        case .completed(let job): columns = (job, -1, 0, 0, time)
        default: return nil
        }
        return line.event.encode(time: time, seq: line.seq) == bytes ? columns : nil
    }

    private mutating func append(_ columns: Columns) {
        let place = places[columns.job] ?? ids.count
        if place == ids.count {
            places[columns.job] = place
            ids.append(columns.job)
        }
        let step = last.map { columns.time.milliseconds - $0.milliseconds } ?? 0
        if first == nil { first = columns.time }
        last = columns.time
        append(job: place, columns.frame, columns.total, columns.percent, step)
    }

    private mutating func append(job: Int, _ frame: Int, _ total: Int, _ percent: Int, _ step: Int64) {
        jobs.append(job)
        frames.append(frame)
        totals.append(total)
        percents.append(percent)
        steps.append(step)
    }

    /// The chunk as a script.
    var script: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("ids")
        writer.value(.array(ids.map { .string($0.text) }))
        writer.key("from")
        writer.int(first?.milliseconds ?? 0)
        writer.key("seq")
        writer.int(before)
        for (name, column) in [("job", jobs), ("frame", frames), ("total", totals), ("percent", percents)] {
            writer.key(name)
            writer.beginArray()
            for value in column { writer.int(value) }
            writer.endArray()
        }
        writer.key("time")
        writer.beginArray()
        for value in steps { writer.int(value) }
        writer.endArray()
        for (name, lines) in [("lines", texts), ("bytes", bytes.map { (row: $0.row, text: $0.base64) })] {
            writer.key(name)
            writer.beginObject()
            for line in lines {
                writer.key(String(line.row))
                writer.string(line.text)
            }
            writer.endObject()
        }
        writer.endObject()
        return Script.call("Replay.chunk", writer.bytes)
    }
}
