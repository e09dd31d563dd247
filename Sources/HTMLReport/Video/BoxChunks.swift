internal import Bytes
internal import FrameResults
internal import Jobs

/// The boxes of a video's frames in files of 2,000 frames, which its page loads when it needs them:
/// `forgebatch.boxes(k,{"t":[…],"b":[…]})` with times in milliseconds and, for each frame, five numbers a box: track, left,
/// top, width, height, in pixels of the picture as the page shows it. A chunk is in memory at a time.
struct BoxChunks {
    /// The numbers of those that there are: one without boxes is left out.
    private(set) var chunks: [Int] = []
    /// Whether frames had more boxes than a chunk may hold.
    private(set) var hasCut = false

    /// Bytes that a file should not pass.
    static let limit = 256 << 10
    static let frames = 2000

    private let base: RawPath
    private let canvas: (width: Int, height: Int)
    private var times: [Int?] = []
    private var boxes: [[(track: Int, corners: [Int])]] = []
    private var isEmpty = true
    private var number = 0

    /// - Parameters:
    ///   - base: where the files lie, without `.b<k>.js`.
    ///   - canvas: pixels of the picture as the page shows it.
    init(_ base: RawPath, canvas: (width: Int, height: Int)) {
        self.base = base
        self.canvas = canvas
    }

    static func name(_ base: RawPath, _ chunk: Int) -> RawPath { base.suffixed(".b\(chunk).js") }

    /// Takes the next frame's record.
    ///
    /// - Parameter picture: how the frame is shown.
    mutating func add(_ frame: JSON, _ picture: ShownPicture) throws(SystemError) {
        times.append(frame["time"]?.double.map { Int(($0 * 1000).rounded()) })
        let objects = frame["detections"]?["tracked_objects"]?.array ?? []
        boxes.append(
            objects.compactMap { object in
                guard let corners = object["xyxy"]?.array?.compactMap(\.double), corners.count == 4,
                    corners.allSatisfy({ abs($0) < 1e6 })
                else { return nil }
                let whole = picture.place(corners, on: canvas).map { Int($0.rounded()) }
                return (object["track_id"]?.int ?? 0, [whole[0], whole[1], whole[2] - whole[0], whole[3] - whole[1]])
            })
        if !objects.isEmpty { isEmpty = false }
        if times.count == BoxChunks.frames { try flush() }
    }

    /// Writes what is left.
    mutating func finish() throws(SystemError) {
        if !times.isEmpty { try flush() }
    }

    private mutating func flush() throws(SystemError) {
        defer {
            (times, boxes, isEmpty) = ([], [], true)
            number += 1
        }
        guard !isEmpty else { return }
        var most = boxes.map(\.count).max() ?? 0
        var bytes = script(number, most)
        while bytes.count > BoxChunks.limit, most > 1 {
            hasCut = true
            most = max(1, most * BoxChunks.limit / bytes.count * 9 / 10)
            bytes = script(number, most)
        }
        try AtomicFile.write(bytes, to: BoxChunks.name(base, number), durable: false)
        chunks.append(number)
    }

    private func script(_ number: Int, _ most: Int) -> [UInt8] {
        var writer = JSONWriter(reserving: 1 << 16)
        writer.beginObject()
        writer.key("t")
        writer.value(.array(times.map { $0.map { .int($0) } ?? .null }))
        writer.key("b")
        writer.beginArray()
        for frame in boxes {
            writer.beginArray()
            for box in largest(frame, most) {
                writer.int(box.track)
                for corner in box.corners { writer.int(corner) }
            }
            writer.endArray()
        }
        writer.endArray()
        writer.endObject()
        return Array("forgebatch.boxes(\(number),".utf8) + writer.bytes + Array(");\n".utf8)
    }

    private func largest(_ boxes: [(track: Int, corners: [Int])], _ most: Int) -> [(track: Int, corners: [Int])] {
        guard boxes.count > most else { return boxes }
        return Array(boxes.sorted { $0.corners[2] * $0.corners[3] > $1.corners[2] * $1.corners[3] }.prefix(most))
    }
}
