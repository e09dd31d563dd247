internal import Archive
internal import Bytes
internal import Jobs

/// Reads a run's record, the catalog and the failures, and joins them by job.
struct BatchReader {
    private let layout: OutputLayout
    private var notes: [String] = []
    private var videos: [JobID: Video] = [:]

    /// - Parameter baseline: the run to compare with.
    /// - Throws: ``ReportError`` when the run's record cannot be used. Anything else that cannot be read is noted.
    static func read(layout: OutputLayout, run id: String, baseline: String? = nil) throws -> Batch {
        var reader = BatchReader(layout: layout)
        return try reader.read(id, baseline)
    }

    private init(layout: OutputLayout) { self.layout = layout }

    private mutating func read(_ id: String, _ baseline: String?) throws -> Batch {
        let path = layout.summary(run: id)
        func failure(_ error: any Error) -> ReportError {
            ReportError("\(path.display): the run's record cannot be read: \(error)")
        }
        let record: DocumentReader
        do { record = try DocumentReader(path, list: "jobs") } catch { throw failure(error) }
        takeCatalog()
        takeFailures()
        do { while let job = try record.next() { take(job: job) } } catch { throw failure(error) }
        let document = JSON.object((record.head.members ?? []) + (record.tail.members ?? []))
        let changes = baseline.flatMap { compare($0, id) }
        let course = RunCourse(layout.log(run: id)) ?? RunCourse()
        for (job, start) in course.starts { videos[job]?.begun = start }
        return Batch(
            run: RunFacts(id: id, document: document), videos: sorted(), notes: notes, changes: changes, runs: runs(),
            course: course)
    }

    private mutating func compare(_ baseline: String, _ id: String) -> Comparison? {
        do {
            let changes = try Comparison(layout, before: baseline, after: id)
            for category in Comparison.Category.allCases.reversed() {
                for entry in changes[category] { videos[entry.job]?.change = category }
            }
            return changes
        } catch {
            notes.append("the comparison with run \(Text.shown(baseline, limit: 80)) failed: \(error)")
            return nil
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
        defer { videos = [:] }
        return videos.values.sorted { left, right in
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
        change(&videos[job, default: Video(job: job)])
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
