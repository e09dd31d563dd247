internal import Bytes
internal import FrameResults
internal import Jobs

/// Pictures of a video side by side, each of its part of the axis of frames, as the worker left them.
struct Film {
    /// A picture, which stands for equally many frames as the others.
    struct Cell {
        /// From 0 on.
        let place: Int
        let frame: Int
        /// Pixels of the file from the left.
        let left: Int
    }

    let href: String
    /// Pixels of a cell.
    let width: Int
    let height: Int
    let cells: [Cell]

    /// Nil when there is none, as in output folders of version 0.1.0.
    ///
    /// - Complexity: reads the first 512 bytes.
    init?(_ job: JobID, _ layout: OutputLayout) {
        let path = OutputLayout.still(job, .film)
        guard let note = StillNote.read(layout.root.appending(path)) else { return nil }
        let words = note.split(separator: " ")
        guard words.count > 3, words[0] == "forgebatch", words[1] == "film" else { return nil }
        let size = words[2].split(separator: "x").compactMap { Int($0) }
        let frames = words[3...].compactMap { Int($0) }
        guard size.count == 2, size.allSatisfy({ (1...4096).contains($0) }), frames.count == words.count - 3,
            frames.count <= 64, frames.allSatisfy({ $0 >= 0 })
        else { return nil }
        href = "../../../" + path
        (width, height) = (size[0], size[1])
        cells = frames.enumerated().map { Cell(place: $0, frame: $1, left: $0 * size[0]) }
    }

    /// The picture for frames of a video: of those inside the one nearest to the middle, else the nearest.
    func cell(from first: Int, to last: Int) -> Cell? {
        let inside = cells.filter { (first...max(first, last)).contains($0.frame) }
        let middle = first + (max(first, last) - first) / 2
        return (inside.isEmpty ? cells : inside).min {
            (abs($0.frame - middle), $0.frame) < (abs($1.frame - middle), $1.frame)
        }
    }
}

/// The comment that the worker put into a picture.
enum StillNote {
    private static let most = 512

    /// Nil for a file without one.
    static func read(_ path: RawPath) -> String? {
        guard let descriptor = try? Files.openInput(path) else { return nil }
        defer { Files.close(descriptor) }
        guard let bytes = try? Files.read(descriptor, at: 0, count: most, path: path), bytes.count > 6,
            bytes.starts(with: [0xff, 0xd8, 0xff, 0xfe])
        else { return nil }
        let length = Int(bytes[4]) << 8 | Int(bytes[5])
        guard length > 2, 4 + length <= bytes.count else { return nil }
        return String(decoding: bytes[6..<4 + length], as: UTF8.self)
    }
}

/// The film on a video's page: over the axis of the lanes, and in the tables.
struct FilmStrip {
    struct Cell {
        let place: Int
        let left: Int
        /// What it shows: `0:04.80, frame 120`.
        let label: String
        let frame: Int
        /// The boxes of named classes, over the picture.
        let boxes: [Drawing.Group]
    }

    struct Sheet {
        let href: String
        let width: Int
        let height: Int
        /// Pixels of the whole file.
        let across: Int
        let note: String
        let cells: [Cell]
    }

    /// A picture beside an event.
    struct Mark {
        let place: Int
        let time: String
        /// Where it is not of the event itself.
        let miss: String?
    }

    let film: Sheet?
    /// Older than the film: the brightness alone.
    let hasOldTimeline: Bool
    private let source: Film?
    private let times: [Int: Double]

    /// - Parameters:
    ///   - times: seconds of the film's frames.
    ///   - objects: what there is in them.
    ///   - canvas: pixels of the picture as the page shows it.
    init(
        _ film: Film?, times: [Int: Double], objects: [Int: [ShownObject]] = [:], _ colours: ClassColours,
        canvas: (width: Int, height: Int), hasTimeline: Bool
    ) {
        source = film
        self.times = times
        hasOldTimeline = film == nil && hasTimeline
        self.film = film.map { film in
            let below = hasTimeline ? "; below it brightness, frame by frame" : ""
            return Sheet(
                href: film.href, width: film.width, height: film.height, across: film.width * film.cells.count,
                note: "each from its part of the video" + below,
                cells: film.cells.map { cell in
                    let time = times[cell.frame].map { Text.clock($0, digits: 2) + ", " } ?? ""
                    let named = (objects[cell.frame] ?? []).filter { $0.name != nil }
                    return Cell(
                        place: cell.place, left: cell.left,
                        label: "\(time)frame \(Text.count(cell.frame))\(FilmStrip.words(named))", frame: cell.frame,
                        boxes: named.isEmpty
                            ? []
                            : Drawing(
                                named.prefix(FilmStrip.mostBoxes), colours, canvas: canvas,
                                scale: Double(film.width) / Double(max(1, canvas.width)), left: cell.left
                            ).groups)
                })
        }
    }

    private static let mostBoxes = 8

    /// `: 2 × person, bicycle`
    private static func words(_ objects: [ShownObject]) -> String {
        guard !objects.isEmpty else { return "" }
        let counts = objects.reduce(into: [:]) { $0[$1.name ?? "", default: 0] += 1 }
        let words = counts.sorted { $0.key < $1.key }.prefix(6).map { name, count in
            (count > 1 ? "\(count) × " : "") + Text.shown(name, limit: 30)
        }
        return ": " + words.joined(separator: ", ")
    }

    /// The picture that is nearest to an event, and when it is.
    func mark(_ event: EventRecord) -> Mark? {
        guard let cell = source?.cell(from: event.startFrame, to: event.endFrame) else { return nil }
        let miss =
            cell.frame < event.startFrame
            ? "before" : cell.frame > max(event.startFrame, event.endFrame) ? "after" : nil
        let time = times[cell.frame].map { Text.clock($0, digits: 2) } ?? "frame \(Text.count(cell.frame))"
        return Mark(place: cell.place, time: time, miss: miss)
    }
}
