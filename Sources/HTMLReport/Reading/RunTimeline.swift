internal import Bytes
internal import Jobs
internal import Store

/// How a run went over time, from its progress log: when each video was worked on, and how many frames were done when.
struct RunTimeline {
    /// A video's time on a worker, in seconds since the run's first event.
    struct Stretch: Equatable {
        let start: Double
        var end: Double
        var hasFailed = false
    }

    /// In the order in which they ended; one that never ended lasts until the log does.
    private(set) var stretches: [Stretch] = []
    /// From the first to the last event, in seconds.
    private(set) var length = 0.0
    /// Frames done from one progress event to the next, spread over the time between them.
    private let work: WorkFile

    /// Reads a log; nil when there is none. Lines that are no events are left out.
    ///
    /// - Parameters:
    ///   - folder: where what it tells of frames lies while it is needed.
    ///   - started: is told when the work on a video began, in seconds since the run's first event.
    /// - Throws: `SystemError` when that cannot be written.
    /// - Complexity: one pass; 24 bytes of each video are in memory.
    init?(_ path: RawPath, in folder: RawPath, started: (JobID, Double) -> Void = { _, _ in }) throws(SystemError) {
        guard let reader = try? RunLog.lines(path) else { return nil }
        work = WorkFile(in: folder)
        var state = RunState()
        func seconds(_ time: UTCTime?) -> Double {
            Double((time?.milliseconds ?? 0) - (state.started?.milliseconds ?? 0)) / 1000
        }
        while let line = try? reader.next() {
            guard let event = try? LogLine.parse(line), let time = event.moment else { continue }
            guard let change = state.apply(event.event, at: time) else { continue }
            let (before, after) = (change.before, change.after)
            // One whose start the log does not tell took no time that could be drawn.
            if change.isEnd, let start = before.started {
                started(after.id, seconds(start))
                stretches.append(
                    Stretch(start: seconds(start), end: seconds(time), hasFailed: after.status.isFailure))
            } else if after.frames > before.frames {
                try work.append(
                    (seconds(before.progressed ?? time), seconds(time), Double(after.frames - before.frames)))
            }
        }
        length = state.duration
        for job in state.running.sorted(by: { (seconds($0.started), $0.id.text) < (seconds($1.started), $1.id.text) }) {
            started(job.id, seconds(job.started))
            stretches.append(Stretch(start: seconds(job.started), end: length))
        }
    }

    /// The stretches laid out on as few rows as they need, which are the workers: each takes the first row that is free.
    var rows: [[Stretch]] {
        var rows: [[Stretch]] = []
        var ends: [Double] = []
        for stretch in stretches.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            if let row = ends.firstIndex(where: { $0 <= stretch.start }) {
                rows[row].append(stretch)
                ends[row] = stretch.end
            } else {
                rows.append([stretch])
                ends.append(stretch.end)
            }
        }
        return rows
    }

    /// Frames a second in each of so many equal parts of the run.
    func rates(_ columns: Int) throws(SystemError) -> [Double] {
        guard length > 0, columns > 0 else { return [] }
        let width = length / Double(columns)
        var rates = Array(repeating: 0.0, count: columns)
        func column(_ time: Double) -> Int { min(columns - 1, max(0, Int(time / width))) }
        try work.forEach { start, end, frames in
            let (first, last) = (column(start), column(end))
            let span = end - start
            for place in first...max(first, last) {
                let share = min(end, Double(place + 1) * width) - max(start, Double(place) * width)
                rates[place] += span > 0 ? frames * max(0, share) / span : frames
            }
        }
        return rates.map { $0 / width }
    }
}

/// Frames done from one time to another, in the order in which a log tells them: of these there are many for each video.
private final class WorkFile {
    typealias Work = (start: Double, end: Double, frames: Double)

    private let scratch: ScratchFile
    private static let size = 24

    init(in folder: RawPath) { scratch = ScratchFile(in: folder) }

    func append(_ work: Work) throws(SystemError) {
        var writer = PackedWriter(reserving: WorkFile.size)
        for number in [work.start, work.end, work.frames] { writer.double(number) }
        try scratch.append(writer.bytes)
    }

    func forEach(_ body: (Double, Double, Double) -> Void) throws(SystemError) {
        for offset in stride(from: 0, to: scratch.size, by: WorkFile.size) {
            let work: Work = try scratch.read(at: offset, count: WorkFile.size).withUnsafeBytes { bytes in
                var reader = PackedReader(bytes)
                return (reader.double(), reader.double(), reader.double())
            }
            body(work.start, work.end, work.frames)
        }
    }
}
