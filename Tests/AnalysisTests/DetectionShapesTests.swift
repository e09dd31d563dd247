import Bytes
import FrameResults
import FrameTools
import Testing
import ToolModel

@testable import Analysis

@Suite("Shapes of a plugin's answers") struct DetectionShapesTests {
    private static let finder = """
        "classes":["person","car"],"outputs":{"frame":{"score":{"type":"number","minimum":0,"maximum":1}}},\
        "conclude":{"detections":{"track":true}}
        """

    private func shapes(_ text: String = finder) throws -> DetectionShapes {
        let tool = try ExternalVideo.tool(text)
        return DetectionShapes(try #require(tool.descriptor.origin).tool)
    }

    /// Of a frame of 100 by 50 pixels, from a picture of twice the size.
    private func read(_ text: String, _ tool: String = finder) throws -> FrameAnswer {
        try shapes(tool).read(JSONReader.parse(text), FrameMapping(given: (100, 50), source: (200, 100)))
    }

    private func candidates(_ text: String) throws -> [Candidate] {
        try #require(try read(text).measurement.candidates)
    }

    private func error(_ text: String, _ tool: String = finder) throws -> String {
        do {
            let answer = try read(text, tool)
            return "none: \(answer)"
        } catch let error as AnswerError {
            return error.description
        }
    }

    private static let person = Candidate(
        box: Box(x1: 20, y1: 20, x2: 60, y2: 80), confidence: 0.9, classID: 0, track: 3)

    @Test(arguments: [
        #"{"frame":0,"detections":{"xyxy":[[10,10,30,40]],"confidence":[0.9],"class_id":[0],"track_id":[3]}}"#,
        #"{"frame":0,"detections":{"xyxy":[[10,10,30,40]],"confidence":[0.9],"class_id":[0.0],"tracker_id":[3]}}"#,
        #"{"frame_index":0,"xyxy":[[10,10,30,40]],"confidence":[0.9],"class_id":[0],"track_id":[3.0]}"#,
        #"{"frame_idx":0.0,"detections":{"tracked_objects":[{"track_id":3,"class_id":0,"xyxy":[10,10,30,40],"center":[20,25],"confidence":0.9}]}}"#,
        #"{"frame":0,"tracked_objects":[{"track_id":3,"class_id":0,"xyxy":[10,10,30,40],"confidence":0.9}]}"#,
        #"{"frame":0,"detections":[{"tracking_id":3,"class_id":0,"xyxy":[10,10,30,40],"score":0.9}]}"#,
        #"{"success":true,"result":{"frame_idx":0,"detections":{"xyxy":[[10,10,30,40]],"confidence":[0.9],"class_id":[0],"track_id":[3]}}}"#,
        #"{"frame":0,"success":true,"result":{"tracked_objects":[{"track_id":3,"class_id":0,"xyxy":[10,10,30,40],"confidence":0.9}]}}"#,
    ]) func `one object is the same in every shape`(text: String) throws {
        let answer = try read(text)
        #expect(answer.frame == 0 && answer.dropped == SanitizerCounts())
        #expect(answer.measurement.candidates == [Self.person])
    }

    @Test func `lists may hold names, and what is empty or not there is not told`() throws {
        let named = try candidates(#"{"frame":4,"detections":{"xyxy":[[0,0,5,5],[5,5,9,9]],"class":["cat","dog"]}}"#)
        #expect(named.map(\.className) == ["cat", "dog"])
        #expect(named.allSatisfy { $0.confidence == nil && $0.classID == nil && $0.track == nil })
        #expect(
            try candidates(#"{"frame":4,"detections":{"xyxy":[[0,0,5,5]],"confidence":[],"class_id":null}}"#).count == 1
        )
        for text in [
            #"{"frame":4}"#, #"{"frame":4,"detections":{}}"#, #"{"frame":4,"detections":[]}"#,
            #"{"frame":4,"detections":{"xyxy":[],"confidence":[],"class_id":[]}}"#,
            #"{"frame":4,"detections":{"tracked_objects":[]}}"#, #"{"frame":4,"radar_points":[{"xy":[1,2]}]}"#,
        ] { #expect(try read(text) == FrameAnswer(frame: 4, measurement: .found())) }
        let null = try read(#"{"frame":4,"detections":null}"#)
        #expect(null.dropped.droppedValues == 1 && null.measurement.candidates == [])
    }

    @Test func `a center becomes a box of a twentieth of the frame's shorter side`() throws {
        let centers = try candidates(#"{"frame":0,"detections":{"centers":[[50,25],[100,50]],"class_id":[1,0]}}"#)
        let boxes = [Box(x1: 97.5, y1: 47.5, x2: 102.5, y2: 52.5), Box(x1: 197.5, y1: 97.5, x2: 200, y2: 100)]
        #expect(centers.map(\.box) == boxes)
        #expect(centers.map(\.classID) == [1, 0])
        #expect(try candidates(#"{"frame":0,"tracked_objects":[{"center":[50,25]}]}"#).map(\.box) == [centers[0].box])
    }

    @Test func `keypoints of objects, of the frame, and as ForgeSyte names them`() throws {
        let points = [Keypoint(x: 20, y: 20, confidence: 0.5), Keypoint(x: 60, y: 80, confidence: 0.7)]
        let deep = try candidates(
            #"{"frame":0,"detections":{"xyxy":[[10,10,30,40]],"keypoints_xy":[[[10,10],[30,40]]],"keypoints_conf":[[0.5,0.7]]}}"#
        )
        #expect(deep.map(\.keypoints) == [points] && deep.map(\.box) == [Self.person.box])
        let one = try candidates(
            #"{"frame":0,"detections":{"xyxy":[[10,10,30,40]],"keypoints_xy":[[10,10],[30,40]],"keypoints_conf":[0.5,0.7]}}"#
        )
        #expect(one == deep)
        let around = Box(x1: 18, y1: 18, x2: 62, y2: 82)
        for text in [
            #"{"frame":0,"detections":{"keypoints_xy":[[10,10],[30,40]],"keypoints_conf":[0.5,0.7]}}"#,
            #"{"frame":0,"keypoints_xy":[[[10,10],[30,40]]],"keypoints_conf":[[0.5,0.7]]}"#,
            #"{"frame":0,"keypoints":[{"xy":[10,10],"confidence":0.5,"name":"corner"},{"xy":[30,40],"confidence":0.7}]}"#,
            #"{"frame":0,"tracked_objects":[{"keypoints":[[10,10,0.5],[30,40,0.7]]}]}"#,
        ] {
            let found = try candidates(text)
            #expect(found.map(\.keypoints) == [points] && found.map(\.box) == [around], "\(text)")
        }
        // What was not found is no part of the box, and keeps its place in the list.
        let partly = try candidates(#"{"frame":0,"keypoints_xy":[[[0,0],[10,10],[30,40]]]}"#)
        #expect(partly.map(\.box) == [around] && partly[0].keypoints.count == 3)
        let nothing = try read(#"{"frame":0,"keypoints_xy":[[[0,0],[0,0]]]}"#)
        #expect(nothing.measurement.candidates == [] && nothing.dropped.droppedObjects == 1)
    }

    @Test func `a null takes its object with it and is counted`() throws {
        for (text, values) in [
            (#"{"frame":0,"detections":{"xyxy":[[10,null,30,null],[10,10,30,40]]}}"#, 2),
            (#"{"frame":0,"detections":{"xyxy":[null,[10,10,30,40]]}}"#, 1),
            (#"{"frame":0,"detections":{"xyxy":[[1,1,9,9],[10,10,30,40]],"confidence":[null,0.5]}}"#, 1),
            (#"{"frame":0,"detections":{"centers":[[null,1],[20,25]]}}"#, 1),
            (#"{"frame":0,"tracked_objects":[{"xyxy":[1,1,9,9],"keypoints":[[1,null]]},{"xyxy":[10,10,30,40]}]}"#, 1),
        ] {
            let answer = try read(text)
            #expect(answer.measurement.candidates?.count == 1, "\(text)")
            #expect(answer.dropped.droppedValues == values && answer.dropped.droppedObjects == 1, "\(text)")
            #expect(answer.measurement["dropped_values"] == Double(values), "\(text)")
            #expect(answer.measurement["dropped_objects"] == 1, "\(text)")
        }
    }

    @Test func `numbers of objects count where all have one that is not negative`() throws {
        #expect(
            try candidates(#"{"frame":0,"xyxy":[[1,1,9,9],[2,2,9,9]],"track_id":[1,null]}"#).allSatisfy {
                $0.track == nil
            })
        #expect(
            try candidates(#"{"frame":0,"xyxy":[[1,1,9,9],[2,2,9,9]],"track_id":[-1,-1]}"#).allSatisfy {
                $0.track == nil
            })
        #expect(try candidates(#"{"frame":0,"xyxy":[[1,1,9,9],[2,2,9,9]],"track_id":[0,7]}"#).map(\.track) == [0, 7])
    }

    @Test func `a box that reaches over the edge is cut there, and one without an inside is dropped`() throws {
        let cut = try candidates(#"{"frame":0,"xyxy":[[-5,-3,10,10],[90,40,130,60],[-100,-100,300,300]]}"#)
        #expect(
            cut.map(\.box) == [
                Box(x1: 0, y1: 0, x2: 20, y2: 20), Box(x1: 180, y1: 80, x2: 200, y2: 100),
                Box(x1: 0, y1: 0, x2: 200, y2: 100),
            ])
        let thin = try read(#"{"frame":0,"xyxy":[[10,10,10,20],[-0.5,5,-0.2,9],[100.5,0,101,10]]}"#)
        #expect(thin.measurement.candidates == [] && thin.dropped.droppedObjects == 3)
    }

    @Test func `values are checked, rounded and dropped where they are null`() throws {
        let answer = try read(#"{"frame":0,"values":{"score":0.123456}}"#)
        #expect(answer.measurement["score"] == 0.1235)
        let null = try read(#"{"frame":0,"values":{"score":null}}"#)
        #expect(null.measurement["score"] == nil && null.dropped.droppedValues == 1)
        #expect(try read(#"{"frame":0,"values":{"score":1.00001}}"#).measurement["score"] == 1)
        #expect(
            try error(#"{"frame":2,"values":{"score":1.1}}"#)
                == "frame 2: values.score is 1.1, which the manifest excludes")
        #expect(
            try error(#"{"frame":2,"values":{"sore":1}}"#)
                == "frame 2: values.sore is not in the manifest's outputs.frame")
        #expect(try error(#"{"frame":2,"values":{"score":"1"}}"#) == "frame 2: values.score: a number is wanted")
        #expect(try error(#"{"frame":2,"values":[1]}"#) == "frame 2: values: an object is wanted")
    }

    @Test(arguments: [
        (#"{"detections":{}}"#, "an answer has no frame of 0 or more"),
        (#"{"frame":-1}"#, "an answer has no frame of 0 or more"),
        (#"{"frame":1.5}"#, "an answer has no frame of 0 or more"),
        (#"{"frame":1,"success":false,"error":"no model"}"#, "it says that it failed: no model"),
        (
            #"{"frame":1,"xyxy":[[30,10,10,40]]}"#,
            "frame 1: object 0: xyxy is reversed: 30, 10, 10, 40; x1 < x2 and y1 < y2 are wanted"
        ),
        (
            #"{"frame":1,"xyxy":[[110,10,130,40]]}"#,
            "frame 1: object 0: its box 110, 10, 130, 40 lies outside the frame of 100x50"
        ),
        (
            #"{"frame":1,"xyxy":[[10,10,30,40],[10,-30,30,-20]]}"#,
            "frame 1: object 1: its box 10, -30, 30, -20 lies outside the frame of 100x50"
        ),
        (#"{"frame":1,"xyxy":[[1,2,3]]}"#, "frame 1: object 0: xyxy: a list of 4 numbers is wanted"),
        (#"{"frame":1,"xyxy":[[1,2,3,"4"]]}"#, "frame 1: object 0: xyxy: a list of 4 numbers is wanted"),
        (#"{"frame":1,"xyxy":[[1,2,3,1e300]]}"#, "frame 1: object 0: xyxy: a list of 4 numbers is wanted"),
        (#"{"frame":1,"xyxy":5}"#, "frame 1: xyxy: a list is wanted"),
        (#"{"frame":1,"detections":5}"#, "frame 1: detections: an object or a list is wanted"),
        (#"{"frame":1,"detections":[5]}"#, "frame 1: object 0: an object is wanted"),
        (#"{"frame":1,"detections":[{"class_id":1}]}"#, "frame 1: object 0 has none of xyxy, center and keypoints"),
        (#"{"frame":1,"xyxy":[[1,2,3,4]],"confidence":[1,1]}"#, "frame 1: xyxy has 1 entries and confidence 2"),
        (
            #"{"frame":1,"xyxy":[[1,2,3,4]],"confidence":[87]}"#,
            "frame 1: object 0: confidence is 87; a number from 0 to 1 is wanted"
        ),
        (
            #"{"frame":1,"xyxy":[[1,2,3,4]],"class_id":[0.5]}"#,
            "frame 1: object 0: class_id is 0.5; a whole number from 0 to 1000000 is wanted"
        ),
        (#"{"frame":1,"xyxy":[[1,2,3,4]],"class":[5]}"#, "frame 1: object 0: class is no text of at most 200 bytes"),
        (
            #"{"frame":1,"xyxy":[[1,2,3,4]],"keypoints_xy":[[[1,2,3,4]]]}"#,
            "frame 1: object 0: keypoints[0]: a list of 2 or 3 numbers is wanted"
        ),
        (
            #"{"frame":1,"xyxy":[[1,2,3,4]],"keypoints_xy":[[[1,2]]],"keypoints_conf":[[1,1]]}"#,
            "frame 1: object 0: keypoints: keypoints_conf has to have an entry for each point"
        ),
        (
            #"{"frame":1,"tracked_objects":[{"xyxy":[1,2,3,4],"confidence":1},{"xyxy":[1,2,3,4]}]}"#,
            "frame 1: some objects have a confidence and others none"
        ),
    ]) func `what is no answer is told in a sentence`(text: String, sentence: String) throws {
        #expect(try error(text) == sentence)
    }

    @Test func `there are bounds to objects and points`() throws {
        func boxes(_ count: Int) -> String {
            #"{"frame":1,"xyxy":["# + Array(repeating: "[1,2,3,4]", count: count).joined(separator: ",") + "]}"
        }
        #expect(try candidates(boxes(1000)).count == 1000)
        #expect(try error(boxes(1001)) == "frame 1: 1001 objects; a frame has 1000 at most")
        let points = Array(repeating: "[1,2]", count: 1001).joined(separator: ",")
        #expect(
            try error(#"{"frame":1,"keypoints_xy":[[\#(points)]]}"#)
                == "frame 1: object 0: keypoints: 1001 points; an object has 1000 at most")
        let name = String(repeating: "x", count: 201)
        #expect(try error(#"{"frame":1,"xyxy":[[1,2,3,4]],"class":["\#(name)"]}"#).contains("200 bytes"))
    }

    @Test func `a tool that finds no objects may not have any`() throws {
        let plain = #""title":"Plain""#
        #expect(try read(#"{"frame":1}"#, plain).measurement.candidates == nil)
        #expect(
            try error(#"{"frame":1,"xyxy":[[1,2,3,4]]}"#, plain)
                == "frame 1: it has objects, and its manifest no conclude.detections")
    }

    @Test(arguments: [
        #"{"frame":1,"frame":2}"#, #"{"frame":NaN}"#, #"{"frame":1,"xyxy":[[1,2,3,Infinity]]}"#,
        #"{"frame":1,"detections":"# + String(repeating: "[", count: 100_000), #"{"frame":1} {"frame":2}"#,
        #"{"frame":1e999}"#,
    ]) func `what is not strict JSON never comes so far`(text: String) {
        #expect(throws: JSONError.self) { try JSONReader.parse(text) }
    }
}
