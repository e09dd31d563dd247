import Archive
import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing
import ToolModel

@testable import HTMLReport

/// Pictures of videos on the index and on their pages.
@Suite struct PictureTests {
    /// A JPEG of nothing but a comment.
    private static func picture(_ note: String) -> [UInt8] {
        let comment = Array(note.utf8)
        let length = comment.count + 2
        return [0xff, 0xd8, 0xff, 0xfe, UInt8(length >> 8), UInt8(length & 255)] + comment
    }

    private func write(_ bytes: [UInt8], _ still: OutputLayout.Still, of clip: Clip, _ layout: OutputLayout) throws {
        try AtomicFile.write(bytes, to: layout.root.appending(OutputLayout.still(clip.job, still)), durable: false)
    }

    private func text(_ path: RawPath) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

    private func page(_ clip: Clip, _ layout: OutputLayout) throws -> String {
        try text(layout.report.appending(OutputLayout.page(clip.job)))
    }

    @Test func `a row has its thumbnail, of fixed size and loaded when it comes near, and its data say so`() throws {
        let folder = try TemporaryFolder()
        let clips = [Clip(path: RawPath("a.mp4")), Clip(path: RawPath("b.mp4"))]
        let fixture = try Fixture(folder.path, clips: clips)
        try write([0], .thumbnail, of: clips[0], fixture.layout)
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
        let index = try text(fixture.layout.reportIndex)
        let images = Markup(index).tags.filter { $0.name == "img" }
        #expect(images.map { $0["src"] } == ["../" + OutputLayout.still(clips[0].job, .thumbnail)])
        for name in ["width", "height"] { #expect(images[0][name].flatMap { Int($0) } ?? 0 > 0) }
        #expect(images[0]["loading"] == "lazy" && images[0]["decoding"] == "async" && images[0]["alt"] == "")
        let data = try text(fixture.layout.reportData.appending("index.js"))
        #expect(data.contains("\"pictures\":true,\"marks\":\"73\""))
    }

    @Test func `past 2,000 videos rows have no pictures, and the gallery still knows of them`() throws {
        let folder = try TemporaryFolder()
        let clips = (0..<2001).map { Clip(path: RawPath("\($0).mp4")) }
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        try write([0], .thumbnail, of: clips[0], fixture.layout)
        let data = try ReportReader.read(layout: fixture.layout, run: Fixture.run, tools: ReportTools([]))
        let rows = try data.videos.all
        #expect(rows.count(where: \.hasThumbnail) == 1)
        let index = try Templates(override: nil).render(IndexPage(data, layout: fixture.layout))
        #expect(!String(decoding: index, as: UTF8.self).contains("<img"))
        let script = String(decoding: IndexData.script(rows, Shards(rows: 2001), 0), as: UTF8.self)
        #expect(!script.contains("pictures") && script.contains("\"marks\":\"6"))
    }

    @Test func `two thousand rows with pictures stay within the budgets`() throws {
        let folder = try TemporaryFolder()
        let clips = (0..<2000).map {
            Clip(path: RawPath("warehouse-north/camera-\($0 % 16)/2026-11-23/continuous-clip-\($0).mp4"))
        }
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        var data = try ReportReader.read(layout: fixture.layout, run: Fixture.run, tools: ReportTools([]))
        let rows = try data.videos.all.map { row in
            var row = row
            (row.hasPage, row.hasThumbnail) = (true, true)
            return row
        }
        data.videos = try RowFile(rows, in: folder.path)
        let index = try Templates(override: nil).render(IndexPage(data, layout: fixture.layout))
        #expect(index.count <= 1_000_000, "\(index.count) bytes")
        #expect(String(decoding: index, as: UTF8.self).split(separator: "<img").count == 2001)
    }

    @Test func `room is kept for blocks of a hundred rows alone`() {
        let videos = (0..<213).map { ReportVideo(job: JobID(video: RawPath("\($0)")), path: RawPath("\($0)")) }
        #expect(RowBlock.all(videos, Shards(rows: 213), 0).map(\.isFull) == [true, true, false])
        #expect(RowBlock.all(Array(videos.prefix(13)), Shards(rows: 13), 0).map(\.isFull) == [false])
        #expect(RowBlock.all(videos, Shards(rows: 20_213), 2).map(\.name).last == "20,201 to 20,213 of 20,213")
    }

    @Test func `the film lies over the axis, each picture told by its time, and rows show the nearest one`() throws {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"), frames: 120, events: 4)
        let fixture = try Fixture(folder.path, clips: [clip])
        try write(Self.picture("forgebatch film 160x90 10 30 50 70 90 110"), .film, of: clip, fixture.layout)
        try write([0], .lumaTimeline, of: clip, fixture.layout)
        try write([0], .strip, of: clip, fixture.layout)
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
        let page = try page(clip, fixture.layout)
        #expect(page.contains("<symbol id=\"p3\" viewBox=\"480 0 160 90\""))
        #expect(page.contains("width=\"960\" height=\"90\""))
        #expect(page.contains("<li data-frame=\"70\" title=\"0:02.80, frame 70\">"))
        #expect(page.contains("-luma.png") && !page.contains("-strip.jpg"))
        // Events at 20, 40 to 53, 60 to 73 and 80: the second and the third hold a picture.
        let marks = page.split(separator: "<td class=\"pic\">").dropFirst().map { cell in
            String(cell.prefix { $0 != "\n" }.split(separator: "</svg> ").last ?? "")
        }
        #expect(marks == ["0:00.40 <i>before</i>", "0:02.00", "0:02.80", "0:02.80 <i>before</i>"])
        #expect(!page.contains(" style="))
    }

    @Test func `an output folder of an older version shows its strip and timeline as before`() throws {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"), frames: 120)
        let fixture = try Fixture(folder.path, clips: [clip])
        for still in [OutputLayout.Still.lumaTimeline, .strip] { try write([0], still, of: clip, fixture.layout) }
        for note in [
            nil, "forgebatch frame 3", "forgebatch film", "forgebatch film 0x0 1", "forgebatch film 16x9 x",
            "forgebatch film 16x9 -1",
        ] {
            if let note { try write(Self.picture(note), .film, of: clip, fixture.layout) }
            _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
            let page = try page(clip, fixture.layout)
            #expect(page.contains("-strip.jpg") && page.contains("-luma.png"), "\(note ?? "none")")
            #expect(!page.contains("<symbol") && !page.contains("class=\"pic\""), "\(note ?? "none")")
        }
    }

    @Test func `of pictures within an event the one nearest to its middle is shown, else the nearest`() throws {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"))
        let layout = OutputLayout(root: folder.path)
        try write(Self.picture("forgebatch film 160x90 10 30 50 70"), .film, of: clip, layout)
        let film = try #require(Film(clip.job, layout))
        let known = [
            (0, 100, 50), (20, 40, 30), (31, 49, 30), (32, 50, 50), (0, 0, 10), (90, 90, 70), (20, 20, 10),
            (60, 20, 50),
        ]
        for (first, last, frame) in known {
            #expect(film.cell(from: first, to: last)?.frame == frame, "\(first) to \(last)")
        }
    }

    @Test func `lanes say their unit and what they mean`() throws {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"), frames: 120)
        let fixture = try Fixture(folder.path, clips: [clip])
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
        let page = try page(clip, fixture.layout)
        #expect(page.contains("<h3>Luma <small>0 to 255</small></h3>"))
        #expect(page.contains("Brightness, from the darkest to the brightest spot"))
        let data = try text(fixture.layout.report.appending("v/\(clip.job.text.prefix(2))/\(clip.job.text).js"))
        #expect(data.contains("\"help\":\"share of black samples\""))
    }

    @Test func `every lane that a tool draws has a unit and a meaning`() {
        let lanes = ReportTools(KnownTools.all).all.flatMap(\.report.lanes).map(\.lane)
        #expect(!lanes.isEmpty && lanes.allSatisfy { !$0.unit.isEmpty && $0.meaning.hasSuffix(".") })
    }

    @Test func `motion is told in per cent of the picture`() {
        var fold = Fold(total: 10, rate: 10)
        for index in 0..<10 {
            fold.add(
                .members([
                    "frame_index": .int(index), "time": .double(Double(index) / 10),
                    "motion": .members(["score": .double(index == 4 ? 51 : 0)]),
                ]))
        }
        let lane = LaneChart(fold, ResultFacts(.object([])), KnownTools.all).all.first { $0.title == "Motion" }
        #expect(lane?.note == "peak 20 %" && lane?.unit == "% of the picture")
    }

    @Test func `a quiet night lists what still fails, and its counts hold it`() throws {
        let folder = try TemporaryFolder()
        let clips = [
            Clip(path: RawPath("a.mp4"), isSkipped: true),
            Clip(path: RawPath("b.mp4"), status: .failed, message: "open: no index", isSkipped: true),
            Clip(path: RawPath("c.mp4"), status: .failed, message: "open: no index", isSkipped: true),
        ]
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: .basic))
        let index = try text(fixture.layout.reportIndex)
        #expect(
            index.contains("</span> Nothing new to do; 2 of 3 videos still fail</h1>")
                && index.contains("<h1 class=\"failed\">"))
        let section = try #require(index.split(separator: "id=\"failed\"").last).prefix { $0 != "\u{0}" }
        #expect(section.contains("2 videos still fail from earlier runs") && section.contains(">b.mp4</a>"))
        #expect(index.contains("data-query=\"s:failed\"><b>2</b>"))
    }

    @Test func `statuses and reasons lead to the page that explains them`() throws {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"), status: .damaged, errors: 3)
        let fixture = try Fixture(folder.path, clips: [clip])
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
        #expect(try text(fixture.layout.reportIndex).contains("href=\"verdicts.html\""))
        let page = try page(clip, fixture.layout)
        #expect(
            page.contains("href=\"../../verdicts.html#damaged\"")
                && page.contains("href=\"../../verdicts.html#reason-decode_errors\""))
        let guide = try text(fixture.layout.report.appending("verdicts.html"))
        #expect(guide.contains("id=\"damaged\"") && guide.contains("id=\"reason-decode_errors\""))
        #expect(guide.contains("<code>--retry-failed</code>"))
    }
}
