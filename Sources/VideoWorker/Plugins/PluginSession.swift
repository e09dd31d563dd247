internal import Analysis
internal import Bytes
internal import FrameTools
internal import Jobs
internal import Media
internal import ToolModel

/// One external tool over one video: the wire's rules, and what it answered. docs/plugins.md has the wire.
class PluginSession {
    enum Phase: Equatable {
        /// Its hello is still to come.
        case waitingForHello
        /// It knows nothing of this video.
        case idle
        /// It was told of the video and has not said that it is ready.
        case beginning
        case running
        /// It was told that no frame follows.
        case ending
        case ended
    }

    let id: String
    let tool: PluginTool
    let manifest: PluginManifest
    let settings: ToolSettings
    /// `cpu`, `cuda:0`.
    let place: String
    let channel: PluginChannel
    let shapes: DetectionShapes
    var phase: Phase
    private var hasSentEnd = false
    private(set) var failure: ToolFailure?
    /// Frames that were answered.
    var answered = 0
    /// When the plugin did last what it has to.
    var lastSign = monotonicNanoseconds()

    /// Seconds that a process has to say how it ended.
    private static let patience = 3.0

    init(
        _ descriptor: ToolDescriptor, _ origin: ToolOrigin, _ settings: ToolSettings, place: String,
        _ descriptors: PluginDescriptors, phase: Phase
    ) {
        id = descriptor.id
        tool = origin.tool
        manifest = origin.plugin.manifest
        self.settings = settings
        self.place = place
        self.phase = phase
        channel = PluginChannel(descriptors)
        shapes = DetectionShapes(origin.tool)
    }

    /// Whether nothing more is expected of it.
    var isOver: Bool { failure != nil || phase == .ended }

    /// The seconds that it may be silent now.
    var patience: Double {
        switch phase {
        case .waitingForHello, .beginning: max(manifest.limits.startSeconds, manifest.limits.stallSeconds)
        default: manifest.limits.stallSeconds
        }
    }

    /// Sends a line.
    func send(_ json: JSON) { channel.send(.bytes(JSONWriter.encode(json) + [0x0a])) }

    /// What every `begin` has.
    func beginning(_ rest: [JSON.Member]) -> JSON {
        let own = tool.settings.filter { $0.kind == .measurement }.map { setting in
            JSON.Member(setting.key, setting.wireValue(settings.values[setting.key] ?? setting.standard))
        }
        return .object(
            [
                JSON.Member("type", "begin"), JSON.Member("tool", .string(tool.id)),
                JSON.Member("settings", .object(own)),
            ] + rest + [JSON.Member("device", .string(place)), JSON.Member("threads", 1)])
    }

    /// Tells it that no frame follows.
    func sendEnd() {
        if phase == .running { phase = .ending }
        hasSentEnd = true
        send(.members(["type": "end"]))
    }

    /// It has ended with what it was told before, or refused it, and is to be told anew.
    ///
    /// - Returns: whether its process can be.
    func becomeIdle() -> Bool {
        guard failure?.isProcessSound ?? true else { return false }
        (failure, phase, hasSentEnd) = (nil, .idle, false)
        return true
    }

    /// Takes the lines that came, and what the channel lost.
    func take(_ lines: [[UInt8]]) {
        for line in lines where !isOver { take(line) }
        guard !isOver, let loss = channel.loss else { return }
        switch loss {
        case .closed: fail(.crash, "its process ended")
        case .endlessLine: fail(.answer, "a line of more than \(PluginChannel.lineLimit >> 20) MiB")
        case .failed(let code): fail(.crash, SystemError("read", RawPath("its answers"), code: code).reason)
        }
    }

    private func take(_ line: [UInt8]) {
        let json: JSON
        do {
            json = try JSONReader.parse(line)
        } catch {
            return fail(.answer, "an answer that is no JSON: \(error)")
        }
        lastSign = monotonicNanoseconds()
        switch (json["type"]?.string, phase) {
        case ("hello", .waitingForHello): phase = .beginning
        case ("begun", .beginning): phase = hasSentEnd ? .ending : .running
        case ("progress", .beginning), ("progress", .running), ("progress", .ending): takeProgress(json)
        case ("frame", .running), ("frame", .ending): takeFrame(json)
        case ("ended", .running) where mayEndByItself, ("ended", .ending): takeEnd()
        case ("failed", _):
            let message = json["message"]?.string ?? ""
            // Its process goes on: what is left of a frame is sent, and dropped there.
            fail(.refused, message.isEmpty ? "it says that it failed, and not why" : message, isProcessSound: true)
        case (let type?, _): fail(.answer, "\(Escape.visible(type)) was not asked for")
        case (nil, _): fail(.answer, "an answer without a type")
        }
    }

    // What kinds of tools do with it.

    var mayEndByItself: Bool { false }
    func takeProgress(_ json: JSON) {}
    func takeFrame(_ json: JSON) {}
    func takeEnd() { phase = .ended }

    /// Whether it was silent for too long, which is the end of it.
    ///
    /// - Parameter since: when it began to be waited for.
    func checkPatience(_ now: UInt64, since: UInt64) {
        let begun = max(lastSign, since)
        guard !isOver, now > begun, Double(now - begun) / 1e9 > patience else { return }
        let seconds = JSONWriter.text(.double(patience))
        let what = phase == .waitingForHello ? "hello" : phase == .beginning ? "begun" : "answer"
        fail(
            .stall,
            "no \(what) for \(seconds) s; raise limits.\(phase == .running || phase == .ending ? "stall" : "start")_seconds in its manifest if it only is slow"
        )
    }

    /// The tool gives nothing to this video.
    ///
    /// - Parameter isProcessSound: whether its process may go on with another video: only where it knows itself that it failed.
    ///   Any other may still answer for this one, and is ended.
    func fail(_ kind: ToolFailure.Kind, _ message: String, isProcessSound: Bool = false) {
        guard failure == nil else { return }
        var failure = ToolFailure(tool: id, kind: kind, message: Escape.visible(message), frames: answered)
        failure.isProcessSound = isProcessSound
        if !isProcessSound,
            let end = channel.end(
                endsByItself: channel.loss == .closed, within: PluginSession.patience)
        {
            if kind == .crash, !end.message.isEmpty { failure.message = Escape.visible(end.message) }
            failure.log = end.logTail
        }
        self.failure = failure
    }

    /// What is left to be sent of a frame could not be.
    func giveUpProcess() { failure?.isProcessSound = false }
}

extension Setting {
    /// As a plugin is told: what its manifest calls a boolean is one.
    fileprivate func wireValue(_ value: SettingValue) -> JSON {
        if case .word(["false", "true"]) = domain, case .word(let word) = value { return .bool(word == "true") }
        return value.json
    }
}
