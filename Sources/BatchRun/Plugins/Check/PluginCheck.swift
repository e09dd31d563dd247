package import Bytes
internal import Jobs
internal import Store
package import ToolModel

/// Holds one tool of a plugin to what docs/plugins.md asks of it, by small batches of made videos, and of one that is
/// given.
package struct PluginCheck {
    /// Why a check does not go on.
    package enum Stop: Error, Sendable {
        /// The given video is none that can be decoded; with a sentence.
        case video(String)
        case signal(Int32)
    }

    private let tool: PluginTool
    /// `plugin/tool`.
    private let id: String
    private let options: RunOptions
    private let folder: RawPath
    private let video: RawPath?
    private let stops: StopRelay
    private let report: (PluginFinding) -> Void
    private let progress: (String, RunView) -> Void

    /// - Parameters:
    ///   - options: of a run of this tool alone; input and output are chosen here.
    ///   - folder: where videos and results are put; it has to be empty.
    ///   - video: one to check with besides those that are made.
    ///   - report: called as soon as something is known.
    ///   - progress: about ten times a second, with what is being done.
    package init(
        _ tool: PluginTool, id: String, _ options: RunOptions, in folder: RawPath, video: RawPath?, _ stops: StopRelay,
        report: @escaping (PluginFinding) -> Void, progress: @escaping (String, RunView) -> Void
    ) {
        var options = options
        (options.workers, options.isByName, options.stills) = (1, true, false)
        (options.minFree, options.retries, options.progressInterval) = (0, 0, 0)
        self.options = options
        self.tool = tool
        self.id = id
        self.folder = folder
        self.video = video
        self.stops = stops
        self.report = report
        self.progress = progress
    }

    /// Starts the plugin once.
    ///
    /// - Returns: seconds until it said hello, and bytes of memory that it had then.
    /// - Throws: ``PluginStartFailure``.
    package static func start(_ options: RunOptions, _ tools: Set<String>) async throws(PluginStartFailure) -> (
        seconds: Double, memory: Int64
    ) {
        var settings = PluginPool.Settings(plugins: options.plugins, places: 1, program: options.worker)
        let watch = PluginWatch()
        (settings.sandbox, settings.files, settings.watch) = (options.sandbox, options.pluginFiles, watch)
        let pool = PluginPool(settings)
        let begun = monotonicNanoseconds()
        try await pool.probe(tools)
        let seconds = Double(monotonicNanoseconds() &- begun) / 1e9
        watch.look()
        await pool.close()
        return (seconds, watch.memory)
    }

    /// Makes all checks, one after the other; what one finds does not end the others.
    ///
    /// - Throws: ``Stop``, and `SystemError` for its own files.
    package func run() async throws {
        var seen = Seen()
        try await step("repeat") { try await repeats(&seen) }
        try await step("sizes") { try await sizes(&seen) }
        var seconds = 0.0
        if seen.hasWorked { try await step("cost") { seconds = try await cost(&seen) } }
        if seen.hasWorked { try await step("kill") { try await kill(seconds, &seen) } }
        tell(seen)
    }

    /// Whether a process of it serves several videos.
    private var isReused: Bool { tool.mode != .video && tool.isReused }

    // MARK: What was seen

    /// What all runs together tell.
    private struct Seen {
        /// Whether it answered the first videos: else there is nothing to take the time of, or to interrupt.
        var hasWorked = false
        /// The result of the second video, where it is known to be always the same.
        var other: JSON?
        var survivors = 0
        var memory: Int64 = 0
        var lines = 0
        var isLogFull = false
        var dropped = (values: 0, objects: 0)

        mutating func take(_ run: CheckRun, _ results: [JSON] = []) async {
            survivors += await run.watch.survivors(after: 3)
            memory = max(memory, run.watch.memory)
            let log = run.watch.log.utf8
            lines += log.count { $0 == 0x0a }
            isLogFull = isLogFull || log.count >= ToolLog.most
            for result in results {
                dropped.values += result["sanitized"]?["dropped_values"]?.int ?? 0
                dropped.objects += result["sanitized"]?["dropped_objects"]?.int ?? 0
            }
        }
    }

    private func tell(_ verdict: PluginFinding.Verdict, _ check: String, _ text: String, _ numbers: [JSON.Member] = [])
    {
        report(PluginFinding(verdict, id, check, text, numbers))
    }

    private func tell(_ seen: Seen) {
        if seen.survivors == 0 {
            tell(.ok, "processes", "nothing that it started is left")
        } else {
            tell(.failed, "processes", "\(seen.survivors) of its processes are still there: end with descriptor 3")
        }
        let limit = options.plugins.first?.plugin.manifest.limits.memory ?? 0
        tell(
            .note, "memory",
            "\(seen.memory >> 20) MiB of its own at most, of \(limit >> 20) MiB that the manifest lets it have",
            [JSON.Member("memory", .int(Int(seen.memory)))])
        if seen.isLogFull || seen.lines > 100 {
            let count = seen.isLogFull ? "much" : "\(seen.lines) lines"
            tell(.note, "log", "it prints \(count); that is harmless, but only the last 64 KiB are there when it fails")
        }
        if seen.dropped != (0, 0) {
            tell(
                .note, "nulls",
                "\(seen.dropped.values) values and \(seen.dropped.objects) objects of its answers were left out: null, NaN, no number, or a box without an area",
                [
                    JSON.Member(PluginTool.droppedValues, .int(seen.dropped.values)),
                    JSON.Member(PluginTool.droppedObjects, .int(seen.dropped.objects)),
                ])
        }
    }

    /// Makes a check; where the plugin does not start for it, that is what it found.
    private func step(_ check: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let refusal as RunRefusal {
            tell(.failed, check, "\(refusal)")
        } catch let failure as LookFailure {
            if let signal = stops.first { throw Stop.signal(signal) }
            throw failure
        }
        if let signal = stops.first { throw Stop.signal(signal) }
    }

    private func batch(
        _ name: String, _ what: String, _ videos: [(name: String, video: CheckRun.Video)],
        adapt: (inout RunOptions) -> Void = { _ in }, display: (RunView, PluginWatch) -> Void = { _, _ in }
    ) async throws -> CheckRun {
        var options = options
        adapt(&options)
        let run = try await CheckRun(in: folder.appending(name), options, videos, stops) { view, watch in
            progress(what, view)
            display(view, watch)
        }
        if let signal = stops.first { throw Stop.signal(signal) }
        return run
    }

    // MARK: The same again

    /// A video, another one and the first again in one process, then the first in a fresh one.
    private func repeats(_ seen: inout Seen) async throws {
        let first: CheckRun.Video =
            video.map { .copy($0) } ?? .made(CheckClip(width: 320, height: 240, frames: 40, seed: 1))
        let other = CheckRun.Video.made(CheckClip(width: 320, height: 240, frames: 40, seed: 5))
        let ending = video.flatMap { path in
            path.lastComponent.display.lastIndex(of: ".").map { String(path.lastComponent.display[$0...]) }
        }
        let names = ["a", "b", "c"].map { $0 + (ending ?? ".y4m") }
        let second = "b.y4m"
        let run = try await batch(
            "repeat", "two videos, and the first again",
            [
                (names[0], first), (second, other), (names[2], first),
            ])
        if video != nil, run.entry(names[0]) == nil {
            throw Stop.video(try run.failure(id, names[0]) ?? "")
        }
        for name in [names[0], second, names[2]] {
            guard let why = try run.failure(id, name) else { continue }
            await seen.take(run)
            let which = name == second || video == nil ? "a made video" : "the video"
            return tell(.failed, "repeat", "it failed on \(which): \(why)")
        }
        let (one, again) = (try run.result(names[0]), try run.result(names[2]))
        await seen.take(run, [one])
        let alone = try await batch("fresh", "the first video in a fresh process", [(names[0], first)])
        let fresh = try alone.result(names[0])
        await seen.take(alone)
        seen.hasWorked = true
        if let why = try alone.failure(id, names[0]) {
            return tell(.failed, "fresh", "it failed on the first video, in a fresh process alone: \(why)")
        }
        answers(one)
        if let place = PluginCheck.difference(one, fresh) {
            tell(
                .failed, "fresh",
                "not deterministic: two fresh processes differ on one video, in \(place): fix seeds, keep to one thread, and use no clock"
            )
            tell(.note, "again", "whether something of one video is left for the next cannot be told before that")
            return
        }
        tell(.ok, "fresh", "deterministic: two fresh processes gave the same")
        if let place = PluginCheck.difference(one, again) {
            tell(
                .failed, "again",
                "something of one video is left for the next: the first video again, in the same process, differs in \(place): make all state anew at begin, or set \"reuse\": false"
            )
        } else {
            seen.other = try run.result(second)
            tell(
                .ok, "again",
                "the first video again, after another one, gave the same\(isReused ? " in one process" : "")")
        }
    }

    /// How large its answers are, and whether there is anything in them.
    private func answers(_ result: JSON) {
        let frames = result["frames"]?.array ?? []
        let own = frames.compactMap { $0[id] }
        let bytes = own.reduce(0) { $0 + JSONWriter.encode($1).count }
        let hasFound = own.contains { answer in
            (answer.members ?? []).contains { $0.key != "candidates" || $0.value["xyxy"]?.array?.isEmpty == false }
        }
        if hasFound {
            let each = bytes / max(1, frames.count)
            tell(
                .note, "answers", "about \(each) bytes a frame in the result",
                [JSON.Member("bytes_per_frame", .int(each))])
        } else {
            let advice = video == nil ? "give a VIDEO that has what it looks for" : "is there anything for it?"
            tell(.note, "answers", "it found nothing and measured nothing: \(advice)")
        }
    }

    /// Where two results of a tool differ, in a few words; nil when they do not.
    private static func difference(_ one: JSON, _ other: JSON) -> String? {
        let (frames, others) = (one["frames"]?.array ?? [], other["frames"]?.array ?? [])
        if frames.count != others.count { return "the number of frames" }
        if let index = frames.indices.first(where: { JSONWriter.encode(frames[$0]) != JSONWriter.encode(others[$0]) }) {
            return "frame \(index)"
        }
        return ["summary", "events"].first { key in
            one[key].map { JSONWriter.encode($0) } != other[key].map { JSONWriter.encode($0) }
        }
    }

    // MARK: Sizes

    private func sizes(_ seen: inout Seen) async throws {
        let many = max(200, tool.lag + 50)
        let clips: [(name: String, clip: CheckClip, what: String)] = [
            ("a.y4m", CheckClip(width: 33, height: 17, frames: 8), "33 x 17 pixels"),
            ("b.y4m", CheckClip(width: 640, height: 360, frames: 8), "640 x 360 pixels"),
            ("c.y4m", CheckClip(width: 270, height: 480, frames: 8), "270 x 480 pixels"),
            ("d.y4m", CheckClip(width: 16, height: 16, frames: 3), "16 x 16 pixels"),
            ("e.y4m", CheckClip(width: 160, height: 120, frames: 1), "one frame"),
            ("f.y4m", CheckClip(width: 160, height: 120, frames: many), "\(many) frames"),
        ]
        let run = try await batch("sizes", "videos of other sizes", clips.map { ($0.name, .made($0.clip)) })
        var failures: [String] = []
        var results: [JSON] = []
        for (name, _, what) in clips {
            if let why = try run.failure(id, name) { failures.append("a video of \(what): \(why)") }
            results.append(try run.result(name))
        }
        await seen.take(run, results)
        if failures.isEmpty {
            tell(.ok, "sizes", "videos of \(clips.map(\.what).joined(separator: ", ")) are answered")
        } else {
            for failure in failures { tell(.failed, "sizes", "it failed on \(failure)") }
        }
    }

    // MARK: Time

    /// Frames and videos that time is taken of.
    private static let timed = (frames: 30, videos: 3)

    /// - Returns: seconds a frame.
    private func cost(_ seen: inout Seen) async throws -> Double {
        let clip = CheckRun.Video.made(CheckClip(width: 640, height: 360, frames: PluginCheck.timed.frames))
        // The first one has the process's start in it.
        let names = (0...PluginCheck.timed.videos).map { "\($0).y4m" }
        let videos = names.map { ($0, clip) }
        let with = try await batch("with", "what a frame costs", videos)
        let without = try await batch("without", "what a frame costs without it", videos) { options in
            (options.tools, options.toolDescriptions, options.plugins) = ([], [], [])
        }
        await seen.take(with)
        if let why = try with.failure(id, names[1]) {
            tell(.failed, "cost", "it failed on a video of 640 x 360 pixels: \(why)")
            return 0
        }
        func median(_ run: CheckRun) -> Double {
            let all = names.dropFirst().compactMap { run.entry($0)?.seconds }.sorted()
            return all.isEmpty ? 0 : all[all.count / 2]
        }
        let seconds = max(0, median(with) - median(without)) / Double(PluginCheck.timed.frames)
        let text =
            seconds < 0.0001 ? "less than 0.1" : "about \(JSONWriter.text(.double((seconds * 10000).rounded() / 10)))"
        tell(
            .note, "cost",
            "\(text) ms for each frame of a video of 640 x 360 pixels (median of \(PluginCheck.timed.videos), with sending and answering\(isReused ? "" : ", and the start of its process"))",
            [JSON.Member("ms_per_frame", .double((seconds * 1e6).rounded() / 1000))])
        return seconds
    }

    // MARK: A crash

    /// Kills it in the middle of a video, which is then tried again, and so is another one.
    private func kill(_ seconds: Double, _ seen: inout Seen) async throws {
        let next = CheckRun.Video.made(CheckClip(width: 320, height: 240, frames: 40, seed: 5))
        var frames = min(2000, max(50, Int(1.5 / max(seconds, 0.0005))))
        for attempt in 0..<4 {
            let long = CheckRun.Video.made(CheckClip(width: 64, height: 48, frames: frames, seed: 2))
            var hasKilled = false
            let run = try await batch(
                "kill-\(attempt)", "killed in the middle of a video", [("a.y4m", long), ("b.y4m", next)],
                adapt: { $0.retries = 1 }
            ) { view, watch in
                guard !hasKilled, let worker = view.workers.first, worker.path == RawPath("a.y4m"),
                    worker.progress?.currentFrame ?? 0 > 0
                else { return }
                hasKilled = watch.kill()
            }
            await seen.take(run)
            guard hasKilled else {
                frames *= 4
                continue
            }
            if let why = try run.failure(id, "a.y4m") {
                return tell(
                    .failed, "kill", "killed in the middle of a video, it failed on the second try, too: \(why)")
            }
            if let why = try run.failure(id, "b.y4m") {
                return tell(.failed, "kill", "it failed on the video after one in which it was killed: \(why)")
            }
            if let before = seen.other, let place = PluginCheck.difference(before, try run.result("b.y4m")) {
                return tell(
                    .failed, "kill",
                    "the video after one in which it was killed differs in \(place) from what it was before: keep no files between processes"
                )
            }
            return tell(
                .ok, "kill", "killed in the middle of a video, it was started again, and both videos came out right")
        }
        tell(.note, "kill", "it was done before it could be killed in the middle of a video")
    }
}
