import Archive
import Bytes
import FrameResults
import TestSupport
import Testing
import ToolModel

@testable import HTMLReport

@Suite struct LaneTests {
    private func fold(_ total: Int, rate: Double = 10, _ frame: (Int) -> [JSON.Member]) -> Fold {
        var fold = Fold(total: total, rate: rate)
        for index in 0..<total {
            let place = [JSON.Member("frame_index", .int(index)), JSON.Member("time", .double(Double(index) / rate))]
            fold.add(.object(place + frame(index)))
        }
        return fold
    }

    @Test(arguments: [1, 3, 119, 120, 121, 239, 240, 241, 450, 5000])
    func `measures have a column for each frame and at most 240, lanes at most 120`(total: Int) {
        let fold = fold(total) { index in
            [
                JSON.Member("luma", .members(["min": 0, "avg": .int(index % 200), "max": 255])),
                JSON.Member("scene", .members(["score": .int(index % 90)])),
                JSON.Member("black", .members(["ratio": .double(0.5)])),
            ]
        }
        #expect(fold.columns == min(240, total))
        let lanes = LaneChart(fold, ResultFacts(.object([])), KnownTools.all)
        #expect((1...120).contains(lanes.width) && lanes.width >= min(total, 61))
        #expect(lanes.all.map(\.title) == ["Luma", "Change", "Black and frozen"])
        for lane in lanes.all {
            let places = (lane.area + lane.line).split(separator: "H").dropFirst().compactMap { part in
                Int(part.prefix { $0.isNumber })
            }
            #expect(places.allSatisfy { $0 >= 0 && $0 <= lanes.width })
        }
        #expect(lanes.all[2].area == "M0 100V50H\(lanes.width)V100Z")
        #expect(fold.series("luma", "avg")?.range?.high == Double(min(total, 200) - 1))
    }

    @Test func `a band goes out along the highs and back along the lows`() {
        #expect(Shape.band([0, 0.5, nil, 1], [1, 1, nil, 1]) == "M0 0V0H2V50H1V100H0ZM3 0V0H4V0H3Z")
        #expect(Shape.line([0.25, 0.25, nil, 1]) == "M0 75V75H2M3 0V0H4")
    }

    @Test func `events, errors and gaps stand where they happened`() throws {
        var fold = Fold(total: 240, rate: 25)
        for index in 0..<240 {
            let time = Double(index) / 25 + (index >= 120 ? 30 : 0)
            fold.add(
                .members([
                    "frame_index": .int(index), "time": .double(time), "black": .members(["ratio": 0]),
                    "scene": .members(["score": 1]),
                ]))
        }
        let facts = ResultFacts(
            try JSONReader.parse(
                """
                {"events":[{"tool":"scene","type":"scene","start_frame":20,"end_frame":20,"start":1,"end":1},
                {"tool":"black","type":"black","start_frame":100,"end_frame":119,"start":4,"end":4.8}],
                "decode":{"error_count":3,"errors":[{"frame":238,"text":"a"},{"frame":239,"text":"b"}]}}
                """))
        let drawn = LaneChart(fold, facts, KnownTools.all).all
        #expect(drawn.map(\.title) == ["Change", "Black and frozen", "Decoding"])
        #expect(drawn[0].ticks == "M10.5 0V100")
        #expect(drawn[1].spans == "M50 0H60V100H50Z")
        #expect(drawn[1].note == "1 × black, 0.8 s")
        #expect(fold.gaps == [120])
        #expect(drawn[2].ticks == "M119.5 0V100")
        #expect(drawn[2].spans == "M60 70H61V100H60Z")
        #expect(drawn[2].note == "3 errors, 1 gap")
    }

    @Test func `all measures fit into the page's data, however many there are`() throws {
        for tools in [1, 7, 14, 30] {
            let fold = fold(5000) { index in
                (0..<tools).map {
                    JSON.Member("tool\($0)", .members(["value": .double(Double(index * 7919 % 1000) / 7)]))
                }
            }
            let events = (0..<900).map { index in
                EventRecord(
                    tool: "scene", type: "scene", startFrame: index, endFrame: index + 1, start: Double(index) / 10,
                    end: Double(index + 1) / 10, isOpenAtEnd: false, values: []
                ).json
            }
            let data = VideoData(
                fold: fold, tools: ReportTools(KnownTools.all), facts: ResultFacts(["events": .array(events)]),
                rate: 10,
                boxChunks: [0, 2], hasCutBoxes: false)
            let bytes = data.script()
            #expect(bytes.count <= VideoData.limit || tools > 14, "\(tools) measures: \(bytes.count) bytes")
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.hasPrefix("forgebatch.video({") && text.hasSuffix(");\n"))
            let json = try JSONReader.parse(String(text.dropFirst(17).dropLast(3)))
            #expect(json["lanes"]?.array?.count == tools)
            let width = json["digits"]?.int ?? 0
            let lanes = json["lanes"]?.array ?? []
            #expect(lanes.allSatisfy { $0["min"]?.string?.count == width * 240 })
            #expect(lanes.allSatisfy { $0["max"]?.string?.count == width * 240 })
        }
    }

    @Test func `a new tool's charts are placed and coloured by its descriptor alone`() throws {
        let lane = ReportLane(title: "Noise", caption: "Noise over frames", style: "scene", form: .spans)
        let noise = ToolDescriptor(
            id: "noise", version: "1.0.0", title: "Noise", definition: "", temporalDependency: .frame,
            outputs: ToolOutputs(
                frame: [.init("level", help: ""), .init("number", isTimeSeries: false, help: "")],
                events: [.init("noisy", help: "")]),
            report: ReportHints(lanes: [LaneHint(lane, high: "level", events: ["noisy"])]))
        let plain = ToolDescriptor(
            id: "plain", version: "1.0.0", title: "Plain", definition: "", temporalDependency: .frame,
            isDefault: false)
        let tools = ReportTools(KnownTools.all + [plain, noise])
        let fold = fold(30) { index in
            ["luma", "noise", "plain"].map {
                JSON.Member($0, .members(["level": .int(index), "number": .int(index)]))
            } + [JSON.Member("detections", ["tracked_objects": .array([])])]
        }
        let head: JSON = [
            "events": .array([
                [
                    "tool": "noise", "type": "noisy", "start_frame": 3, "end_frame": 9, "start": .double(0.3),
                    "end": .double(0.9),
                ]
            ])
        ]
        let script = VideoData(
            fold: fold, tools: tools, facts: ResultFacts(head), rate: 10, boxChunks: [], hasCutBoxes: false
        ).script()
        let json = try JSONReader.parse(Array(script.dropFirst(17).dropLast(3)))
        let lanes = try #require(json["lanes"]?.array).sorted { ($0["rank"]?.int ?? 0) < ($1["rank"]?.int ?? 0) }
        #expect(
            lanes.map { $0["name"]?.string } == [
                "luma.level", "luma.number", "noise.level", "objects.count", "plain.level", "plain.number",
            ])
        #expect(lanes.map { $0["colour"]?.string } == ["luma", "luma", "scene", "objects", nil, nil])
        #expect(json["types"] == .array(["noisy"]))
        #expect(lanes.map { $0["events"]?.array } == [nil, nil, [0], nil, nil, nil])
    }

    @Test func `boxes are written in chunks of 2,000 frames, of crowded ones the largest`() throws {
        let folder = try TemporaryFolder()
        var chunks = BoxChunks(folder.path.appending("a"), canvas: (1920, 1080))
        let picture = ShownPictures(nil, width: 1920, height: 1080).first
        for index in 0..<4100 {
            // The second chunk has no boxes, the third is crowded.
            let count = index < 2000 ? 1 : index < 4000 ? 0 : 400
            let objects = (0..<count).map { number in
                JSON.members([
                    "track_id": .int(number),
                    "xyxy": .array([.int(100), .int(200), .int(1100 + number), .int(1200 + number)]),
                ])
            }
            let frame: JSON = [
                "frame_index": .int(index), "time": .double(Double(index) / 25),
                "detections": ["tracked_objects": .array(objects)],
            ]
            try chunks.add(frame, picture)
        }
        try chunks.finish()
        #expect(chunks.chunks == [0, 2] && chunks.hasCut)
        let first = String(decoding: try Files.read(folder.path.appending("a.b0.js")), as: UTF8.self)
        #expect(first.hasPrefix("forgebatch.boxes(0,{\"t\":[0,40,80,"))
        #expect(first.contains("\"b\":[[0,100,200,1000,1000],[0,100"))
        let crowded = try Files.read(folder.path.appending("a.b2.js"))
        #expect(crowded.count <= BoxChunks.limit)
        #expect(String(decoding: crowded, as: UTF8.self).contains("[399,100,200,1399,1399,398,"))
        #expect(!Files.exists(folder.path.appending("a.b1.js")))
    }
}
