internal import Analysis
internal import Bytes
internal import FrameTools
internal import Frames
internal import Jobs
internal import Media
internal import ToolModel

/// A tool that is sent frames of the shared decode.
final class FrameSession: PluginSession {
    private let feed: PluginTool.FrameFeed
    private let pictures: FeedPictures
    /// Frames that were sent and not answered, in order.
    private var owed: [(frame: Int, mapping: FrameMapping)] = []
    private var owedStart = 0
    private var measures: [Int: Measurement] = [:]
    /// Bytes of one frame.
    private var frameSize = 0
    private var size = (width: 0, height: 0)
    /// The last step of the clock for which a frame was sent, for tools that want so many a second.
    private var lastTick: Int?

    /// Frames that are on their way while the plugin works on another one; of large ones, what is not sent bounds them. Several
    /// answers are taken at once then.
    private static let ahead = 8

    init(
        _ descriptor: ToolDescriptor, _ origin: ToolOrigin, _ feed: PluginTool.FrameFeed, _ settings: ToolSettings,
        place: String, _ descriptors: PluginDescriptors
    ) {
        self.feed = feed
        pictures = FeedPictures(FeedForm(feed, isUpright: origin.tool.isUpright))
        super.init(descriptor, origin, settings, place: place, descriptors, phase: .idle)
    }

    var wantsSmall: Bool { feed.size == .small }

    private var owedCount: Int { owed.count - owedStart }

    /// Whether the plugin has to do something before another frame is decoded.
    var isBehind: Bool {
        !isOver && (channel.queued > frameSize || owedCount > tool.lag + FrameSession.ahead)
    }

    /// Sends a frame if it is one that the tool wants.
    func take(_ picture: Picture, _ time: FrameTime, small: SmallLuma?, display: DisplayGeometry) throws(DecodeError) {
        guard !isOver, isWanted(time) else { return }
        if phase == .idle { begin(picture, small, display) }
        let frame: FeedFrame
        if wantsSmall {
            // A picture of another size would need another small one than the tool was told of.
            guard let small, small.width * small.height == frameSize else {
                return fail(.refused, "the size of the pictures changes, and the small luma with it")
            }
            frame = pictures.frame(small)
        } else {
            frame = try pictures.frame(picture)
        }
        send(
            .members([
                "type": "frame", "frame": .int(time.index), "time": time.time.map { .double($0) },
                "bytes": .int(frame.count),
            ]))
        channel.send(frame)
        if owedCount == 0 { lastSign = monotonicNanoseconds() }
        owed.append(
            (
                time.index,
                FrameMapping(
                    given: size, source: (picture.width, picture.height),
                    rotation: tool.isUpright ? display.turns * 90 : 0,
                    isMirrored: tool.isUpright && display.isMirrored)
            ))
    }

    private func isWanted(_ time: FrameTime) -> Bool {
        switch feed.pace {
        case .every(let count): return time.index % count == 0
        case .perSecond(let rate):
            // Half a microsecond keeps a frame that is just in time.
            guard let seconds = time.time else { return lastTick == nil && time.index == 0 }
            let tick = Int(((seconds + 5e-7) * rate).rounded(.down))
            guard lastTick.map({ tick > $0 }) ?? true else { return false }
            lastTick = tick
            return true
        }
    }

    private func begin(_ picture: Picture, _ small: SmallLuma?, _ display: DisplayGeometry) {
        size = pictures.begin(picture, display: display)
        if let small, wantsSmall {
            let isTurned = tool.isUpright && display.turns % 2 == 1
            size = isTurned ? (small.height, small.width) : (small.width, small.height)
        }
        frameSize = feed.format.bytes(width: size.width, height: size.height)
        phase = .beginning
        lastSign = monotonicNanoseconds()
        send(
            beginning([
                JSON.Member("width", .int(size.width)), JSON.Member("height", .int(size.height)),
                JSON.Member("format", .string(feed.format.rawValue)),
                JSON.Member("range", .string(picture.isFullRange || feed.format == .rgb24 ? "full" : "limited")),
                JSON.Member(
                    "source",
                    .members([
                        "width": .int(picture.width), "height": .int(picture.height),
                        "rotation": .int(display.turns * 90), "mirrored": display.isMirrored ? true : nil,
                    ])),
            ]))
    }

    override func takeFrame(_ json: JSON) {
        guard owedCount > 0 else { return fail(.answer, "an answer that was not asked for") }
        let (expected, mapping) = owed[owedStart]
        let answer: FrameAnswer
        do {
            answer = try shapes.read(json, mapping)
        } catch {
            return fail(.answer, error.description)
        }
        guard answer.frame == expected else {
            return fail(.answer, "an answer for frame \(answer.frame) in the place of frame \(expected)")
        }
        owedStart += 1
        if owedStart > 1024 {
            owed.removeFirst(owedStart)
            owedStart = 0
        }
        measures[expected] = answer.measurement
        answered += 1
    }

    override func takeEnd() {
        guard owedCount == 0 else {
            return fail(.answer, "ended, and owes answers from frame \(owed[owedStart].frame) on")
        }
        super.takeEnd()
    }

    /// Whether what the tool has to say of a frame is known.
    func knows(_ frame: Int) -> Bool { failure != nil || owedCount == 0 || frame < owed[owedStart].frame }

    /// What it measured of a frame; nothing of one that it was not sent, or where it failed.
    func measurement(_ frame: Int) -> Measurement { measures.removeValue(forKey: frame) ?? Measurement() }

    /// Waits for another `begin`, unless its process is no good for one.
    func restart() {
        guard becomeIdle() else { return }
        (measures, owed, owedStart) = ([:], [], 0)
        (answered, lastTick) = (0, nil)
    }

    /// No frame follows.
    func finish() {
        guard !isOver else { return }
        // Without a frame it knows nothing of the video.
        if phase == .idle {
            phase = .ended
        } else {
            sendEnd()
        }
    }
}

extension PluginTool.FrameFeed.Format {
    /// Bytes of a frame.
    func bytes(width: Int, height: Int) -> Int {
        switch self {
        case .gray8: width * height
        case .rgb24: 3 * width * height
        case .yuv420p: width * height + 2 * ((width + 1) / 2) * ((height + 1) / 2)
        }
    }
}

extension FeedForm {
    fileprivate init(_ feed: PluginTool.FrameFeed, isUpright: Bool) {
        let format: Format =
            switch feed.format {
            case .gray8: .gray8
            case .rgb24: .rgb24
            case .yuv420p: .yuv420p
            }
        let size: Size =
            switch feed.size {
            case .source, .small: .source
            case .exact(let width, let height): .exact(width: width, height: height)
            case .short(let most): .short(most)
            }
        self.init(format: format, size: size, isUpright: isUpright)
    }
}
