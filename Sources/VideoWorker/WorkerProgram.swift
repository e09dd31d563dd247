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
        guard let input = WorkerInput.read() else { return refuse() }
        Teller.send(run(input.request, input.descriptors))
        return 0
    }

    /// Says what the subcommand is for.
    ///
    /// - Returns: the exit status for that.
    static func refuse() -> Int32 {
        try? Files.write(
            Array("forgebatch: this subcommand is for forgebatch itself; use `forgebatch run`\n".utf8),
            to: .standardError,
            path: RawPath("standard error"))
        return 70
    }

    /// - Returns: the last line.
    private static func run(_ request: JobRequest, _ descriptors: [FileDescriptor]) -> WorkerMessage {
        var outcome: JobOutcome
        do {
            if request.describesOnly { return try describe(request) }
            outcome = try analyse(request, descriptors)
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
        return .finished(outcome)
    }

    /// Opens the video, behind the same walls as for a result, and makes nothing.
    private static func describe(_ request: JobRequest) throws -> WorkerMessage {
        for note in Confinement.giveWay(request) { Teller.send(.note(note)) }
        let (descriptor, status) = try request.openInput()
        guard status != nil else { return .finished(changed()) }
        if let note = try Confinement.enter(request) { Teller.send(.note(note)) }
        try ParentWatch.start()
        Confinement.limitProcessor(request, duration: nil, isFinal: true)
        let info = try request.openVideo(descriptor, threads: 1).info
        return .described(info.facts, frames: info.declaredFrames ?? info.estimatedFrames)
    }

    private static func analyse(_ request: JobRequest, _ descriptors: [FileDescriptor]) throws -> JobOutcome {
        for note in Confinement.giveWay(request) { Teller.send(.note(note)) }
        // A request that cannot be carried out is refused before anything is opened.
        let selected = try ToolPass(request.tools).external(of: request)
        // All that is needed is opened here: behind the confinement nothing can be, and before it there is no second thread.
        let (descriptor, before) = try request.openInput()
        guard let before else { return changed() }
        // Read once more where several threads meet trouble.
        let results = [true, request.threads > 1].compactMap { $0 ? KeptResult.open(request) : nil }
        let teller = Teller(interval: request.progressInterval)
        let target = StagedFiles(request).temporary(.result)
        var writer = try ResultWriter(
            path: target, isCompressed: OutputLayout.isCompressed(request.result), rereads: !selected.isEmpty)
        let external =
            selected.isEmpty
            ? nil : try ExternalTools(request, selected, descriptors, in: target.parent) { teller.beat() }
        let stillFiles = try StillFiles(request)
        if let note = try Confinement.enter(request) { Teller.send(.note(note)) }
        try ParentWatch.start()

        let fingerprint = try Fingerprint.of(descriptor, size: before.size, path: request.relative)
        let source = ResultHead.Source(path: request.relative, size: before.size, fingerprint: fingerprint)
        var content: String?
        if request.wantsContent || request.origin?.content != nil {
            content = try self.content(descriptor, size: before.size, request, teller)
        }
        var analysis = VideoAnalysis(request: request, source: source, teller: teller, external: external)
        analysis.leftOut = request.tools.compactMap(\.leftOut)
        let (analysed, isReused) = try analysis.run(
            descriptor, results, content: content, into: &writer, stillFiles)
        // The parent looked at the file before us; whoever wrote to it since wrote something that was not read.
        guard let after = try? Files.status(request.input), after == before else { return changed() }
        let written = try writer.finish(analysed.head)
        teller.finish(frames: analysed.head.totalFrames)
        var outcome = outcome(analysed, written, isCompressed: OutputLayout.isCompressed(request.result))
        (outcome.content, outcome.isReused) = (content, isReused)
        return outcome
    }

    /// The SHA-256 of a whole video.
    ///
    /// - Complexity: one more read of the file; about a second of processor time for 300 MB.
    private static func content(
        _ descriptor: FileDescriptor, size: Int64, _ request: JobRequest, _ teller: Teller
    ) throws(SystemError) -> String {
        var hash = Digest.Running()
        var offset: Int64 = 0
        while offset < size {
            let piece = try Files.read(descriptor, at: offset, count: 1 << 20, path: request.relative)
            if piece.isEmpty { break }
            hash.update(piece)
            offset += Int64(piece.count)
            teller.beat()
        }
        return hash.hex()
    }

    private static func changed() -> JobOutcome {
        JobOutcome(kind: .changed, message: "changed while read, taken next time")
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
        outcome.toolFailures = video.failures
        outcome.facts = video.facts
        (outcome.facts.detections, outcome.facts.classes) = (written.detections, written.classes)
        outcome.summaries = video.head.summary
        return outcome
    }
}
