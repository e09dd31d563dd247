import Archive
import Bytes
import Jobs
import TestSupport
import Testing

@testable import ReplayServer

/// The parts of a replay one by one, with a clock that is set by hand.
@Suite("The parts of a replay")
struct ReplayStateTests {
    private let second: UInt64 = 1_000_000_000

    private func index(_ run: MadeRun) throws -> LogIndex {
        var index = LogIndex()
        _ = try LogFollower(run.layout.log(run: run.id)).advance(&index)
        return index
    }

    private func replay(_ run: MadeRun, status: RunStatus = .finished) throws -> RunReplay {
        let duration = try index(run).duration
        let clock = ReplayClock(
            timeline: Timeline(duration: duration, longestGap: 5), speed: .times(1), from: 0, isPaused: false)
        return RunReplay(source: LogSource(run.layout, run: run.id, status: status), clock: clock)
    }

    // MARK: The log

    @Test("A log that is over is read once, and then no more is looked for")
    func archived() throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        var source = LogSource(run.layout, run: run.id, status: .finished)
        var news = source.advance(0)
        #expect(news == (.lines, true) && !source.isLoaded)
        news = source.advance(1)
        #expect(news == (.nothing, false) && source.isLoaded)
        #expect(source.index.count == MadeRun.events().count && source.nextLook(2) == nil)
    }

    @Test("A log that is written is looked at often while it grows, seldom when silent, and ends with its writer")
    func live() throws {
        let run = try MadeRun()
        let events = MadeRun.events()
        let lock = try run.lock()
        // Old enough that only the lock says that somebody writes it.
        try run.write(Array(events.prefix(3)))
        var source = LogSource(run.layout, run: run.id, status: .running)
        _ = source.advance(10 * second)
        let growing = try #require(source.nextLook(10 * second)) - 10 * second
        let silent = try #require(source.nextLook(12 * second)) - 12 * second
        #expect(growing < silent)
        var news = source.advance(12 * second)
        #expect(news == (.nothing, false) && source.status == .running)
        Files.close(lock)
        news = source.advance(12 * second + 1)
        #expect(news.news == .nothing && source.status == .running, "the writer was looked for just now")
        news = source.advance(13 * second)
        #expect(news.news == .ended && source.status == .interrupted)
        // Another writer goes on, to the end.
        try run.append(run.line(events[3].1, events[3].0, 4))
        news = source.advance(14 * second)
        #expect(news.news == .resumed && source.status == .running)
        try run.append(run.line(.runFinished(counts: .object([]), exitStatus: 0), 900, 5))
        news = source.advance(15 * second)
        #expect(news.news == .ended && source.status == .finished)
        #expect(source.index.count == 5)
    }

    @Test("A log that is replaced begins anew, and one that is gone leaves what is known of it")
    func replaced() throws {
        let run = try MadeRun()
        try run.write(Array(MadeRun.events().prefix(5)))
        var source = LogSource(run.layout, run: run.id, status: .running)
        _ = source.advance(0)
        _ = source.advance(1)
        try run.write(Array(MadeRun.events().prefix(4)))
        let news = source.advance(2)
        #expect(news == (.replaced, true) && source.index.count == 0 && !source.isLoaded)
        _ = source.advance(3)
        #expect(source.index.count == 4)
        Files.remove(run.layout.log(run: run.id))
        let gone = source.advance(4)
        #expect(gone == (.nothing, false) && source.status == .interrupted && source.index.count == 4)
    }

    // MARK: The watchers

    @Test("Lines are told to those whom they concern, all else to everybody, and only the newest is kept")
    func audience() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let index = try index(run)
        var audience = Broadcaster()
        let (a, b, all) = (audience.subscribe(MadeRun.a), audience.subscribe(MadeRun.b), audience.subscribe(nil))
        // The run's start, then that of a.
        audience.advance(to: 1, of: index)
        audience.advance(to: 2, of: index)
        audience.advance(to: 2, of: index)
        audience.unsubscribe(a.id)
        audience.unsubscribe(all.id)
        #expect(await a.positions.reduce(into: []) { $0.append($1.lines) } == [2])
        #expect(await all.positions.reduce(into: []) { $0.append($1.lines) } == [2])
        audience.change { $0.clock += 1 }
        audience.unsubscribe(b.id)
        #expect(await b.positions.reduce(into: []) { $0.append($1.clock) } == [1])
        #expect(audience.position == ReplayPosition(generation: 0, lines: 2, clock: 1))
    }

    // MARK: The selected run

    @Test("The newest run is the selected one, but not while somebody who named none watches the one before")
    func selection() {
        var selection = RunSelection()
        func id(_ newest: String?, held: Bool) -> String? { selection.id(newest: newest) { _ in held } }
        #expect(id(nil, held: false) == nil)
        #expect(id("1", held: false) == "1" && id("1", held: true) == "1")
        #expect(id("2", held: true) == "1" && id("3", held: true) == "1" && id("3", held: false) == "3")
        // A run that is gone is not waited for.
        #expect(id("2", held: true) == "2")
        selection.choose("1")
        #expect(id("4", held: false) == "1")
        selection.choose(nil)
        #expect(id("4", held: true) == "4")
        var fixed = RunSelection("1")
        #expect(fixed.id(newest: "2") { _ in false } == "1")
    }

    @Test("A run is held by open sockets until it is over, by who polls, and for a while by who was told of an end")
    func hold() {
        var hold = SelectionHold()
        let lifetime = SelectionHold.lifetime
        func isHeld(_ now: UInt64, isOver: Bool = false) -> Bool { hold.isHeld(now, isOver: isOver) }
        #expect(!isHeld(0))
        hold.ask(5)
        #expect(isHeld(6) && isHeld(4 + lifetime) && !isHeld(5 + lifetime) && !isHeld(6, isOver: true))
        hold.open()
        #expect(isHeld(9 * lifetime) && !isHeld(9 * lifetime, isOver: true))
        hold.tell(9 * lifetime)
        #expect(isHeld(9 * lifetime + 1, isOver: true) && !isHeld(10 * lifetime, isOver: true))
        hold.close()
        #expect(!isHeld(9 * lifetime + 1, isOver: true) && !isHeld(9 * lifetime + 1))
    }

    @Test("The plan is known when all jobs are named, or with the first line that is none of it")
    func plan() throws {
        let run = try MadeRun()
        let start = LogEvent.runStarted(runID: run.id, version: "1", jobs: 2, settings: "s")
        func planned(_ name: String) -> LogEvent {
            .jobPlanned(job: JobID(video: RawPath(name)), path: RawPath(name), size: 1)
        }
        let skip = LogEvent.jobSkipped(job: MadeRun.b, path: RawPath("b.mp4"), reason: "known")
        let begin = LogEvent.jobStarted(job: MadeRun.a, path: RawPath("a.mp4"), totalFrames: 1, size: 1)
        let none = LogEvent.runStarted(runID: run.id, version: "1", jobs: 0, settings: "s")
        let cases: [([LogEvent], Bool)] = [
            ([], false), ([start], false), ([start, planned("a")], false), ([start, planned("a"), planned("b")], true),
            ([start, skip, skip], false), ([start, skip, begin], true), ([none], true),
            ([start, planned("a"), .jobsSkipped(count: 1, reasons: [:])], true),
        ]
        for (events, isKnown) in cases {
            try run.write(events.map { (0, $0) })
            #expect(try index(run).isPlanKnown == isKnown, "\(events)")
        }
    }

    // MARK: All together

    @Test("A replay wakes when the next line is due, and not before it was started")
    func steps() throws {
        let run = try MadeRun()
        try run.write(MadeRun.events(step: 1000))
        var replay = try replay(run)
        #expect(replay.step(0) == .again && replay.step(0) == .whenAsked)
        #expect(replay.linesUntilNow(100 * second) == 0)
        let (begins, again) = (replay.start(5 * second), replay.start(6 * second))
        #expect(begins && !again)
        guard case .at(let deadline) = replay.step(5 * second) else {
            Issue.record("no deadline")
            return
        }
        #expect(replay.audience.position.lines == 1)
        #expect(deadline >= 6 * second && deadline < 6 * second + 1_000_000)
        _ = replay.step(deadline)
        #expect(replay.audience.position.lines == 2)
        #expect(replay.step(100 * second) == .whenAsked)
        #expect(replay.audience.position.lines == replay.source.index.count && !replay.audience.position.isDead)
    }

    @Test("A seek voids what was sent, a change of speed does not, and a live run has no clock to change")
    func changes() throws {
        let run = try MadeRun()
        try run.write(MadeRun.events(step: 1000))
        var replay = try replay(run)
        while replay.step(0) == .again {}
        let isFaster = replay.change(at: nil, speed: .times(2), isPlaying: nil, 0)
        #expect(isFaster && replay.audience.position == ReplayPosition(generation: 0, lines: 0, clock: 1))
        let isMoved = replay.change(at: 4, speed: nil, isPlaying: nil, second)
        #expect(isMoved && replay.audience.position == ReplayPosition(generation: 1, lines: 5, clock: 2))
        let state = replay.clockState(2 * second)
        #expect(state.at == 6 && state.speed == .times(2) && !state.isLive && state.isPlaying)
        var live = try self.replay(run, status: .running)
        let isChanged = live.change(at: 0, speed: nil, isPlaying: nil, 0)
        #expect(!isChanged && live.clockState(0).isLive)
    }

    @Test("The watchers of a run that died are told so at its last line, and taken back by a seek")
    func dead() throws {
        let run = try MadeRun()
        try run.write(Array(MadeRun.events(step: 1000).prefix(6)))
        var replay = try replay(run, status: .interrupted)
        while replay.step(0) == .again {}
        _ = replay.start(0)
        _ = replay.step(second)
        #expect(!replay.audience.position.isDead)
        _ = replay.step(60 * second)
        #expect(replay.audience.position.isDead)
        _ = replay.change(at: 1, speed: nil, isPlaying: false, 61 * second)
        _ = replay.step(61 * second)
        #expect(!replay.audience.position.isDead)
    }
}
