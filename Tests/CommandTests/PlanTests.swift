import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("A plan of thousands of videos")
struct PlanTests {
    /// Names in seven folders that are known by heart, and those that are hard: twins but for case, a folder that is called
    /// like a result, names that are too long for one, that are no UTF-8, and that are not ASCII.
    private static var names: [(path: RawPath, size: Int)] {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        func three(_ number: Int) -> String { number < 100 ? "0" + two(number) : "\(number)" }
        var names: [(RawPath, Int)] = []
        for day in 0..<20 {
            for index in 0..<150 {
                let name = "cam\(day % 7)/day-\(two(day))/clip-\(three(index * 37 % 150)).mp4"
                names.append((RawPath(name), (day * 150 + index) * 7919 % 1000 + 1))
            }
        }
        let long = String(repeating: "n", count: 240)
        return names + [
            (RawPath("Twins/Clip.mp4"), 5), (RawPath("twins/clip.mp4"), 5), (RawPath("twins/CLIP.MP4"), 6),
            (RawPath(bytes: Array("odd/".utf8) + [0xff, 0xfe] + Array(".mp4".utf8)), 9),
            (RawPath("long/\(long).mp4"), 3), (RawPath("long/\(long.dropLast())\u{e9}.mp4"), 4),
            (RawPath("a.mp4.json/x.mp4"), 8), (RawPath("a.mp4"), 8),
            (RawPath("f\u{e4}lle/\u{fc}berblick.mkv"), 12), (RawPath("z.mov"), 1),
        ]
    }

    private func make(_ forge: Forge, _ names: [(path: RawPath, size: Int)]) throws {
        for (path, size) in names {
            try forge.write(
                [UInt8(ascii: "x")] + [UInt8](repeating: 0, count: size - 1), to: forge.input.appending(path))
        }
    }

    private func plan(_ forge: Forge, _ flags: String...) async throws -> [UInt8] {
        let words = ["plan", "in", "-o", "out", "--no-config", "--tools", "luma", "--shards", "7"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == 0, "\(result.error)")
        return Array(result.output.utf8)
    }

    /// The lines of a plan's jobs without what the file system chose.
    private func jobs(_ forge: Forge) throws -> [[UInt8]] {
        let runs = try Files.list(forge.layout.runs)
        let path = forge.layout.plan(run: try #require(runs.first?.text))
        let lines = try Files.read(path).split(separator: 0x0a)
        return try lines.dropFirst().dropLast().map { line in
            let members = try #require(try JSONReader.parse(Array(line)).members)
            return JSONWriter.encode(.object(members.filter { !["mtime", "inode"].contains($0.key) }))
        }
    }

    @Test("Names, ids, results and shards of 3,010 videos are known, whatever the order they were made in")
    func known() async throws {
        for isReversed in [false, true] {
            let forge = try Forge()
            try make(forge, isReversed ? PlanTests.names.reversed() : PlanTests.names)
            _ = try await plan(forge)
            let jobs = try jobs(forge)
            #expect(jobs.count == 3010)
            #expect(
                Digest.sha256(Array(jobs.joined(separator: [0x0a])))
                    == "4cf44f492f3db21d15be24ac8ac628a5b93912fed159f63b4ffbee8c5e2e06d8")
            let runs = try Files.list(forge.layout.runs)
            let head = try PlanFile(forge.layout.plan(run: try #require(runs.first?.text))).head
            #expect(head.parts.map(\.jobs) == [Int](repeating: 430, count: 7))
            #expect(head.parts.map(\.bytes) == [214509, 214509, 214509, 214509, 214509, 214508, 214508])
        }
    }

    @Test("A dry run lists what is run and what is left alone in one order, that of the paths")
    func dry() async throws {
        let forge = try Forge(["b.y4m", "d.y4m"])
        try await forge.run(expecting: 0, "--report", "none")
        for name in ["a.y4m", "c.y4m", "e.y4m"] { try forge.add(name) }
        let output = try await plan(forge, "--dry-run")
        let words = String(decoding: output, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).prefix(2).joined(separator: " ")
        }
        #expect(words == ["run a.y4m", "skip b.y4m", "run c.y4m", "skip d.y4m", "run e.y4m"])
    }
}
