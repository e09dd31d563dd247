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
    /// The boxes as an SVG path.
    let boxes: String
    let hasBoxes: Bool
    let note: String
    /// The frame that the picture shows, or -1 when it does not say so.
    let frame: Int

    /// The picture of a job; nil when there is none.
    ///
    /// - Parameters:
    ///   - frame: the record of the frame that it shows, and how that one is shown.
    ///   - canvas: pixels of the picture as the page shows it.
    init?(
        _ video: ReportVideo, _ layout: OutputLayout, frame shown: (record: JSON, picture: ShownPicture)?,
        canvas: (width: Int, height: Int)
    ) {
        let path = OutputLayout.still(video.job, .thumbnail)
        guard Files.exists(layout.root.appending(path)) else { return nil }
        href = "../../../" + path
        (width, height) = canvas
        isTall = height > width
        let record = shown?.record
        let objects = record?["detections"]?["tracked_objects"]?.array ?? []
        let corners = objects.prefix(Still.most).compactMap { $0["xyxy"]?.array?.compactMap(\.double) }
        boxes = corners.filter { $0.count == 4 && $0.allSatisfy { abs($0) < 1e6 } }.map { corners in
            let edges = (shown?.picture.place(corners, on: canvas) ?? corners).map { Int($0.rounded()) }
            return "M\(edges[0]) \(edges[1])H\(edges[2])V\(edges[3])H\(edges[0])Z"
        }.joined()
        hasBoxes = !boxes.isEmpty
        frame = record?["frame_index"]?.int ?? -1
        let title = frame >= 0 ? "Frame \(Text.count(frame))" : "A picture of the video"
        note = hasBoxes ? "\(title), \(Text.plural(objects.count, "object"))" : title
    }

    private static let most = 40

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
