import Bytes
import FrameResults
import Jobs
import Store
import TestSupport
import Testing

@testable import Archive

@Suite("Exports of objects with class and confidence") struct NamedObjectTests {
    private let made: MadeOutputFolder

    init() throws {
        made = try MadeOutputFolder()
        try made.addRun(MadeRuns.first, [.done("a.mp4"), .done("b.mp4")])
        try made.writeResult(RawPath("a.mp4"), frames: MadePeople.frames(8)) { MadePeople.tell(&$0, frames: 8) }
        // A dog has the number of a person here.
        let frames = MadePeople.frames(2).map { frame in
            var frame = frame
            frame.detections?[0].className = "dog"
            return frame
        }
        try made.writeResult(RawPath("b.mp4"), frames: frames) { MadePeople.tell(&$0, frames: 2) }
    }

    private func export(_ format: any ExportFormat.Type, _ table: ExportTable = .frames, video: String? = nil) throws
        -> String
    {
        var bytes: [UInt8] = []
        try Export(made.layout, video: video.map { RawPath($0) }).write(
            format, table: table, version: "1", scratch: made.layout.root, to: .stream { bytes += $0 })
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `COCO has a category for each class, and score and keypoints of each object`() throws {
        let coco = try JSONReader.parse(export(COCOExport.self))
        #expect(
            coco["categories"]
                == .array([
                    ["id": 1, "name": "person", "supercategory": ""],
                    ["id": 2, "name": "bicycle", "supercategory": ""],
                    ["id": 3, "name": "dog", "supercategory": ""],
                ]))
        let first = try #require(coco["annotations"]?.array?.first)
        #expect(first["score"] == .double(0.91) && first["category_id"] == 1)
        #expect(first["bbox"] == .array([4, 12, 10, 30]))
        #expect(first["keypoints"] == .array([9, 15, 2, 6, 24, 2, 12, 24, 2, 0, 0, 0]))
        #expect(first["num_keypoints"] == 3)
        let scores = Set((coco["annotations"]?.array ?? []).compactMap { $0["score"]?.double })
        #expect(scores == [0.91, 0.62, 0.4517])
    }

    @Test func `MOT has confidence and class, which count from 1`() throws {
        let lines = try export(MOTExport.self, video: "a.mp4").split(separator: "\n")
        #expect(lines.first == "1,1,4,12,10,30,0.91,1,-1,-1")
        #expect(lines.contains("3,3,30,24.5,16,15.5,0.4517,2,-1,-1"))
        #expect(lines.count == 8 + 4 + 2)
    }

    @Test func `CSV has the confidence of objects, the class of events, and values of a tool that is not known`() throws
    {
        let objects = try export(CSVExport.self, .objects, video: "a.mp4").split(separator: "\r\n")
        #expect(objects[0].hasSuffix(",class_id,class,x1,y1,x2,y2,confidence"))
        #expect(objects[1].hasSuffix(",0,0,1,0,person,4,12,14,42,0.91"))
        let events = try export(CSVExport.self, .events, video: "a.mp4").split(separator: "\r\n")
        #expect(events[0].hasSuffix(",open_at_end,values,class"))
        #expect(events[1].hasSuffix(",people/people,presence,0,7,0,0.28,,\"{\"\"count\"\":2}\",person"))
        let frames = try export(CSVExport.self, video: "a.mp4").split(separator: "\r\n")
        #expect(frames[0].hasSuffix(",people/people.score"))
        #expect(frames[1].hasSuffix(",1") && frames[2].hasSuffix(",0.9"))
    }
}
