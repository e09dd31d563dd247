internal import Bytes
internal import FrameResults
internal import Jobs

/// A video's picture with the boxes of its frame drawn on it.
struct Still {
    let href: String
    /// Pixels of the picture as it is shown, which the boxes are in.
    let width: Int
    let height: Int
    let isTall: Bool
    let drawing: Drawing
    let note: String
    /// The frame that the picture shows, or -1 when it does not say so.
    let frame: Int

    /// The picture of a job; nil when there is none.
    ///
    /// - Parameters:
    ///   - frame: the record of the frame that it shows, and how that one is shown.
    ///   - canvas: pixels of the picture as the page shows it.
    ///   - colours: of the classes.
    init?(
        _ video: ReportVideo, _ layout: OutputLayout, frame shown: (record: JSON, picture: ShownPicture)?,
        canvas: (width: Int, height: Int), colours: ClassColours
    ) {
        let path = OutputLayout.still(video.job, .thumbnail)
        guard Files.exists(layout.root.appending(path)) else { return nil }
        href = "../../../" + path
        (width, height) = canvas
        isTall = height > width
        let record = shown?.record
        let objects = shown.map { ShownObject.all(in: $0.record, $0.picture, on: canvas) } ?? []
        drawing = Drawing(objects, colours, canvas: canvas)
        frame = record?["frame_index"]?.int ?? -1
        let title = frame >= 0 ? "Frame \(Text.count(frame))" : "A picture of the video"
        note = !objects.isEmpty ? "\(title), \(Text.plural(objects.count, "object"))" : title
    }

    /// The number of the frame that a thumbnail shows, from its comment `forgebatch frame 120`.
    ///
    /// - Complexity: reads the first 512 bytes.
    static func frame(_ job: JobID, _ layout: OutputLayout) -> Int? {
        let path = layout.root.appending(OutputLayout.still(job, .thumbnail))
        let mark = "forgebatch frame "
        guard let comment = StillNote.read(path), comment.hasPrefix(mark) else { return nil }
        return Int(comment.dropFirst(mark.count))
    }
}
