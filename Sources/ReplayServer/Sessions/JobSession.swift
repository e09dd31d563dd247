internal import Archive
internal import Bytes
internal import Jobs

/// One client that watches one job.
struct JobSession: Sendable {
    let feed: RunFeed
    let job: JobID
    /// The sequence number from which on the client wants all events; nil for those from now on.
    let from: Int?
    /// Whether the client said which run it means; else that run stays the selected one as long as there is news of it.
    let hasNamedRun: Bool

    /// How things stood when the client asked. It hears of all that happened since, however long its way here was.
    private let joined: ReplayPosition

    init(_ feed: RunFeed, _ job: JobID, _ from: Int?, hasNamedRun: Bool = false) {
        (self.feed, self.job, self.from, self.hasNamedRun) = (feed, job, from, hasNamedRun)
        joined = feed.positionNow
    }

    /// Nanoseconds after which a send that still waits makes a client a slow one.
    private static let slowClientThreshold: UInt64 = 1_000_000_000
    /// Lines that are looked up at once.
    private static let batch = 1024

    /// Sends the job as it is, then what happens to it, until the connection ends.
    func run(_ socket: some TextSocket) async throws {
        if hasNamedRun { return try await follow(socket) }
        feed.noteSocket(isOpen: true)
        defer { feed.noteSocket(isOpen: false) }
        try await follow(NotingSocket(socket: socket, feed: feed))
    }

    /// The same, in one run after another: who named no run, and waits for a job that its run did not come to, hears of it
    /// in the next one that has it to do. Nothing was sent of it until then.
    func run(_ socket: some TextSocket, in library: RunLibrary) async throws {
        guard !hasNamedRun, from == nil else { return try await run(socket) }
        var session = self
        while true {
            let current = session
            let next = try await withThrowingTaskGroup(of: RunFeed?.self) { group in
                group.addTask {
                    try await current.run(socket)
                    return nil
                }
                group.addTask { await library.successor(of: current.feed, for: current.job) }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            guard let next else { return }
            session = JobSession(next, job, nil)
        }
    }

    /// Notes what is sent.
    private struct NotingSocket<Socket: TextSocket>: TextSocket {
        let socket: Socket
        let feed: RunFeed

        func send(_ text: [UInt8]) async throws {
            feed.noteTold()
            try await socket.send(text)
        }
    }

    private func follow(_ socket: some TextSocket) async throws {
        feed.start()
        await feed.whenKnown(seq: from)
        let subscription = feed.subscribe(job)
        defer { feed.unsubscribe(subscription) }
        var sender = Sender(feed: feed, job: job, socket: socket)
        var generation = subscription.start.generation
        if let from {
            try await sender.send(from: from, to: subscription.start.lines)
        } else {
            let isSame = joined.generation == generation
            try await sender.sendState(isSame ? joined.lines : subscription.start.lines)
            try await sender.send(to: subscription.start.lines)
        }
        try await sender.sendEnd(subscription.start)
        for await position in subscription.positions {
            if position.generation != generation {
                generation = position.generation
                sender.reset()
                try await sender.sendState(position.lines)
            } else {
                try await sender.send(to: position.lines)
            }
            try await sender.sendEnd(position)
        }
    }

    /// What was sent, and how fast the client takes it.
    private struct Sender<Socket: TextSocket> {
        let feed: RunFeed
        let job: JobID
        let socket: Socket
        private var sent = 0
        private var isSlow = false
        private var hasEnded = false

        init(feed: RunFeed, job: JobID, socket: Socket) {
            self.feed = feed
            self.job = job
            self.socket = socket
        }

        /// After a seek nothing that was said before counts.
        mutating func reset() { hasEnded = false }

        /// The last event of the job among the first lines of the log.
        mutating func sendState(_ lines: Int) async throws {
            let range: (offset: Int64, length: Int)? = feed.read { log, _, _ in
                guard let index = log.index(of: job) else { return nil }
                let last = log.last(index, before: lines) { $0 == .progress || $0.isTerminal }
                return last.map { log.range($0) }
            }
            sent = lines
            if let range { try await send(range) }
        }

        /// All events from a sequence number on.
        mutating func send(from seq: Int, to lines: Int) async throws {
            sent = feed.read { index, _, _ in index.line(seq: seq) }
            try await send(to: lines)
        }

        /// The events since the last that was sent. A slow client gets of progress only the newest.
        mutating func send(to lines: Int) async throws {
            while sent < lines {
                let (start, isSlow) = (sent, isSlow)
                let (ranges, next) = feed.read { log, _, _ -> ([(offset: Int64, length: Int)], Int) in
                    let end = min(lines, log.count)
                    guard let index = log.index(of: job) else { return ([], end) }
                    let own = log.lines(index, in: start..<end).prefix(JobSession.batch)
                    let next = own.count == JobSession.batch ? own.last.map { Int($0) + 1 } ?? end : end
                    let told = own.filter { JobSession.isTold(log.kind(Int($0))) }
                    let kept = isSlow ? JobSession.coalesced(told) { log.kind(Int($0)) } : Array(told)
                    return (kept.map { log.range(Int($0)) }, next)
                }
                let before = monotonicNanoseconds()
                for range in ranges { try await send(range) }
                self.isSlow = monotonicNanoseconds() - before > JobSession.slowClientThreshold
                guard next > sent else { break }
                sent = next
            }
        }

        /// The job of a run that ended without a word is over too, though no line says so.
        mutating func sendEnd(_ position: ReplayPosition) async throws {
            guard position.isDead, !hasEnded else { return }
            guard let view = feed.view(job), view.status == .failed, view.message == JobView.interrupted else { return }
            hasEnded = true
            let seq = feed.read { index, _, _ in index.count > 0 ? index.seq(index.count - 1) + 1 : 1 }
            let event = LogEvent.error(job: job, message: JobView.interrupted)
            try await socket.send(event.encode(time: UTCTime(text: view.updated) ?? .now, seq: seq))
        }

        private func send(_ range: (offset: Int64, length: Int)) async throws {
            try await socket.send(try feed.bytes(range))
        }
    }

    /// The lines of a job that its clients get.
    static func isTold(_ kind: LogEvent.Kind) -> Bool {
        kind == .progress || kind.isTerminal || kind == .jobRetry
    }

    /// Without progress that newer progress follows.
    static func coalesced<Line>(_ lines: some Collection<Line>, _ kind: (Line) -> LogEvent.Kind) -> [Line] {
        var kept: [Line] = []
        for line in lines {
            if kind(line) == .progress, let last = kept.last, kind(last) == .progress { kept.removeLast() }
            kept.append(line)
        }
        return kept
    }
}
