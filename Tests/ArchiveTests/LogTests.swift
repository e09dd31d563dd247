import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Lines of a log, found again")
struct LogTests {
    private let job = JobID(video: RawPath("a.mp4"))
    private let other = JobID(video: RawPath("b.mp4"))

    private func line(_ event: LogEvent, _ milliseconds: Int64, _ seq: Int) -> [UInt8] {
        event.encode(time: UTCTime(milliseconds: 1_772_067_723_000 + milliseconds), seq: seq) + [0x0a]
    }

    private func progress(_ job: JobID, _ frame: Int) -> LogEvent {
        .progress(job: job, Progress(currentFrame: frame, totalFrames: 100))
    }

    @Test("The quick way of reading a line agrees with the thorough one, for every event")
    func scanner() throws {
        let pass = Progress(
            currentFrame: 3, totalFrames: 9, pass: Progress.Pass(tool: "x", completed: 0, total: 2))
        let events: [LogEvent] = [
            .runStarted(runID: "r", version: "1", jobs: 2, settings: "s"), progress(job, 0), progress(job, 100),
            .progress(job: job, pass), .completed(job: job), .error(job: job, message: "a \"b\"\u{7}"),
            .jobStarted(job: job, path: RawPath("a.mp4"), totalFrames: 0, size: 1),
            .jobPlanned(job: job, path: RawPath("a.mp4"), size: 1), .jobsSkipped(count: 2, reasons: [.skipped: 2]),
            .jobSkipped(job: job, path: RawPath("a.mp4"), reason: "known"),
            .jobRetry(job: job, attempt: 2, reason: "killed"), .runFinished(counts: .object([]), exitStatus: 0),
            .logRepaired(bytes: 3),
        ]
        var scanner = LogScanner()
        for (index, event) in events.enumerated() {
            let text = Array(line(event, 7 * 86_400_000 + Int64(index), index + 1).dropLast())
            let found = scanner.scan(text)
            let scanned = try #require(found)
            #expect(scanned.seq == index + 1)
            #expect(UTCTime(milliseconds: scanned.time).text == (try LogLine.parse(text).time))
            #expect(scanned.job.map(\.job) == event.job)
            #expect(scanned.kind == event.kind)
        }
    }

    @Test("A line with one byte lost, doubled or changed is never taken for another event of its job")
    func damagedLines() throws {
        let text = Array(line(progress(job, 50), 0, 1234).dropLast())
        let whole = try #require(LogScanner.once(text))
        for place in text.indices {
            var shorter = text
            shorter.remove(at: place)
            var longer = text
            longer.insert(text[place], at: place)
            var changed = text
            changed[place] ^= 0x40
            for damaged in [shorter, longer, changed] {
                guard let scanned = LogScanner.once(damaged) else { continue }
                // What is still an event must be one for the strict reader too.
                let parsed = try #require(try? LogLine.parse(damaged), "\(String(decoding: damaged, as: UTF8.self))")
                #expect(scanned.seq == parsed.seq)
                #expect(parsed.event.job.map { JobKey($0) } == scanned.job)
                #expect(scanned.kind == whole.kind || scanned.kind == .other)
            }
        }
    }

    @Test("Days of four centuries are read back as they are written")
    func days() {
        var milliseconds: Int64 = -5_000_000_000_000
        while milliseconds < 8_000_000_000_000 {
            let text = UTCTime(milliseconds: milliseconds).text
            let day = UTCTime.startOfDay(Array(text.utf8.prefix(10)))
            #expect(day.map { UTCTime(milliseconds: $0).text } == String(text.prefix(10)) + "T00:00:00.000Z")
            milliseconds += 86_400_000 * 13 + 12_345_678
        }
    }

    @Test("A moment, a sequence number and a job each find their lines")
    func index() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        var text = line(.runStarted(runID: "r", version: "1", jobs: 2, settings: "s"), 0, 1)
        text += line(.jobStarted(job: job, path: RawPath("a.mp4"), totalFrames: 100, size: 1), 10, 2)
        text += line(progress(job, 1), 20, 3)
        text += Array("garbage\n".utf8)
        text += line(progress(other, 5), 30, 5)
        text += line(progress(job, 50), 25, 6)  // the clock stepped back
        text += line(.completed(job: job), 9000, 7)
        try AtomicFile.write(text, to: path)
        var index = LogIndex()
        let follower = LogFollower(path)
        #expect(try follower.advance(&index) == .lines)
        #expect(try follower.advance(&index) == .nothing)
        #expect(index.count == 6 && index.broken == 1)
        #expect(index.lines(until: 0.0199) == 2)
        #expect(index.lines(until: 0.03) == 5)
        #expect(index.lines(until: -1) == 0)
        #expect(index.lines(until: 1e300) == 6)
        #expect(index.line(seq: 4) == 3)
        #expect(index.seq(index.line(seq: 5)) == 5)
        let own = try #require(index.index(of: job))
        #expect(Array(index.lines(own, in: 0..<6)) == [1, 2, 4, 5])
        #expect(index.last(own, before: 5) == 4)
        #expect(index.last(own, before: 6) { $0 == .progress } == 4)
        #expect(index.gaps(longerThan: 5).map(\.start) == [0.03])
        #expect(index.duration == 9)
        #expect(try LogLine.parse(try follower.line(index.range(5))).event == .completed(job: job))
    }

    @Test("The index says of every job after every line what the fold says, late and lost lines among them")
    func statuses() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        let jobs = ["a", "b", "c", "d"].map { JobID(video: RawPath($0)) }
        func events(_ job: JobID) -> [LogEvent] {
            [
                .jobPlanned(job: job, path: RawPath("x"), size: 1),
                .jobStarted(job: job, path: RawPath("x"), totalFrames: 100, size: 1),
                .jobSkipped(job: job, path: RawPath("x"), reason: ""), .jobRetry(job: job, attempt: 2, reason: ""),
                progress(job, 5), .completed(job: job), .error(job: job, message: "no"),
            ]
        }
        for round in 0..<50 {
            // A few lines of each job, in an order that differs from round to round.
            let lines = (0..<28).map { number -> LogEvent in
                let turn = (number * 9 + round * 11) % 28
                return events(jobs[turn % 4])[(turn / 4 + number * round) % 7]
            }
            let text = lines.enumerated().flatMap { line($0.element, Int64($0.offset), $0.offset + 1) }
            try AtomicFile.write(text, to: path, durable: false)
            var index = LogIndex()
            #expect(try LogFollower(path).advance(&index) == .lines)
            var state = RunState()
            var expected: [JobID: VideoStatus] = [:]
            for (number, event) in lines.enumerated() {
                if let change = state.apply(event) { expected[change.after.id] = change.after.status }
                for (job, status) in expected {
                    let own = try #require(index.index(of: job))
                    let wanted = status == .skipped ? .pending : status
                    #expect(index.status(own, after: number + 1) == wanted, "round \(round), line \(number)")
                }
            }
            #expect(state.completed + state.failed == index.jobs.count { $0.end != nil })
        }
    }

    @Test("A growing log is read line by line, however its bytes arrive")
    func growth() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        let descriptor = try Files.open(path, Files.appendOrCreate)
        defer { Files.close(descriptor) }
        let follower = LogFollower(path)
        var index = LogIndex()
        var bytes: [UInt8] = []
        for seq in 1...50 { bytes += line(progress(seq % 3 == 0 ? other : job, seq), Int64(seq), seq) }
        var place = 0
        var size = 1
        while place < bytes.count {
            let piece = Array(bytes[place..<min(bytes.count, place + size)])
            try Files.write(piece, to: descriptor, path: path)
            place += piece.count
            size = (size * 7 + 3) % 211 + 1
            _ = try follower.advance(&index)
            #expect(index.count == bytes[..<place].count { $0 == 0x0a })
        }
        #expect(index.broken == 0 && index.count == 50)
    }

    @Test("A torn line that a resuming writer cuts off is no event, and what it then writes is")
    func tornLine() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        try AtomicFile.write(line(progress(job, 1), 0, 1) + Array("{\"job_id\":\"torn".utf8), to: path)
        let follower = LogFollower(path)
        var index = LogIndex()
        #expect(try follower.advance(&index) == .lines)
        let log = try ProgressLog(path)
        try log.append(progress(job, 2), time: .now, now: 0)
        #expect(try follower.advance(&index) == .lines)
        #expect(index.count == 3 && index.broken == 0)
        #expect(index.kind(1) == .other)
    }

    @Test("A log that was cut or replaced is read anew")
    func replaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        try AtomicFile.write(line(progress(job, 1), 0, 1) + line(progress(job, 2), 0, 2), to: path)
        let follower = LogFollower(path)
        var index = LogIndex()
        #expect(try follower.advance(&index) == .lines)
        try AtomicFile.write(line(progress(job, 9), 0, 1) + line(progress(job, 10), 0, 2), to: path)
        #expect(try follower.advance(&index) == .replaced)
        index = LogIndex()
        #expect(try follower.advance(&index) == .lines)
        #expect(index.count == 2)
        let descriptor = try Files.open(path, Files.appendOrCreate)
        try Files.truncate(descriptor, to: 0, path: path)
        Files.close(descriptor)
        #expect(try follower.advance(&index) == .replaced)
        Files.remove(path)
        #expect(throws: SystemError.self) { try follower.advance(&index) }
    }

    @Test("A line of megabytes is counted once and passed over")
    func overlong() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        let rubbish = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20) + [0x0a]
        try AtomicFile.write(line(progress(job, 1), 0, 1) + rubbish + line(progress(job, 2), 1, 2), to: path)
        var index = LogIndex()
        #expect(try LogFollower(path).advance(&index) == .lines)
        #expect(index.count == 2 && index.broken == 1)
    }
}

extension LogScanner {
    fileprivate static func once(_ line: [UInt8]) -> ScannedLine? {
        var scanner = LogScanner()
        return scanner.scan(line)
    }
}

@Suite("Readers of compressed logs") struct CompressedLogTests {
    @Test func `every reader says the same of a log before and after it is compressed`() throws {
        let made = try MadeFolder()
        Files.remove(made.layout.summary(run: MadeFolder.run))
        Files.remove(made.layout.history)
        func told() throws -> [String] {
            let summary = try #require(RunLogSummary(made.layout, run: MadeFolder.run))
            let members = summary.members(completed: 1, failed: 2, skipped: 3)
            var index = LogIndex()
            let follower = LogFollower(made.log)
            _ = try follower.advance(&index)
            let lines = try (0..<index.count).map { try follower.line(index.range($0)) }
                .map { String(decoding: $0, as: UTF8.self) }
            let runs = try RunList.all(made.layout).map { JSONWriter.text($0.json) }
            let validation = try Validation.folder(made.layout)
            return lines + runs + [JSONWriter.text(.object(members)), "\(validation.logs)"]
                + validation.breaches.map(\.text) + (try RunLogSummary.ids(made.layout))
        }
        let before = try told()
        #expect(before.count > 10)
        try RunLog.compress(made.log)
        #expect(!Files.exists(made.log))
        #expect(try told() == before)
    }

    @Test func `a follower goes on while its log is compressed, and begins no second time`() throws {
        let made = try MadeFolder()
        let job = JobID(video: RawPath("a.mp4"))
        let steps = (0..<20_000).map { LogEvent.progress(job: job, Progress(currentFrame: $0, totalFrames: 20_000)) }
        try made.made.writeLog(MadeFolder.run, steps.enumerated().map { (Int64($0.offset), $0.element) })
        let follower = LogFollower(made.log)
        var index = LogIndex()
        #expect(try follower.advance(&index, limit: 1) == .lines)
        let known = index.count
        try RunLog.compress(made.log)
        while try follower.advance(&index, limit: 1 << 20) == .lines {}
        #expect(index.count > known)
        var whole = LogIndex()
        #expect(try LogFollower(made.log).advance(&whole) == .lines)
        #expect(whole.count == index.count)
        #expect(try follower.line(index.range(index.count - 1)) == follower.line(whole.range(whole.count - 1)))
    }

    @Test func `a compressed log that is damaged is read as far as it goes, and said to be`() throws {
        let made = try MadeFolder()
        let job = JobID(video: RawPath("a.mp4"))
        let steps = (0..<20_000).map { LogEvent.progress(job: job, Progress(currentFrame: $0, totalFrames: 20_000)) }
        try made.made.writeLog(MadeFolder.run, steps.enumerated().map { (Int64($0.offset), $0.element) })
        try RunLog.compress(made.log)
        let path = made.log.suffixed(".gz")
        let bytes = try Files.read(path)
        try AtomicFile.write(Array(bytes.prefix(bytes.count / 2)), to: path)
        let summary = try #require(RunLogSummary(made.layout, run: MadeFolder.run))
        #expect(summary.fault == "its log cannot be read to its end: its compressed data ends too early")
        #expect(summary.events > 1000)
        let breaches = try Validation.folder(made.layout).breaches.filter { $0.path == path }
        #expect(breaches.map(\.text).last == "it cannot be read: its compressed data ends too early")
    }

    @Test func `a run whose log is packed by another program is named, and so is one without a log`() throws {
        let made = try MadeFolder()
        #expect(try RunLogSummary.lacking(made.layout).isEmpty)
        Files.remove(made.log)
        try AtomicFile.write([0x28, 0xb5, 0x2f, 0xfd], to: made.log.suffixed(".zst"))
        let lacking = try RunLogSummary.lacking(made.layout)
        #expect(lacking.map(\.id) == [MadeFolder.run])
        #expect(lacking.first?.text.contains("progress.ndjson.zst") == true)
        #expect(try Validation.folder(made.layout).breaches.map(\.text) == lacking.map(\.text))
        Files.remove(made.log.suffixed(".zst"))
        #expect(try Validation.folder(made.layout).breaches.first?.text.hasPrefix("its log is missing") == true)
    }
}
