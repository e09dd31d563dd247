internal import Archive
internal import Bytes
package import Jobs
internal import Store

/// Writes the pages that people read after a run: static HTML and one stylesheet, complete without script, network or
/// server; with script they can be searched, sorted and zoomed.
///
/// One video is in memory at a time, beside the rows of the index.
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
        var data = try ReportReader.read(layout: layout, run: id, baseline: options.baseline, tools: tools)
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
        for index in data.videos.indices { data.videos[index].hasPage = wantsPage(data.videos[index]) }
        let pages = data.videos.indices.filter { data.videos[$0].hasPage }
        let hasReplay = RunLog.file(layout.log(run: data.run.summary.id)) != nil
        try writeAssets()
        var written: Set<RawPath> = []
        var number = 0
        let pageWriter = VideoPageWriter(
            layout: layout, templates: templates, tools: tools, run: data.run,
            rerun: Rerun(data.run, names: data.names))
        for index in data.videos.indices {
            let reader = open(&data.videos[index], &data.notes)
            guard data.videos[index].hasPage else { continue }
            var context = VideoPage.Context(neighbours(data.videos, pages, number))
            (context.hasReplay, context.notice) = (hasReplay, data.notice)
            number += 1
            try pageWriter.write(&data.videos[index], reader, context, &written)
        }
        try ReplayCopy(layout: layout, templates: templates, run: data.run.summary).write(data.videos)
        let index = try writeIndex(data, &written)
        removeFiles(otherThan: written)
        return ReportSummary(index: index, videos: data.videos.count, pages: pages.count)
    }

    private func wantsPage(_ video: ReportVideo) -> Bool {
        switch options.pages {
        case .basic: video.status.needsAttention
        case .full: true
        }
    }

    private func writeAssets() throws(SystemError) {
        for (name, bytes) in templates.assets {
            try AtomicFile.write(bytes, to: layout.reportAssets.appending(name), durable: false)
        }
    }

    /// The index and the further pages of rows, each with its data, one at a time in memory.
    private func writeIndex(_ data: ReportData, _ written: inout Set<RawPath>) throws -> RawPath {
        let shards = Shards(rows: data.videos.count)
        func put(_ bytes: [UInt8], _ name: String) throws(SystemError) -> RawPath {
            let path = layout.report.appending(name)
            try AtomicFile.write(bytes, to: path, durable: false)
            written.insert(path)
            return path
        }
        for shard in (0..<shards.count).reversed() {
            _ = try put(IndexData.script(data.videos, shards, shard), Shards.data(shard))
            if shard > 0 {
                _ = try put(try templates.render(ShardPage(data.videos, shards, shard)), Shards.page(shard))
            }
        }
        _ = try put(try templates.render(VerdictPage()), VerdictPage.name)
        return try put(try templates.render(IndexPage(data, layout: layout)), Shards.page(0))
    }

    /// What an earlier report had and this one does not link.
    private func removeFiles(otherThan kept: Set<RawPath>) {
        func clean(_ folder: RawPath, _ isOurs: (RawPath) -> Bool) {
            for name in (try? Files.list(folder)) ?? [] where isOurs(name) {
                let path = folder.appending(name)
                if !kept.contains(path) { Files.remove(path) }
            }
        }
        let pages = layout.reportPages
        for folder in (try? Files.list(pages)) ?? [] {
            clean(pages.appending(folder)) { ["html", "js"].contains($0.lowercasedExtension) }
        }
        clean(layout.reportData) {
            $0.bytes.starts(with: "index".utf8) && $0.lowercasedExtension == "js"
        }
        clean(layout.report) { $0.bytes.starts(with: "videos-".utf8) && $0.lowercasedExtension == "html" }
    }

    /// The neighbours of a page in the order of the index, and the nearest that failed or are damaged.
    ///
    /// - Parameters:
    ///   - pages: the indices of the videos that have a page.
    ///   - number: which of them it is.
    private func neighbours(_ videos: [ReportVideo], _ pages: [Int], _ number: Int) -> VideoPage.Neighbours {
        var result = VideoPage.Neighbours()
        if number > 0 { result.previous = videos[pages[number - 1]] }
        if number + 1 < pages.count { result.next = videos[pages[number + 1]] }
        // Those in trouble come first in the index, so before a page lie none but its neighbour or the last of them.
        let troubles = pages.partitioningIndex { !videos[$0].status.needsAttention }
        if troubles > 0 {
            let before = min(number, troubles) - 1
            if before >= 0 { result.previousFailed = videos[pages[before]] }
            if number + 1 < troubles { result.nextFailed = videos[pages[number + 1]] }
        }
        return result
    }

    /// Opens a video's result and completes its row. What cannot be read is noted on the row.
    private func open(_ video: inout ReportVideo, _ notes: inout [String]) -> ResultReader? {
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

extension Array {
    /// The first index from which on something holds, where it holds for all after the first that it holds for.
    ///
    /// - Complexity: O(log n)
    fileprivate func partitioningIndex(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
