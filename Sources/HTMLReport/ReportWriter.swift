internal import Archive
internal import Bytes
package import Jobs
internal import Store

/// Writes the pages that people read after a run: static HTML and one stylesheet, complete without script, network or
/// server; with script they can be searched, sorted and zoomed.
///
/// One video is in memory at a time, and up to 20,000 rows of the index; of each other row about a hundred bytes.
package struct ReportWriter {
    let layout: OutputLayout
    let options: ReportOptions
    let templates: Templates
    let tools: ReportTools

    /// Writes `report/` from what a run left in an output folder. The same folder gives the same bytes.
    ///
    /// - Throws: ``ReportError`` when the run's record or a template cannot be used, `SystemError` when the report
    ///   cannot be written. A result or catalog line that cannot be read is noted on the index instead.
    package static func write(layout: OutputLayout, run id: String, options: ReportOptions) throws -> ReportSummary {
        let templates = try Templates(override: options.templates)
        let tools = ReportTools(options.tools ?? KnownTools(layout).descriptors)
        var data = try ReportReader.read(
            layout: layout, run: id, baseline: options.baseline, tools: tools, progress: options.progress)
        return try ReportWriter(layout: layout, options: options, templates: templates, tools: tools).write(&data)
    }

    /// - Parameter data: is completed by what the results tell.
    private func write(_ data: inout ReportData) throws -> ReportSummary {
        if let reevaluation = options.reevaluation {
            data.notice =
                "Re-evaluated from the stored measures with "
                + reevaluation.texts.map { Text.shown($0, limit: 200) }.joined(separator: ", ")
                + "; the files in results/ are as they were."
        }
        try writeAssets()
        var written = WrittenFiles()
        let pages = try writePages(&data, &written)
        options.progress?(.replay)
        try ReplayCopy(layout: layout, templates: templates, run: data.run.summary).write(data.videos)
        options.progress?(.index)
        let index = try writeIndex(data, &written)
        removeFiles(otherThan: written)
        return ReportSummary(index: index, videos: data.videos.count, pages: pages)
    }

    /// Completes the rows by what the results tell, and writes the pages of videos. Returns how many.
    private func writePages(_ data: inout ReportData, _ written: inout WrittenFiles) throws -> Int {
        let rows = data.videos
        // Those in trouble come first.
        let troubles = try rows.partitioningIndex { !$0.status.needsAttention }
        let pages = options.chosenPages(of: rows.count) == .full ? rows.count : troubles
        let hasReplay = RunLog.file(layout.log(run: data.run.summary.id)) != nil
        let pageWriter = VideoPageWriter(
            layout: layout, templates: templates, tools: tools, run: data.run,
            rerun: Rerun(data.run, names: data.names))
        let completed = RowFile(in: layout.report)
        for index in 0..<rows.count {
            var video = try rows.row(at: index)
            video.hasPage = index < pages
            let reader = open(&video)
            if video.hasPage {
                var context = VideoPage.Context(try neighbours(rows, index, pages: pages, troubles: troubles))
                (context.hasReplay, context.notice) = (hasReplay, data.notice)
                try pageWriter.write(&video, reader, context, &written)
            }
            try completed.append(video)
            if completed.count % ReportProgress.step == 0 {
                options.progress?(.videos(done: completed.count, of: rows.count))
            }
        }
        data.videos = completed
        return pages
    }

    private func writeAssets() throws(SystemError) {
        for (name, bytes) in templates.assets {
            try AtomicFile.write(bytes, to: layout.reportAssets.appending(name), durable: false)
        }
    }

    /// The index and the further pages of rows, each with its data, one at a time in memory.
    private func writeIndex(_ data: ReportData, _ written: inout WrittenFiles) throws -> RawPath {
        let shards = Shards(rows: data.videos.count)
        func put(_ bytes: [UInt8], _ name: String) throws(SystemError) -> RawPath {
            let path = layout.report.appending(name)
            try AtomicFile.write(bytes, to: path, durable: false)
            written.add(path)
            return path
        }
        for shard in (0..<shards.count).reversed() {
            let rows = try data.videos.rows(shards.range(shard))
            _ = try put(IndexData.script(rows, shards, shard), Shards.data(shard))
            if shard > 0 { _ = try put(try templates.render(ShardPage(rows, shards, shard)), Shards.page(shard)) }
        }
        _ = try put(try templates.render(VerdictPage()), VerdictPage.name)
        return try put(try templates.render(try IndexPage(data, layout: layout)), Shards.page(0))
    }

    /// What an earlier report had and this one does not link.
    private func removeFiles(otherThan kept: WrittenFiles) {
        func clean(_ folder: RawPath, _ isNeedless: (RawPath) -> Bool) {
            for name in (try? Files.list(folder)) ?? [] where isNeedless(name) { Files.remove(folder.appending(name)) }
        }
        func cleanIndex(_ folder: RawPath, _ beginning: String, _ ending: String) {
            clean(folder) { name in
                name.bytes.starts(with: beginning.utf8) && name.lowercasedExtension == ending
                    && !kept.contains(folder.appending(name))
            }
        }
        for folder in (try? Files.list(layout.reportPages)) ?? [] {
            clean(layout.reportPages.appending(folder)) { name in
                ["html", "js"].contains(name.lowercasedExtension) && !kept.containsPage(name)
            }
        }
        cleanIndex(layout.reportData, "index", "js")
        cleanIndex(layout.report, "videos-", "html")
    }

    /// The neighbours of a page in the order of the index, and the nearest that failed or are damaged.
    ///
    /// - Parameters:
    ///   - pages: how many of the first rows have a page.
    ///   - troubles: how many of the first rows need attention.
    private func neighbours(
        _ rows: RowFile, _ index: Int, pages: Int, troubles: Int
    ) throws(SystemError) -> VideoPage.Neighbours {
        func row(_ index: Int, before end: Int) throws(SystemError) -> ReportVideo? {
            index >= 0 && index < end ? try rows.row(at: index) : nil
        }
        var result = VideoPage.Neighbours()
        result.previous = try row(index - 1, before: pages)
        result.next = try row(index + 1, before: pages)
        // Before a page lie none of those in trouble but its neighbour or the last of them.
        result.previousFailed = try row(min(index, troubles) - 1, before: troubles)
        result.nextFailed = try row(index + 1, before: troubles)
        return result
    }

    /// Opens a video's result and completes its row. What cannot be read is noted on the row.
    private func open(_ video: inout ReportVideo) -> ResultReader? {
        guard let path = video.result else {
            if !video.status.isFailure { video.flaw = "result missing" }
            return nil
        }
        do {
            let reader = try read(present(path, of: &video))
            video.take(reader.facts, tools: tools)
            return reader
        } catch let error as SystemError where error.isMissing {
            video.flaw = "result missing"
            video.result = nil
        } catch let error as SystemError {
            video.flaw = "result cannot be read: \(error.reason)"
            video.result = nil
        } catch {
            video.flaw = "result cannot be read: \(error)"
        }
        return nil
    }

    /// Where a result lies: a record of a run tells the form that it had then.
    private func present(_ path: RawPath, of video: inout ReportVideo) -> RawPath {
        let other = OutputLayout.otherForm(path)
        if !Files.exists(layout.root.appending(path)), Files.exists(layout.root.appending(other)) {
            video.result = other
        }
        return layout.root.appending(video.result ?? path)
    }

    /// A reader of a result, or of what it would be with other thresholds.
    private func read(_ path: RawPath) throws -> ResultReader {
        guard let reevaluation = options.reevaluation else { return try ResultReader(path) }
        return try reevaluation.withDocument(of: path, in: layout.report) { try ResultReader($0) }
    }
}
