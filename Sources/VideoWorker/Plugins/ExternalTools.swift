internal import Bytes
internal import FrameTools
internal import Frames
internal import Jobs
internal import Media
internal import ToolModel

/// The external tools of a job that have a process: what they are sent and what they answer.
final class ExternalTools {
    /// Tools that are sent frames, by their ids.
    let feeds: [String: FrameSession]
    /// Tools with a pass of their own, in the order of the request.
    let passes: [VideoSession]
    let spool: MeasureSpool?
    /// Called while a plugin is waited for, about ten times a second.
    private let pulse: () -> Void

    /// Milliseconds of one wait.
    private static let wait: Int32 = 100

    /// - Parameters:
    ///   - tools: of the request, in its order.
    ///   - descriptors: as the request says, three for each worked tool.
    ///   - folder: for a file of what tools with a pass of their own answer.
    init(
        _ request: JobRequest, _ tools: [SelectedExternal], _ descriptors: [FileDescriptor], in folder: RawPath,
        pulse: @escaping () -> Void
    ) throws {
        guard descriptors.count == tools.count * JobRequest.descriptorsPerTool else {
            for descriptor in descriptors { Files.close(descriptor) }
            throw WorkerError("\(tools.count) external tools came with \(descriptors.count) descriptors")
        }
        self.pulse = pulse
        // A plugin may be gone while it is written to.
        Files.ignoreBrokenPipes()
        let hasPasses = tools.contains { $0.origin.tool.mode == .video }
        let spool = hasPasses ? try MeasureSpool(in: folder) : nil
        var feeds: [String: FrameSession] = [:]
        var passes: [VideoSession] = []
        for (number, tool) in tools.enumerated() {
            let first = number * JobRequest.descriptorsPerTool
            let own = PluginDescriptors(
                frames: descriptors[first], answers: descriptors[first + 1], control: descriptors[first + 2])
            switch tool.origin.tool.mode {
            case .frames(let feed):
                feeds[tool.descriptor.id] = FrameSession(
                    tool.descriptor, tool.origin, feed, tool.settings, place: tool.place, own)
            case .video:
                guard let spool else { continue }
                passes.append(
                    VideoSession(tool.descriptor, tool.origin, tool.settings, place: tool.place, own, spool))
            }
        }
        (self.feeds, self.passes, self.spool) = (feeds, passes, spool)
    }

    /// A pass of the job, the shared one first; nil where there is no other.
    func pass(_ number: Int) -> Progress.Pass? {
        guard !passes.isEmpty else { return nil }
        return Progress.Pass(
            tool: number == 0 ? "forgebatch/frames" : passes[number - 1].id, completed: number,
            total: 1 + passes.count)
    }

    /// What tools with a pass of their own measured of a frame, as it stands in a result.
    func measures(of frame: Int) throws(SystemError) -> [JSON.Member] {
        guard let spool else { return [] }
        var members: [JSON.Member] = []
        for session in passes where session.failure == nil {
            if let own = try spool.measures(frame, tool: session.id) { members.append(JSON.Member(session.id, own)) }
        }
        return members
    }

    /// Begins anew with the same video, whatever was sent of it. What a tool makes of a video that ends here is no failure, as
    /// long as its process can take another one.
    func restart() {
        let failed = Set(failures.map(\.tool))
        finishFeeds()
        for session in feeds.values where !failed.contains(session.id) { session.restart() }
    }

    var failures: [ToolFailure] { sessions.compactMap(\.failure) }

    private var sessions: [PluginSession] { feeds.sorted { $0.key < $1.key }.map(\.value) + passes }

    var wantsSmall: Bool { feeds.values.contains(where: \.wantsSmall) }

    /// Sends a frame to the tools that want it, and waits for those that are behind.
    func take(_ picture: Picture, _ time: FrameTime, small: SmallLuma?, display: DisplayGeometry) throws(DecodeError) {
        for session in feeds.values { try session.take(picture, time, small: small, display: display) }
        let all = Array(feeds.values)
        // What there is room for goes at once.
        for session in all { session.channel.write() }
        wait(for: all) { $0.isBehind }
    }

    /// Whether all tools have said what they have to say of a frame.
    func knows(_ frame: Int) -> Bool { feeds.values.allSatisfy { $0.knows(frame) } }

    /// No frame follows: waits for the answers that are owed.
    func finishFeeds() {
        let all = Array(feeds.values)
        for session in all { session.finish() }
        wait(for: all) { !$0.isOver }
        // What a tool said it cannot do may still have a part of a frame on its way.
        let limit = monotonicNanoseconds() &+ 2_000_000_000
        while all.contains(where: { $0.channel.queued > 0 }), monotonicNanoseconds() < limit {
            _ = PluginChannel.turn(all.map(\.channel), wait: ExternalTools.wait)
        }
        for session in all where session.channel.queued > 0 { session.giveUpProcess() }
    }

    /// Runs a pass to its end.
    ///
    /// - Parameter step: called with each number of frames that the tool says to be at.
    func run(_ session: VideoSession, step: (Int) -> Void) {
        var told = 0
        let begun = monotonicNanoseconds()
        while !session.isOver {
            turn([session], wait: ExternalTools.wait)
            session.checkPatience(monotonicNanoseconds(), since: begun)
            if let progress = session.progress, progress > told {
                told = progress
                step(progress)
            }
            pulse()
        }
    }

    private func wait<Session: PluginSession>(for all: [Session], while condition: (Session) -> Bool) {
        let begun = monotonicNanoseconds()
        while true {
            let waited = all.filter(condition)
            if waited.isEmpty { return }
            turn(all, wait: ExternalTools.wait)
            let now = monotonicNanoseconds()
            // Only who is waited for is at fault.
            for session in waited where condition(session) { session.checkPatience(now, since: begun) }
            pulse()
        }
    }

    private func turn(_ all: [some PluginSession], wait milliseconds: Int32) {
        let live = all.filter { !$0.isOver || $0.channel.queued > 0 }
        for (session, lines) in zip(live, PluginChannel.turn(live.map(\.channel), wait: milliseconds)) {
            session.take(lines)
        }
    }
}

/// An external tool of a request that has a process.
struct SelectedExternal {
    let descriptor: ToolDescriptor
    let origin: ToolOrigin
    let settings: ToolSettings
    /// `cpu`, `cuda:0`.
    let place: String
}
