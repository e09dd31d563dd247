import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import HTMLReport

extension RowFile {
    convenience init(_ rows: [ReportVideo], in folder: RawPath) throws {
        self.init(in: folder)
        for row in rows { try append(row) }
    }

    var all: [ReportVideo] { get throws { try rows(0..<count) } }
}

@Suite struct RowsTests {
    /// A row in which nothing is as it is by itself.
    private var full: ReportVideo {
        var row = ReportVideo(job: JobID(video: RawPath("a")), path: RawPath(bytes: [0x61, 0xff, 0x0a]))
        row.status = .quarantined
        (row.isQuarantined, row.isOfThisRun, row.isGone, row.hasPage, row.hasThumbnail) = (true, true, true, true, true)
        row.result = RawPath(bytes: Array("results/a".utf8) + [0xff])
        row.reasons = ["truncated", ""]
        row.failure.message = "decode: \u{1f600}\u{301}"
        row.failure.cause = ""
        row.failure.log = ["one", "", "three"]
        (row.failure.tries, row.failure.frameReached) = (2, 0)
        (row.frames, row.declared, row.size) = (Int.max, Int.min, -1)
        (row.width, row.height, row.events, row.tracks) = (127, 128, 16_383, 16_384)
        (row.seconds, row.processorSeconds) = (0.1, -0.0)
        (row.duration, row.rate, row.started) = (.leastNonzeroMagnitude, 30_000 / 1001, 1e300)
        (row.codec, row.flaw) = ("h264", "result missing")
        row.classes = ["person", "dog"]
        var tool = FailedTool(id: "people/people", message: "exit", frame: 3)
        (tool.kind, tool.runs, tool.settings, tool.version) = (.stall, 4, "s", "v")
        row.toolsFailed = [tool, FailedTool(id: "b/b", message: "")]
        row.features.measures = [nil, 1.5, nil]
        (row.features.isTruncated, row.features.hasVariableRate) = (true, true)
        row.change = .slower
        return row
    }

    @Test func `a row is the same once it was written and read, with all that it may hold and with nothing`() {
        let plain = ReportVideo(job: JobID(video: RawPath("b")), path: RawPath("folder/e\u{301} \u{202e}.mp4"))
        for row in [full, plain] { #expect(RowCoder.decode(RowCoder.encode(row)[...]) == row) }
        // Each member counts: one that is forgotten would be as it is by itself.
        for (name, value) in Mirror(reflecting: full).children {
            let other = Mirror(reflecting: plain).children.first { $0.label == name }?.value
            #expect("\(value)" != "\(other ?? value)", "\(name ?? "") does not tell")
        }
        #expect(RowCoder.encode(plain).count < 100)
    }

    /// Rows of all statuses, with paths of which some are equal and some begin alike, in no order.
    private func mixed(_ count: Int) -> [ReportVideo] {
        var generator = SeededGenerator(seed: 19)
        return (0..<count).map { number in
            let bytes = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                UInt8.random(in: 0x61...0x63, using: &generator)
            }
            var row = ReportVideo(job: JobID(video: RawPath("\(number)")), path: RawPath(bytes: bytes))
            row.status = VideoStatus.allCases.randomElement(using: &generator) ?? .ok
            row.failure.log = Array(repeating: "x", count: number % 7)
            return row
        }
    }

    @Test(arguments: [0, 1, 500, 8 << 20])
    func `rows come in their order, from one batch and from many`(limit: Int) throws {
        let folder = try TemporaryFolder()
        let rows = mixed(3000)
        var sorter = RowSorter(in: folder.path, limit: limit)
        for row in rows { try sorter.add(row) }
        let sorted = try sorter.sorted()
        let expected = rows.sorted { left, right in
            if left.status != right.status { return left.status < right.status }
            return left.raw == right.raw ? left.job.text < right.job.text : left.raw < right.raw
        }
        #expect(try sorted.all == expected)
        #expect(try Files.list(folder.path).isEmpty, "what is on the disk has no name")
        var none = RowSorter(in: folder.path, limit: limit)
        #expect(try none.sorted().count == 0)
    }

    @Test func `a row is found by its index after others were put in the places of some, on the disk or not`() throws {
        let folder = try TemporaryFolder()
        var rows = mixed(2000)
        let file = try RowFile(rows, in: folder.path)
        for number in stride(from: 0, to: 2000, by: 3) {
            // Over 1 MB in all.
            rows[number].failure.log = [String(repeating: "log ", count: 1000)]
            try file.replace(at: number, with: rows[number])
        }
        #expect(try file.all == rows)
        for number in [1999, 0, 3, 1000] { #expect(try file.row(at: number) == rows[number]) }
        #expect(try file.rows(5..<9) == Array(rows[5..<9]))
        let half = try RowFile(rows.sorted { $0.status < $1.status }, in: folder.path)
        #expect(
            try half.partitioningIndex { !$0.status.needsAttention } == rows.count(where: \.status.needsAttention))
    }

    @Test func `rows are joined by their jobs, and marks of jobs without a row are nothing`() throws {
        let folder = try TemporaryFolder()
        let joined = JoinedRows(in: folder.path)
        let jobs = ["b", "a", "c"].map { JobID(video: RawPath($0)) }
        for (job, name) in zip(jobs, ["b", "a", "c"]) { joined.update(job, RawPath(name)) { $0.frames = 1 } }
        joined.update(jobs[0], RawPath("other")) { $0.frames = ($0.frames ?? 0) + 1 }
        joined.update(jobs[2], RawPath("c")) { $0.status = .failed }
        joined.mark(jobs[1], started: 2.5)
        joined.mark(jobs[0], change: .drifted)
        joined.mark(JobID(video: RawPath("none")), started: 1)
        joined.markThumbnail(jobs[2])
        let rows = try joined.sorted().all
        #expect(rows.map(\.path) == ["c", "a", "b"])
        #expect(rows.map(\.frames) == [1, 1, 2])
        #expect(rows.map(\.started) == [nil, 2.5, nil])
        #expect(rows.map(\.change) == [nil, nil, .drifted])
        #expect(rows.map(\.hasThumbnail) == [true, false, false])
    }

    @Test func `rows that cannot be kept are told, and no rows are handed out`() throws {
        let folder = try TemporaryFolder()
        let file = folder.path.appending("file")
        try AtomicFile.write([], to: file, durable: false)
        let joined = JoinedRows(in: file.appending("below"))
        for number in 0..<200 {
            joined.update(JobID(video: RawPath("\(number)")), RawPath("\(number)")) { row in
                row.failure.log = [String(repeating: "x", count: 10_000)]
            }
        }
        #expect(throws: SystemError.self) { try joined.sorted() }
    }

    @Test func `columns of numbers are read one by one, with those that are not known`() throws {
        let folder = try TemporaryFolder()
        let table = ValueTable(columns: 3, in: folder.path)
        for row in 0..<50_000 { try table.append([Double(row), row % 2 == 0 ? nil : -0.5, .infinity]) }
        #expect(try table.column(0) == (0..<50_000).map { Double($0) })
        #expect(try table.column(1).prefix(3) == [nil, -0.5, nil])
        #expect(try table.column(2).allSatisfy { $0 == .infinity })
    }

    @Test func `what a report wrote is told from what an earlier one left`() {
        let (one, other) = (JobID(video: RawPath("1")), JobID(video: RawPath("2")))
        var written = WrittenFiles()
        written.addPage(of: one, boxParts: 2)
        written.addPage(of: other, boxParts: nil)
        written.add(RawPath("report/index.html"))
        for name in ["\(one).html", "\(one).js", "\(one).b0.js", "\(one).b1.js", "\(other).html"] {
            #expect(written.containsPage(RawPath(name)), "\(name)")
        }
        let foreign = [
            "\(one).b2.js", "\(one).b-1.js", "\(one).bx.js", "\(one).htm", "\(one)", "\(other).js", "\(other).b0.js",
            "\(JobID(video: RawPath("3"))).html", "x.html", "",
        ]
        for name in foreign { #expect(!written.containsPage(RawPath(name)), "\(name)") }
        #expect(written.contains(RawPath("report/index.html")) && !written.contains(RawPath("report/videos-2.html")))
    }
}
