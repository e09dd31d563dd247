internal import Bytes
internal import Jobs

/// Gives the files of a worker that has ended their names. The worker cannot: it may open, make and rename nothing.
struct Publication {
    private let files: StagedFiles
    private let hasStills: Bool

    init(_ request: JobRequest) {
        files = StagedFiles(request)
        hasStills = request.stills
    }

    /// The attempt as it ends: with its files in place if it completed, else without a trace of them.
    ///
    /// A file of a completed video that is not as the worker told, or cannot be given its name, fails the video as one that
    /// the worker could not write.
    func settle(_ attempt: Attempt) -> Attempt {
        defer { for kind in kinds { Files.remove(files.temporary(kind)) } }
        guard case .finished(let outcome) = attempt.end, outcome.kind == .completed else { return attempt }
        var settled = attempt
        do throws(SystemError) {
            try publish(size: outcome.size)
        } catch {
            var failure = JobOutcome(
                kind: error.isDiskFull ? .diskFull : .io, message: "result: \(error.call): \(error.reason)")
            failure.processorSeconds = outcome.processorSeconds
            settled.end = .finished(failure)
        }
        return settled
    }

    private var kinds: [StagedFiles.Kind] { hasStills ? StagedFiles.Kind.allCases : [.result] }

    /// Stills first: where there is a result, there are its stills. The result's content is on the disk by then.
    private func publish(size: Int64) throws(SystemError) {
        for kind in kinds where kind != .result {
            // One that could not be made is empty.
            guard let found = try? Files.status(files.temporary(kind), follow: false), found.kind == .file,
                found.size > 0
            else { continue }
            try Files.rename(files.temporary(kind), to: files.final(kind))
        }
        let temporary = files.temporary(.result)
        let found = try Files.status(temporary, follow: false)
        guard found.kind == .file, found.size == size else { throw SystemError("size", temporary, code: Self.unusable) }
        try Files.rename(temporary, to: files.final(.result))
        try Files.syncDirectory(files.final(.result).parent)
    }

    /// EIO: the file is not what its worker told.
    private static let unusable: Int32 = 5
}
