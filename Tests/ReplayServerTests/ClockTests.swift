import Testing

@testable import ReplayServer

@Suite("The replay clock")
struct ClockTests {
    private let second: UInt64 = 1_000_000_000

    private func clock(
        _ duration: Double = 100, speed: ReplaySpeed = .times(1), from: Double = 0, isPaused: Bool = false
    ) -> ReplayClock {
        ReplayClock(timeline: Timeline(duration: duration), speed: speed, from: from, isPaused: isPaused)
    }

    @Test("It stands until it is started, then goes at its speed to the end and stays there")
    func run() {
        var clock = clock(speed: .times(4))
        #expect(clock.position(50 * second) == 0)
        clock.start(50 * second)
        clock.start(60 * second)
        #expect(clock.position(55 * second) == 20)
        #expect(clock.isPlaying(55 * second))
        #expect(clock.position(1000 * second) == 100)
        #expect(!clock.isPlaying(1000 * second))
    }

    @Test("A pause holds it, a seek moves it, a new speed changes nothing of what was played")
    func changes() {
        var clock = clock()
        clock.start(0)
        clock.setPlaying(false, 10 * second)
        #expect(clock.position(500 * second) == 10)
        clock.setPlaying(true, 500 * second)
        #expect(clock.position(505 * second) == 15)
        clock.setSpeed(.times(0.5), 505 * second)
        #expect(clock.position(515 * second) == 20)
        clock.seek(to: 90, 515 * second)
        #expect(clock.position(517 * second) == 91)
        clock.seek(to: -5, 517 * second)
        #expect(clock.position(517 * second) == 0)
        clock.seek(to: 1e12, 517 * second)
        #expect(clock.position(517 * second) == 100)
    }

    @Test("Paused from the beginning it waits to be told to play, whoever looks")
    func paused() {
        var clock = clock(from: 7, isPaused: true)
        clock.start(0)
        #expect(clock.position(60 * second) == 7)
        #expect(clock.deadline(8, 60 * second) == nil)
        clock.setPlaying(true, 60 * second)
        #expect(clock.position(61 * second) == 8)
    }

    @Test("At the speed max the run is over at once")
    func atOnce() {
        var clock = clock(speed: .max)
        #expect(clock.position(0) == 100 && clock.isStarted)
        clock.seek(to: 10, 0)
        #expect(clock.position(5 * second) == 15)
        // One that waits for somebody waits; told to hurry before it began, it is over, too.
        var paused = self.clock(speed: .max, isPaused: true)
        #expect(paused.position(0) == 0 && !paused.isStarted)
        paused.setPlaying(true, 0)
        #expect(paused.position(0) == 100)
        var late = self.clock()
        late.setSpeed(.max, 0)
        #expect(late.position(0) == 100 && late.isStarted)
    }

    @Test("The deadline of a moment is when the clock is there, at any speed and across gaps")
    func deadlines() throws {
        for speed in [0.5, 1, 3, 64] {
            var timeline = Timeline(duration: 1000, longestGap: 5)
            timeline.add(gap: 20, to: 400)
            var clock = ReplayClock(timeline: timeline, speed: .times(speed), from: 0, isPaused: false)
            clock.start(0)
            for moment in [0.001, 10, 20, 22, 400, 401, 999] {
                let deadline = try #require(clock.deadline(moment, 0))
                #expect(clock.position(deadline) >= moment)
                #expect(clock.position(deadline > 1_000_000 ? deadline - 1_000_000 : 0) <= moment)
            }
        }
    }

    @Test("Long gaps are shortened, short ones are not, and each time has its way back")
    func gaps() {
        var timeline = Timeline(duration: 1000, longestGap: 5)
        timeline.add(gap: 10, to: 14)
        timeline.add(gap: 100, to: 600)
        timeline.add(gap: 700, to: 900)
        #expect(timeline.played(100) == 100)
        #expect(timeline.played(103) == 103)
        #expect(timeline.played(300) == 105)
        #expect(timeline.played(600) == 105)
        #expect(timeline.played(700) == 205)
        #expect(timeline.played(1000) == 310)
        #expect(timeline.time(104) == 104)
        #expect(timeline.time(105) == 600)
        #expect(timeline.time(310) == 1000)
        for step in 0...3100 {
            let played = Double(step) / 10
            #expect(abs(timeline.played(timeline.time(played)) - played) < 1e-9)
        }
        let whole = Timeline(duration: 1000)
        #expect(whole.played(600) == 600 && whole.time(600) == 600)
    }
}
