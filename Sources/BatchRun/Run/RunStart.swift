internal import Bytes
internal import Jobs
internal import Store

/// What a run begins with, and the plan of one: the lock of the output folder, an ear for signals, and what there is to do.
struct RunStart {
    let runID: String
    let started: UTCTime
    /// When it began, as deadlines count: nanoseconds of the monotonic clock.
    let begun: UInt64
    let layout: OutputLayout
    /// With the baseline that was found under the lock.
    let options: RunOptions
    let events: RunEvents
    /// Why there is no lock, in a run that does without.
    let lack: String?
    let plan: Plan
    /// What the output folder knew when it was planned.
    let prior: PriorResults
    /// What the last run with the same inputs found; nil where none of them is empty now.
    let last: EarlierFinds?
    /// A sentence each of what a person should know before the first video.
    let notes: [String]
    private let names: RootNames
    private let hasNewNames: Bool

    /// Takes the lock, looks at the inputs, and holds the lock until the body returns.
    ///
    /// - Parameters:
    ///   - signals, begin: as of ``BatchRunner/run(_:signals:begin:display:conclude:)``.
    ///   - without: the words for what has no lock: `this run has no lock`.
    /// - Throws: ``RunRefusal``, ``LookFailure``, and what the body throws.
    static func with<Result>(
        _ options: RunOptions, signals: () -> AsyncStream<Int32>, begin: (OutputLayout) throws -> String?,
        without: String, _ body: (RunStart) async throws -> Result
    ) async throws -> Result {
        // A worker may be gone before it has read its request.
        Files.ignoreBrokenPipes()
        let started = UTCTime.now
        let runID = BatchRunner.newRunID(started)
        let layout = OutputLayout(root: options.output)
        let lock = try await OutputFolder.lock(layout, runID: runID, mode: options.lock)
        defer { withExtendedLifetime(lock) {} }
        let begun = monotonicNanoseconds() &- options.spent
        let events = RunEvents()
        let stops = signals()
        let listen = Task { for await number in stops { events.signal(number) } }
        defer { listen.cancel() }
        // Without it, a file that looks left behind may be another run's.
        if lock.lack == nil { OutputFolder.removeLeftovers(layout) }
        var options = options
        options.baseline = try begin(layout)
        let start = try await RunStart(
            runID, started, begun, layout, options, events, lack: lock.lack, without: without)
        return try await body(start)
    }

    private init(
        _ runID: String, _ started: UTCTime, _ begun: UInt64, _ layout: OutputLayout, _ options: RunOptions,
        _ events: RunEvents, lack: String?, without: String
    ) async throws {
        (self.runID, self.started, self.begun, self.layout) = (runID, started, begun, layout)
        (self.options, self.events, self.lack) = (options, events, lack)
        let prior = try PriorResults.read(layout)
        let looker = BatchRunner.looker(options, begun: begun) { events.firstSignal }
        let found = try await BatchRunner.discover(options, looker)
        let (discovery, names, rootNote) = try await BatchRunner.name(found, prior, options, looker)
        plan = try await Plan.make(
            discovery, prior: prior, names: names, options: options, now: started, looker: looker)
        self.prior = prior
        self.names = names
        hasNewNames = names != prior.roots || !Files.exists(layout.roots)
        let isSomethingEmpty = discovery.candidates.isEmpty || discovery.finds.contains { $0.videos == 0 }
        last = isSomethingEmpty ? EarlierFinds.read(layout, scope: options.scope) : nil
        var notes = options.notes
        if let rootNote { notes.append(rootNote) }
        if let lack { notes.append("\(without): \(lack)") }
        if prior.brokenLines > 0 {
            notes.append("\(prior.brokenLines) lines of the catalog or the failure memory cannot be read; left out")
        }
        self.notes = notes + plan.notes(since: last)
    }

    /// Brings to the disk what inputs are called, which has to be there before anything is called by it.
    func keepNames() throws { if hasNewNames { try names.write(layout) } }

    /// Why what was started is to end before its first video: a signal that nobody answered yet, or `--max-duration`.
    var stop: StopReason? {
        if let number = events.firstSignal { return .signal(number) }
        let spent = Deadlines.seconds(from: begun, to: monotonicNanoseconds())
        return options.maxDuration.map { spent >= $0 } == true ? .maxDuration : nil
    }

    /// Whether an input is empty now that held videos before, or there are none and that is an error.
    var isMissingInput: Bool {
        let isEmpty = plan.discovery.candidates.isEmpty && options.errorIfEmpty
        return isEmpty || plan.hasVanished(since: last) || !plan.emptied(since: last).isEmpty
    }
}

extension Plan {
    /// What a person should know of a plan before its first video starts, a sentence each.
    fileprivate func notes(since last: EarlierFinds?) -> [String] {
        var notes = olderNotes
        if let note = discovery.untakenNote { notes.append(note) }
        if let note = goneNote { notes.append(note) }
        if leftForLater > 0 { notes.append("--limit leaves \(leftForLater) videos to later runs") }
        for (root, videos) in emptied(since: last) {
            notes.append("\(root.display): no videos, although the last run found \(videos) there: is it mounted?")
        }
        return notes
    }
}
