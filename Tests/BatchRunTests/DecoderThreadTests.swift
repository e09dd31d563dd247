import Bytes
import Jobs
import Testing

@testable import BatchRun

@Suite("Decoder threads of a run")
struct DecoderThreadTests {
    @Test("One video alone gets two more than there are processors, several their share, and many one each")
    func shares() {
        func counts(_ processors: Int, _ together: [Int]) -> [Int] {
            together.map { DecoderThreads.automatic(processors: processors).count(together: $0, attempt: 1) }
        }
        #expect(counts(2, [1, 2, 3]) == [4, 1, 1])
        #expect(counts(8, [1, 2, 3, 4, 5, 7, 8, 9]) == [10, 4, 3, 2, 2, 2, 1, 1])
        #expect(counts(1, [1, 2]) == [1, 1])
        #expect(counts(0, [1]) == [1])
        #expect(counts(200, [1, 2]) == [64, 64])
        let fixed = DecoderThreads.fixed(3)
        #expect([1, 2, 9].map { fixed.count(together: $0, attempt: 1) } == [3, 3, 3])
        for threads in [fixed, .automatic(processors: 8)] { #expect(threads.count(together: 1, attempt: 2) == 1) }
        #expect(fixed.threadedPixels == 0 && DecoderThreads.automatic(processors: 2).threadedPixels == 921_600)
    }

    /// Threads of the videos that start now.
    private func start(_ script: inout Script) -> [String] {
        var started: [String] = []
        while script.scheduler.wantsStart {
            for case .start(let job, _, let threads) in script.send(.startNext) {
                started.append("\(job.video.relative.display) \(threads)")
            }
        }
        return started
    }

    @Test("Only the last videos of a run get threads: when fewer are left than processors")
    func last() {
        var script = Script(["a", "b", "c", "d"]) {
            ($0.workers, $0.threads) = (3, .automatic(processors: 3))
        }
        #expect(start(&script) == ["a 1", "b 1", "c 1"])
        script.end("a", Script.completed())
        // Three are left.
        #expect(start(&script) == ["d 1"])
        var ends = Script(["a", "b", "c"]) { ($0.workers, $0.threads) = (2, .automatic(processors: 3)) }
        // Memory has room for two workers: the third processor is theirs, too.
        #expect(start(&ends) == ["a 2", "b 2"])
        for name in ["a", "b"] { ends.end(name, Script.completed()) }
        #expect(start(&ends) == ["c 5"])
        var one = Script(["a", "b"]) { ($0.workers, $0.threads) = (1, .automatic(processors: 1)) }
        #expect(start(&one) == ["a 1"])
        var alone = Script(["a"]) { ($0.workers, $0.threads) = (4, .automatic(processors: 4)) }
        #expect(start(&alone) == ["a 6"])
        var fixed = Script(["a", "b", "c"]) { ($0.workers, $0.threads) = (2, .fixed(5)) }
        #expect(start(&fixed) == ["a 5", "b 5"])
    }

    @Test("Where several threads ran out of memory or time, one tries again, over and above the retries")
    func spared() {
        let ends: [(Attempt.End, [String])] = [
            (.timedOut(5), []), (.died(signal: 5), ["Fatal error: failed to allocate"]),
        ]
        for (end, stderr) in ends {
            var script = Script(["a"]) {
                ($0.workers, $0.threads) = (1, .automatic(processors: 2))
                $0.retry = RetryPolicy(retries: 0)
            }
            #expect(start(&script) == ["a 4"])
            script.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: 1, threads: 4)))
            script.end("a", end, stderr: stderr)
            #expect(script.ends == [] && !script.scheduler.isDone)
            #expect(start(&script) == ["a 1"])
            script.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: 1)))
            script.end("a", end, stderr: stderr)
            #expect(script.ends.count == 1 && script.scheduler.isDone && script.remembered.count == 1)
        }
        // Given several, the worker took one: its end counts.
        var small = Script(["a"]) {
            ($0.workers, $0.threads) = (1, .automatic(processors: 2))
            $0.retry = RetryPolicy(retries: 0)
        }
        #expect(start(&small) == ["a 4"])
        small.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: 1)))
        small.end("a", .timedOut(5))
        #expect(small.ends.count == 1 && small.scheduler.isDone)
    }

    @Test("A crash counts as a try, with however many threads, and the next try has one")
    func crash() {
        for end in [Attempt.End.died(signal: 11), .exited(status: 1), .stalled(5)] {
            for retries in 0...1 {
                var script = Script(["a"]) {
                    ($0.workers, $0.threads) = (1, .fixed(4))
                    $0.retry = RetryPolicy(retries: retries)
                }
                #expect(start(&script) == ["a 4"])
                script.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: 1, threads: 4)))
                script.end("a", end)
                #expect(start(&script) == (retries == 0 ? [] : ["a 1"]))
                #expect(script.scheduler.isDone == (retries == 0))
            }
        }
    }

    @Test("A lack of memory with several threads says nothing of the video, one with one thread does")
    func memory() {
        var script = Script(["a"]) { ($0.workers, $0.threads) = (1, .fixed(8)) }
        _ = start(&script)
        script.send(.message(Script.id("a"), .opened(totalFrames: 9, duration: 1, threads: 8)))
        script.end("a", .died(signal: 5), stderr: ["Fatal error: failed to allocate"])
        #expect(start(&script) == ["a 1"])
        script.end("a", Script.completed())
        #expect(script.ends == ["a ok"] && script.remembered == [])
    }

    @Test("A quota of processors' time counts as so many processors, the last one whole")
    func quota() {
        #expect(WorkerCount.busy(processors: 8, quota: nil) == 8)
        #expect(WorkerCount.busy(processors: 8, quota: 2.5) == 3)
        #expect(WorkerCount.busy(processors: 2, quota: 7) == 2)
        #expect(WorkerCount.busy(processors: 4, quota: 0.1) == 1)
        #expect(WorkerCount.busy(processors: 0, quota: nil) == 1)
    }
}
