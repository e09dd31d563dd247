internal import Archive
internal import Bytes
internal import Jobs

/// Writes the pages. One video is in memory at a time, beside the rows of the index.
struct ReportWriter {
    let layout: OutputLayout
    let options: ReportOptions
    let templates: Templates

    /// Bytes that a video's page should not pass.
    static let pageLimit = 24 << 10

    func write(_ batch: Batch) throws -> ReportSummary {
        var batch = batch
        if let reconclusion = options.reconclusion {
            batch.notes.insert(
                "Concluded again from the stored measures with \(reconclusion.texts.joined(separator: ", ")); results/ is as it was",
                at: 0)
        }
        for index in batch.videos.indices { batch.videos[index].hasPage = wantsPage(batch.videos[index]) }
        let pages = batch.videos.indices.filter { batch.videos[$0].hasPage }
        let neighbours = pages.map { batch.videos[$0] }
        var place = 0
        for index in batch.videos.indices {
            let reader = open(&batch.videos[index], &batch.notes)
            guard batch.videos[index].hasPage else { continue }
            let previous = place > 0 ? neighbours[place - 1] : nil
            let next = place + 1 < neighbours.count ? neighbours[place + 1] : nil
            place += 1
            try writePage(&batch.videos[index], reader, batch.run, previous, next)
        }
        let index = layout.report.appending("index.html")
        try AtomicFile.write(templates.stylesheet, to: layout.report.appending("assets/report.css"), durable: false)
        try ReplayCopy(layout: layout, templates: templates, run: batch.run).write(batch.videos)
        try AtomicFile.write(templates.render(IndexPage(batch, layout: layout)), to: index, durable: false)
        removePages(otherThan: Set(pages.map { layout.report.appending(batch.videos[$0].page) }))
        return ReportSummary(index: index, videos: batch.videos.count, pages: pages.count)
    }

    /// Pages that an earlier report had and this one does not link.
    private func removePages(otherThan kept: Set<RawPath>) {
        let root = layout.report.appending("v")
        for folder in (try? Files.list(root)) ?? [] {
            for name in (try? Files.list(root.appending(folder))) ?? [] where name.lowercasedExtension == "html" {
                let path = root.appending(folder).appending(name)
                if !kept.contains(path) { Files.remove(path) }
            }
        }
    }

    private func wantsPage(_ video: Video) -> Bool {
        switch options.pages {
        case .basic: video.standing < .warning
        case .full: true
        }
    }

    /// Opens a video's result and completes its row. What cannot be read is noted on the row.
    private func open(_ video: inout Video, _ notes: inout [String]) -> ResultReader? {
        guard let path = video.result else {
            if video.standing >= .damaged { video.flaw = "result missing" }
            return nil
        }
        do {
            let reader = try read(layout.root.appending(path))
            reader.facts.complete(&video)
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

    /// A reader of a result, or of what it would be with other thresholds.
    private func read(_ path: RawPath) throws -> ResultReader {
        guard let reconclusion = options.reconclusion else { return try ResultReader(path) }
        return try reconclusion.withDocument(of: path, in: layout.report) { try ResultReader($0) }
    }

    private func writePage(
        _ video: inout Video, _ reader: ResultReader?, _ run: RunFacts, _ previous: Video?, _ next: Video?
    ) throws {
        var lanes: Lanes?
        if let reader {
            var folded = Lanes(total: reader.facts.totalFrames ?? video.frames ?? 1)
            do {
                while let frame = try reader.nextFrame() { folded.add(frame) }
            } catch {
                video.flaw = "result cannot be read to its end: \(error)"
            }
            lanes = folded
        }
        var bytes: [UInt8] = []
        for rows in [50, 25, 10, 3] {
            let page = VideoPage(
                video, facts: reader?.facts, lanes: lanes, run: run, layout: layout, previous: previous, next: next,
                rows: rows)
            bytes = templates.render(page)
            if bytes.count <= ReportWriter.pageLimit { break }
        }
        try AtomicFile.write(bytes, to: layout.report.appending(video.page), durable: false)
    }
}
