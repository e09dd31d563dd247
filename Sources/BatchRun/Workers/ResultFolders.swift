internal import Bytes
internal import Jobs
internal import Synchronization

/// The folders that the results of a run lie in.
final class ResultFolders: Sendable {
    fileprivate struct Known {
        /// Where results go, below the output folder, for each folder that was planned.
        var made: [RawPath: RawPath] = [:]
        /// The names in a folder, but for those of results.
        var names: [RawPath: Set<RawPath>] = [:]
    }
    private let known = Mutex(Known())

    /// Makes the folder of a job's result. One whose name the file system refuses, or takes for another, gets a safe name,
    /// and so does a result that would lie too deep.
    ///
    /// - Returns: the path of the result below the output folder; the one that was planned, as a rule.
    /// - Throws: `SystemError` when no folder can be made.
    /// - Complexity: constant for a folder that was asked for before; else each folder above it is listed once.
    func make(_ request: JobRequest) throws(SystemError) -> RawPath {
        let wanted = request.result.parent
        return try known.withLock { known throws(SystemError) in
            do throws(SystemError) {
                let folder = try known.folder(wanted, in: request.root)
                return folder.appending(request.result.lastComponent)
            } catch {
                guard error.refusesName, let results = wanted.components.first else { throw error }
                let name = OutputLayout.safeName(request.result, job: request.job)
                return RawPath(bytes: Array(results)).appending(name)
            }
        }
    }
}

extension ResultFolders.Known {
    fileprivate mutating func folder(_ wanted: RawPath, in root: RawPath) throws(SystemError) -> RawPath {
        if let known = made[wanted] { return known }
        let parts = wanted.components.map { RawPath(bytes: Array($0)) }
        guard let results = parts.first else { return wanted }
        try Files.makeDirectory(root.appending(results))
        var (asked, folder) = (results, results)
        for part in parts.dropFirst() {
            asked = asked.appending(part)
            do throws(SystemError) {
                try make(part, in: folder, root)
                folder = folder.appending(part)
            } catch {
                guard error.refusesName else { throw error }
                let safe = OutputLayout.safeName(folder: asked)
                try make(safe, in: folder, root)
                folder = folder.appending(safe)
            }
        }
        made[wanted] = folder
        return folder
    }

    /// Makes a folder in another, where it is missing, and sees that it has its very name.
    private mutating func make(_ name: RawPath, in folder: RawPath, _ root: RawPath) throws(SystemError) {
        let parent = root.appending(folder)
        let path = parent.appending(name)
        func list() -> [RawPath]? { try? Files.list(parent) }
        func isFolder() -> Bool { (try? Files.status(path))?.kind == .directory }
        if names[folder] == nil {
            names[folder] = Set((list() ?? []).filter { !OutputLayout.isResult($0) })
        }
        let isThere = isFolder()
        if isThere, names[folder]?.contains(name) == true { return }
        if !isThere { try Files.makeDirectory(path) }
        // A file may have the name. Some file systems take `dir.` for `dir`, or `DIR`, and make or find that.
        let isDoubtful = isThere || [UInt8(ascii: "."), UInt8(ascii: " ")].contains(name.bytes.last)
        guard isThere || isFolder(), !isDoubtful || list()?.contains(name) ?? true else {
            throw SystemError("mkdir", path, code: Self.nameTaken)
        }
        names[folder]?.insert(name)
    }

    /// EPERM: as good a word as any for a name that something else has.
    private static let nameTaken: Int32 = 1
}

extension WorkerProcess {
    /// Runs the worker between making the folder of its result and giving its files their names.
    ///
    /// An output folder that takes no name for the result costs this video alone.
    func runAndPublish(
        _ folders: ResultFolders, _ receive: @escaping @Sendable (WorkerMessage) async -> Void
    ) async -> Attempt {
        var worker = self
        do throws(SystemError) {
            worker.request.result = try folders.make(request)
        } catch {
            // What is wrong with the whole folder the worker meets, too, and says.
            if error.refusesName {
                let outcome = JobOutcome(kind: .name, message: "result: \(error.call): \(error.reason)")
                return Attempt(end: .finished(outcome), seconds: 0, stderr: [])
            }
        }
        let attempt: Attempt
        if let pool, !request.workedTools.isEmpty {
            // Waiting for a plugin is not the worker's time.
            let lease = await pool.lease(worker.request)
            worker.request = lease.request
            worker.child.descriptors = lease.descriptors
            attempt = await worker.run(receive)
            await pool.giveBack(lease, attempt.outcome)
        } else {
            attempt = await worker.run(receive)
        }
        let isHeldBack = retry.allowsAnother(after: attempt, number: number)
        return Publication(worker.request).settle(attempt, isHeldBack: isHeldBack)
    }
}
