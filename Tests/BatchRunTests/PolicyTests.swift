import Bytes
import Jobs
import Store
import Testing

@testable import BatchRun

@Suite("Which videos are reused")
struct ReusePolicyTests {
    private func policy(_ change: (inout ReusePolicy) -> Void = { _ in }) -> ReusePolicy {
        var policy = ReusePolicy(
            digest: "d", oldDigest: "old", version: "1", now: 100 * 86_400_000, resultFault: { _ in nil },
            fingerprint: { _ in nil })
        change(&policy)
        return policy
    }

    private let video = Planned.candidate("a.mkv")

    @Test("A video without result and failure is new")
    func new() {
        #expect(policy().decide(video, nil, nil) == .run("new"))
    }

    @Test("A sound result of the same video and settings stands, a damaged one until it is asked for")
    func upToDate() {
        #expect(policy().decide(video, Planned.known("a.mkv"), nil) == .skip(.skipped, "done in run r1"))
        #expect(
            policy().decide(video, Planned.known("a.mkv", verdict: .warning), nil)
                == .skip(.skipped, "done in run r1"))
        let damaged = Planned.known("a.mkv", verdict: .damaged)
        #expect(policy().decide(video, damaged, nil) == .skip(.damaged, "damaged, unchanged since run r1"))
        #expect(policy { $0.retryFailed = true }.decide(video, damaged, nil) == .run("--retry-failed"))
        let sound = policy { $0.retryFailed = true }.decide(video, Planned.known("a.mkv"), nil)
        #expect(sound == .skip(.skipped, "done in run r1"))
    }

    @Test("Force processes whatever is known")
    func force() {
        let forced = policy { $0.force = true }
        #expect(forced.decide(video, Planned.known("a.mkv"), nil) == .run("--force"))
        let failure = Planned.failure("a.mkv", .death, isQuarantined: true)
        #expect(forced.decide(video, nil, failure) == .run("--force"))
    }

    @Test("Other settings, older rules and a missing result are reasons of their own")
    func reasons() {
        var entry = Planned.known("a.mkv")
        entry.digest = "x"
        #expect(policy().decide(video, entry, nil) == .run("other settings or versions"))
        entry.digest = "old"
        #expect(policy().decide(video, entry, nil) == .run(ReusePolicy.olderRules))
        var asked: [RawPath] = []
        let gone = policy {
            $0.resultFault = { entry in
                asked.append(entry.result)
                return "its result is gone"
            }
        }
        #expect(gone.decide(video, Planned.known("a.mkv"), nil) == .run("its result is gone"))
        #expect(asked == [RawPath("results/a.mkv.json")])
    }

    @Test("By stat a video is known by size, time and inode; the reason says what changed")
    func stat() {
        var reads = 0
        let policy = policy {
            $0.fingerprint = { _ in
                reads += 1
                return "g"
            }
        }
        let entry = Planned.known("a.mkv")
        #expect(policy.decide(Planned.candidate("a.mkv", size: 999), entry, nil) == .run("changed: size"))
        #expect(policy.decide(Planned.candidate("a.mkv", modified: 8), entry, nil) == .run("changed: time"))
        #expect(policy.decide(video, entry, nil) == .skip(.skipped, "done in run r1"))
        #expect(reads == 0)
        #expect(policy.decide(Planned.candidate("a.mkv", inode: 4), entry, nil) == .run("changed: inode"))
        #expect(reads == 1)
    }

    @Test("A share that numbers its files anew changes no video: size, time and fingerprint are the same")
    func renumbered() {
        let policy = policy { $0.fingerprint = { _ in "f" } }
        let moved = Planned.candidate("a.mkv", inode: 4)
        #expect(policy.decide(moved, Planned.known("a.mkv"), nil) == .skip(.skipped, "done in run r1"))
        #expect(policy.decide(moved, Planned.known("a.mkv", fingerprint: nil), nil) == .run("changed: inode"))
        let touched = Planned.candidate("a.mkv", modified: 8, inode: 4)
        #expect(policy.decide(touched, Planned.known("a.mkv"), nil) == .run("changed: time"))
    }

    @Test(
        "By hash, or where the catalog knows no time, a video is known by its fingerprint",
        arguments: [RunOptions.Identity.hash, .stat])
    func hash(_ identity: RunOptions.Identity) {
        var entry = Planned.known("a.mkv")
        if identity == .stat { (entry.modified, entry.inode) = (nil, nil) }
        let copied = Planned.candidate("a.mkv", modified: 99, inode: 98)
        func decide(_ found: String?, _ entry: KnownResult) -> ReusePolicy.Decision {
            policy {
                $0.identity = identity
                $0.fingerprint = { _ in found }
            }.decide(copied, entry, nil)
        }
        #expect(decide("f", entry) == .skip(.skipped, "done in run r1"))
        #expect(decide("g", entry) == .run("changed: content"))
        #expect(decide(nil, entry) == .run("changed: content"))
        // A file that cannot be read is not the one without a fingerprint.
        entry.fingerprint = nil
        #expect(decide(nil, entry) == .run("changed: content"))
    }

    @Test("A failure counts for the same video, settings and version only, and before any result")
    func failures() {
        let failure = Planned.failure("a.mkv", .content)
        #expect(policy().decide(video, Planned.known("a.mkv"), failure) == .skip(.failed, "failed before: why"))
        #expect(
            policy().decide(Planned.candidate("a.mkv", inode: 9), nil, failure)
                == .run("changed since it failed: inode"))
        for change in [{ $0.version = "2" }, { $0.digest = "e" }] as [(inout ReusePolicy) -> Void] {
            #expect(policy(change).decide(video, nil, failure) == .run("failed with other settings or versions"))
        }
        #expect(policy { $0.retryFailed = true }.decide(video, nil, failure) == .run("--retry-failed"))
    }

    @Test(
        "A video whose worker crashed or timed out in one run is tried again in the next",
        arguments: [FailureEntry.Kind.death, .timeout, .memory])
    func crashedOnce(_ kind: FailureEntry.Kind) {
        let decision = policy().decide(video, nil, Planned.failure("a.mkv", kind))
        #expect(decision == .run("its worker crashed or timed out in the last run"))
    }

    @Test("A quarantine ends when it is asked for, and after 30 days where the cause can pass")
    func quarantine() {
        let kinds: [(FailureEntry.Kind, Bool)] = [(.timeout, true), (.memory, true), (.death, false)]
        for (kind, canPass) in kinds {
            // The policy's day is the 100th.
            let fresh = Planned.failure("a.mkv", kind, runs: 2, isQuarantined: true, time: 70 * 86_400_000)
            #expect(policy().decide(video, nil, fresh) == .skip(.quarantined, "quarantined: why"))
            #expect(
                policy { $0.retryQuarantined = true }.decide(video, nil, fresh) == .run("--retry-quarantined"))
            let old = Planned.failure("a.mkv", kind, runs: 2, isQuarantined: true, time: 70 * 86_400_000 - 1)
            let isRun = policy().decide(video, nil, old) == .run("its quarantine of 30 days is over")
            #expect(isRun == canPass)
        }
    }

    @Test("A video that ran out of memory is taken again once it may have more")
    func memory() {
        var failure = Planned.failure("a.mkv", .memory, runs: 2, isQuarantined: true, time: 99 * 86_400_000)
        failure.memoryLimit = 1 << 30
        func decide(_ memory: WorkerMemory) -> ReusePolicy.Decision {
            policy { $0.memory = memory }.decide(video, nil, failure)
        }
        #expect(decide(WorkerMemory(limit: 1 << 30)) == .skip(.quarantined, "quarantined: why"))
        #expect(decide(WorkerMemory(limit: 1 << 30, most: 1 << 31)) == .run("its memory limit was raised"))
        #expect(decide(WorkerMemory(limit: 0)) == .run("its memory limit was raised"))
    }
}

@Suite("Which attempts are repeated and what is remembered of them")
struct FailurePolicyTests {
    private static func attempt(_ end: Attempt.End, stderr: [String] = []) -> Attempt {
        Attempt(end: end, seconds: 1, stderr: stderr)
    }

    private static let lost: [Attempt.End] = [
        .died(signal: 11), .exited(status: 3), .stalled(60), .timedOut(600), .protocolError,
    ]

    @Test("A lost worker is tried again as often as allowed", arguments: lost)
    func retries(_ end: Attempt.End) {
        let attempt = FailurePolicyTests.attempt(end)
        let allowed = (1...4).map { RetryPolicy(retries: 2).allowsAnother(after: attempt, number: $0) }
        #expect(allowed == [true, true, false, false])
        #expect(!RetryPolicy(retries: 0).allowsAnother(after: attempt, number: 1))
        let exhausted = (1...4).map { RetryPolicy(retries: 2).isExhausted(after: attempt, number: $0) }
        #expect(exhausted == [false, false, true, true])
    }

    @Test("A worker that could not be started is tried again, and says nothing of its video to later runs")
    func notStarted() {
        let attempt = FailurePolicyTests.attempt(.spawnFailed("Resource temporarily unavailable"))
        let policy = RetryPolicy(retries: 2)
        #expect((1...4).map { policy.allowsAnother(after: attempt, number: $0) } == [true, true, false, false])
        #expect((1...4).allSatisfy { !policy.isExhausted(after: attempt, number: $0) })
    }

    @Test("What a worker told, what was stopped and what ran out of memory is not tried again")
    func noRetry() {
        let policy = RetryPolicy(retries: 9)
        let told = FailurePolicyTests.attempt(.finished(JobOutcome(kind: .content, message: "no")))
        #expect(!policy.allowsAnother(after: told, number: 1))
        #expect(!policy.allowsAnother(after: FailurePolicyTests.attempt(.stopped), number: 1))
        let full = FailurePolicyTests.attempt(
            .died(signal: 6), stderr: ["x", "Fatal error: failed to allocate 9 bytes"])
        #expect(!policy.allowsAnother(after: full, number: 1))
        #expect(policy.isExhausted(after: full, number: 1))
    }

    @Test("The second run in a row that loses a video puts it into quarantine")
    func quarantine() {
        let policy = QuarantinePolicy(digest: "d", version: "1")
        let video = Planned.candidate("a.ts").status
        #expect(policy.streak(.death, of: video, known: nil) == .init(runs: 1, isQuarantined: false))
        let known = Planned.failure("a.ts", .timeout)
        #expect(policy.streak(.death, of: video, known: known) == .init(runs: 2, isQuarantined: true))
        let twice = Planned.failure("a.ts", .memory, runs: 2)
        #expect(policy.streak(.memory, of: video, known: twice) == .init(runs: 3, isQuarantined: true))
    }

    @Test("Runs do not add up over another video, other settings, another version or another kind of failure")
    func apart() {
        let known = Planned.failure("a.ts", .death)
        let policy = QuarantinePolicy(digest: "d", version: "1")
        let video = Planned.candidate("a.ts").status
        let once = QuarantinePolicy.Streak(runs: 1, isQuarantined: false)
        #expect(policy.streak(.death, of: Planned.candidate("a.ts", size: 5).status, known: known) == once)
        #expect(policy.streak(.death, of: Planned.candidate("a.ts", modified: 5).status, known: known) == once)
        #expect(QuarantinePolicy(digest: "e", version: "1").streak(.death, of: video, known: known) == once)
        #expect(QuarantinePolicy(digest: "d", version: "2").streak(.death, of: video, known: known) == once)
        #expect(policy.streak(.death, of: video, known: Planned.failure("a.ts", .content)) == once)
        #expect(policy.streak(.content, of: video, known: known) == once)
    }

    @Test("Lost workers and told failures are remembered by kind; what says nothing about the video is not")
    func kinds() {
        let policy = QuarantinePolicy(digest: "d", version: "1")
        let kinds = FailurePolicyTests.lost.map { policy.kind(of: FailurePolicyTests.attempt($0)) }
        #expect(kinds == [.death, .death, .timeout, .timeout, .death])
        let full = FailurePolicyTests.attempt(.died(signal: 6), stderr: ["Could not allocate memory"])
        #expect(policy.kind(of: full) == .memory)
        let told: [JobOutcome.Kind] = [
            .content, .memory, .changed, .input, .io, .name, .diskFull, .sandbox, .completed,
        ]
        #expect(told.map { policy.kind(of: $0) } == [.content, .memory, nil, nil, nil, nil, nil, nil, nil])
    }
}
