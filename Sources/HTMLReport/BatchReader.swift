internal import Bytes
internal import Jobs

/// Reads a run's summary, the catalog and the failures, and joins them by job.
enum BatchReader {
    static func read(layout: OutputLayout, run id: String) throws -> Batch {
        let path = layout.summary(run: id)
        let document: JSON
        do {
            document = try JSONReader.parse(try Files.read(path))
        } catch {
            throw ReportError("\(path.display): the run's summary cannot be read: \(error)")
        }
        var notes: [String] = []
        var videos: [JobID: Video] = [:]
        for line in lines(layout.catalog, &notes) {
            update(&videos, line) { video in
                video.apply(line)
                video.standing = Standing(verdict: line["verdict"]?.string)
            }
        }
        var failures: [JobID: JSON] = [:]
        for line in lines(layout.failures, &notes) {
            if let job = line["job_id"]?.string.flatMap({ JobID(text: $0) }) { failures[job] = line }
        }
        for (_, line) in failures where line["cleared"]?.bool != true {
            update(&videos, line) { video in
                video.apply(line)
                video.isQuarantined = line["quarantined"]?.bool == true
                video.standing =
                    line["verdict"]?.string == "damaged" ? .damaged : video.isQuarantined ? .quarantined : .failed
            }
        }
        for job in document["jobs"]?.array ?? [] {
            update(&videos, job) { video in
                video.apply(job)
                video.isOfThisRun = true
                video.standing =
                    job["status"]?.string == "failed" ? .failed : Standing(verdict: job["verdict"]?.string)
                if job["result"]?.string == nil, video.standing == .failed { video.result = nil }
            }
        }
        let sorted = videos.values.sorted { left, right in
            if left.standing != right.standing { return left.standing < right.standing }
            return left.raw == right.raw ? left.job.text < right.job.text : left.raw < right.raw
        }
        return Batch(run: RunFacts(id: id, document: document), videos: sorted, notes: notes)
    }

    private static func update(_ videos: inout [JobID: Video], _ json: JSON, _ change: (inout Video) -> Void) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }) else { return }
        change(&videos[job, default: Video(job: job)])
    }

    /// The objects of an NDJSON file; a missing file has none, a line that is no JSON is counted and left out.
    private static func lines(_ path: RawPath, _ notes: inout [String]) -> [JSON] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path)
        } catch {
            if !error.isMissing { notes.append("\(path.lastComponent.display) cannot be read: \(error.reason)") }
            return []
        }
        var result: [JSON] = []
        var broken = 0
        for line in bytes.split(separator: 0x0a) {
            if let value = try? JSONReader.parse(Array(line)),
                value["job_id"]?.string.flatMap({ JobID(text: $0) }) != nil
            {
                result.append(value)
            } else {
                broken += 1
            }
        }
        if broken > 0 {
            notes.append("\(Text.plural(broken, "line")) of \(path.lastComponent.display) cannot be read")
        }
        return result
    }
}
