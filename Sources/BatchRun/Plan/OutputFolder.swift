package import Bytes
package import Jobs
internal import Store

/// Why a run cannot begin. Each has an exit status of its own.
package enum RunRefusal: Error, CustomStringConvertible, Equatable {
    case locked(String)
    case notWritable(String)
    /// The file system has no locks, or does not give this one.
    case lockRefused(String)
    /// Two inputs would be called the same.
    case ambiguous(String)
    /// A plugin that the run needs does not start.
    case plugin(String)
    /// A plan that this program, or what it finds here, would make other results by.
    case foreignPlan(String)

    package var description: String {
        switch self {
        case .locked(let text), .notWritable(let text), .lockRefused(let text), .ambiguous(let text),
            .plugin(let text), .foreignPlan(let text):
            text
        }
    }

    package var exitStatus: Int32 {
        switch self {
        case .locked: ExitStatus.locked
        case .notWritable, .lockRefused: ExitStatus.failure
        case .ambiguous: ExitStatus.usage
        case .plugin, .foreignPlan: ExitStatus.configuration
        }
    }
}

/// The output folder: its default place, its lock, what a dead run left behind.
package enum OutputFolder {
    /// `<input>.forgebatch` beside the input when there is one input and it is a directory, else `forgebatch-out` in the
    /// working directory.
    package static func standard(_ survey: InputSurvey, hasList: Bool) -> RawPath {
        let fallback = RawPath("forgebatch-out")
        guard !hasList, survey.inputs.count == 1, let input = survey.inputs.first, input.status?.kind == .directory,
            let real = input.resolved, !real.components.isEmpty
        else { return fallback }
        return real.suffixed(".forgebatch")
    }

    /// A held lock: the kernel frees it when this process ends, however it does.
    package final class Lock {
        private let descriptor: FileDescriptor
        /// Why it is not held, in a run that does without.
        package fileprivate(set) var lack: String?
        fileprivate init(descriptor: FileDescriptor) { self.descriptor = descriptor }
        deinit {
            Files.unlock(descriptor)
            Files.close(descriptor)
        }
    }

    /// Seconds for which the lock may be held by one who only looks whether it is: see ``Files/isLocked(_:)``.
    private static let lockProbeGrace = 0.05

    /// Makes the folder where it is missing and takes its lock.
    ///
    /// - Throws: ``RunRefusal``.
    package static func lock(_ layout: OutputLayout, runID: String, mode: RunOptions.LockMode) async throws -> Lock {
        let descriptor: FileDescriptor
        do throws(SystemError) {
            try Files.makeDirectory(layout.root)
            descriptor = try Files.open(layout.lock, Files.readWriteOrCreate)
        } catch {
            let isOthers = error.isForbidden && Files.exists(layout.lock)
            let advice =
                isOthers
                ? "the files are another user's: share them with a group (a set-group folder, umask 002), or "
                : ""
            throw RunRefusal.notWritable(
                "\(layout.root.display): cannot write here: \(error.reason); \(advice)choose another folder with -o DIR"
            )
        }
        let lock = Lock(descriptor: descriptor)
        let start = monotonicNanoseconds()
        while try !take(descriptor, layout, mode, &lock.lack), lock.lack == nil {
            let waited = Double(monotonicNanoseconds() - start) / 1e9
            var limit = lockProbeGrace
            if case .wait(let seconds) = mode { limit = max(lockProbeGrace, seconds ?? .infinity) }
            guard waited < limit else {
                let holder = "another run holds the lock: \(holder(layout))"
                guard mode == .without else { throw RunRefusal.locked("\(layout.root.display): \(holder)") }
                lock.lack = holder
                // What its holder wrote into the file stays.
                return lock
            }
            try await Task.sleep(for: .milliseconds(waited < lockProbeGrace ? 10 : 100))
        }
        let record = LockRecord(runID: runID, process: processID(), since: .now)
        do {
            try Files.truncate(descriptor, to: 0, path: layout.lock)
            try Files.write(record.line, to: descriptor, path: layout.lock)
        } catch {
            throw RunRefusal.notWritable("\(layout.lock.display): \(error.reason)")
        }
        return lock
    }

    /// Tries to take the lock once.
    ///
    /// - Parameter lack: set to why it cannot be had at all, in a run that does without.
    /// - Throws: ``RunRefusal`` when it cannot be had at all, in any other run.
    private static func take(
        _ descriptor: FileDescriptor, _ layout: OutputLayout, _ mode: RunOptions.LockMode, _ lack: inout String?
    ) throws(RunRefusal) -> Bool {
        do throws(SystemError) {
            return try Files.lock(descriptor, path: layout.lock)
        } catch {
            let text = "this file system gives no lock (\(error.call): \(error.reason))"
            guard mode == .without else {
                throw RunRefusal.lockRefused(
                    "\(layout.root.display): \(text): choose another folder with -o DIR, or, if no other run writes there, --lock none"
                )
            }
            lack = text
            return false
        }
    }

    private static func holder(_ layout: OutputLayout) -> String {
        let text = (try? Files.read(layout.lock, limit: 4096)).map { Escape.visible(bytes: $0.prefix { $0 != 0x0a }) }
        return text.flatMap { $0.isEmpty ? nil : $0 } ?? "unknown"
    }

    /// Removes temporary files that a killed process left; those that are being written, as by a `report` beside this run,
    /// stay. Only under the lock.
    ///
    /// - Complexity: a look at each file of the folder, but for those of runs before the last that left its record.
    package static func removeLeftovers(_ layout: OutputLayout) {
        for path in leftovers(layout, allRuns: false) { Files.removeIfAbandoned(path) }
    }

    /// Files with temporary names.
    ///
    /// - Parameter allRuns: whether to look also where no run of late has written.
    static func leftovers(_ layout: OutputLayout, allRuns: Bool = true) -> [RawPath] {
        var found = ((try? Files.list(layout.root)) ?? []).filter { Files.isTemporaryName($0) }.map {
            layout.root.appending($0)
        }
        for folder in [layout.results, layout.stills, layout.report, layout.plugins] { sweep(folder, &found) }
        guard !allRuns else {
            sweep(layout.runs, &found)
            return found
        }
        // Whoever began a run has swept before, so only the runs since then have any.
        for id in ((try? RunFolders.ids(layout)) ?? []).reversed() {
            sweep(layout.run(id), &found)
            if Files.exists(layout.summary(run: id)) { break }
        }
        return found
    }

    private static func sweep(_ folder: RawPath, _ found: inout [RawPath]) {
        for name in (try? Files.list(folder)) ?? [] {
            let path = folder.appending(name)
            guard let kind = (try? Files.status(path, follow: false))?.kind else { continue }
            if kind == .directory {
                sweep(path, &found)
            } else if Files.isTemporaryName(name) {
                found.append(path)
            }
        }
    }
}
