import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import Archive

@Suite("A run in shards that is read while it goes on")
struct LiveJoinTests {
    /// A reader of a made plan that looks whenever it is asked.
    private final class Reader {
        let follower: LogFollower
        private let join: LiveJoin
        private var index = LogIndex()
        private(set) var lines: [LogLine] = []

        init(_ made: MadePlan, limit: Int = .max) throws {
            join = try #require(LiveJoin(made.layout, run: MadePlan.run, look: 0, status: 0))
            follower = LogFollower(made.layout.log(run: MadePlan.run), join: join)
            try read(limit)
        }

        /// Returns the lines that came.
        @discardableResult
        func read(_ limit: Int = .max) throws -> [LogLine] {
            let before = lines.count
            while try follower.advance(&index, limit: limit) == .lines {}
            while lines.count < index.count {
                lines.append(try LogLine.parse(follower.line(index.range(lines.count))))
            }
            return Array(lines[before...])
        }

        var isOver: Bool { join.isOver }

        /// What a log may never be.
        func breaches() -> [String] {
            var found: [String] = []
            var state = RunState()
            var percents: [JobID: Int] = [:]
            for (number, line) in lines.enumerated() {
                if line.seq != number + 1 { found.append("seq \(line.seq) on line \(number + 1)") }
                if number > 0, line.time < lines[number - 1].time { found.append("line \(number + 1): time falls") }
                if case .progress(let job, let progress) = line.event {
                    if progress.percent < percents[job, default: 0] {
                        found.append("line \(number + 1): percent falls")
                    }
                    percents[job] = progress.percent
                }
                let change = state.apply(line.event, at: line.moment)
                if change?.isLate == true { found.append("line \(number + 1): behind the end of its job") }
                if let change, change.isEnd, !change.before.status.isStarted {
                    found.append("line \(number + 1): an end without a start")
                }
            }
            return found
        }

        func kinds(_ video: String) -> [LogEvent.Kind] {
            let job = JobID(video: RawPath(video))
            return lines.filter { $0.event.job == job }.map(\.event.kind)
        }
    }

    /// The videos of each shard, in the order of the plan.
    private static func videos(_ made: MadePlan) throws -> [[String]] {
        let plan = try made.plan()
        return try (0..<plan.head.shards).map { try plan.jobs(of: $0).map(\.path.display) }
    }

    private static let names = (0..<12).map { "cam\($0 % 3)/clip \($0).mp4" }

    @Test("The plan is told from the beginning, before any shard was started")
    func planned() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 3)
        let reader = try Reader(made)
        #expect(reader.lines.first?.event.kind == .runStarted && reader.lines.last?.event.kind == .jobsSkipped)
        let paths = reader.lines.compactMap { line -> String? in
            guard case .jobPlanned(_, let path, _) = line.event else { return nil }
            return path.display
        }
        #expect(try paths == LiveJoinTests.videos(made).flatMap { $0 })
        #expect(try reader.read().isEmpty && reader.read().isEmpty)
        #expect(!reader.isOver && reader.follower.isBeingWritten(made.layout, run: MadePlan.run))
        #expect(reader.breaches() == [])
        let summary = try #require(try RunLogSummary.all(made.layout).first)
        #expect(summary.status == .running && summary.jobs == 12 && summary.soFar?.ended == 0)
        #expect(try RunLogSummary.newest(made.layout) == MadePlan.run)
    }

    @Test("Logs that grow come together line by line: numbers and what was told stay, and the end waits for a merge")
    func growing() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 3)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made, limit: 200)
        let attempts = try ([(0, 0), (1, 7000), (2, -3000)] as [(Int, Int64)]).map {
            try MadeAttempt(made, $0.0, "1", late: $0.1)
        }
        #expect(try reader.read().allSatisfy { $0.event.kind == .other })
        var told = reader.lines
        for turn in 0..<4 {
            for (shard, attempt) in attempts.enumerated() {
                let (video, time) = (videos[shard][turn], Int64(turn) * 1000)
                try attempt.start(video, time)
                try attempt.progress(video, 50, time + 10)
                let event = LogEvent.progress(
                    job: JobID(video: RawPath(video)), Progress(currentFrame: 60, totalFrames: 100))
                let line = event.encode(time: UTCTime(milliseconds: MadeOutputFolder.start + time), seq: 99)
                try attempt.write(Array(line.prefix(30)))
                let news = try reader.read()
                #expect(news.map(\.event.kind) == [.jobStarted, .progress])
                try attempt.write(Array(line.dropFirst(30)) + [0x0a])
                try attempt.end(video, time + 900)
                #expect(try reader.read().map(\.event.kind) == [.progress, .progress, .completed])
                #expect(Array(reader.lines.prefix(told.count)) == told)
                told = reader.lines
            }
        }
        #expect(!reader.isOver)
        for attempt in attempts { try attempt.finish(5000) }
        let news = try reader.read()
        withExtendedLifetime(attempts) { #expect(news.isEmpty && !reader.isOver) }
        #expect(reader.breaches() == [])
    }

    @Test("When all shards have ended nothing more comes; the merge is told as the run's end, with numbers that go on")
    func merged() async throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made)
        for shard in 0..<2 {
            let attempt = try MadeAttempt(made, shard, "1")
            try attempt.complete(videos[shard])
            try attempt.finish(9000)
        }
        try reader.read()
        for _ in 0..<3 { #expect(try reader.read().isEmpty) }
        #expect(reader.isOver && !reader.follower.isBeingWritten(made.layout, run: MadePlan.run))
        #expect(reader.lines.filter { $0.event.isTerminal }.count == 12)
        #expect(RunLogSummary(made.layout, run: MadePlan.run)?.status == .interrupted)
        _ = try await ShardMerge.run(made.plan(), made.layout, isPartial: false, baseline: nil, compacts: true) {
            $0.planned
        }
        let news = try reader.read()
        #expect(news.map(\.event.kind) == [.runFinished])
        #expect(try reader.read().isEmpty)
        #expect(reader.breaches() == [])
        let joined = try Files.read(made.layout.log(run: MadePlan.run)).split(separator: 0x0a)
            .map { try LogLine.parse(Array($0)) }
        let counts = { (lines: [LogLine]) in lines.map(\.event).filter { $0.job != nil }.map { "\($0)" }.sorted() }
        #expect(counts(joined) == counts(reader.lines))
        // Who comes now has the run's own log.
        #expect(LiveJoin(made.layout, run: MadePlan.run) == nil)
        #expect(!LogFollower(made.layout, run: MadePlan.run).isJoining)
    }

    @Test("Clocks that differ by hours let no time fall, none be later than now, and no job end before it begins")
    func clocks() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 4)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made)
        let ahead = UTCTime.now.milliseconds - MadeOutputFolder.start + 7_200_000
        for (shard, late) in [0, 9000, -9000, -ahead].enumerated() {
            let attempt = try MadeAttempt(made, shard, "1", late: late)
            try attempt.complete(videos[shard])
            if shard % 2 == 1 { try reader.read() }
            try attempt.finish(9000)
        }
        try reader.read()
        #expect(reader.breaches() == [])
        #expect(try #require(reader.lines.last).time <= UTCTime.now.text)
        #expect(reader.lines.filter { $0.event.isTerminal }.count == 12)
    }

    @Test("An attempt that was killed and one after it are one story: no percentage falls, and each job ends once")
    func again() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made)
        let broken = videos[0][1]
        do {
            let first = try MadeAttempt(made, 0, "1", late: -4000)
            try first.complete([videos[0][0]])
            try first.start(broken, 1000)
            try first.progress(broken, 70, 1500)
            try reader.read()
        }
        let second = try MadeAttempt(made, 0, "2", late: 4000)
        try second.start(broken, 8000)
        let retry = try #require(try reader.read().last)
        guard case .jobRetry(let job, 2, _) = retry.event, job == JobID(video: RawPath(broken)) else {
            Issue.record("\(retry.event)")
            return
        }
        try second.progress(broken, 50, 8100)
        #expect(try reader.read().isEmpty)
        try second.progress(broken, 80, 8200)
        #expect(try reader.read().map(\.event.kind) == [.progress])
        try second.end(broken, 8300)
        // A video that the first one had done is done again, which nobody is told.
        try second.complete([videos[0][0]], from: 9000)
        try reader.read()
        #expect(
            reader.kinds(broken)
                == [.jobPlanned, .jobStarted, .progress, .jobRetry, .progress, .progress, .completed])
        #expect(reader.kinds(videos[0][0]).filter(\.isTerminal).count == 1)
        #expect(reader.breaches() == [])
        // Who begins to read now is told what a merge would make of it.
        let late = try Reader(made)
        #expect(late.kinds(broken) == [.jobPlanned, .jobStarted, .progress, .progress, .progress, .completed])
        #expect(late.breaches() == [])
    }

    @Test("A video whose end the log of a killed attempt lacks is ended by its outcome, once nobody does the shard")
    func cutLog() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made)
        let failing = videos[1][1]
        do {
            let attempt = try MadeAttempt(made, 1, "1")
            try attempt.start(videos[1][0], 0)
            try attempt.end(videos[1][0], 500, isTold: false)
            try attempt.end(failing, 900, isFailing: true, isTold: false)
            for _ in 0..<3 { try reader.read() }
            #expect(reader.kinds(videos[1][0]) == [.jobPlanned, .jobStarted])
        }
        for _ in 0..<3 { try reader.read() }
        #expect(reader.kinds(videos[1][0]) == [.jobPlanned, .jobStarted, .progress, .completed])
        #expect(reader.kinds(failing) == [.jobPlanned, .jobStarted, .error])
        #expect(reader.breaches() == [])
    }

    @Test("A video whose end a killed attempt did not come to tell is ended while the attempt after it works")
    func cutLogBeforeAnother() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let videos = try LiveJoinTests.videos(made)
        let reader = try Reader(made)
        let (cut, own) = (videos[0][0], videos[0][1])
        do {
            let first = try MadeAttempt(made, 0, "1")
            try first.start(cut, 0)
            try first.progress(cut, 40, 300)
            try first.end(cut, 500, isTold: false)
            try reader.read()
        }
        let second = try MadeAttempt(made, 0, "2")
        try second.start(own, 2000)
        try second.note(2000, before: 1)
        for _ in 0..<3 { try reader.read() }
        #expect(reader.kinds(cut) == [.jobPlanned, .jobStarted, .progress, .progress, .completed])
        // What the attempt at work has ended, it tells itself.
        try second.end(own, 2500, isTold: false)
        try second.note(2500, before: 1)
        for _ in 0..<3 { try reader.read() }
        withExtendedLifetime(second) { #expect(reader.kinds(own) == [.jobPlanned, .jobStarted]) }
        #expect(reader.breaches() == [])
    }

    @Test("Two copies of one shard at a time tell each job once, and it ends with the first of them")
    func copies() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 1)
        let videos = try LiveJoinTests.videos(made)[0]
        let reader = try Reader(made)
        let one = try MadeAttempt(made, 0, "1", isLocked: false)
        let other = try MadeAttempt(made, 0, "2", late: 2000, isLocked: false)
        for (index, video) in videos.enumerated() {
            let (first, second) = index % 2 == 0 ? (one, other) : (other, one)
            try first.start(video, 0)
            try second.start(video, 0)
            try reader.read()
            try first.progress(video, 40, 10)
            try second.progress(video, 30, 10)
            try reader.read()
            try first.end(video, 20)
            try second.end(video, 20)
            try reader.read()
            #expect(reader.kinds(video).last == .completed)
        }
        #expect(reader.lines.filter { $0.event.isTerminal }.count == 12)
        #expect(reader.breaches() == [])
    }

    @Test("Where nothing can be kept of what is told, each look says so")
    func noRoom() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let folder = RawPath("/nonexistent folder")
        let join = try #require(LiveJoin(made.layout, run: MadePlan.run, look: 0, status: 0, in: folder))
        let follower = LogFollower(made.layout.log(run: MadePlan.run), join: join)
        var index = LogIndex()
        for _ in 0..<2 {
            let error = #expect(throws: SystemError.self) { try follower.advance(&index) }
            #expect(error?.description.contains("/nonexistent folder") == true)
        }
        #expect(index.count == 0 && follower.isBeingWritten(made.layout, run: MadePlan.run))
    }

    @Test("A plan that fails in the middle of a shard is told on from there, each job once")
    func planAnew() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let path = made.layout.plan(run: MadePlan.run)
        let whole = try Files.read(path)
        let job = Array(try #require(try made.plan().jobs(of: 0).last).job.text.utf8)
        var broken = whole
        broken[try #require(whole.indices.first { whole[$0...].starts(with: job) })] = UInt8(ascii: "x")
        try AtomicFile.write(broken, to: path, durable: false)
        let join = try #require(LiveJoin(made.layout, run: MadePlan.run, look: 0, status: 0))
        let follower = LogFollower(made.layout.log(run: MadePlan.run), join: join)
        var index = LogIndex()
        #expect(throws: SystemError.self) { while try follower.advance(&index) == .lines {} }
        let descriptor = try Files.open(path, Files.readWriteOrCreate)
        defer { Files.close(descriptor) }
        try Files.write(whole, to: descriptor, path: path)
        while try follower.advance(&index) == .lines {}
        let jobs = try (0..<index.count).map { try LogLine.parse(follower.line(index.range($0))) }
            .filter { $0.event.kind == .jobPlanned }.map(\.event.job)
        #expect(jobs.count == 12 && Set(jobs).count == 12)
        #expect(try LogLine.parse(follower.line(index.range(0))).event.kind == .runStarted)
        #expect(index.seq(index.count - 1) == index.count)
    }

    @Test("A plan that cannot be read is told, and so is one that goes away")
    func gone() throws {
        let made = try MadePlan(LiveJoinTests.names, shards: 2)
        let reader = try Reader(made)
        #expect(RunLog.lack(made.layout, run: MadePlan.run) == nil)
        Files.remove(made.layout.plan(run: MadePlan.run))
        #expect(throws: SystemError.self) { try reader.read() }
        try AtomicFile.write(Array("{}\n".utf8), to: made.layout.plan(run: MadePlan.run), durable: false)
        #expect(RunLog.lack(made.layout, run: MadePlan.run)?.contains("not joined, and") == true)
        #expect(try RunLogSummary.all(made.layout).isEmpty)
    }
}
