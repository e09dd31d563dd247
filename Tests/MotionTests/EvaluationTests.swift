import FrameTools
import Glibc
import Testing

/// Whether the long evaluation was asked for.
private let isFull = getenv("FORGEBATCH_FULL").map { String(cString: $0) } == "1"

@Suite("Tracks against a known truth") struct EvaluationTests {
    /// Scenes of each kind in pictures of so many lines.
    private static func scores(
        _ seeds: ClosedRange<UInt64>, lines: (Scenario) -> Int = { _ in Scene.height }
    ) -> [(scenario: Scenario, scores: Scores)] {
        Scenario.allCases.map { scenario in
            let all = seeds.map { seed in
                let scene = scenario.scene(seed: seed).scaled(lines: lines(scenario))
                return Evaluation.score(scene, Evaluation.run(scene))
            }
            return (scenario, all.dropFirst().reduce(all[0], +))
        }
    }

    private static func check(_ results: [(scenario: Scenario, scores: Scores)]) {
        for result in results {
            print(
                "\(result.scenario.rawValue): MOTA \(percent(result.scores.mota)), IDF1 \(percent(result.scores.idf1)), "
                    + "\(result.scores.switches) switches, \(result.scores.truth) boxes")
            // The worst kinds, where objects touch as they come in, are far from the mean.
            #expect(result.scores.mota > 0.5 && result.scores.idf1 > 0.6, "\(result.scenario)")
        }
        let all = results.dropFirst().reduce(results[0].scores) { $0 + $1.scores }
        print("all: MOTA \(percent(all.mota)), IDF1 \(percent(all.idf1)), \(all.switches) switches, \(all.truth) boxes")
        #expect(all.mota >= 0.85)
        #expect(all.idf1 >= 0.90)
    }

    private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

    /// One scene of each kind; with FORGEBATCH_FULL=1 twenty, of seeds that were not looked at while the tracker was made.
    @Test func `objects keep their numbers in scenes of every kind`() {
        Self.check(Self.scores(isFull ? 101...120 : 51...51))
    }

    private static let sizes = [240, 288, 432, 480, 576, 720, 1080]

    /// Each kind in the size whose turn it is; with FORGEBATCH_FULL=1 each in each, four times.
    @Test func `objects keep their numbers in pictures of other sizes`() {
        if isFull {
            for lines in Self.sizes {
                print("\(lines) lines")
                Self.check(Self.scores(101...104) { _ in lines })
            }
        } else {
            let turns = Dictionary(
                uniqueKeysWithValues: Scenario.allCases.enumerated().map { ($1, Self.sizes[$0 % Self.sizes.count]) })
            Self.check(Self.scores(51...51) { turns[$0] ?? Scene.height })
        }
    }

    @Test func `a scene drawn larger has the same truth, larger`() {
        let scene = Scenario.growing.scene(seed: 51)
        let large = scene.scaled(lines: 720)
        #expect(large.width == 1280 && large.height == 720 && large.background.count == 1280 * 720)
        #expect(scene.scaled(lines: 360).background == scene.background)
        for frame in [0, 40, 224] {
            let (one, two) = (scene.truth(frame), large.truth(frame))
            #expect(one.map(\.id) == two.map(\.id))
            for (small, big) in zip(one, two) {
                #expect(big.x1 == 2 * small.x1 && big.y1 == 2 * small.y1 && big.x2 == 2 * small.x2)
            }
        }
    }

    @Test func `a scene of one seed is always the same`() {
        let (one, two) = (Scenario.crowd.scene(seed: 3), Scenario.crowd.scene(seed: 3))
        #expect(one.background == two.background)
        #expect(Evaluation.run(one) == Evaluation.run(two))
        #expect(Scenario.crowd.scene(seed: 4).background != one.background)
    }

    @Test(arguments: Scenario.allCases) func `no object lies wholly over another for more than ten frames`(
        scenario: Scenario
    ) {
        #expect(scenario.scene(seed: 51).longestCover <= 10)
    }
}

@Suite("The measures of the evaluation") struct ScoresTests {
    private func box(_ x: Double) -> Box { Box(x1: x, y1: 0, x2: x + 10, y2: 10) }

    @Test func `a perfect answer has 1 and 1`() {
        var scores = Scores()
        for frame in 0..<10 { scores.take([(1, box(Double(frame)))], [(7, box(Double(frame)))]) }
        scores.finish()
        #expect(scores.mota == 1 && scores.idf1 == 1)
    }

    @Test func `a change of number half way costs one switch and half of the identity`() {
        var scores = Scores()
        for frame in 0..<10 { scores.take([(1, box(0))], [(frame < 5 ? 1 : 2, box(0))]) }
        scores.finish()
        #expect(scores.switches == 1 && scores.misses == 0 && scores.falseOnes == 0)
        #expect(abs(scores.mota - 0.9) < 1e-9 && abs(scores.idf1 - 0.5) < 1e-9)
    }

    @Test func `what is missed and what is not there count against the truth`() {
        var scores = Scores()
        for _ in 0..<4 { scores.take([(1, box(0)), (2, box(50))], [(1, box(1)), (3, box(200))]) }
        scores.finish()
        #expect(scores.misses == 4 && scores.falseOnes == 4 && scores.switches == 0)
        #expect(scores.mota == 0 && scores.idf1 == 0.5)
    }

    @Test func `a pair stays while it overlaps enough, though another would overlap more`() {
        var scores = Scores()
        scores.take([(1, box(0))], [(1, box(0)), (2, box(30))])
        scores.take([(1, box(0))], [(1, box(3)), (2, box(0))])
        scores.finish()
        #expect(scores.switches == 0 && scores.falseOnes == 2)
    }
}
