internal import Bytes
internal import FrameResults
package import Jobs
internal import Store

/// Makes a catalog that was lost from the results.
package enum CatalogRebuild {
    /// Makes `catalog.ndjson` anew from all results where it is missing and there are results. Without the times of the
    /// videos' files, they are known again by their content; which run made a result, and how long that took, is taken
    /// from the runs' records and logs.
    ///
    /// - Returns: how many results it now lists; 0 when there was nothing to do.
    package static func ifMissing(_ layout: OutputLayout) throws -> Int {
        guard !Files.exists(layout.catalog), Files.exists(layout.results) else { return 0 }
        let entries = try rebuiltEntries(layout)
        guard !entries.isEmpty else { return 0 }
        var file = try AtomicFile(layout.catalog)
        for entry in entries { try file.write(JSONWriter.encode(entry.json) + [0x0a]) }
        try file.publish()
        return entries.count
    }

    /// What the catalog would say, from the results; those that are not whole are left out.
    static func rebuiltEntries(_ layout: OutputLayout) throws -> [CatalogEntry] {
        var entries: [CatalogEntry] = []
        try ResultFiles.forEach(layout.results) { path in
            guard let entry = try? entry(layout, path) else { return }
            // Both forms of a result are there where a run was killed between its last two steps: the newer one is meant.
            if let last = entries.indices.last, entries[last].job == entry.job {
                func time(_ result: RawPath) -> Int64 {
                    (try? Files.status(layout.root.appending(result)))?.modified ?? 0
                }
                if time(entries[last].result) < time(entry.result) { entries[last] = entry }
                return
            }
            entries.append(entry)
        }
        try findRuns(layout, of: &entries)
        return entries
    }

    /// The last result of each video, from the catalog, or from the results themselves where it is missing.
    static func entries(_ layout: OutputLayout) throws -> [CatalogEntry] {
        var last = try layout.catalogLines.latest().records
        if last.isEmpty, !Files.exists(layout.catalog), Files.exists(layout.results) {
            for entry in try rebuiltEntries(layout) { last[entry.job] = entry }
        }
        return Array(last.values)
    }

    private static func entry(_ layout: OutputLayout, _ path: RawPath) throws -> CatalogEntry? {
        let content = try ResultContent(path)
        let head = content.head
        let video = head["video"]
        let decode = head["decode"]
        guard let job = head["job_id"]?.string.flatMap({ JobID(text: $0) }), let source = head["source"],
            let name = RawPath(source), let size = source["size"]?.int, let frames = head["total_frames"]?.int,
            let verdict = decode?["verdict"]?.string.map({ VideoStatus(verdict: $0) }), let tools = head["tools"]?.array
        else { return nil }
        var entry = CatalogEntry(
            job: job, path: name, result: layout.relative(path), size: Int64(size), modified: nil, inode: nil,
            fingerprint: source["fingerprint"]?.string,
            digest: SettingsDigest.of(
                tools: tools, threads: video?["decoder_threads"]?.int ?? 1, rules: decode?["rules"]?.int ?? 1),
            verdict: verdict, frames: frames, sha256: content.sha256, resultSize: content.fileSize, runID: "",
            facts: VideoFacts(
                codec: video?["codec"]?.string, width: video?["width"]?.int, height: video?["height"]?.int,
                duration: decode?["covered_duration"]?.double ?? video?["duration"]?.double,
                detections: content.detections, classes: content.classes),
            events: head["events"]?.array?.count ?? 0)
        if content.isCompressed { entry.contentSize = content.size }
        // How often they failed before, nobody knows any more.
        entry.toolsFailed = tools.compactMap { tool in
            guard let id = tool["id"]?.string, let why = tool["error"]?.string else { return nil }
            return FailedTool(id: id, message: why, frame: tool["frames_done"]?.int ?? 0)
        }
        return entry
    }

    /// Finds the run that published each result: the newest whose record has the job with this very result, or else the
    /// newest that left no record and whose log says that it completed the job.
    private static func findRuns(_ layout: OutputLayout, of entries: inout [CatalogEntry]) throws {
        var missing = Dictionary(entries.indices.map { (entries[$0].job, $0) }) { first, _ in first }
        let runs = try RunFolders.ids(layout).reversed()
        for run in runs where !missing.isEmpty {
            guard let reader = try? RunDocumentReader(layout.summary(run: run)) else { continue }
            while let record = try? reader.nextJob() {
                guard let index = missing[record.job], record.sha256 == entries[index].sha256 else { continue }
                entries[index].runID = run
                entries[index].seconds = record.seconds
                entries[index].processorSeconds = record.processorSeconds
                missing[record.job] = nil
            }
        }
        for run in runs where !missing.isEmpty && !Files.exists(layout.summary(run: run)) {
            guard let reader = try? RunLog.lines(layout.log(run: run)) else { continue }
            while let line = try? reader.next() {
                guard !reader.isTorn, case .completed(let job)? = try? LogLine.parse(line).event,
                    let index = missing.removeValue(forKey: job)
                else { continue }
                entries[index].runID = run
            }
        }
    }
}

/// The results in an output folder.
enum ResultFiles {
    /// Calls `body` with every result below a folder, in order.
    static func forEach(_ folder: RawPath, _ body: (RawPath) throws -> Void) throws {
        for name in try Files.list(folder) where !name.bytes.starts(with: Files.temporaryPrefix.utf8) {
            let path = folder.appending(name)
            switch try? Files.status(path, follow: false).kind {
            case .directory: try forEach(path, body)
            case .file where OutputLayout.isResult(name): try body(path)
            default: break
            }
        }
    }
}
