internal import Bytes
internal import FrameResults
internal import FrameTools
internal import Frames
internal import Jobs
internal import Media
internal import Stills

/// A request that cannot be carried out.
struct WorkerError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One video from file to result, in a process of its own: a synchronous loop, progress lines out.
package enum WorkerProgram {
    /// Nanoseconds after which frames are a reason for a line, whatever rate of progress was asked for: without one the
    /// parent would take a worker for stalled.
    private static let heartbeatInterval: UInt64 = 1_000_000_000

    /// The version of the rules by which videos are decoded and judged.
    package static var rules: Int { DecodeReport.rules }

    /// The libraries that videos are decoded with.
    package static var libraries: [(name: String, version: String)] { FFmpegVersions.all }

    /// Formats of videos that they cannot read.
    package static var missingFormats: Set<String> { InputFormats.missing }

    /// Names of common codecs that they cannot decode.
    package static var missingDecoders: [String] { Decoders.missing }

    /// How many common codecs are looked for.
    package static var commonDecoders: Int { Decoders.common.count }

    /// Reads a request from standard input and carries it out.
    ///
    /// - Returns: the exit status: 0 when the last line says how the job ended, 70 when there was no request.
    package static func main() -> Int32 {
        Confinement.closeInherited()
        guard let input = WorkerInput.read() else {
            try? Files.write(
                Array("forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`\n".utf8),
                to: .standardError,
                path: RawPath("standard error"))
            return 70
        }
        let outcome = run(input.request)
        send(.finished(outcome))
        return 0
    }

    /// The parent reads all we write; when it does not any more, the watch ends us.
    private static func send(_ message: WorkerMessage) {
        try? Files.write(message.encode(), to: .standardOutput, path: RawPath("standard output"))
    }

    private static func run(_ request: JobRequest) -> JobOutcome {
        var outcome: JobOutcome
        do {
            outcome = try analyse(request)
        } catch let error as NoFrame {
            outcome = JobOutcome(kind: .content, message: error.message)
        } catch let error as SandboxError {
            outcome = JobOutcome(kind: .sandbox, message: error.description)
        } catch let error as SystemError where error.tooLarge != nil {
            outcome = JobOutcome(kind: .content, message: error.tooLarge)
        } catch let error as SystemError {
            let isInput = error.path == request.input.display || error.path == request.relative.display
            outcome = JobOutcome(
                kind: isInput ? .input : error.isDiskFull ? .diskFull : error.isNameTooLong ? .name : .io,
                message: isInput ? "\(error.call): \(error.reason)" : "result: \(error.call): \(error.reason)")
        } catch DecodeError.outOfMemory {
            outcome = JobOutcome(kind: .memory, message: Confinement.outOfMemory(request.memory))
        } catch let error as DecodeError {
            // A file that cannot be read now may be sound, and readable another time.
            if case .unreadable = error {
                outcome = JobOutcome(kind: .input, message: "\(error)")
            } else {
                outcome = JobOutcome(kind: .content, message: "\(error)")
            }
        } catch {
            outcome = JobOutcome(kind: .content, message: "\(error)")
        }
        outcome.processorSeconds = processorSeconds()
        return outcome
    }

    private static func analyse(_ request: JobRequest) throws -> JobOutcome {
        for note in Confinement.giveWay(request) { send(.note(note)) }
        let pass = try ToolPass(request.tools)
        // All that is needed is opened here: behind the confinement nothing can be, and before it there is no second thread.
        let (descriptor, before) = try open(request)
        guard let before else { return changed() }
        let result = KeptResult.open(request)
        // Opened twice, for when it turns out that the result is of no use.
        let again = result == nil ? nil : try open(request).0
        var writer = try ResultWriter(
            path: StagedFiles(request).temporary(.result), isCompressed: OutputLayout.isCompressed(request.result))
        let stillFiles = try StillFiles(request)
        if let note = try Confinement.enter(request) { send(.note(note)) }
        try ParentWatch.start()

        let fingerprint = try Fingerprint.of(descriptor, size: before.size, path: request.relative)
        let source = ResultHead.Source(path: request.relative, size: before.size, fingerprint: fingerprint)
        var content: String?
        if request.wantsContent || request.origin?.content != nil {
            content = try self.content(descriptor, size: before.size, request)
        }
        var isReused = false
        var analysed: AnalysedVideo
        if let result, let again {
            do {
                let kept = try KeptResult(request, result)
                try kept.check(request, source, content: content)
                analysed =
                    try kept.isEnough
                    ? reevaluate(request, kept, into: &writer)
                    : decode(request, descriptor, source, kept.pass(request), kept, into: &writer, stillFiles)
                isReused = true
            } catch is KeptResult.Unusable {
                try writer.restart()
                analysed = try decode(request, again, source, pass, nil, into: &writer, stillFiles)
            }
        } else {
            analysed = try decode(request, descriptor, source, pass, nil, into: &writer, stillFiles)
        }
        // The parent looked at the file before us; whoever wrote to it since wrote something that was not read.
        guard let after = try? Files.status(request.input), after == before else { return changed() }
        let written = try writer.finish(analysed.head)
        if let step = analysed.pacer.finish(frames: analysed.head.totalFrames) {
            send(.step(current: step.current, total: step.total))
        }
        var outcome = outcome(analysed, written, isCompressed: OutputLayout.isCompressed(request.result))
        (outcome.content, outcome.isReused) = (content, isReused)
        return outcome
    }

    /// The SHA-256 of a whole video.
    ///
    /// - Complexity: one more read of the file; about a second of processor time for 300 MB.
    private static func content(
        _ descriptor: FileDescriptor, size: Int64, _ request: JobRequest
    ) throws(SystemError) -> String {
        var hash = Digest.Running()
        var offset: Int64 = 0
        var heartbeat = Heartbeat()
        while offset < size {
            let piece = try Files.read(descriptor, at: offset, count: 1 << 20, path: request.relative)
            if piece.isEmpty { break }
            hash.update(piece)
            offset += Int64(piece.count)
            let now = monotonicNanoseconds()
            if now &- heartbeat.last > heartbeatInterval {
                send(.heartbeat)
                heartbeat.last = now
            }
        }
        return hash.hex()
    }

    /// Decodes a video from its first frame to its last.
    ///
    /// - Parameter kept: the result that has the measures of those tools of the pass that look at no picture.
    /// - Throws: ``NoFrame``, ``KeptResult/Unusable`` when the result is not one of the same decoding.
    private static func decode(
        _ request: JobRequest, _ descriptor: FileDescriptor, _ source: ResultHead.Source, _ tools: ToolPass,
        _ kept: KeptResult?, into writer: inout ResultWriter, _ stillFiles: borrowing StillFiles
    ) throws -> AnalysedVideo {
        var pass = tools
        var limits = MediaLimits()
        limits.threads = request.threads
        limits.expectMemory = { Confinement.allow($0, request.memory) }
        let reader = try VideoReader(
            descriptor: descriptor, fileExtension: request.relative.lowercasedExtension, limits: limits)
        send(
            .opened(
                totalFrames: reader.info.declaredFrames ?? 0, duration: reader.info.duration,
                estimatedTotal: reader.info.estimatedFrames))
        Confinement.limitProcessor(request, duration: reader.info.duration, isFinal: true)

        // No codec spends less than a few bytes on a frame, so the file's size bounds what its header may claim.
        let expected = min(reader.info.declaredFrames ?? 0, Int(clamping: source.size / 64))
        var stills = StillCollector(expectedFrames: expected)
        var pacer = ProgressPacer(declared: reader.info.declaredFrames ?? 0, interval: request.progressInterval)
        var heartbeat = Heartbeat()
        var end = 0.0
        while let (picture, time) = try reader.next() {
            let stored = try kept?.frame(at: time.time)
            let (ready, luma) = pass.take(picture, time, stored: stored, wantsLuma: request.stills)
            for record in ready { try writer.append(record) }
            if let luma { try? stills.add(picture, index: time.index, luma: luma, display: reader.shapes.last) }
            if let start = time.time { end = start + (time.duration ?? 0) }
            tell(time.index + 1, &pacer, &heartbeat)
        }
        let report = DecodeReport(reader)
        guard report.decodedFrames > 0 else {
            throw NoFrame(message: reader.account.refusal.map { "\($0)" } ?? noFrame(report))
        }
        let video = reader.info.json(reader.shapes)
        for record in pass.finish(end: rounded6(end)) { try writer.append(record) }
        let head = ResultHead(
            jobID: request.job.text, source: source, video: video, decode: report, tools: pass.description,
            summary: pass.summary, events: pass.events)
        try kept?.checkEnd(head)
        if request.stills { try write(stills, to: stillFiles) }
        var facts = VideoFacts(codec: reader.info.codec, width: reader.info.width, height: reader.info.height)
        facts.duration = report.coveredDuration ?? reader.info.duration
        return AnalysedVideo(
            head: head, facts: facts, verdict: report.verdict, reasons: report.reasons.map(\.rawValue), pacer: pacer)
    }

    /// Makes a result from the measures of the one that is there, without decoding.
    private static func reevaluate(
        _ request: JobRequest, _ kept: KeptResult, into writer: inout ResultWriter
    ) throws -> AnalysedVideo {
        var pass = try kept.pass(request)
        let stored = kept.head
        send(.opened(totalFrames: stored.totalFrames, duration: stored.coveredDuration))
        Confinement.limitProcessor(request, duration: stored.coveredDuration, isFinal: false)
        var pacer = ProgressPacer(declared: stored.totalFrames, interval: request.progressInterval)
        var heartbeat = Heartbeat()
        for number in 1...max(1, stored.totalFrames) {
            for record in pass.take(stored: try kept.frame()) { try writer.append(record) }
            tell(number, &pacer, &heartbeat)
        }
        for record in pass.finish(end: stored.coveredDuration ?? 0) { try writer.append(record) }
        var head = ResultHead(stored: stored, tools: pass.description, summary: pass.summary, events: pass.events)
        (head.jobID, head.source.path) = (request.job.text, request.relative)
        try kept.checkEnd(head)
        return AnalysedVideo(
            head: head, facts: stored.facts, verdict: stored.verdict, reasons: stored.reasons, pacer: pacer)
    }

    /// When the parent heard of this worker last.
    private struct Heartbeat {
        var last = monotonicNanoseconds()
    }

    /// Tells of a frame if it is time to.
    private static func tell(_ number: Int, _ pacer: inout ProgressPacer, _ heartbeat: inout Heartbeat) {
        let now = monotonicNanoseconds()
        if let step = pacer.frame(number, now: now) {
            send(.step(current: step.current, total: step.total))
            heartbeat.last = now
        } else if now &- heartbeat.last > heartbeatInterval {
            send(.heartbeat)
            heartbeat.last = now
        }
    }

    /// The file that the run was planned for, or no status when it is another one by now.
    private static func open(_ request: JobRequest) throws(SystemError) -> (FileDescriptor, FileStatus?) {
        let descriptor = try Files.openInput(request.input)
        let status = try Files.status(descriptor: descriptor, path: request.relative)
        guard status.kind == .file, status.size == request.size, status.modified == request.modified,
            status.inode == request.inode
        else { return (descriptor, nil) }
        return (descriptor, status)
    }

    private static func changed() -> JobOutcome {
        JobOutcome(kind: .changed, message: "changed while read, taken next time")
    }

    private static func noFrame(_ report: DecodeReport) -> String {
        let cause = (report.errors.first ?? report.notes.first).map { " (FFmpeg: \(Escape.visible($0.text)))" } ?? ""
        let claim = report.declaredFrames.map { " of \($0) declared" } ?? ""
        return "decode: no video frames\(claim): not one picture could be made of its data\(cause)"
    }

    /// Stills can be made again: one that fails to be made, but for a full disk, costs the video nothing.
    private static func write(_ stills: StillCollector, to files: borrowing StillFiles) throws(SystemError) {
        try files.write((try? stills.thumbnail()) ?? nil, .thumbnail)
        try files.write((try? stills.strip()) ?? nil, .strip)
        try files.write(stills.lumaTimeline(), .lumaTimeline)
        try files.write((try? stills.film()) ?? nil, .film)
    }

    private static func outcome(
        _ video: AnalysedVideo, _ written: ResultWriter.Finished, isCompressed: Bool
    ) -> JobOutcome {
        var outcome = JobOutcome(kind: .completed)
        outcome.frames = video.head.totalFrames
        outcome.declared = video.head.declaredFrames
        outcome.verdict = video.verdict
        outcome.reasons = video.reasons
        outcome.sha256 = written.sha256
        outcome.fingerprint = video.head.source.fingerprint
        outcome.size = written.size
        outcome.contentSize = isCompressed ? written.contentSize : nil
        outcome.events = video.head.events.count
        outcome.facts = video.facts
        (outcome.facts.detections, outcome.facts.classes) = (written.detections, written.classes)
        outcome.summaries = video.head.summary
        return outcome
    }
}

/// A video whose frames are all in the writer.
private struct AnalysedVideo {
    var head: ResultHead
    /// Without what is counted while the result is written.
    var facts: VideoFacts
    var verdict: VideoStatus
    var reasons: [String]
    var pacer: ProgressPacer
}

/// A video without a frame.
private struct NoFrame: Error {
    let message: String
}
