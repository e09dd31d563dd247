internal import Bytes
internal import Jobs

/// How a run went over time, from its progress log: when each video was worked on, and how many frames were done when.
struct RunCourse {
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
        guard let reader = try? LineReader(path) else { return nil }
        var origin: Int64?
        var open: [JobID: (start: Double, last: Double, frames: Int)] = [:]
        while let line = try? reader.next() {
            guard let event = try? LogLine.parse(line), let moment = UTCTime(text: event.time) else { continue }
            if origin == nil { origin = moment.milliseconds }
            let time = Double(moment.milliseconds - (origin ?? 0)) / 1000
            length = max(length, time)
            switch event.event {
            case .jobStarted(let job, _, _, _): open[job] = (time, time, 0)
            case .progress(let job, let progress):
                guard let state = open[job] else { continue }
                let frames = progress.currentFrame - state.frames
                if frames > 0 { work.append((state.last, time, frames)) }
                open[job] = (state.start, time, max(state.frames, progress.currentFrame))
            case .completed(let job), .error(let job, _):
                guard let state = open.removeValue(forKey: job) else { continue }
                var hasFailed = false
                if case .error = event.event { hasFailed = true }
                stretches.append(Stretch(job: job, start: state.start, end: time, hasFailed: hasFailed))
            default: continue
            }
        }
        for (job, state) in open.sorted(by: { ($0.value.start, $0.key.text) < ($1.value.start, $1.key.text) }) {
            stretches.append(Stretch(job: job, start: state.start, end: length))
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
