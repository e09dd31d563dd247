import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// What builds the library that the tests preload.
private let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

/// What runs in shards cost as libraries grow: `Tests/scripts/cost.c`, preloaded.
@Suite("Many videos, many shards", .enabled(if: compiler != nil, "needs a C compiler"))
struct ScaleTests {
    /// What a process took.
    private struct Cost {
        /// Of its largest size.
        var bytes: Int
        /// Bytes that it read by calls.
        var read: Int
        /// Bytes of the largest process that it started or had forked.
        var child: Int
    }

    /// A library of videos with nothing in them, and what the processes of commands take.
    private struct Library {
        let forge: Forge
        private static let inFolder = 500

        init(_ videos: Int) async throws {
            forge = try Forge()
            for first in stride(from: 0, to: videos, by: Library.inFolder) {
                let folder = forge.input.appending("camera-\(first)/2026-02-26")
                try Files.makeDirectory(folder, durable: false)
                for number in first..<min(videos, first + Library.inFolder) {
                    Files.close(
                        try Files.open(folder.appending("20260226T-clip-\(number).mp4"), Files.createExclusive))
                }
            }
            let source = Samples.root.appending("Tests/scripts/cost.c").display
            let made = try await #require(compiler).run(["-shared", "-fPIC", "-o", library.display, source])
            try #require(made.status == 0, "\(made.errorText)")
        }

        private var library: RawPath { forge.home.appending("cost.so") }
        private var costs: RawPath { forge.home.appending("costs") }

        /// Runs a command, and tells what it took.
        func run(_ words: String..., expecting status: Int32 = 0) async throws -> Cost {
            try await run(words, expecting: status)
        }

        func run(_ words: [String], expecting status: Int32) async throws -> Cost {
            Files.remove(costs)
            let result = try await forge.forgebatch(
                words.map { RawPath($0) }, environment: ["LD_PRELOAD": library.display, "COST": costs.display])
            try #require(result.status == status, "\(words): \(result.error)")
            for line in String(decoding: try Files.read(costs), as: UTF8.self).split(separator: "\n") {
                let parts = line.split(separator: " ")
                let numbers = parts.dropFirst().compactMap { Int($0) }
                guard parts[0] == words[0], numbers.count == 3 else { continue }
                return Cost(bytes: numbers[0] * 1024, read: numbers[1], child: numbers[2] * 1024)
            }
            throw SystemError("read", costs, detail: "nothing of \(words)")
        }

        /// The last plan that was made.
        func plan() throws -> PlanFile {
            let runs = try Files.list(forge.layout.runs).sorted()
            return try PlanFile(forge.layout.plan(run: try #require(runs.last?.text)))
        }

        /// Has the catalog know all that a plan has, with results to it.
        func complete(_ plan: PlanFile) throws {
            var entries: [CatalogEntry] = []
            var folders: Set<RawPath> = []
            try plan.forEachJob(of: 0) { line in
                var entry = CatalogEntry(.done(line.path), run: plan.head.runID, digest: plan.head.digest)
                (entry.size, entry.modified, entry.inode) = (line.size, line.modified, line.inode)
                (entry.sha256, entry.resultSize) = (String(repeating: "0", count: 64), 0)
                entry.fingerprint = "x1:" + entry.sha256
                entry.facts = VideoFacts(codec: "h264", width: 640, duration: 3.5, classes: ["moving"])
                entries.append(entry)
                let result = forge.layout.root.appending(entry.result)
                if folders.insert(result.parent).inserted { try Files.makeDirectory(result.parent, durable: false) }
                Files.close(try Files.open(result, Files.createExclusive))
            }
            try MadeOutputFolder(forge.output).add(entries)
        }
    }

    /// Bytes of memory that a video more may take, in each process of `plan`, in `merge` and in `report`.
    private static let most = 600
    /// Bytes that processes of one command differ by anyhow: each of their threads has a heap of its own.
    private static let slack = 4 << 20

    @Test("plan and merge take under 600 bytes of memory for a video more")
    func growth() async throws {
        let sizes = [4_000, 14_000]
        var (plans, walks, merges): ([Int], [Int], [Int]) = ([], [], [])
        for videos in sizes {
            let library = try await Library(videos)
            let planned = try await library.run(
                "plan", "in", "-o", "out", "--no-config", "--quiet", "--report", "none", "--shards", "4")
            plans.append(planned.bytes)
            walks.append(planned.child)
            let made = MadeOutputFolder(library.forge.output)
            let plan = try library.plan()
            #expect(plan.head.jobs == videos)
            for shard in 0..<4 { try made.doShard(plan, shard, attempt: "1") }
            merges.append(try await library.run("merge", "out", "--quiet").bytes)
            #expect(try made.layout.catalogLines.latest().records.count == videos)
        }
        for (name, found) in [("plan", plans), ("walk", walks), ("merge", merges)] {
            let growth = found[1] - found[0]
            let limit = (sizes[1] - sizes[0]) * ScaleTests.most + ScaleTests.slack
            #expect(growth < limit, "\(name): \(found) bytes")
        }
    }

    @Test("A report takes under 600 bytes of memory for a video more, once its rows are on several pages")
    func reports() async throws {
        let sizes = [20_100, 30_100]
        let run = "20260226T000000Z-aaaaaa"
        var reports: [Int] = []
        for videos in sizes {
            let library = try await Library(1)
            let made = MadeOutputFolder(library.forge.output)
            let records = (0..<videos).map { number -> JobRecord in
                let path = "camera-\(number / 500)/2026-02-26/20260226T-clip-\(number).mp4"
                return number % 50 == 0 ? .failed(path) : .done(path)
            }
            try made.addRun(run, records)
            var events: [(Int64, LogEvent)] = []
            for (index, record) in records.enumerated() where index % 5 == 0 {
                let time = Int64(index) * 1000
                events.append((time, .jobStarted(job: record.job, path: record.path, totalFrames: 100, size: 1)))
                let frames = Progress(currentFrame: 50, totalFrames: 100)
                events.append((time + 500, .progress(job: record.job, frames)))
                events.append(
                    (
                        time + 900,
                        record.hasFailed ? .error(job: record.job, message: "no") : .completed(job: record.job)
                    ))
            }
            try made.writeLog(run, events)
            reports.append(try await library.run("report", "out", "--report", "basic").bytes)
            let last = made.layout.report.appending("videos-\(videos / 10_000 + 1).html")
            #expect(Files.exists(last), "\(last.display)")
        }
        let limit = (sizes[1] - sizes[0]) * ScaleTests.most + ScaleTests.slack
        #expect(reports[1] - reports[0] < limit, "\(reports) bytes")
    }

    @Test("plan --probe takes under 600 bytes of memory for a video more, too")
    func probing() async throws {
        let sizes = [300, 2_300]
        var plans: [Int] = []
        for videos in sizes {
            let library = try await Library(videos)
            let planned = try await library.run(
                "plan", "in", "-o", "out", "--no-config", "--quiet", "--shards", "4", "--probe")
            plans.append(planned.bytes)
            #expect(try library.plan().head.jobs == videos)
        }
        #expect(plans[1] - plans[0] < (sizes[1] - sizes[0]) * ScaleTests.most + ScaleTests.slack, "\(plans) bytes")
    }

    /// The same of a library whose results are all there, in `plan`, and in `plan` that does all of it again.
    private static let mostKnown = 450

    @Test("plan of a library that is known takes under 450 bytes for a video more, whether nothing is done or all")
    func knownGrowth() async throws {
        let sizes = [4_000, 14_000]
        let flags = ["plan", "in", "-o", "out", "--no-config", "--quiet", "--report", "none", "--shards", "1"]
        var (plans, walks, others): ([Int], [Int], [Int]) = ([], [], [])
        for videos in sizes {
            let library = try await Library(videos)
            _ = try await library.run(flags, expecting: 0)
            try library.complete(library.plan())
            let planned = try await library.run(flags, expecting: 0)
            #expect(try library.plan().head.jobs == 0)
            plans.append(planned.bytes)
            walks.append(planned.child)
            others.append(try await library.run(flags + ["--force"], expecting: 0).bytes)
            let plan = try library.plan()
            #expect(plan.head.jobs == videos)
            #expect(try plan.jobs(of: 0).allSatisfy { $0.known?.path == $0.path })
        }
        for (name, found) in [("plan", plans), ("walk", walks), ("plan of all", others)] {
            let limit = (sizes[1] - sizes[0]) * ScaleTests.mostKnown + ScaleTests.slack
            #expect(found[1] - found[0] < limit, "\(name): \(found) bytes")
        }
    }

    @Test("A task reads less than 1 MB to begin, however many shards the plan has: its head, and its own part")
    func reading() async throws {
        let library = try await Library(20_000)
        _ = try await library.run("plan", "in", "-o", "out", "--no-config", "--quiet", "--shards", "10000")
        let plan = try library.plan()
        #expect(try Files.status(plan.path).size > 2 << 20)
        // They are empty: the task tells of each, and reads nothing else.
        let task = try await library.run("run", "--plan", plan.path.display, "--shard", "9999", expecting: 3)
        #expect(task.read < 1 << 20, "\(task.read) bytes")
    }

    @Test("A task reads its part as its videos are handed out: the first ends before 1 MB of a larger one was read")
    func readingOn() async throws {
        let library = try await Library(20_000)
        _ = try await library.run("plan", "in", "-o", "out", "--no-config", "--quiet", "--shards", "1")
        let plan = try library.plan()
        #expect(plan.head.parts[0].length > 3 << 20)
        let words = ["run", "--plan", plan.path.display, "--shard", "0", "-j1"]
        let task = try await library.run(words + ["--max-failures", "1"], expecting: 10)
        #expect(task.read < 1 << 20, "\(task.read) bytes")
        // The shard is as large as it is, and all of it but one is left.
        let state = try #require(ShardState.read(library.forge.layout, run: plan.head.runID, shard: 0))
        #expect(state.jobs == 20_000 && state.done == 1 && state.failed == 1)
    }
}
