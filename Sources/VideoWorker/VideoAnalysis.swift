internal import Bytes
internal import FrameResults
internal import Frames
internal import Jobs
internal import Media
internal import Stills

/// A video whose frames are all in the writer.
struct AnalysedVideo {
    var head: ResultHead
    /// Without what is counted while the result is written.
    var facts: VideoFacts
    var verdict: VideoStatus
    var reasons: [String]
    var failures: [ToolFailure] = []
}

/// A video without a frame.
struct NoFrame: Error {
    let message: String
}

/// Several decoder threads met something of which one might give another account: nothing of the attempt counts, and the
/// video is decoded anew with one.
struct ThreadTrouble: Error {}

/// The work on one video: its frames into the writer, by a decode or from measures that are there.
struct VideoAnalysis {
    let request: JobRequest
    let source: ResultHead.Source
    let teller: Teller
    /// The tools of the job that are other programs'.
    let external: ExternalTools?
    /// Tools that are left out from the beginning.
    var leftOut: [ToolFailure] = []

    private var tools: [JobRequest.Tool] { request.tools.filter { tool in !leftOut.contains { $0.tool == tool.id } } }

    /// Decodes a video from its first frame to its last.
    ///
    /// - Parameters:
    ///   - descriptor: of the video; it stays open.
    ///   - kept: the result that has the measures of those tools that look at no picture.
    ///   - threads: that the decoder may have at most.
    /// - Throws: ``NoFrame``, ``KeptResult/Unusable`` when the result is not one of the same decoding, ``ThreadTrouble`` only
    ///   where the decoder may have several threads.
    func decode(
        _ descriptor: FileDescriptor, _ kept: KeptResult?, threads: Int, into writer: inout ResultWriter,
        _ stillFiles: borrowing StillFiles
    ) throws -> AnalysedVideo {
        var pass = try ToolPass(tools, kept: kept?.tools ?? [], external: external)
        let reader = try request.openVideo(descriptor, threads: threads)
        let declared = reader.info.declaredFrames ?? 0
        teller.open(
            .opened(
                totalFrames: declared, duration: reader.info.duration, estimatedTotal: reader.info.estimatedFrames,
                threads: reader.threads))
        Confinement.limitProcessor(request, duration: reader.info.duration, isFinal: true)

        // No codec spends less than a few bytes on a frame, so the file's size bounds what its header may claim.
        var stills = StillCollector(expectedFrames: min(declared, Int(clamping: source.size / 64)))
        teller.begin(external?.pass(0), declared: declared)
        var end = 0.0
        do {
            while let (picture, time) = try reader.next() {
                let stored = try kept?.frame(at: time.time)
                let (ready, luma) = try pass.take(
                    picture, time, stored: stored, display: reader.shapes.last, wantsLuma: request.stills)
                for record in ready { try writer.append(record) }
                if let luma { try? stills.add(picture, index: time.index, luma: luma, display: reader.shapes.last) }
                if let start = time.time { end = start + (time.duration ?? 0) }
                teller.frame(time.index + 1)
            }
        } catch is DecodeError where reader.threads > 1 {
            // A lack of memory, too, may be that of the threads.
            throw ThreadTrouble()
        }
        let report = DecodeReport(reader)
        guard report.decodedFrames > 0 else {
            throw NoFrame(message: reader.account.refusal.map { "\($0)" } ?? VideoAnalysis.noFrame(report))
        }
        for record in pass.finish(end: rounded6(end)) { try writer.append(record) }
        let (whole, failures) = try complete(
            pass, frames: report.decodedFrames, end: rounded6(end), reader, into: &writer)
        let head = ResultHead(
            jobID: request.job.text, source: source, video: reader.info.json(reader.shapes), decode: report,
            tools: try described(whole, failures), summary: whole.summary, events: whole.events)
        try kept?.checkEnd(head)
        if request.stills { try VideoAnalysis.write(stills, to: stillFiles) }
        var facts = reader.info.facts
        facts.duration = report.coveredDuration ?? facts.duration
        return AnalysedVideo(
            head: head, facts: facts, verdict: report.verdict, reasons: report.reasons.map(\.rawValue),
            failures: failures)
    }

    /// Runs the passes of tools that have one of their own. Where there are some, and where a tool failed, all frames are
    /// written again: with what these measured, and without the tools that failed.
    ///
    /// - Returns: the pass that made the frames that are in the writer, and the tools that are not in them.
    private func complete(
        _ pass: ToolPass, frames: Int, end: Double, _ reader: VideoReader, into writer: inout ResultWriter
    ) throws -> (ToolPass, [ToolFailure]) {
        guard let external else { return (pass, leftOut) }
        for (number, session) in external.passes.enumerated() {
            teller.finish(frames: frames)
            teller.begin(external.pass(number + 1), declared: frames)
            teller.frame(0)
            session.begin(
                request, frames: frames, duration: reader.info.duration,
                display: reader.shapes.runs.first?.geometry ?? reader.shapes.last)
            external.run(session) { teller.frame($0) }
            if let failure = external.spool?.failure { throw failure }
        }
        let failures = leftOut + external.failures
        guard !external.passes.isEmpty || !external.failures.isEmpty else { return (pass, failures) }
        let left = tools.filter { tool in !failures.contains { $0.tool == tool.id } }
        var second = try ToolPass(left, kept: Set(left.map(\.id)))
        let written = try writer.takeBack()
        var index = 0
        while let frame = try written.next() {
            let more = try external.measures(of: index)
            for record in second.take(stored: .object((frame.members ?? []) + more)) { try writer.append(record) }
            index += 1
            teller.beat()
        }
        for record in second.finish(end: end) { try writer.append(record) }
        return (second, failures)
    }

    /// The tools as a result lists them: in the order of the request, those that failed with how.
    private func described(_ pass: ToolPass, _ failures: [ToolFailure]) throws -> [JSON] {
        var done = pass.description[...]
        return try request.tools.compactMap { tool in
            guard let failure = failures.first(where: { $0.tool == tool.id }) else { return done.popFirst() }
            return try ToolPass([tool], kept: [tool.id]).description.first?.with(failure)
        }
    }

    /// Makes a result from the measures of the one that is there, without decoding.
    func reevaluate(_ kept: KeptResult, into writer: inout ResultWriter) throws -> AnalysedVideo {
        var pass = try ToolPass(tools, kept: kept.tools)
        let stored = kept.head
        Teller.send(.opened(totalFrames: stored.totalFrames, duration: stored.coveredDuration))
        Confinement.limitProcessor(request, duration: stored.coveredDuration, isFinal: false)
        teller.begin(nil, declared: stored.totalFrames)
        for number in 1...max(1, stored.totalFrames) {
            for record in pass.take(stored: try kept.frame()) { try writer.append(record) }
            teller.frame(number)
        }
        for record in pass.finish(end: stored.coveredDuration ?? 0) { try writer.append(record) }
        var head = ResultHead(
            stored: stored, tools: try described(pass, leftOut), summary: pass.summary, events: pass.events)
        (head.jobID, head.source.path) = (request.job.text, request.relative)
        try kept.checkEnd(head)
        return AnalysedVideo(
            head: head, facts: stored.facts, verdict: stored.verdict, reasons: stored.reasons, failures: leftOut)
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
}

extension JSON {
    /// A tool's description with how it failed.
    fileprivate func with(_ failure: ToolFailure) -> JSON {
        let rest = JSON.members([
            "status": .string(VideoStatus.failed.rawValue), "error": .string(failure.message),
            "frames_done": .int(failure.frames), "log": failure.log.isEmpty ? nil : .string(failure.log),
        ])
        return .object((members ?? []) + (rest.members ?? []))
    }
}
