internal import Analysis
internal import Bytes
internal import FrameTools
internal import Jobs
internal import Media
internal import ToolModel

/// A tool that gets the path of the video and makes a pass of its own.
final class VideoSession: PluginSession {
    private let spool: MeasureSpool
    private var mapping: FrameMapping?
    /// How far it says to be, in frames; nil until it says something.
    private(set) var progress: Int?
    private var totalFrames = 0

    init(
        _ descriptor: ToolDescriptor, _ origin: ToolOrigin, _ settings: ToolSettings, place: String,
        _ descriptors: PluginDescriptors, _ spool: MeasureSpool
    ) {
        self.spool = spool
        super.init(descriptor, origin, settings, place: place, descriptors, phase: .waitingForHello)
    }

    override var mayEndByItself: Bool { true }

    /// Tells it of the video.
    ///
    /// - Parameter frames: how many the shared pass has counted.
    func begin(_ request: JobRequest, frames: Int, duration: Double?, display: DisplayGeometry) {
        guard !isOver else { return }
        totalFrames = frames
        let isTurned = tool.isUpright && display.turns % 2 == 1
        mapping = FrameMapping(
            given: isTurned ? (display.height, display.width) : (display.width, display.height),
            source: (display.width, display.height), rotation: tool.isUpright ? display.turns * 90 : 0,
            isMirrored: tool.isUpright && display.isMirrored)
        lastSign = monotonicNanoseconds()
        send(
            beginning(
                Files.absolute(request.input).members("path") + [
                    JSON.Member("frames", .int(frames)), JSON.Member("width", .int(display.width)),
                    JSON.Member("height", .int(display.height)), JSON.Member("rotation", .int(display.turns * 90)),
                ] + (duration.map { [JSON.Member("duration", .double($0))] } ?? [])))
    }

    override func takeProgress(_ json: JSON) {
        guard let current = json["current"]?.double, current.isFinite, current >= 0 else {
            return fail(.answer, "progress without a current frame")
        }
        // Its total may be a guess; where it is more than ours, what counts is the share of it.
        let total = json["total"]?.double ?? 0
        let share = total > Double(totalFrames) ? current / total * Double(totalFrames) : current
        progress = max(progress ?? 0, min(totalFrames, Int(share.rounded(.down))))
    }

    override func takeFrame(_ json: JSON) {
        guard let mapping else { return fail(.answer, "an answer before the video") }
        let answer: FrameAnswer
        do {
            answer = try shapes.read(json, mapping)
        } catch {
            return fail(.answer, error.description)
        }
        // Another decoder may find more pictures than ours: there is no frame that these could stand in.
        guard answer.frame < totalFrames else { return }
        do {
            guard try spool.add(answer.measurement, frame: answer.frame, tool: id) else {
                return fail(.answer, "a second answer for frame \(answer.frame)")
            }
        } catch {
            spool.failure = error
            return fail(.refused, "its answers could not be kept: \(error)")
        }
        answered += 1
        progress = max(progress ?? 0, min(totalFrames, answer.frame + 1))
    }
}

/// What tools with a pass of their own measured, until it can stand in the frames: in a file without a name, since answers
/// come in any order and for any length of video.
final class MeasureSpool {
    private let path: RawPath
    private let descriptor: FileDescriptor
    private var places: [String: [Int: (offset: Int64, count: Int)]] = [:]
    private var size: Int64 = 0
    /// Why the file could not be written.
    var failure: SystemError?

    /// - Parameter folder: where it lies; it has to be there.
    init(in folder: RawPath) throws(SystemError) {
        path = folder.appending(Files.temporaryName())
        descriptor = try Files.open(path, Files.createExclusiveReadWrite)
        Files.remove(path)
    }

    deinit { Files.close(descriptor) }

    /// Keeps what a tool measured of a frame.
    ///
    /// - Returns: whether it is the first of that frame.
    func add(_ measurement: Measurement, frame: Int, tool: String) throws(SystemError) -> Bool {
        guard places[tool]?[frame] == nil else { return false }
        let bytes = JSONWriter.encode(measurement.stored)
        try Files.write(bytes, to: descriptor, path: path)
        places[tool, default: [:]][frame] = (size, bytes.count)
        size += Int64(bytes.count)
        return true
    }

    /// What a result holds of a frame under the tool's id; nil where the tool said nothing of it.
    func measures(_ frame: Int, tool: String) throws(SystemError) -> JSON? {
        guard let place = places[tool]?[frame] else { return nil }
        var bytes: [UInt8] = []
        while bytes.count < place.count {
            let piece = try Files.read(
                descriptor, at: place.offset + Int64(bytes.count), count: place.count - bytes.count, path: path)
            if piece.isEmpty { break }
            bytes += piece
        }
        return try? JSONReader.parse(bytes)
    }
}
