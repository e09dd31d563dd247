import Archive
import Bytes
import Jobs
import TestSupport
import Testing

@testable import ReplayServer

@Suite("A run that is replayed")
struct FeedTests {
    /// A feed whose log was read, as the server has it before it accepts a client.
    private func feed(_ run: MadeRun, _ options: RunFeed.Options = RunFeed.Options()) async throws -> RunFeed {
        let feed = try #require(RunFeed(run.layout, run: run.id, options: options))
        await feed.whenLoaded(to: .infinity)
        return feed
    }

    /// Runs a session in the background until the body is done.
    private func watching<Result>(
        isReading: Bool = true, _ session: @escaping @Sendable (RecordingSocket) async throws -> Void,
        _ body: (RecordingSocket) async throws -> Result
    ) async throws -> Result {
        let socket = RecordingSocket()
        socket.setReading(isReading)
        let task = Task { try? await session(socket) }
        defer { task.cancel() }
        return try await body(socket)
    }

    @Test("A client gets every event of its job, in order, and none of another")
    func wholeReplay() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let feed = try await feed(run)
        let received = try await watching({ try await JobSession(feed, MadeRun.a, nil).run($0) }) {
            socket in
            try await poll { socket.received.last?.contains("completed") == true ? socket.received : nil }
        }
        let expected = try LineFile.objects(run.layout.log(run: run.id)).objects
            .filter { $0["job_id"]?.string == MadeRun.a.text && $0["type"] == nil }.map { JSONWriter.text($0) }
        #expect(received == expected)
    }

    @Test("Every planned job is there from the first moment on, and waits; what was skipped is not")
    func planned() async throws {
        let run = try MadeRun()
        let names = ["a.mp4", "b.mp4", "later.mp4", "never.mp4"]
        var events = MadeRun.events()
        let plan = names.map { LogEvent.jobPlanned(job: JobID(video: RawPath($0)), path: RawPath($0), size: 5) }
        let skip = LogEvent.jobsSkipped(count: 3, reasons: [.skipped: 3])
        events.insert(contentsOf: (plan + [skip]).map { (0, $0) }, at: 1)
        try run.write(events)
        let feed = try await feed(run)
        @Sendable func words(_ status: String? = nil) -> [String] {
            let jobs = feed.jobs(status, skip: 0, limit: 100).page
            return jobs.map { job in names.first { JobID(video: RawPath($0)) == job } ?? "" }
        }
        #expect(words() == names.reversed() && words("pending") == names.reversed())
        let begun = try #require(feed.view(MadeRun.a))
        #expect(begun.status == .pending && begun.created == UTCTime(milliseconds: MadeOutputFolder.start).text)
        feed.start()
        let isOver = try await poll { words("failed") == ["b.mp4"] && words("completed") == ["a.mp4"] ? true : nil }
        #expect(isOver == true)
        #expect(words("pending") == ["never.mp4", "later.mp4"] && words() == names.reversed())
        #expect(feed.view(JobID(video: RawPath("other.mp4"))) == nil)
    }

    @Test("What HTTP says is never behind what a socket was sent")
    func order() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events(step: 3))
        let feed = try await feed(run)
        try await watching({ socket in
            try await JobSession(feed, MadeRun.b, nil).run(
                ChainedSocket(socket) { text in
                    guard let view = feed.view(MadeRun.b) else { return "no view" }
                    if text.contains("\"error\"") { return view.status == .failed ? nil : "not failed" }
                    let told = (try? JSONReader.parse(Array(text.utf8)))?["percent"]?.int ?? 0
                    return (view.progress?.percent ?? -1) >= told ? nil : "behind"
                })
        }) { socket in
            _ = try await poll { socket.received.contains { $0.contains("error") } ? true : nil }
            #expect(socket.received.allSatisfy { $0.hasPrefix("{") })
            #expect(socket.received.count == 6)
        }
    }

    @Test("A late client gets the last event alone; one that asks for more gets it from there on")
    func late() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let feed = try await feed(run, RunFeed.Options(speed: .max))
        try await watching({ try await JobSession(feed, MadeRun.a, nil).run($0) }) { socket in
            _ = try await poll { socket.received.isEmpty ? nil : true }
            #expect(socket.received.count == 1 && socket.received[0].hasPrefix("{\"status\":\"completed\""))
        }
        try await watching({ try await JobSession(feed, MadeRun.a, 12).run($0) }) { socket in
            _ = try await poll { socket.received.last?.contains("completed") == true ? true : nil }
            let seqs = socket.received.compactMap { (try? JSONReader.parse(Array($0.utf8)))?["seq"]?.int }
            #expect(seqs.first == 12 && seqs == seqs.sorted() && Set(seqs).count == seqs.count)
        }
    }

    @Test("A seek shows each client how things stand there, also backwards")
    func seek() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events(step: 1000))
        let feed = try await feed(run, RunFeed.Options(isPaused: true))
        try await watching({ try await JobSession(feed, MadeRun.b, nil).run($0) }) { socket in
            feed.start()
            #expect(feed.change(at: 6, speed: nil, isPlaying: nil))
            _ = try await poll { socket.percents.isEmpty ? nil : true }
            let percent = try #require(feed.view(MadeRun.b)?.progress?.percent)
            #expect(socket.percents == [percent])
            #expect(feed.change(at: 1000, speed: nil, isPlaying: nil))
            _ = try await poll { socket.received.contains { $0.contains("broken") } ? true : nil }
            #expect(feed.view(MadeRun.b)?.status == .failed)
            #expect(feed.change(at: 4, speed: nil, isPlaying: nil))
            _ = try await poll { socket.percents.count == 2 ? true : nil }
            #expect(socket.percents.last.map { $0 < percent } == true)
            #expect(feed.view(MadeRun.b)?.status == .running)
            #expect(feed.change(at: 0, speed: nil, isPlaying: nil))
            #expect(feed.view(MadeRun.b)?.status == .pending)
            #expect(feed.view(MadeRun.b)?.progress == nil)
        }
    }

    @Test("A run that died ends its jobs for those who wait, and says why")
    func interrupted() async throws {
        let run = try MadeRun()
        try run.write(Array(MadeRun.events().prefix(6)))
        let feed = try await feed(run)
        #expect(feed.status == .interrupted)
        try await watching({ try await JobSession(feed, MadeRun.a, nil).run($0) }) { socket in
            _ = try await poll { socket.received.last?.contains("error") == true ? true : nil }
            let last = try JSONReader.parse(Array(#require(socket.received.last).utf8))
            #expect(last["status"]?.string == "error" && last["job_id"]?.string == MadeRun.a.text)
            #expect(last["message"]?.string?.hasPrefix("interrupted") == true)
            #expect(feed.view(MadeRun.a)?.status == .failed)
            #expect(feed.view(MadeRun.a)?.message == JobView.interrupted)
        }
    }

    @Test("A log that grows is followed line by line, through a torn line and garbage, to the run's end")
    func growing() async throws {
        let run = try MadeRun()
        let events = MadeRun.events()
        let lock = try run.lock()
        defer { Files.close(lock) }
        try run.append(run.line(events[0].1, 0, 1))
        let feed = try await feed(run)
        #expect(feed.isLive)
        try await watching({ try await RunSession(feed, nil).run($0) }) { socket in
            for (index, event) in events.enumerated().dropFirst() {
                let line = run.line(event.1, event.0, index + 1)
                try run.append(Array(line.prefix(20)))
                if index == 7 { try run.append(Array("{torn\n".utf8)) }
                if index == 7 { try run.append(line) } else { try run.append(Array(line.dropFirst(20))) }
                let wanted = String(decoding: line.dropLast(), as: UTF8.self)
                let got = try await poll { socket.received.contains(wanted) ? true : nil }
                #expect(got == true, "line \(index)")
            }
            _ = try await poll { feed.status == .finished ? true : nil }
            #expect(feed.status == .finished)
            let clock = feed.clock
            #expect(!clock.isLive && clock.at == clock.duration && !clock.isPlaying)
            #expect(feed.change(at: 0, speed: nil, isPlaying: false))
        }
    }

    @Test("The clock of a run that is being written cannot be changed")
    func liveClock() async throws {
        let run = try MadeRun()
        let lock = try run.lock()
        defer { Files.close(lock) }
        try run.append(run.line(MadeRun.events()[0].1, 0, 1))
        let feed = try await feed(run)
        #expect(feed.clock.isLive)
        #expect(!feed.change(at: 0, speed: nil, isPlaying: nil))
    }

    @Test("A client that does not read is caught up with the newest progress and the end, not with all between")
    func slowClient() async throws {
        let run = try MadeRun()
        var events: [(Int64, LogEvent)] = [
            (0, .jobStarted(job: MadeRun.a, path: RawPath("a.mp4"), totalFrames: 9000, size: 1))
        ]
        for frame in 1...900 { events.append((Int64(frame * 3), MadeRun.progress(MadeRun.a, frame * 10, of: 9000))) }
        events.append((2800, .completed(job: MadeRun.a)))
        try run.write(events)
        let feed = try await feed(run)
        try await watching(isReading: false, { try await JobSession(feed, MadeRun.a, nil).run($0) }) { socket in
            _ = try await poll { feed.view(MadeRun.a)?.status == .ok ? true : nil }
            socket.setReading(true)
            _ = try await poll { socket.received.last?.contains("completed") == true ? true : nil }
            #expect(socket.received.count < 800)
            #expect(socket.percents.last == 100)
            #expect(socket.percents == socket.percents.sorted())
        }
    }

    @Test("Two jobs, one job twice and the whole run at once: each client gets its own, all of the same job the same")
    func isolation() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let feed = try await feed(run)
        let sockets = (0..<4).map { _ in RecordingSocket() }
        let sessions: [@Sendable (RecordingSocket) async throws -> Void] = [
            { try await JobSession(feed, MadeRun.a, nil).run($0) },
            { try await JobSession(feed, MadeRun.a, nil).run($0) },
            { try await JobSession(feed, MadeRun.b, nil).run($0) },
            { try await RunSession(feed, nil).run($0) },
        ]
        let tasks = zip(sessions, sockets).map { session, socket in Task { try? await session(socket) } }
        defer { for task in tasks { task.cancel() } }
        _ = try await poll {
            sockets[3].received.last?.contains("run_finished") == true
                && sockets[0].received.last?.contains("completed") == true
                && sockets[1].received.last?.contains("completed") == true ? true : nil
        }
        #expect(sockets[0].received == sockets[1].received)
        #expect(sockets[2].received.allSatisfy { $0.contains(MadeRun.b.text) })
        #expect(sockets[0].received.allSatisfy { $0.contains(MadeRun.a.text) })
        let lines = try Files.read(run.layout.log(run: run.id)).split(separator: 0x0a)
            .map { String(decoding: $0, as: UTF8.self) }
        #expect(sockets[3].received.filter { !$0.contains("replay_clock") } == lines)
    }
}

/// Hands on what a test finds wrong with a message, or the message.
private struct ChainedSocket: TextSocket {
    let socket: RecordingSocket
    let complaint: @Sendable (String) -> String?

    init(_ socket: RecordingSocket, _ complaint: @escaping @Sendable (String) -> String?) {
        self.socket = socket
        self.complaint = complaint
    }

    func send(_ text: [UInt8]) async throws {
        let wrong = complaint(String(decoding: text, as: UTF8.self))
        try await socket.send(wrong.map { Array($0.utf8) } ?? text)
    }
}
