import Archive
import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing
import ToolModel

@testable import HTMLReport

/// What pages show of external tools: from results alone, as where the plugin is gone.
@Suite struct ExternalToolTests {
    private static let run = "20260101T000000Z-aaaaaa"
    private let made: MadeOutputFolder

    /// A JPEG of nothing but a comment.
    private static func picture(_ note: String) -> [UInt8] {
        let comment = Array(note.utf8)
        let length = comment.count + 2
        return [0xff, 0xd8, 0xff, 0xfe, UInt8(length >> 8), UInt8(length & 255)] + comment
    }

    /// Two videos, one with persons, a bicycle and a tool that failed.
    init() throws {
        made = try MadeOutputFolder()
        let failed = FailedTool(id: MadePeople.failing, message: "killed by signal 11", frame: 12)
        try made.addRun(
            Self.run,
            [
                .done("a.mp4") {
                    $0.toolsFailed = [failed]
                    $0.facts.classes = ["person", "bicycle"]
                }, .done("b.mp4") { $0.facts.classes = ["motion"] }, .done("c.mp4") { $0.facts.classes = ["person"] },
            ]
        ) { $0.summary.toolsFailed = 1 }
        let path = RawPath("a.mp4")
        try made.writeResult(path, frames: MadePeople.frames(40, scale: 10)) { head in
            MadePeople.tell(&head, frames: 40)
            head.video = .members([
                "codec": "h264", "pixel_format": "yuv420p", "width": 640, "height": 480, "duration": .double(1.6),
                "frame_rate": .members(["r": "25/1", "avg": "25/1"]),
            ])
        }
        for name in ["b.mp4", "c.mp4"] { try made.writeResult(RawPath(name)) }
        let job = JobID(video: path)
        for (still, note) in [
            (OutputLayout.Still.thumbnail, "forgebatch frame 12"), (.film, "forgebatch film 160x120 5 12 30"),
        ] {
            try AtomicFile.write(
                Self.picture(note), to: made.layout.root.appending(OutputLayout.still(job, still)), durable: false)
        }
        _ = try ReportWriter.write(layout: made.layout, run: Self.run, options: ReportOptions())
    }

    private func text(_ path: RawPath) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

    private func page(_ name: String = "a.mp4", suffix: String = ".html") throws -> String {
        let page = OutputLayout.page(JobID(video: RawPath(name)))
        return try text(made.layout.report.appending(RawPath(String(page.dropLast(5)) + suffix)))
    }

    @Test func `a still has boxes in the colours of their classes, with confidence, and keypoints as dots`() throws {
        let page = try page()
        let colours = ClassColours(["person", "bicycle"])
        let (person, bicycle) = (colours.onPicture("person"), colours.onPicture("bicycle"))
        #expect(person != bicycle)
        // Frame 12: the first person has gone 6 of 20 pixels, ten times as large.
        #expect(page.contains("d=\"M100 120H200V420H100Z\" stroke=\"\(person)\""))
        #expect(page.contains("d=\"M300 245H460V400H300Z\" stroke=\"\(bicycle)\""))
        #expect(page.contains("<text x=\"100\" y=\"113\" fill=\"\(person)\">person 0.91</text>"))
        #expect(page.contains(">bicycle 0.45</text>"))
        #expect(page.contains("class=\"point\" d=\"M150 150h0M120 240h0M180 240h0\""))
        // Of the film's pictures each has its own boxes, a quarter as large and behind the pictures before it.
        #expect(page.contains("<path d=\"M185 30H210V105H185Z\" fill=\"none\" stroke=\"\(person)\""))
        #expect(page.contains("frame 12: bicycle, person"))
    }

    @Test func `a legend counts objects and detections of each class`() throws {
        let page = try page()
        #expect(page.contains("person <small>2 objects, 60 detections</small>"))
        #expect(page.contains("bicycle <small>1 object, 10 detections</small>"))
        #expect(page.contains("<i class=\"key \(ClassColours(["person", "bicycle"]).style("person"))\"></i>person"))
    }

    @Test func `what is under the threshold is nowhere`() throws {
        for suffix in [".html", ".js", ".b0.js"] { #expect(try !page(suffix: suffix).contains("ghost"), "\(suffix)") }
    }

    @Test func `classes and values of a tool that nobody knows have lanes`() throws {
        let page = try page()
        let titles = page.split(separator: "<h3>").dropFirst().map { $0.prefix { $0 != " " && $0 != "<" } }
        #expect(titles == ["Pictures", "person", "bicycle", "score"])
        #expect(page.contains("in 100 % of the frames, at most 2 objects"))
        #expect(page.contains("in 25 % of the frames, at most 1 object"))
        // The event is a moment, so the value is peaks with a line at frame 20.
        #expect(page.contains("0 to 1, mean 0.5, 1 event"))
        #expect(page.contains("M20.5 0V100"))
        let script = try self.page(suffix: ".js")
        let json = try JSONReader.parse(Array(Array(script.utf8).dropFirst(17).dropLast(3)))
        let lanes = (json["lanes"]?.array ?? []).filter { ($0["rank"]?.int ?? 0) < 0 }
        #expect(lanes.map { $0["name"]?.string } == ["person", "bicycle", "people/people.score"])
        #expect(lanes.map { $0["rank"]?.int } == [-2, -2, -1])
        let colours = ClassColours(["person", "bicycle"])
        #expect(lanes.map { $0["colour"]?.string } == [colours.style("person"), colours.style("bicycle"), "tool"])
        let types = json["types"]?.array?.compactMap(\.string) ?? []
        let behind = lanes.map { ($0["events"]?.array ?? []).compactMap { $0.int.map { types[$0] } } }
        #expect(
            behind == [
                ["people/people presence person"], ["people/people presence bicycle"], ["people/people crowd"],
            ])
    }

    @Test func `the script gets class, confidence and keypoints with the boxes`() throws {
        let script = try page(suffix: ".b0.js")
        let json = try JSONReader.parse(
            Array(Array(script.utf8).dropFirst("forgebatch.boxes(0,".utf8.count).dropLast(3)))
        #expect(json["n"] == 7)
        #expect(json["b"]?.array?[12] == .array([1, 100, 120, 100, 300, 0, 91, 3, 300, 245, 160, 155, 1, 45]))
        #expect(json["k"]?["12"] == .array([150, 150, 120, 240, 180, 240]))
        let colours = ClassColours(["person", "bicycle"])
        let data = try page(suffix: ".js")
        #expect(
            data.contains(
                "\"classes\":[\"person\",\"\(colours.onPicture("person"))\",\"bicycle\",\"\(colours.onPicture("bicycle"))\"]"
            ))
    }

    @Test func `tracks are listed by class, events name it`() throws {
        let page = try page()
        let rows = page.split(separator: "<tr>").filter { $0.hasPrefix("<th scope=\"row\"><i") }.map { row in
            row.split(separator: "</i>")[1].split(separator: "<")[0]
        }
        #expect(
            rows == ["person: presence, at most 2", "bicycle: presence", "bicycle 3", "person 1", "person 2"])
        #expect(page.contains("<th scope=\"col\">Confidence"))
        #expect(page.contains("<td>0.91<td>") && page.contains("<td>0.45<td>"))
    }

    @Test func `a tool that failed is told with cause and log, on the page and on the index`() throws {
        let page = try page()
        #expect(page.contains("shots/shots: killed by signal 11 <small>after 12 frames</small>"))
        #expect(page.contains("&lt;b&gt;Traceback&lt;/b&gt;: \\u{1b}[31mbroken pipe"))
        let index = try text(made.layout.reportIndex)
        #expect(index.contains("All 3 videos processed; a tool failed on 1 video"))
        #expect(index.contains("<td>shots/shots</td><td>killed by signal 11</td><td class=\"number\">12</td>"))
        #expect(index.contains("<small>shots/shots failed</small>"))
        #expect(index.contains("External tools failed once in this run."))
        #expect(try !self.page("b.mp4").contains("Tools that failed"))
    }

    @Test func `the index knows the classes of each video, and says nothing of what only moves`() throws {
        let data = try text(made.layout.reportData.appending("index.js"))
        #expect(data.contains("\"classes\":[[\"person\",\"bicycle\"],[\"person\"]],\"kind\":[0,null,1]"))
        #expect(data.contains("\"flaw\":{\"0\":\"shots/shots failed\"}"))
        let plain = try MadeOutputFolder()
        try plain.addRun(Self.run, [.done("a.mp4") { $0.facts.classes = ["motion"] }])
        let rows = try ReportReader.read(layout: plain.layout, run: Self.run, tools: ReportTools([]))
        let script = String(decoding: IndexData.script(try rows.videos.all, Shards(rows: 1), 0), as: UTF8.self)
        #expect(!script.contains("classes") && !script.contains("kind"))
    }

    @Test func `a class has its own colour on every page, and no two of a video the same while there are enough`() {
        let alone = ["person", "car", "dog", "bicycle"].map { ClassColours([$0]).style($0) }
        #expect(alone == ["person", "car", "dog", "bicycle"].map { ClassColours([$0]).style($0) })
        let names = (0..<8).map { "class \($0)" }
        let eight = ClassColours(Set(names))
        #expect(Set(names.map(eight.style)).count == 8)
        #expect(Set(names.map { eight.onPicture($0) }).count == 8)
        let many = ClassColours(Set((0..<80).map { "class \($0)" }))
        #expect(Set((0..<80).map { many.style("class \($0)") }).count == 8)
        #expect(ClassColours([]).onPicture(nil) == "#fd3")
    }

    @Test
    func
        `a plugin's cuts are not drawn on the lane of this program's, and its class lanes count 0 where there is none`()
        throws
    {
        var fold = Fold(total: 10, rate: 10)
        for index in 0..<10 {
            let objects: [JSON] = (3...4).contains(index) ? [["class": "dog", "xyxy": .array([1, 2, 3, 4])]] : []
            fold.add(
                .members([
                    "frame_index": .int(index), "scene": ["score": 1],
                    "dogs/dogs": ["tracked_objects": .array(objects)],
                ]))
        }
        let cut: JSON = [
            "tool": "shots/shots", "type": "scene", "start_frame": 5, "end_frame": 5, "start": .double(0.5),
            "end": .double(0.5),
        ]
        let facts = ResultFacts(["events": .array([cut])])
        let tools = ReportTools(KnownTools.all)
        let chart = LaneChart(fold, facts, KnownTools.all)
        #expect(chart.all.map(\.ticks) == [""])
        let external = ExternalLanes(fold: fold, facts: facts, tools: tools, colours: ClassColours(["dog"]))
        let lane = try #require(chart.lane(fold.classes[0], external))
        #expect(lane.spans == "M3 0H5V100H3Z" && lane.line == "M0 100V100H3V0H5V100H10")
        #expect(lane.meaning == "By dogs/dogs." && lane.note == "in 20 % of the frames, at most 1 object")
    }

    @Test func `boxes of a detector with hundreds of objects a frame stay within a file's limit, points go first`()
        throws
    {
        let folder = try TemporaryFolder()
        var chunks = BoxChunks(folder.path.appending("a"), canvas: (1920, 1080))
        let picture = ShownPictures(nil, width: 1920, height: 1080).first
        for index in 0..<2000 {
            let objects = (0..<8).map { number in
                JSON.members([
                    "track_id": .int(number), "class": "person", "confidence": .double(0.5),
                    "xyxy": .array([.int(100), .int(200), .int(1100 + number), .int(900 + number)]),
                    "keypoints": .array((0..<17).map { .array([.int(500 + $0), .int(300 + $0), .double(0.9)]) }),
                ])
            }
            try chunks.add(
                ["frame_index": .int(index), "detections": ["tracked_objects": .array(objects)]], picture)
        }
        try chunks.finish()
        let bytes = try Files.read(folder.path.appending("a.b0.js"))
        let json = String(decoding: bytes, as: UTF8.self)
        #expect(bytes.count <= BoxChunks.limit && chunks.hasCut && !json.contains("\"k\":") && json.contains("\"n\":7"))
    }

    @Test func `a page of thirty classes with long names stays within its limits, and keeps rows and lanes`() throws {
        let many = try MadeOutputFolder()
        try many.addRun(Self.run, [.done("a.mp4")])
        let names = (0..<30).map { "class \($0) of a detector with long names" }
        let frames = MadePeople.frames(600).enumerated().map { index, frame in
            var frame = frame
            frame.detections = names.enumerated().compactMap { number, name in
                guard (index * 7919 + number * 104_729) % 97 < 40 else { return nil }
                return TrackedObject(
                    track: number, classID: number, className: name, corners: [1, 2, 30 + Double(number), 40],
                    confidence: 0.5)
            }
            return frame
        }
        func event(_ number: Int, _ name: String, _ place: Int) -> JSON {
            let start = Double(place) * 2.4
            var values = [JSON.Member("class", .string(name))]
            if place == 0 { values.append(JSON.Member("track_id", .int(number))) }
            let event = EventRecord(
                tool: MadePeople.tool, type: place == 0 ? "track" : "presence", startFrame: place * 60,
                endFrame: place * 60 + 30, start: start, end: start + 1.2, isOpenAtEnd: false, values: values)
            return event.json
        }
        var events: [JSON] = []
        for (number, name) in names.enumerated() {
            for place in 0..<10 { events.append(event(number, name, place)) }
        }
        try many.writeResult(RawPath("a.mp4"), frames: frames) { head in
            MadePeople.tell(&head, frames: 600)
            head.events = events
        }
        _ = try ReportWriter.write(layout: many.layout, run: Self.run, options: ReportOptions())
        let page = many.layout.report.appending(RawPath(OutputLayout.page(JobID(video: RawPath("a.mp4")))))
        let html = try Files.read(page)
        #expect(html.count <= VideoPageWriter.pageLimit)
        let text = String(decoding: html, as: UTF8.self)
        #expect(text.contains("and 6 more") && text.contains("class=\"lane k"))
        let data = try Files.read(page.parent.appending(RawPath("\(JobID(video: RawPath("a.mp4")).text).js")))
        #expect(data.count <= VideoData.limit)
        #expect(String(decoding: data, as: UTF8.self).contains("\"rank\":-2"))
    }
}
