package import Bytes
internal import Jobs
internal import Synchronization

/// Why the inputs could not be looked at to the end.
package enum LookFailure: Error, CustomStringConvertible {
    case stopped(StopReason, String)
    /// While the plugins of the run started.
    case stoppedStarting(StopReason)
    /// While videos were opened for a plan.
    case stoppedProbing(StopReason)
    /// Too much gave no answer.
    case silent(String)
    case failed(String)
    /// The list of `--files-from` cannot be read.
    case unlisted(RawPath, String)

    package var description: String {
        switch self {
        case .unlisted(let list, let why): "--files-from \(list.display): \(why)"
        case .stopped(let reason, let text): "stopped by \(reason.text) while looking for videos\(text)"
        case .stoppedStarting(let reason): "stopped by \(reason.text) while plugins start"
        case .stoppedProbing(let reason): "stopped by \(reason.text) while videos are probed"
        case .silent(let why), .failed(let why): "cannot look for videos: \(why)"
        }
    }

    package var exitStatus: Int32 {
        switch self {
        case .stopped(let reason, _), .stoppedStarting(let reason), .stoppedProbing(let reason): ExitStatus.of(reason)
        case .silent, .unlisted: ExitStatus.unreadableInput
        case .failed: ExitStatus.failure
        }
    }
}

/// Looks at the inputs by a process of its own, within the run's deadlines: nothing that an input does can keep the run
/// from its end.
package struct Looker: Sendable {
    /// Paths without an answer after which nothing more is expected of the others.
    private static let mostSilent = 8

    /// The program and its arguments; nil to look in this process, which then waits for whatever does not answer.
    let program: (path: RawPath, arguments: [String])?
    /// What forks it, where they can.
    let zygotes: Zygotes?
    /// Seconds without a sign of life.
    let stall: Double
    /// Nanoseconds of the monotonic clock; nil for no end.
    let deadline: UInt64?
    /// The signal that stops the run, once it has come.
    let signal: @Sendable () -> Int32?

    package init(
        program: (path: RawPath, arguments: [String])?, zygotes: Zygotes? = nil, stall: Double, deadline: UInt64?,
        signal: @escaping @Sendable () -> Int32? = { nil }
    ) {
        self.zygotes = zygotes
        (self.program, self.stall, self.deadline, self.signal) = (program, stall, deadline, signal)
    }

    /// What the paths are.
    ///
    /// - Parameter silent: paths that gave no answer before.
    /// - Throws: ``LookFailure``.
    package func survey(
        _ inputs: [RawPath], listed: [RawPath], named: [RawPath] = [], silent: [RawPath: String] = [:]
    ) async throws -> InputSurvey {
        var survey = InputSurvey()
        let request = LookRequest(.survey, inputs + listed + named, silent: silent)
        let entries: [InputSurvey.Entry]
        (entries, survey.silent) = try await look(request, mostSilent: Looker.mostSilent)
        survey.inputs = Array(entries.prefix(inputs.count))
        survey.listed = Array(entries.dropFirst(inputs.count).prefix(listed.count))
        survey.named = Array(entries.suffix(named.count))
        return survey
    }

    /// - Returns: what the paths of a survey are, in their order, and what gave no answer.
    private func look(
        _ request: LookRequest, mostSilent: Int
    ) async throws -> ([InputSurvey.Entry], [RawPath: String]) {
        let unknown = request.paths.map { InputSurvey.Entry(path: $0) }
        return try await ask(request, unknown, mostSilent: mostSilent) { answer, found in
            if case .surveyed(let index, let entry) = answer, found.indices.contains(index) { found[index] = entry }
        }
    }

    /// Which of some folders are not there any more. Where there is no answer nothing is known, and none is missing; after
    /// two that give none, the others are not asked.
    ///
    /// - Returns: those that are missing, and what a person should know of those that gave no answer.
    /// - Throws: ``LookFailure`` but ``LookFailure/silent(_:)``.
    func missingFolders(_ folders: [RawPath]) async throws -> (folders: Set<RawPath>, note: String?) {
        if folders.isEmpty { return ([], nil) }
        func note(_ why: String) -> String { "\(why): whether an input that lay there has moved is not known" }
        do {
            let (entries, silent) = try await look(LookRequest(.survey, folders), mostSilent: 1)
            let first = silent.min { $0.key < $1.key }
            return (
                Set(entries.filter(\.isMissing).map(\.path)), first.map { note("\($0.key.display): \($0.value)") }
            )
        } catch LookFailure.silent(let why) {
            return ([], note(why))
        }
    }

    /// The paths in a list.
    ///
    /// - Throws: ``LookFailure``.
    package func list(_ file: RawPath, isNullSeparated: Bool) async throws -> [RawPath] {
        struct List: Sendable {
            var paths: [RawPath] = []
            var reason: String?
        }
        let request = LookRequest(.list(isNullSeparated: isNullSeparated), [file])
        let list = try await ask(request, List(), mostSilent: 0) { answer, list in
            switch answer {
            case .listed(let path): list.paths.append(path)
            case .unlisted(let reason): list.reason = reason
            default: break
            }
        }.found
        if let reason = list.reason { throw LookFailure.unlisted(file, reason) }
        return list.paths
    }

    /// The candidates below the paths.
    ///
    /// - Parameter silent: paths that gave no answer before.
    /// - Throws: ``LookFailure``.
    func find(_ paths: [RawPath], options: DiscoveryOptions, silent: [RawPath: String]) async throws -> Discovery {
        let request = LookRequest(.walk(options), paths, silent: silent)
        return try await ask(request, Discovery()) { answer, found in
            switch answer {
            case .candidate(let video): found.candidates.append(video)
            case .walked(var all):
                all.candidates = found.candidates
                found = all
            default: break
            }
        }.found
    }

    /// The fingerprints of videos as they are now, by their paths; those that cannot be read have none.
    ///
    /// - Throws: ``LookFailure``.
    func fingerprints(of videos: [Candidate]) async throws -> [RawPath: String] {
        let request = LookRequest(.fingerprints(sizes: videos.map(\.status.size)), videos.map(\.path))
        return try await ask(request, [RawPath: String]()) { answer, found in
            guard case .fingerprint(let index, let text) = answer, videos.indices.contains(index) else { return }
            found[videos[index].path] = text
        }.found
    }

    /// A path that is not there.
    struct Missing: Equatable, Sendable {
        /// Its index among those that were asked for.
        var index: Int
        /// Whether the nearest folder that there is holds something: an empty one may be one whose share is not mounted.
        var isSure: Bool
    }

    /// Those of the paths that are not there, in their order.
    ///
    /// - Throws: ``LookFailure``.
    func missing(_ paths: [RawPath]) async throws -> [Missing] {
        try await ask(LookRequest(.missing, paths), [Missing]()) { answer, found in
            guard case .missing(let index, let isSure) = answer, paths.indices.contains(index) else { return }
            found.append(Missing(index: index, isSure: isSure))
        }.found
    }

    /// Asks until there is an answer, leaving out what gives none.
    ///
    /// - Parameters:
    ///   - nothing: what is known before the first answer.
    ///   - take: adds an answer to what is known.
    /// - Returns: what is known then, and what gave no answer, with the words for it.
    private func ask<Found: Sendable>(
        _ request: LookRequest, _ nothing: Found, mostSilent: Int = Looker.mostSilent,
        _ take: @escaping @Sendable (LookAnswer, inout Found) -> Void
    ) async throws -> (found: Found, silent: [RawPath: String]) {
        var request = request
        guard let program else {
            let found = Mutex(nothing)
            let output = LookOutput { bytes throws(SystemError) in
                for line in bytes.split(separator: 0x0a) {
                    if let answer = LookAnswer(Array(line)) { found.withLock { take(answer, &$0) } }
                }
            }
            LookProgram.answer(request, output)
            output.flush()
            return (found.withLock { $0 }, request.silent)
        }
        while true {
            // What was told before an end is told again by the next one, so it counts only when all was.
            let watch = LookWatch(nothing, stall: stall, deadline: deadline, signal: signal, take)
            let errors = LastLines()
            var child = ChildProcess(
                program: program.path, arguments: program.arguments, lineLimit: LookAnswer.lineLimit)
            (child.zygotes, child.role) = (zygotes, .look)
            let end = await child.run(request.encode(), errors: errors, hasToEnd: { watch.hasToEnd() }) { output in
                guard case .line(let line) = output, let answer = LookAnswer(line) else { return false }
                watch.note(answer)
                return true
            }
            var holder = ""
            if case .held(let process) = end {
                holder = "; the kernel still holds process \(process), which looked there"
            }
            let path = watch.path
            switch watch.end {
            case nil:
                guard watch.isDone else {
                    let why = errors.texts.last.map { " (\($0))" } ?? ""
                    throw LookFailure.failed("the process that looks at the inputs \(end.text)\(why)")
                }
                return (watch.found, request.silent)
            case .stopped(let reason):
                let place = path.map { " (at \($0.display)\(holder))" } ?? ""
                throw LookFailure.stopped(reason, place)
            case .silent:
                let reason = "no answer for \(Attempt.text(stall))\(holder)"
                guard let path, request.silent.count < mostSilent else {
                    throw LookFailure.silent("\(path.map { $0.display + ": " } ?? "")\(reason)")
                }
                // Where a second one of a folder gives none, nobody waits for the third.
                let siblings = request.silent.keys.contains { $0.parent == path.parent && $0 != path.parent }
                let isInput = request.paths.contains(path)
                request.silent[siblings && !isInput ? path.parent : path] = reason
            }
        }
    }
}

/// How a process that looks was ended.
private enum LookEnd {
    case silent
    case stopped(StopReason)
}

/// Nanoseconds between two looks that only a pause of this process explains.
private let longestPause: UInt64 = 1_000_000_000
/// Seconds that the process gets at least for its first word, which says nothing of an input yet.
private let longestStart = 60.0

/// Whether a process that looks has to end, and what it said so far.
private final class LookWatch<Found: Sendable>: Sendable {
    private struct State {
        var lastSign: UInt64
        var lastLook: UInt64
        var count = -1
        var path: RawPath?
        var found: Found
        var isDone = false
        var end: LookEnd?
    }

    private let stall: Double
    private let deadline: UInt64?
    private let signal: @Sendable () -> Int32?
    private let take: @Sendable (LookAnswer, inout Found) -> Void
    private let state: Mutex<State>

    init(
        _ nothing: Found, stall: Double, deadline: UInt64?, signal: @escaping @Sendable () -> Int32?,
        _ take: @escaping @Sendable (LookAnswer, inout Found) -> Void
    ) {
        (self.stall, self.deadline, self.signal, self.take) = (stall, deadline, signal, take)
        let now = monotonicNanoseconds()
        state = Mutex(State(lastSign: now, lastLook: now, found: nothing))
    }

    var path: RawPath? { state.withLock { $0.path } }
    var found: Found { state.withLock { $0.found } }
    var isDone: Bool { state.withLock { $0.isDone } }
    var end: LookEnd? { state.withLock { $0.isDone ? nil : $0.end } }

    func note(_ answer: LookAnswer) {
        let now = monotonicNanoseconds()
        state.withLock { state in
            switch answer {
            case .at(let path, let count):
                state.path = path
                if count == state.count { return }
                state.count = count
            case .done: state.isDone = true
            default: take(answer, &state.found)
            }
            state.lastSign = now
        }
    }

    func hasToEnd() -> Bool {
        let now = monotonicNanoseconds()
        return state.withLock { state in
            let gap = now > state.lastLook ? now - state.lastLook : 0
            if gap > longestPause { state.lastSign = min(state.lastSign &+ gap, now) }
            state.lastLook = now
            let most = state.path == nil ? max(stall, longestStart) : stall
            let end: LookEnd? =
                if let number = signal() {
                    .stopped(.signal(number))
                } else if let deadline, now >= deadline {
                    .stopped(.maxDuration)
                } else if Deadlines.seconds(from: state.lastSign, to: now) > most {
                    .silent
                } else {
                    nil
                }
            state.end = state.end ?? end
            return end != nil
        }
    }
}
