internal import Archive
internal import Bytes
internal import Jobs

/// One client that watches a whole run: every line of its log as it happens, and what becomes of its clock.
struct RunSession: Sendable {
    let feed: RunFeed
    /// The sequence number from which on the client wants all lines; nil for all there are.
    let from: Int?

    init(_ feed: RunFeed, _ from: Int?) { (self.feed, self.from) = (feed, from) }

    /// Bytes of the log that are read at once.
    private static let piece = 1 << 18
    private static let batch = 1024

    func run(_ socket: some TextSocket) async throws {
        feed.start()
        await feed.whenKnown(seq: from)
        let subscription = feed.subscribe(nil)
        defer { feed.unsubscribe(subscription) }
        var told = subscription.start
        told.lines = feed.read { index, _, _ in from.map { index.line(seq: $0) } ?? 0 }
        try await sendClock(socket)
        try await send(socket, &told, to: subscription.start)
        for await position in subscription.positions {
            if position.generation != told.generation {
                try await sendClock(socket)
                try await sendRunningJobs(socket, position.lines)
                told = position
            } else if position.clock != told.clock {
                told.clock = position.clock
                try await sendClock(socket)
            }
            try await send(socket, &told, to: position)
        }
    }

    private func sendClock(_ socket: some TextSocket) async throws {
        let members = [JSON.Member("type", "replay_clock")] + (feed.clockMessage().members ?? [])
        try await socket.send(JSONWriter.encode(.object(members)))
    }

    /// After a seek: how those jobs stand that run at this moment.
    private func sendRunningJobs(_ socket: some TextSocket, _ lines: Int) async throws {
        let ranges = feed.read { index, _, _ in
            index.jobs.indices.compactMap { job -> Int? in
                guard JobView.status(index, job, lines: lines, isDead: false) == .running else { return nil }
                return index.last(job, before: lines)
            }.sorted().map { index.range($0) }
        }
        for range in ranges { try await socket.send(try feed.bytes(range)) }
    }

    private func send(_ socket: some TextSocket, _ told: inout ReplayPosition, to position: ReplayPosition) async throws
    {
        while told.lines < position.lines {
            let first = told.lines
            let ranges = feed.read { index, _, _ -> [(offset: Int64, length: Int)] in
                guard first < index.count else { return [] }
                let start = index.range(first).offset
                return (first..<min(position.lines, first + RunSession.batch, index.count))
                    .map { index.range($0) }.prefix { $0.offset + Int64($0.length) - start <= Int64(RunSession.piece) }
            }
            guard let head = ranges.first, let last = ranges.last else { break }
            let bytes = try feed.bytes(head.offset, count: Int(last.offset - head.offset) + last.length)
            for range in ranges {
                let start = Int(range.offset - head.offset)
                guard start + range.length <= bytes.count else { return }
                try await socket.send(Array(bytes[start..<(start + range.length)]))
            }
            told.lines += ranges.count
        }
        if position.isDead, !told.isDead {
            let message: JSON = ["type": "run_interrupted", "run_id": .string(feed.id)]
            try await socket.send(JSONWriter.encode(message))
        }
        told.isDead = position.isDead
    }
}
