internal import Bytes
internal import FrameResults
internal import Jobs

/// The boxes of a video's frames in files of 2,000 frames, which its page loads when it needs them:
/// `forgebatch.boxes(k,{"t":[…],"b":[…]})` with times in milliseconds and, for each frame, five numbers a box: track, left,
/// top, width, height, in pixels of the picture as the page shows it. Where a tool names classes there are seven, as `n`
/// says: the class by its index in ``names`` and its confidence in per cent, each -1 where it is not told; `k` then has the
/// keypoints of a frame as x and y in turn, by its place in the chunk. A chunk is in memory at a time.
struct BoxChunks {
    /// The numbers of those that there are: one without boxes is left out.
    private(set) var chunks: [Int] = []
    /// Whether frames had more boxes than a chunk may hold.
    private(set) var hasCut = false
    /// The classes so far, in the order in which they appeared.
    private(set) var names: [String] = []

    /// Bytes that a file should not pass.
    static let limit = 256 << 10
    static let frames = 2000

    private let base: RawPath
    private let canvas: (width: Int, height: Int)
    private var times: [Int?] = []
    private var boxes: [[ShownObject]] = []
    private var isEmpty = true
    /// The number of the next one.
    private var number = 0

    /// How many there are with those that were left out.
    var parts: Int { number }

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
        let objects = ShownObject.all(in: frame, picture, on: canvas)
        for object in objects {
            if let name = object.name, !names.contains(name) { names.append(name) }
        }
        boxes.append(objects)
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
        guard !isEmpty else {
            // An earlier report may have had one.
            return Files.remove(BoxChunks.name(base, number))
        }
        var most = boxes.map(\.count).max() ?? 0
        var bytes = script(number, most)
        if bytes.count > BoxChunks.limit, boxes.contains(where: { $0.contains { !$0.points.isEmpty } }) {
            // Points go before boxes.
            hasCut = true
            for frame in boxes.indices { for place in boxes[frame].indices { boxes[frame][place].points = [] } }
            bytes = script(number, most)
        }
        while bytes.count > BoxChunks.limit, most > 1 {
            hasCut = true
            most = max(1, most * BoxChunks.limit / bytes.count * 9 / 10)
            bytes = script(number, most)
        }
        try AtomicFile.write(bytes, to: BoxChunks.name(base, number), durable: false)
        chunks.append(number)
    }

    private func script(_ number: Int, _ most: Int) -> [UInt8] {
        let isNamed = boxes.contains { $0.contains { $0.name != nil || $0.confidence != nil } }
        let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        var writer = JSONWriter(reserving: 1 << 16)
        writer.beginObject()
        writer.key("t")
        writer.value(.array(times.map { $0.map { .int($0) } ?? .null }))
        if isNamed {
            writer.key("n")
            writer.int(7)
        }
        writer.key("b")
        writer.beginArray()
        for frame in boxes {
            writer.beginArray()
            for box in largest(frame, most) {
                writer.int(box.track)
                let corners = box.corners
                for edge in [corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]] {
                    writer.int(edge)
                }
                guard isNamed else { continue }
                writer.int(box.name.flatMap { places[$0] } ?? -1)
                writer.int(box.confidence.map { Int((min(max($0, 0), 1) * 100).rounded()) } ?? -1)
            }
            writer.endArray()
        }
        writer.endArray()
        points(&writer)
        writer.endObject()
        return Array("forgebatch.boxes(\(number),".utf8) + writer.bytes + Array(");\n".utf8)
    }

    private func points(_ writer: inout JSONWriter) {
        let all = boxes.map { $0.flatMap(\.points) }
        guard all.contains(where: { !$0.isEmpty }) else { return }
        writer.key("k")
        writer.beginObject()
        for (place, points) in all.enumerated() where !points.isEmpty {
            writer.key(String(place))
            writer.value(.array(points.flatMap { $0 }.map { .int($0) }))
        }
        writer.endObject()
    }

    private func largest(_ boxes: [ShownObject], _ most: Int) -> [ShownObject] {
        guard boxes.count > most else { return boxes }
        return Array(boxes.sorted { $0.area > $1.area }.prefix(most))
    }
}
