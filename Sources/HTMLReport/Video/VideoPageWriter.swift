internal import Bytes
internal import FrameResults
internal import Jobs
internal import Store

/// Writes the pages of single videos, each with its measures and its boxes, in one pass over the frames.
struct VideoPageWriter {
    let layout: OutputLayout
    let templates: Templates
    let tools: ReportTools
    let run: RunDocument
    let rerun: Rerun

    /// Bytes that a video's page should not pass.
    static let pageLimit = 24 << 10
    /// Rows of a table, fewer where the page would grow over its limit.
    private static let rows = [50, 25, 25, 10, 10, 10, 3, 3]
    /// Lanes of classes, fewer likewise.
    private static let lanes = [8, 8, 4, 8, 4, 2, 2, 0]

    /// - Parameters:
    ///   - video: is told what is wrong with its result.
    ///   - reader: stands before the first frame; nil where there is no result.
    ///   - written: takes the files that were written.
    /// - Throws: `SystemError` when a file cannot be written, ``ReportError`` when the template cannot be used.
    func write(
        _ video: inout ReportVideo, _ reader: ResultReader?, _ context: VideoPage.Context,
        _ written: inout WrittenFiles
    ) throws {
        let path = layout.report.appending(video.page)
        let base = path.parent.appending(video.job.text)
        var pictures = ShownPictures(reader?.facts.pictures, width: video.width, height: video.height)
        var content = VideoPage.Content(facts: reader?.facts, pictures: pictures)
        var boxParts: Int?
        var stillFrame: (record: JSON, picture: ShownPicture)?
        if let reader {
            let wanted = Still.frame(video.job, layout)
            content.film = Film(video.job, layout)
            let filmed = Set(content.film?.cells.map(\.frame) ?? [])
            var fold = Fold(total: reader.facts.totalFrames ?? video.frames ?? 1, rate: video.rate)
            var boxes = BoxChunks(base, canvas: pictures.main.shown)
            var index = 0
            while let frame = next(reader, &video.flaw) {
                index = max(index, frame["frame_index"]?.int ?? index)
                fold.add(frame)
                if filmed.contains(index), let time = frame["time"]?.double { content.filmTimes[index] = time }
                pictures.take(index: index, size: tools.pictureSize(frame))
                if filmed.contains(index) {
                    content.filmObjects[index] = ShownObject.all(
                        in: frame, pictures.current, on: pictures.main.shown)
                }
                if let wanted, frame["frame_index"]?.int == wanted { stillFrame = (frame, pictures.current) }
                try boxes.add(frame, pictures.current)
                index += 1
            }
            try boxes.finish()
            content.colours = ClassColours(fold.classNames)
            let data = VideoData(
                fold: fold, tools: tools, facts: reader.facts, rate: video.rate, boxChunks: boxes.chunks,
                hasCutBoxes: boxes.hasCut, classNames: boxes.names, colours: content.colours)
            try AtomicFile.write(data.script(), to: base.suffixed(".js"), durable: false)
            boxParts = boxes.parts
            content.fold = fold
        }
        content.still = Still(video, layout, frame: stillFrame, canvas: pictures.main.shown, colours: content.colours)
        var bytes: [UInt8] = []
        for (rows, lanes) in zip(VideoPageWriter.rows, VideoPageWriter.lanes) {
            let page = VideoPage(
                video, content, run: run, rerun: rerun, layout: layout, context: context, tools: tools,
                rows: rows, lanes: lanes)
            bytes = try templates.render(page)
            if bytes.count <= VideoPageWriter.pageLimit { break }
        }
        try AtomicFile.write(bytes, to: path, durable: false)
        written.addPage(of: video.job, boxParts: boxParts)
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
}
