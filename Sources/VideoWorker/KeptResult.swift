internal import Bytes
internal import FrameResults
internal import FrameTools
internal import Jobs
internal import Media
internal import ToolModel

/// The result that is there, for a job that takes the measures of some tools from it. What is made of it has to be, byte
/// for byte, what decoding with all tools would give: so whatever is not as it would be then makes it unusable.
struct KeptResult {
    /// The video has to be decoded with all tools.
    struct Unusable: Error {}

    let head: StoredHead
    private let result: StoredResult
    /// Those whose measures are taken from it.
    let tools: Set<String>
    /// Whether no tool is left that has to look at pictures.
    let isEnough: Bool

    /// Opens the result; nil when the request keeps nothing, or it cannot be opened. Nothing is read: whoever wrote it may
    /// have been taken over by the video, so it is for the confined to read.
    static func open(_ request: JobRequest) -> LineReader? {
        request.kept.isEmpty ? nil : try? LineReader(path(request))
    }

    /// Where the result that is there lies, whichever form it has.
    private static func path(_ request: JobRequest) -> RawPath {
        request.root.appending(request.origin?.result ?? request.stored ?? request.result)
    }

    /// Reads the head of an open result.
    init(_ request: JobRequest, _ lines: LineReader) throws(Unusable) {
        guard let result = try? StoredResult(lines, KeptResult.path(request)),
            let head = StoredHead(result.head)
        else { throw Unusable() }
        (self.head, self.result, tools) = (head, result, Set(request.kept))
        isEnough = request.tools.allSatisfy { request.kept.contains($0.id) || $0.leftOut != nil }
    }

    /// Whether it is a result of this very video, by the same rules, the same libraries and the same measuring.
    ///
    /// - Parameter content: SHA-256 of the whole video, where it was read.
    func check(_ request: JobRequest, _ source: ResultHead.Source, content: String?) throws(Unusable) {
        if let wanted = request.origin?.content, wanted != content { throw Unusable() }
        let (job, path) = (request.origin?.job ?? request.job, request.origin?.path ?? source.path)
        let libraries = FFmpegVersions.all.map { JSON.Member($0.name, .string($0.version)) }
        guard head.jobID == job.text, head.path == path, head.size == source.size,
            head.fingerprint == source.fingerprint, head.rules == DecodeReport.rules, head.threads == 1,
            head.isComplete, head.totalFrames > 0, head.video["libraries"] == .object(libraries)
        else { throw Unusable() }
        for tool in request.tools where tools.contains(tool.id) {
            guard let descriptor = try? Tool(tool, among: ToolRegistry.all).descriptor,
                let stored = head.tool(tool.id), stored["version"]?.string == descriptor.version,
                stored["fingerprint"]?.string == tool.plugin?.fingerprint,
                stored["device"]?.string == tool.plugin?.device, stored["status"] == nil
            else { throw Unusable() }
            for setting in descriptor.settings where setting.kind == .measurement {
                let asked = setting.value(tool.settings[setting.key]) ?? setting.standard
                guard setting.value(stored["settings"]?[setting.key]) == asked else { throw Unusable() }
            }
        }
    }

    /// The next frame.
    func frame() throws(Unusable) -> JSON {
        guard let frame = try? result.nextFrame() else { throw Unusable() }
        return frame
    }

    /// The next frame, if it is one of this time.
    ///
    /// - Parameter time: seconds; nil where the video gives none.
    func frame(at time: Double?) throws(Unusable) -> JSON {
        let frame = try frame()
        guard frame["time"]?.double == time else { throw Unusable() }
        return frame
    }

    /// Whether there is no further frame, and all that is told of the video and its decoding is as it was.
    func checkEnd(_ head: ResultHead) throws(Unusable) {
        func same(_ one: JSON, _ other: JSON) -> Bool { JSONWriter.encode(one) == JSONWriter.encode(other) }
        let next: [UInt8]?
        do {
            next = try result.nextLine()
        } catch {
            throw Unusable()
        }
        guard next == nil, head.totalFrames == self.head.totalFrames,
            head.declaredFrames == self.head.declaredFrames, same(head.video, self.head.video),
            same(head.decode, self.head.decode)
        else { throw Unusable() }
    }
}

extension StoredHead {
    /// For lists, without what is counted over its frames.
    var facts: VideoFacts {
        VideoFacts(
            codec: video["codec"]?.string, width: video["width"]?.int, height: video["height"]?.int,
            duration: coveredDuration ?? video["duration"]?.double)
    }
}
