internal import Bytes
internal import Jobs
internal import Store

/// How a run went over time, from its progress log: when each video was worked on, and how many frames were done when.
struct RunTimeline {
    /// A video's time on a worker, in seconds since the run's first event.
    struct Stretch {
        let job: JobID
        let start: Double
        var end: Double
        var hasFailed = false
    }

    /// In the order in which they ended; one that never ended lasts until the log does.
    private(set) var stretches: [Stretch] = []
    /// From the first to the last event, in seconds.
    private(set) var length = 0.0
    /// Frames done from one progress event to the next, spread over the time between them.
    private var work: [(start: Double, end: Double, frames: Int)] = []

    init() {}

    /// Reads a log; nil when there is none. Lines that are no events are left out.
    ///
    /// - Complexity: one pass; a few numbers stay of each video and each progress event.
    init?(_ path: RawPath) {
        guard let reader = try? RunLog.lines(path) else { return nil }
        var state = RunState()
        func seconds(_ time: UTCTime?) -> Double {
            Double((time?.milliseconds ?? 0) - (state.started?.milliseconds ?? 0)) / 1000
        }
        while let line = try? reader.next() {
            guard let event = try? LogLine.parse(line), let time = event.moment else { continue }
            guard let change = state.apply(event.event, at: time) else { continue }
            let (before, after) = (change.before, change.after)
            // One whose start the log does not tell took no time that could be drawn.
            if change.isEnd, let started = before.started {
                stretches.append(
                    Stretch(
                        job: after.id, start: seconds(started), end: seconds(time), hasFailed: after.status.isFailure))
            } else if after.frames > before.frames {
                work.append((seconds(before.progressed ?? time), seconds(time), after.frames - before.frames))
            }
        }
        length = state.duration
        for job in state.running.sorted(by: { (seconds($0.started), $0.id.text) < (seconds($1.started), $1.id.text) }) {
            stretches.append(Stretch(job: job.id, start: seconds(job.started), end: length))
        }
    }

    /// The stretches laid out on as few rows as they need, which are the workers: each takes the first row that is free.
    var rows: [[Stretch]] {
        var rows: [[Stretch]] = []
        for stretch in stretches.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
            if let row = rows.firstIndex(where: { ($0.last?.end ?? 0) <= stretch.start }) {
                rows[row].append(stretch)
            } else {
                rows.append([stretch])
            }
        }
        return rows
    }

    /// Frames a second in each of so many equal parts of the run.
    func rates(_ columns: Int) -> [Double] {
        guard length > 0, columns > 0 else { return [] }
        let width = length / Double(columns)
        var rates = Array(repeating: 0.0, count: columns)
        func column(_ time: Double) -> Int { min(columns - 1, max(0, Int(time / width))) }
        for (start, end, frames) in work {
            let (first, last) = (column(start), column(end))
            let span = end - start
            for place in first...max(first, last) {
                let share = min(end, Double(place + 1) * width) - max(start, Double(place) * width)
                rates[place] += span > 0 ? Double(frames) * max(0, share) / span : Double(frames)
            }
        }
        return rates.map { $0 / width }
    }
}
