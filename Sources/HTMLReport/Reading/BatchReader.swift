internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// Reads a run's record, the catalog and the failures, and joins them by job.
struct BatchReader {
    private let layout: OutputLayout
    private let tools: ReportTools
    private var notes: [String] = []
    private var videos: [Video] = []
    private var places: [JobID: Int] = [:]

    /// - Parameter baseline: the run to compare with.
    /// - Throws: ``ReportError`` when the run's record cannot be used. Anything else that cannot be read is noted.
    static func read(layout: OutputLayout, run id: String, baseline: String? = nil, tools: ReportTools) throws -> Batch
    {
        var reader = BatchReader(layout: layout, tools: tools)
        return try reader.read(id, baseline)
    }

    private init(layout: OutputLayout, tools: ReportTools) {
        self.layout = layout
        self.tools = tools
    }

    private mutating func read(_ id: String, _ baseline: String?) throws -> Batch {
        let path = layout.summary(run: id)
        func failure(_ error: any Error) -> ReportError {
            ReportError("\(path.display): the run's record cannot be read: \(error)")
        }
        let record: DocumentReader
        do { record = try DocumentReader(path, list: "jobs") } catch { throw failure(error) }
        // First, so that what it needs is free again before there are rows.
        let changes = baseline.flatMap { compare($0, id) }
        takeCatalog()
        takeFailures()
        do { while let job = try record.next() { take(job: job) } } catch { throw failure(error) }
        let document = JSON.object((record.head.members ?? []) + (record.tail.members ?? []))
        mark(changes)
        let course = RunTimeline(layout.log(run: id)) ?? RunTimeline()
        for stretch in course.stretches {
            if let place = places[stretch.job] { videos[place].begun = stretch.start }
        }
        return Batch(
            run: RunFacts(id: id, document: document), tools: tools, videos: sorted(), notes: notes, changes: changes,
            runs: runs(),
            course: course)
    }

    private mutating func compare(_ baseline: String, _ id: String) -> Comparison? {
        do {
            return try Comparison(layout, before: baseline, after: id)
        } catch {
            notes.append("the comparison with run \(Text.shown(baseline, limit: 80)) failed: \(error)")
            return nil
        }
    }

    /// Says of each row what became of its video; of two things the first in their order.
    private mutating func mark(_ changes: Comparison?) {
        guard let changes else { return }
        for category in Comparison.Category.allCases.reversed() where category != .otherSettings {
            for entry in changes[category] {
                if let place = places[entry.job] { videos[place].change = category }
            }
        }
    }

    private mutating func runs() -> [RunSummary] {
        do {
            return try Archive.runs(layout)
        } catch {
            notes.append("history.jsonl cannot be read: \(error)")
            return []
        }
    }

    private mutating func sorted() -> [Video] {
        defer { (videos, places) = ([], [:]) }
        return videos.sorted { left, right in
            if left.standing != right.standing { return left.standing < right.standing }
            return left.raw == right.raw ? left.job.text < right.job.text : left.raw < right.raw
        }
    }

    private mutating func takeCatalog() {
        forEach(layout.catalog) { reader, line in
            reader.update(line) { video in
                video.apply(line)
                video.standing = Standing(verdict: line["verdict"]?.string)
            }
        }
    }

    /// Of each job the last line counts; only what is still remembered stays in memory.
    private mutating func takeFailures() {
        var failures: [JobID: JSON] = [:]
        forEach(layout.failures) { _, line in
            guard let job = line["job_id"]?.string.flatMap({ JobID(text: $0) }) else { return }
            failures[job] = line["cleared"]?.bool == true ? nil : line
        }
        for line in failures.values {
            update(line) { video in
                video.apply(line)
                video.isQuarantined = line["quarantined"]?.bool == true
                video.standing =
                    line["verdict"]?.string == "damaged" ? .damaged : video.isQuarantined ? .quarantined : .failed
            }
        }
    }

    private mutating func take(job: JSON) {
        update(job) { video in
            video.apply(job)
            video.isOfThisRun = true
            video.standing = job["status"]?.string == "failed" ? .failed : Standing(verdict: job["verdict"]?.string)
            if job["result"]?.string == nil, video.standing == .failed { video.result = nil }
        }
    }

    private mutating func update(_ json: JSON, _ change: (inout Video) -> Void) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }) else { return }
        if let place = places[job] { return change(&videos[place]) }
        places[job] = videos.count
        videos.append(Video(job: job, tools: tools))
        change(&videos[videos.count - 1])
    }

    /// The objects of an NDJSON file; a missing file has none, a line that is no JSON is counted and left out.
    private mutating func forEach(_ path: RawPath, _ body: (inout BatchReader, JSON) -> Void) {
        let name = path.lastComponent.display
        var broken = 0
        do {
            guard Files.exists(path) else { return }
            let lines = try LineReader(path)
            while let line = try lines.next() {
                if line.isEmpty { continue }
                if let value = try? JSONReader.parse(line), value["job_id"]?.string.flatMap({ JobID(text: $0) }) != nil
                {
                    body(&self, value)
                } else {
                    broken += 1
                }
            }
        } catch {
            notes.append("\(name) cannot be read: \(error.reason)")
        }
        if broken > 0 { notes.append("\(Text.plural(broken, "line")) of \(name) cannot be read") }
    }
}
