internal import Bytes
internal import Jobs

/// The folder that a result will lie in.
enum ResultFolder {
    /// Makes the folder of a job's result. One whose name the file system refuses gets a safe name, and so does a result
    /// that would lie too deep.
    ///
    /// - Returns: the path of the result below the output folder; the one that was planned, as a rule.
    /// - Throws: `SystemError` when no folder can be made.
    static func make(_ request: JobRequest) throws(SystemError) -> RawPath {
        let wanted = request.result.parent
        if isFolder(request.root.appending(wanted)) { return request.result }
        let parts = wanted.components.map { RawPath(bytes: Array($0)) }
        guard let results = parts.first else { return request.result }
        try Files.makeDirectory(request.root.appending(results))
        do throws(SystemError) {
            var (asked, made) = (results, results)
            for part in parts.dropFirst() {
                asked = asked.appending(part)
                do throws(SystemError) {
                    made = try folder(made.appending(part), request)
                } catch {
                    guard error.refusesName else { throw error }
                    made = try folder(made.appending(OutputLayout.safeName(folder: asked)), request)
                }
            }
            return made.appending(request.result.lastComponent)
        } catch {
            guard error.refusesName else { throw error }
            return results.appending(OutputLayout.safeName(request.result, job: request.job))
        }
    }

    private static func folder(_ path: RawPath, _ request: JobRequest) throws(SystemError) -> RawPath {
        let whole = request.root.appending(path)
        try Files.makeDirectory(whole)
        // A file may have the name, or one that the file system takes for it.
        guard isFolder(whole) else { throw SystemError("mkdir", whole, code: nameTaken) }
        return path
    }

    private static func isFolder(_ path: RawPath) -> Bool { (try? Files.status(path))?.kind == .directory }

    /// EPERM: as good a word as any for a name that another file has.
    private static let nameTaken: Int32 = 1
}

extension WorkerProcess {
    /// Runs the worker between making the folder of its result and giving its files their names.
    ///
    /// An output folder that takes no name for the result costs this video alone.
    func runAndPublish(_ receive: @escaping @Sendable (WorkerMessage) -> Void) async -> Attempt {
        var worker = self
        do throws(SystemError) {
            worker.request.result = try ResultFolder.make(request)
        } catch {
            // What is wrong with the whole folder the worker meets, too, and says.
            if error.refusesName {
                let outcome = JobOutcome(kind: .name, message: "result: \(error.call): \(error.reason)")
                return Attempt(end: .finished(outcome), seconds: 0, stderr: [])
            }
        }
        return Publication(worker.request).settle(await worker.run(receive))
    }
}
