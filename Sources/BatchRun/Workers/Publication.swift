internal import Bytes
internal import Jobs
internal import Store
internal import Synchronization

/// Gives the files of a worker that has ended their names. The worker cannot: it may open, make and rename nothing.
struct Publication {
    private let request: JobRequest
    private let files: StagedFiles

    init(_ request: JobRequest) {
        self.request = request
        files = StagedFiles(request)
    }

    /// The attempt as it ends: with its files in place if it completed, else without a trace of them.
    ///
    /// - Parameter isHeldBack: whether the video is tried again, so that nothing of this attempt stays.
    ///
    /// A file of a completed video that is not as the worker told, or cannot be given its name, fails the video as one that
    /// the worker could not write.
    func settle(_ attempt: Attempt, isHeldBack: Bool = false) -> Attempt {
        defer { for kind in kinds { Files.remove(files.temporary(kind)) } }
        guard !isHeldBack, case .finished(let outcome) = attempt.end, outcome.kind == .completed else { return attempt }
        var settled = attempt
        do throws(SystemError) {
            settled.result = try publish(size: outcome.size)
        } catch {
            let isName = error.call == "rename" && error.refusesName
            var failure = JobOutcome(
                kind: error.isDiskFull ? .diskFull : isName ? .name : .io,
                message: "result: \(error.call): \(error.reason)")
            failure.processorSeconds = outcome.processorSeconds
            settled.end = .finished(failure)
        }
        return settled
    }

    private var kinds: [StagedFiles.Kind] { request.stills ? StagedFiles.Kind.allCases : [.result] }

    /// Stills first: where there is a result, there are its stills. The content of all is on the disk by then.
    ///
    /// - Returns: where the result lies, below the output folder.
    private func publish(size: Int64) throws(SystemError) -> RawPath {
        var folders: [RawPath] = []
        for kind in kinds where kind != .result {
            // One that could not be made is empty.
            guard let found = try? Files.status(files.temporary(kind), follow: false), found.kind == .file,
                found.size > 0
            else { continue }
            try Files.rename(files.temporary(kind), to: files.final(kind))
            let folder = files.final(kind).parent
            if !folders.contains(folder) { folders.append(folder) }
        }
        for folder in folders { try Files.syncDirectory(folder) }
        let temporary = files.temporary(.result)
        let found = try Files.status(temporary, follow: false)
        guard found.kind == .file, found.size == size else { throw SystemError("size", temporary, code: Self.unusable) }
        let result = try Self.naming.withLock { _ throws(SystemError) in try name(temporary) }
        try Files.syncDirectory(files.final(.result).parent)
        return result
    }

    /// Held while a name is looked at and taken, so that no two results of this run get one.
    private static let naming = Mutex(())

    /// Gives the result its name, or a safe one: where the file system refuses it, and where it is that of another video's
    /// result, as names are that differ in letters that some file systems take for the same.
    private func name(_ temporary: RawPath) throws(SystemError) -> RawPath {
        if ResultState.owner(files.final(.result)).map({ $0 == request.job }) ?? true {
            do throws(SystemError) {
                try Files.rename(temporary, to: files.final(.result))
                return request.result
            } catch {
                let isFolder = (try? Files.status(files.final(.result)))?.kind == .directory
                guard error.refusesName || isFolder else { throw error }
            }
        }
        let safe = request.result.parent.appending(OutputLayout.safeName(request.result, job: request.job))
        try Files.rename(temporary, to: request.root.appending(safe))
        return safe
    }

    /// EIO: the file is not what its worker told.
    private static let unusable: Int32 = 5
}
