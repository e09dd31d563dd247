import Bytes
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import BatchRun

/// Zygotes that do not fork: what they should have forked is started as any program.
@Suite("A zygote that is of no use")
struct ZygoteTests {
    private static func zygotes(_ script: String, patience: Double = 600) -> Zygotes {
        Files.ignoreBrokenPipes()
        return Zygotes(program: RawPath("/bin/sh"), arguments: ["-c", script], patience: patience)
    }

    private static func run(
        _ zygotes: Zygotes, hasToEnd: @escaping @Sendable () -> Bool = { false }
    ) async -> (ChildProcess.End, [String]) {
        var child = ChildProcess(
            program: RawPath("/bin/sh"), arguments: ["-c", "read line; echo \"$line\"; exit 3"], lineLimit: 100)
        child.zygotes = zygotes
        let lines = Mutex<[String]>([])
        let end = await child.run(Array("on\n".utf8), errors: LastLines(), hasToEnd: hasToEnd) { output in
            if case .line(let line) = output { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
            return true
        }
        return (end, lines.withLock { $0 })
    }

    @Test("Processes are started one by one; after three zygotes that forked nothing a person is told why, once")
    func fails() async {
        let zygotes = ZygoteTests.zygotes("echo 'no library' >&2; exit 127")
        for attempt in 1...5 {
            let (end, lines) = await ZygoteTests.run(zygotes)
            #expect(end == .exited(status: 3) && lines == ["on"])
            let note = zygotes.takeNote()
            #expect((note != nil) == (attempt == Zygotes.mostFailures), "\(attempt)")
            if let note {
                #expect(note.hasPrefix("workers are not forked but started one by one"))
                #expect(note.hasSuffix("(no library)"), "\(note)")
            }
        }
        await zygotes.close()
    }

    @Test("One that does not answer is ended, and its process started in its place")
    func hangs() async {
        let zygotes = ZygoteTests.zygotes("exec sleep 600", patience: 0.2)
        let (end, lines) = await ZygoteTests.run(zygotes)
        #expect(end == .exited(status: 3) && lines == ["on"])
        await zygotes.close()
    }

    @Test("Nobody waits for a zygote longer than the process may take")
    func deadline() async {
        let zygotes = ZygoteTests.zygotes("exec sleep 600")
        let asked = Atomic<Int>(0)
        let (end, lines) = await ZygoteTests.run(zygotes) { asked.wrappingAdd(1, ordering: .relaxed).newValue > 3 }
        #expect(end == .spawnFailed("nothing forked it in time") && lines.isEmpty)
        await zygotes.close()
    }

    @Test("A run whose zygote fails completes its videos")
    func run() async throws {
        let bench = try RunTests.Bench(videos: ["a.mp4", "b.mp4", "c.mp4", "d.mp4"], script: RunTests.good)
        bench.options.zygotes = ZygoteTests.zygotes("exit 1")
        bench.options.workers = 1
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 0 && outcome.counts.completed == 4)
        #expect(outcome.notes.count == 1 && outcome.notes.first?.contains("started one by one") == true)
    }
}
