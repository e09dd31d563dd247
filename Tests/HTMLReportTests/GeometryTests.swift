import Bytes
import FrameResults
import Jobs
import TestSupport
import Testing

@testable import HTMLReport

/// Pages of videos whose pictures are not shown as they are stored.
@Suite struct GeometryTests {
    private struct Page {
        let text: String
        let data: JSON
        let boxes: String
    }

    /// The page of a video whose result has this `video`, with a still of frame 20.
    private func page(_ video: JSON, box: [Int] = [100, 50, 200, 150], frames: Int = 60) throws -> Page {
        let folder = try TemporaryFolder()
        let clip = Clip(path: RawPath("a.mp4"), frames: frames, video: video, box: box)
        let fixture = try Fixture(folder.path, clips: [clip])
        let comment = Array("forgebatch frame 20".utf8)
        try AtomicFile.write(
            [0xff, 0xd8, 0xff, 0xfe, 0, UInt8(comment.count + 2)] + comment,
            to: folder.path.appending(OutputLayout.still(clip.job, .thumbnail)), durable: false)
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: .full))
        let base = fixture.layout.report.appending("v/\(clip.job.text.prefix(2))/\(clip.job.text)")
        func read(_ suffix: String) throws -> String {
            String(decoding: try Files.read(base.suffixed(suffix)), as: UTF8.self)
        }
        let script = try read(".js")
        return Page(
            text: try read(".html"), data: try JSONReader.parse(String(script.dropFirst(17).dropLast(3))),
            boxes: try read(".b0.js"))
    }

    private func display(_ width: Int, _ height: Int) -> JSON {
        .members(["width": .int(width), "height": .int(height)])
    }

    @Test func `a portrait clip of a phone stands upright, and its boxes with it`() throws {
        let page = try page([
            "width": 1920, "height": 1080, "rotation": 90, "sample_aspect_ratio": "1:1", "display": display(1080, 1920),
        ])
        #expect(page.text.contains("<dd>1080×1920 (stored 1920×1080, turned 90°)</dd>"))
        #expect(page.text.contains("class=\"still tall\"") && page.text.contains("viewBox=\"0 0 1080 1920\""))
        #expect(page.text.contains("d=\"M930 100H1030V200H930Z\""))
        #expect(page.boxes.contains("[1,930,100,100,100]"))
        #expect(page.data["start"] == nil)
    }

    @Test func `an anamorphic clip is as wide as it is shown, and a late one tells the player so`() throws {
        let page = try page([
            "width": 720, "height": 576, "rotation": 0, "sample_aspect_ratio": "64:45", "display": display(1024, 576),
            "start_time": .double(3.007),
        ])
        #expect(page.text.contains("<dd>720×576, shown as 1024×576 (64:45)</dd>"))
        #expect(page.text.contains("viewBox=\"0 0 1024 576\"") && page.text.contains("class=\"still\""))
        #expect(page.text.contains("d=\"M142 50H284V150H142Z\""))
        #expect(page.boxes.contains("[1,142,50,142,100]"))
        #expect(page.data["start"]?.double == 3.007)
        #expect(page.text.contains("<dt>Starts at</dt><dd>0:03.01</dd>"))
    }

    @Test func `over a change of size every box is on its own picture, and the main size is named`() throws {
        let page = try page(
            [
                "width": 160, "height": 90, "rotation": 0, "display": display(160, 90),
                "sizes": .array([
                    ["first_frame": 0, "frames": 20, "width": 160, "height": 90, "display": display(160, 90)],
                    ["first_frame": 20, "frames": 40, "width": 1280, "height": 720, "display": display(1280, 720)],
                ]),
            ], box: [10, 20, 30, 40])
        #expect(page.text.contains("<dd>1280×720 in most frames, at first 160×90</dd>"))
        #expect(page.text.contains("viewBox=\"0 0 1280 720\""))
        #expect(page.text.contains("d=\"M10 20H30V40H10Z\""))
        let first = "[1,80,160,160,160]"
        let boxes = page.boxes.split(separator: "\"b\":[")[1].prefix(while: { $0 != ";" })
        #expect(boxes.split(separator: first, omittingEmptySubsequences: false).count == 21)
        #expect(boxes.split(separator: "[1,10,20,20,20]", omittingEmptySubsequences: false).count == 41)
    }

    @Test func `a result of an older version has its boxes as it had them`() throws {
        let page = try page(["width": 1920, "height": 1080, "rotation": 90])
        #expect(page.text.contains("<dd>1920×1080</dd>") && page.text.contains("viewBox=\"0 0 1920 1080\""))
        #expect(page.boxes.contains("[1,100,50,100,100]"))
    }

    @Test func `how a picture is shown is said in words`() throws {
        func words(_ rest: KeyValuePairs<String, JSON?>, _ width: Int, _ height: Int) -> String {
            let size: JSON = ["width": 640, "height": 480, "display": display(width, height)]
            return Phrases.picture(ShownPictures(.object((size.members ?? []) + (JSON.members(rest).members ?? []))))
        }
        #expect(words([:], 640, 480) == "640×480")
        #expect(words(["sample_aspect_ratio": "1:1"], 640, 480) == "640×480")
        #expect(words(["rotation": 180], 640, 480) == "640×480 (turned 180°)")
        #expect(words(["rotation": 180, "mirrored": true], 640, 480) == "640×480 (mirrored)")
        #expect(words(["rotation": 0, "mirrored": true], 640, 480) == "640×480 (mirrored, turned 180°)")
        #expect(
            words(["rotation": 270, "sample_aspect_ratio": "4:3"], 480, 853)
                == "480×853 (stored 640×480 with pixels of 4:3, turned 270°)")
        #expect(words(["rotation": 30], 640, 480) == "640×480")
        let aperture: JSON = ["x": 8, "y": 0, "width": 624, "height": 480]
        #expect(words(["clean_aperture": aperture], 624, 480) == "624×480 (stored 640×480, cut to its clean aperture)")
    }
}
