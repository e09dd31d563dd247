import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import ReplayServer

@Suite("A run in shards that is shown while it goes on")
struct ShardedRunTests {
    private func library(_ made: MadePlan) -> RunLibrary {
        RunLibrary(made.layout, selected: nil, options: RunFeed.Options())
    }

    private func watching<Result>(
        _ session: @escaping @Sendable (RecordingSocket) async throws -> Void,
        _ body: (RecordingSocket) async throws -> Result
    ) async throws -> Result {
        let socket = RecordingSocket()
        let task = Task { try? await session(socket) }
        defer { task.cancel() }
        return try await body(socket)
    }

    private func waitUntil(
        _ condition: @escaping @Sendable () throws -> Bool, _ place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer: Bool? = try await poll { try condition() ? true : nil }
        #expect(answer == true, "it did not happen", sourceLocation: place)
    }

    private func seqs(_ texts: [String]) -> [Int] {
        texts.compactMap { (try? JSONReader.parse(Array($0.utf8)))?["seq"]?.int }
    }

    @Test("Its jobs wait from the beginning; sockets hear of each as shards tell it, and who comes back gets the rest")
    func live() async throws {
        let names = ["a.mp4", "b.mp4", "c.mp4", "d.mp4"]
        let made = try MadePlan(names, shards: 2)
        let videos = try (0..<2).map { try made.plan().jobs(of: $0).map(\.path.display) }
        let library = library(made)
        let (summaries, count) = try library.summaries(skip: 0, limit: 10)
        #expect(count == 1 && summaries[0].status == .running && summaries[0].jobs == 4)
        let feed = try #require(library.feed())
        #expect(feed.id == MadePlan.run && feed.isLive)
        #expect(await feed.whenPlanned())
        await feed.whenLoaded(to: .infinity)
        #expect(feed.jobs("pending", skip: 0, limit: 10).count == 4)
        let job = JobID(video: RawPath(videos[1][0]))
        try await watching({ try await RunSession(feed, nil).run($0) }) { whole in
            try await watching({ try await JobSession(feed, job, nil).run($0) }) { socket in
                let one = try MadeAttempt(made, 0, "1", late: 5000)
                let other = try MadeAttempt(made, 1, "1", late: -3000)
                try other.start(videos[1][0], 0)
                try other.progress(videos[1][0], 40, 500)
                try await waitUntil { socket.percents == [40] }
                #expect(feed.view(job)?.status == .running)
                try one.complete(videos[0])
                try one.finish(5000)
                try other.end(videos[1][0], 800)
                try other.complete(Array(videos[1].dropFirst()), from: 1000)
                try other.finish(5000)
                try await waitUntil { socket.received.last?.contains("completed") == true }
                #expect(socket.percents == [40, 100])
            }
            try await waitUntil { feed.jobs("completed", skip: 0, limit: 10).count == 4 }
            // All shards have ended, and nobody joined them.
            try await waitUntil { feed.status == .interrupted }
            try await waitUntil { whole.received.contains { $0.contains("run_interrupted") } }
            let before = seqs(whole.received)
            #expect(before == Array(1...before.count))
            // One that lost its connection.
            try await watching({ try await RunSession(feed, 8).run($0) }) { late in
                let wanted = whole.received.filter { seqs([$0]).first ?? 0 >= 8 }
                try await waitUntil { late.received.filter { $0.contains("\"seq\":") } == wanted }
            }
            _ = try await ShardMerge.run(made.plan(), made.layout, isPartial: false, baseline: nil, compacts: true) {
                $0.planned
            }
            try await waitUntil { whole.received.contains { $0.contains("run_finished") } }
            let after = seqs(whole.received)
            #expect(after == Array(1...(before.count + 1)))
            try await waitUntil { feed.status == .finished }
            #expect(library.feed() === feed)
        }
        // The viewer reads on in the log from where it was.
        let summary = feed.summary(try #require(RunLogSummary(made.layout, run: feed.id)))
        #expect(summary.status == .finished)
        let api = ReplayAPI(library: library, manifest: .null, version: "1", viewerFile: { _ in nil })
        let told = try feed.bytes(0, count: Int(summary.size))
        try await withServer({ _ in }, routes: api.routes()) { port in
            try await onThread {
                func ask(_ line: String, _ fields: [String] = []) throws -> RawClient.Response {
                    let client = try RawClient(port)
                    client.send(RawClient.request(line, port, fields))
                    return try client.response(isHead: false)
                }
                let log = try ask("GET /v1/runs/\(MadePlan.run)/log", ["Range: bytes=300-"])
                #expect(log.status == 206 && log.text == String(decoding: told[300...], as: UTF8.self))
                let run = try JSONReader.parse(Array(try ask("GET /v1/runs/\(MadePlan.run)").text.utf8))
                #expect(run["size"]?.int == told.count && run["completed"]?.int == 4)
            }
        }
        // Another server reads the run's own log, and says so.
        let fresh = try #require(self.library(made).feed())
        #expect(try await fresh.joinedLog() == nil)
        await fresh.whenLoaded(to: .infinity)
        #expect(fresh.status == .finished)
        #expect(feed.clockMessage()["made"] != nil && fresh.clockMessage()["made"] == nil)
    }

    @Test("What was made of shards' logs is let go when the run is joined and nobody asks for it any more")
    func takeover() async throws {
        let made = try MadePlan(["a.mp4", "b.mp4"], shards: 1)
        let library = RunLibrary(made.layout, selected: nil, options: RunFeed.Options(), takeover: 0)
        let word = try await { () async throws -> JSON? in
            let feed = try #require(library.feed())
            feed.load()
            let attempt = try MadeAttempt(made, 0, "1")
            try attempt.complete(["a.mp4", "b.mp4"])
            try attempt.finish(3000)
            try await waitUntil { feed.status == .interrupted }
            // Not before it is joined, and not while somebody reads it.
            #expect(library.feed() === feed)
            _ = try await ShardMerge.run(made.plan(), made.layout, isPartial: false, baseline: nil, compacts: true) {
                $0.planned
            }
            try await waitUntil { feed.status == .finished }
            #expect(library.feed() === feed)
            return feed.clockMessage()["made"]
        }()
        #expect(word?.string?.isEmpty == false)
        let path = made.layout.log(run: MadePlan.run)
        let isOwn = try await poll { () -> Bool? in
            guard let feed = library.feed(), feed.clockMessage()["made"] == nil else { return nil }
            return true
        }
        #expect(isOwn == true)
        let feed = try #require(library.feed())
        await feed.whenLoaded(to: .infinity)
        let size = Int(feed.summary(try #require(RunLogSummary(made.layout, run: feed.id))).size)
        #expect(try feed.bytes(0, count: size) == Files.read(path))
    }

    @Test("The log is whole for whoever asks for it first")
    func askedFirst() async throws {
        let made = try MadePlan(["a.mp4", "b.mp4", "c.mp4"], shards: 2)
        let feed = try #require(library(made).feed())
        let descriptor = try #require(try await feed.joinedLog())
        defer { Files.close(descriptor) }
        let path = made.layout.log(run: MadePlan.run)
        let told = try Files.read(descriptor, at: 0, count: 1 << 20, path: path).split(separator: 0x0a)
        #expect(told.count == 5)
    }
}
