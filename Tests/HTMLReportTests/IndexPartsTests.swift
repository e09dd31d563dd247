import Archive
import Bytes
import Jobs
import TestSupport
import Testing

@testable import HTMLReport

@Suite struct IndexPartsTests {
    @Test func `what stands apart is found by median and median absolute deviation`() {
        // Median 10, deviations 0 or 1, their median 1: the unit is 1.4826.
        let usual = (0..<30).map { Double(9 + $0 % 3) }
        #expect(Outliers.find(usual, sign: 1) == nil)
        let found = Outliers.find(usual + [15, 30, nil, 15.3], sign: 1)
        #expect(found?.median == 10)
        #expect(found?.indices == [31, 33])
        #expect(Outliers.find(usual + [30], sign: -1) == nil)
        #expect(Outliers.find(usual + [-20], sign: -1)?.indices == [30])
        #expect(Outliers.find([1, 1, 1, 50], sign: 1) == nil, "too few to tell")
        // More than half are the same: the mean deviation stands in.
        #expect(Outliers.find(Array(repeating: 0, count: 99) + [1], sign: 1)?.indices == [99])
        #expect(Outliers.find(Array(repeating: 4, count: 99), sign: 1) == nil)
    }

    private let tools = ReportTools(KnownTools.all)

    private func summary(_ luma: Int) -> JSON { ["luma": ["avg": .int(luma)]] }

    private func video(_ path: String, _ change: (inout ReportVideo) -> Void = { _ in }) -> ReportVideo {
        var video = ReportVideo(job: JobID(video: RawPath(path)), path: RawPath(path))
        (video.path, video.frames) = (path, 100)
        change(&video)
        return video
    }

    private func outliers(_ videos: [ReportVideo]) throws -> OutlierSection {
        let folder = try TemporaryFolder()
        var values = OutlierSection.Values(tools, in: folder.path)
        for video in videos { try values.add(video) }
        return try OutlierSection(values, RowFile(videos, in: folder.path))
    }

    @Test func `the section of outliers names at most ten videos a measure with their value and the median`() throws {
        var videos = (0..<400).map { number in
            video("\(number).mp4") { $0.take(summaries: summary(100 + number % 5), tools: tools) }
        }
        for number in 0..<12 { videos[number * 9].take(summaries: summary(number), tools: tools) }
        videos[7].features.isTruncated = true
        let section = try outliers(videos)
        #expect(section.groups.map(\.name) == ["Darkest", "Truncated"])
        #expect(section.groups[0].items.map(\.value) == (0..<10).map { "luma \($0)" })
        #expect(section.groups[0].usual == "median luma 102" && section.groups[0].rest == "2")
        #expect(section.groups[1].items.map(\.path) == ["7.mp4"])
        // What holds of many says something of the batch, not of a video.
        for index in 0..<30 { videos[index].features.isTruncated = true }
        #expect(try outliers(videos).groups.map(\.name) == ["Darkest"])
        let calm = try outliers((0..<40).map { video("\($0).mp4") })
        #expect(!calm.hasGroups && calm.nothing == "Nothing stands out.")
        #expect(try outliers([video("a.mp4")]).nothing.hasPrefix("Too few videos"))
    }

    @Test func `workers, rates and starts come from the log`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("progress.ndjson")
        var text: [UInt8] = []
        var seq = 0
        func add(_ event: LogEvent, at milliseconds: Int64) {
            seq += 1
            text += event.encode(time: UTCTime(milliseconds: 1_790_000_000_000 + milliseconds), seq: seq) + [0x0a]
        }
        let jobs = ["a", "b", "c"].map { JobID(video: RawPath($0)) }
        func step(_ job: Int, _ frame: Int, at time: Int64) {
            add(
                .progress(job: jobs[job], Progress(currentFrame: frame, totalFrames: 100)),
                at: time)
        }
        func start(_ job: Int, at time: Int64) {
            add(.jobStarted(job: jobs[job], path: RawPath("x"), totalFrames: 100, size: 1), at: time)
        }
        add(.runStarted(runID: "r", version: "1", jobs: 3, settings: ""), at: 0)
        start(0, at: 0)
        start(1, at: 1000)
        step(0, 100, at: 2000)
        add(.completed(job: jobs[0]), at: 2000)
        start(2, at: 2000)
        add(.error(job: jobs[1], message: "no"), at: 4000)
        step(2, 50, at: 4000)
        text += Array("garbage\n".utf8)
        try AtomicFile.write(text, to: path, durable: false)
        var starts: [JobID: Double] = [:]
        let course = try #require(try RunTimeline(path, in: folder.path) { starts[$0] = $1 })
        #expect(course.length == 4)
        #expect(course.rows.map { $0.map(\.start) } == [[0, 2], [1]])
        #expect(course.stretches.filter(\.hasFailed).map(\.start) == [1])
        #expect(course.stretches.map(\.end) == [2, 4, 4])
        #expect(starts == [jobs[0]: 0, jobs[1]: 1, jobs[2]: 2])
        #expect(try course.rates(4) == [50, 50, 25, 25])
        #expect(Charts.workers(course)?.note == "2 workers, busy 88 % of the time, 1 failure")
        #expect(try RunTimeline(folder.path.appending("none"), in: folder.path) == nil)
    }

    @Test func `speeds fall into bins of a half power of two`() throws {
        let chart = try #require(Charts.speeds([0.5, 1, 1.5, 2, 2.1, 16]))
        #expect(chart.note == "median 1.8×, slowest 0.5×, fastest 16×")
        #expect(chart.marks == ["0.5×", "4×", "32×"], "\(chart.marks)")
        #expect(chart.shapes.split(separator: "M").count - 1 == 5)
    }

    @Test func `rows are divided into pages past 20,000 only`() {
        #expect(Shards(rows: 20_000).count == 1 && Shards(rows: 20_000).range(0) == 0..<20_000)
        let shards = Shards(rows: 100_001)
        #expect(shards.count == 11)
        #expect((0..<11).map { shards.range($0).count }.reduce(0, +) == 100_001)
        #expect(Shards.page(0) == "index.html" && Shards.page(10) == "videos-11.html")
        let links = ShardLink.all(shards, here: 2)
        #expect(links.count == 11 && links[2].isHere && links[0].isFirst && links[10].isLast)
    }

    @Test func `paths in the data share what they can, and give nothing to end a script with`() throws {
        let names = ["a/b/one.mp4", "a/b/only.mp4", "</script>\u{2028}.mp4", "e\u{301}1.mp4", "e\u{300}2.mp4"]
        var videos = names.map { name in video(name) { $0.path = Text.shown(name) } }
        videos[0].change = .new
        videos[1].hasPage = true
        let bytes = IndexData.script(videos, Shards(rows: videos.count), 0)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("<") && !text.unicodeScalars.contains("\u{2028}"))
        let json = try JSONReader.parse(String(text.dropFirst("forgebatch.rows(".count).dropLast(3)))
        var path: [UInt16] = []
        var read: [String] = []
        let parts = json["paths"]?.array ?? []
        for index in stride(from: 0, to: parts.count, by: 2) {
            path = Array(path.prefix(parts[index].int ?? 0)) + Array((parts[index + 1].string ?? "").utf16)
            read.append(String(decoding: path, as: UTF16.self))
        }
        #expect(read.map { Array($0.utf8) } == videos.map { Array($0.path.utf8) })
        #expect(parts[2] == 6)
        #expect(json["marks"] == "01000" && json["change"] == ["0": "new"])
        #expect(json["ids"]?.string?.count == 32 * names.count)
    }
}
