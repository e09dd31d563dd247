internal import Archive
internal import Bytes
internal import FrameResults
internal import Jobs

/// Writes the pages. One video is in memory at a time, beside the rows of the index.
struct ReportWriter {
    let layout: OutputLayout
    let options: ReportOptions
    let templates: Templates
    let tools: ReportTools

    /// Bytes that a video's page should not pass.
    static let pageLimit = 24 << 10

    /// - Parameter batch: is completed by what the results tell.
    func write(_ batch: inout Batch) throws -> ReportSummary {
        if let reevaluation = options.reevaluation {
            batch.notice =
                "Re-evaluated from the stored measures with "
                + reevaluation.texts.map { Text.shown($0, limit: 200) }.joined(separator: ", ")
                + "; the files in results/ are as they were."
        }
        for index in batch.videos.indices { batch.videos[index].hasPage = wantsPage(batch.videos[index]) }
        let pages = batch.videos.indices.filter { batch.videos[$0].hasPage }
        let hasReplay = Files.exists(layout.log(run: batch.run.id))
        try writeAssets()
        var written: Set<RawPath> = []
        var place = 0
        for index in batch.videos.indices {
            let reader = open(&batch.videos[index], &batch.notes)
            guard batch.videos[index].hasPage else { continue }
            var beside = surroundings(batch.videos, pages, place)
            (beside.hasReplay, beside.notice) = (hasReplay, batch.notice)
            place += 1
            try writePage(&batch.videos[index], reader, batch.run, beside, &written)
        }
        try ReplayCopy(layout: layout, templates: templates, run: batch.run).write(batch.videos)
        let index = try writeIndex(batch, &written)
        removeFiles(otherThan: written)
        return ReportSummary(index: index, videos: batch.videos.count, pages: pages.count)
    }

    private func wantsPage(_ video: Video) -> Bool {
        switch options.pages {
        case .basic: video.standing < .warning
        case .full: true
        }
    }

    private func writeAssets() throws(SystemError) {
        for (name, bytes) in templates.assets {
            try AtomicFile.write(bytes, to: layout.reportAssets.appending(name), durable: false)
        }
    }

    /// The index and the further pages of rows, each with its data, one at a time in memory.
    private func writeIndex(_ batch: Batch, _ written: inout Set<RawPath>) throws -> RawPath {
        let shards = Shards(rows: batch.videos.count)
        func put(_ bytes: [UInt8], _ name: String) throws(SystemError) -> RawPath {
            let path = layout.report.appending(name)
            try AtomicFile.write(bytes, to: path, durable: false)
            written.insert(path)
            return path
        }
        for shard in (0..<shards.count).reversed() {
            _ = try put(IndexData.script(batch.videos, shards, shard), Shards.data(shard))
            if shard > 0 {
                _ = try put(try templates.render(ShardPage(batch.videos, shards, shard)), Shards.page(shard))
            }
        }
        return try put(try templates.render(IndexPage(batch, layout: layout)), Shards.page(0))
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
    private func surroundings(_ videos: [Video], _ pages: [Int], _ place: Int) -> VideoPage.Surroundings {
        var result = VideoPage.Surroundings()
        if place > 0 { result.previous = videos[pages[place - 1]] }
        if place + 1 < pages.count { result.next = videos[pages[place + 1]] }
        // Those in trouble come first in the index, so before a page lie none but its neighbour or the last of them.
        let troubles = pages.partitioningIndex { videos[$0].standing >= .warning }
        if troubles > 0 {
            let before = min(place, troubles) - 1
            if before >= 0 { result.previousFailed = videos[pages[before]] }
            if place + 1 < troubles { result.nextFailed = videos[pages[place + 1]] }
        }
        return result
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
        guard let reevaluation = options.reevaluation else { return try ResultReader(path) }
        return try reevaluation.withDocument(of: path, in: layout.report) { try ResultReader($0) }
    }

    /// The next frame; nil after the last one, and when no more can be read, which is noted.
    private func next(_ reader: ResultReader, _ flaw: inout String?) -> JSON? {
        do {
            return try reader.nextFrame()
        } catch {
            flaw = "result cannot be read to its end: \(error)"
            return nil
        }
    }

    private func writePage(
        _ video: inout Video, _ reader: ResultReader?, _ run: RunFacts, _ beside: VideoPage.Surroundings,
        _ written: inout Set<RawPath>
    ) throws {
        let path = layout.report.appending(video.page)
        let base = path.parent.appending(video.job.text)
        var fold: Fold?
        var stillFrame: (record: JSON, picture: ShownPicture)?
        var pictures = ShownPictures(reader?.facts.video, width: video.width, height: video.height)
        if let reader {
            let wanted = Still.frame(video.job, layout)
            var folded = Fold(total: reader.facts.totalFrames ?? video.frames ?? 1, rate: video.rate)
            var boxes = BoxChunks(base, canvas: pictures.main.shown)
            var index = 0
            while let frame = next(reader, &video.flaw) {
                index = max(index, frame["frame_index"]?.int ?? index)
                folded.add(frame)
                pictures.take(index: index, size: tools.pictureSize(frame))
                if let wanted, frame["frame_index"]?.int == wanted { stillFrame = (frame, pictures.current) }
                try boxes.add(frame, pictures.current)
                index += 1
            }
            try boxes.finish()
            let data = VideoData(
                fold: folded, tools: tools, facts: reader.facts, rate: video.rate,
                boxChunks: boxes.chunks, hasCutBoxes: boxes.hasCut)
            try AtomicFile.write(data.script(), to: base.suffixed(".js"), durable: false)
            written.insert(base.suffixed(".js"))
            written.formUnion(boxes.chunks.map { BoxChunks.name(base, $0) })
            fold = folded
        }
        let still = Still(video, layout, frame: stillFrame, canvas: pictures.main.shown)
        var bytes: [UInt8] = []
        for rows in [50, 25, 10, 3] {
            let page = VideoPage(
                video, facts: reader?.facts, pictures: pictures, fold: fold, still: still, run: run, layout: layout,
                beside: beside, tools: tools, rows: rows)
            bytes = try templates.render(page)
            if bytes.count <= ReportWriter.pageLimit { break }
        }
        try AtomicFile.write(bytes, to: path, durable: false)
        written.insert(path)
    }
}

extension Array {
    /// The first place from which on something holds, where it holds for all after the first that it holds for.
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
