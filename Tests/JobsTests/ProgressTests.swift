import Jobs
import TestSupport
import Testing

@Suite("Progress") struct ProgressTests {
    @Test func `a percentage is rounded down and held between 0 and 100`() {
        let known = [
            (50, 100, 50), (0, 0, 0), (1, 3, 33), (2, 3, 66), (100, 100, 100), (189, 450, 42), (29, 100, 29), (3, 0, 0),
            (150, 100, 100), (-1, 100, 0), (1, -5, 0), (999, 1000, 99), (1, 1, 100), (0, 10, 0),
        ]
        for (current, total, percent) in known {
            #expect(Progress.percent(current, of: total) == percent, "\(current) of \(total)")
            #expect(Progress(currentFrame: current, totalFrames: total).percent == percent)
        }
    }

    @Test func `passes have equal weight`() {
        let known = [
            (1, 4, 0, 2, 12), (4, 4, 0, 2, 50), (0, 4, 1, 2, 50), (1, 4, 1, 2, 62), (4, 4, 1, 2, 100), (3, 8, 0, 1, 37),
            (1, 3, 2, 3, 77), (0, 0, 1, 2, 0), (-7, 4, 1, 2, 50), (9, 4, 0, 2, 50), (4, 4, 5, 2, 100),
        ]
        for (current, total, pass, passes, percent) in known {
            #expect(
                Progress.percent(current, of: total, pass: pass, passes: passes) == percent,
                "\(current) of \(total), pass \(pass) of \(passes)")
        }
        let progress = Progress(
            currentFrame: 1, totalFrames: 4, pass: .init(tool: "motion", completed: 1, total: 2))
        #expect(progress.percent == 62)
    }

    @Test func `no number is too large`() {
        let known = [
            (Int.max, Int.max, 100), (Int.max - 1, Int.max, 99), (Int.max / 2, Int.max, 49), (1, Int.max, 0),
            (Int.max, 1, 100), (Int.max, (1 << 41) + 1, 100), (Int.min, Int.max, 0), (Int.min, Int.min, 0),
            (1 << 50, 1 << 51, 50),
        ]
        for (current, total, percent) in known {
            #expect(Progress.percent(current, of: total) == percent, "\(current) of \(total)")
        }
        #expect(Progress.percent(Int.max, of: Int.max, pass: Int.max, passes: Int.max) == 100)
        #expect(Progress.percent(1, of: Int.max, pass: Int.min, passes: Int.max) == 0)
    }

    @Test func `a percentage is that of exact arithmetic`() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<5000 {
            let total = Int.random(in: 1...2_000_000, using: &generator)
            let current = Int.random(in: 0...total, using: &generator)
            #expect(Progress.percent(current, of: total) == 100 * current / total)
        }
    }
}

@Suite("Pace of progress") struct ProgressPacerTests {
    /// The steps that are told of a video, with the last one.
    private func steps(declared: Int, actual: Int, interval: UInt64, frameTime: UInt64) -> [ProgressPacer.Step] {
        var pacer = ProgressPacer(declared: declared, interval: interval)
        var result: [ProgressPacer.Step] = []
        for number in 1..<(actual + 1) {
            if let step = pacer.frame(number, now: 1_000_000 + UInt64(number) * frameTime) { result.append(step) }
        }
        if let step = pacer.finish(frames: actual) { result.append(step) }
        return result
    }

    private func texts(_ steps: [ProgressPacer.Step]) -> [String] { steps.map { "\($0.current)/\($0.total)" } }

    @Test func `every frame of a video that holds what it declares is told`() {
        #expect(texts(steps(declared: 4, actual: 4, interval: 0, frameTime: 1)) == ["1/4", "2/4", "3/4", "4/4"])
        #expect(texts(steps(declared: 1, actual: 1, interval: 0, frameTime: 1)) == ["1/1"])
    }

    @Test func `the total grows with a video that holds more`() {
        #expect(
            texts(steps(declared: 2, actual: 5, interval: 0, frameTime: 1)) == ["1/2", "2/3", "3/4", "4/5", "5/5"])
    }

    @Test func `a video that holds less ends at its true number`() {
        #expect(texts(steps(declared: 9, actual: 3, interval: 0, frameTime: 1)) == ["1/9", "2/9", "3/9", "3/3"])
    }

    @Test func `no total is made up where none is declared`() {
        #expect(texts(steps(declared: 0, actual: 3, interval: 0, frameTime: 1)) == ["1/0", "2/0", "3/0", "3/3"])
        #expect(texts(steps(declared: -4, actual: 1, interval: 0, frameTime: 1)) == ["1/0", "1/1"])
        #expect(texts(steps(declared: 5, actual: 0, interval: 0, frameTime: 1)) == [])
    }

    @Test func `at most one step is told in an interval, but always the first and the last`() {
        let told = steps(declared: 1000, actual: 1000, interval: 100, frameTime: 7)
        #expect(told.first.map { $0 == (1, 1000) } == true)
        #expect(told.last.map { $0 == (1000, 1000) } == true)
        for (one, next) in zip(told.dropLast(), told.dropLast().dropFirst()) {
            #expect((next.current - one.current) * 7 >= 100)
        }
        #expect(told.count > 60)
    }

    @Test func `a percentage never falls, and the last step is n of n`() {
        var generator = SeededGenerator(seed: 11)
        for round in 0..<3000 {
            let declared = Int.random(in: 0...40, using: &generator)
            let actual = Int.random(in: 1...40, using: &generator)
            let interval = [0, 5, 50, 1_000_000][round % 4]
            let told = steps(declared: declared, actual: actual, interval: UInt64(interval), frameTime: 10)
            var highest = 0
            var current = 0
            for step in told {
                let percent = Progress.percent(step.current, of: step.total)
                #expect(percent >= highest, "\(declared) declared, \(actual) there, \(texts(told))")
                #expect(step.current >= current && step.current <= actual)
                // What is not the last step does not look like it.
                #expect(step.current < step.total || step.total == 0 || step == (actual, actual))
                highest = percent
                current = step.current
            }
            #expect(told.last.map { $0 == (actual, actual) } == true)
            #expect(told.filter { $0 == (actual, actual) }.count == 1)
            #expect(highest == 100)
        }
    }
}
