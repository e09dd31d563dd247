import Bytes
import FrameResults
import Testing

@Suite("Sanitizer") struct SanitizerTests {
    /// What is left of a value, as text, with the counts of what went.
    private func clean(_ value: JSON) -> (text: String, values: Int, objects: Int) {
        var sanitizer = Sanitizer()
        let result = sanitizer.clean(value)
        return (JSONWriter.text(result), sanitizer.counts.droppedValues, sanitizer.counts.droppedObjects)
    }

    private func check(
        _ value: JSON, _ text: String, values: Int = 0, objects: Int = 0, at place: SourceLocation = #_sourceLocation
    ) {
        let found = clean(value)
        #expect(found.text == text, sourceLocation: place)
        #expect(found.values == values, "values", sourceLocation: place)
        #expect(found.objects == objects, "objects", sourceLocation: place)
    }

    private static let bad: [JSON] = [.null, .double(.nan), .double(.infinity), .double(-.infinity)]

    @Test func `what is clean stays as it is`() {
        check(
            .members([
                "a": 1, "b": .double(0.5), "c": "text", "d": true, "e": .array([1, 2]), "f": .object([]),
                "xyxy": .array([1, 2, 3, 4]),
            ]), #"{"a":1,"b":0.5,"c":"text","d":true,"e":[1,2],"f":{},"xyxy":[1,2,3,4]}"#)
        check(.array([]), "[]")
    }

    @Test(arguments: bad) func `a value that JSON cannot hold takes its key with it`(value: JSON) {
        check(.members(["a": 1, "b": value, "c": 3]), #"{"a":1,"c":3}"#, values: 1)
        check(.members(["a": .members(["b": value])]), #"{"a":{}}"#, values: 1)
    }

    @Test(arguments: bad) func `in a list it takes the key that holds the list`(value: JSON) {
        check(.members(["a": .array([1, value, 3]), "b": 2]), #"{"b":2}"#, values: 1)
        check(.members(["a": .array([.array([1]), .array([value])]), "b": 2]), #"{"b":2}"#, values: 1)
    }

    @Test(arguments: bad) func `in coordinates it takes the detection`(value: JSON) {
        let good = JSON.members(["track_id": 1, "xyxy": .array([0, 0, 9, 9])])
        for key in ["xyxy", "center", "bbox", "xywh", "keypoints"] {
            let broken = JSON.object([.init("track_id", 2), .init(key, .array([0, value, 9, 9]))])
            check(
                .members(["tracked_objects": .array([good, broken, good])]),
                #"{"tracked_objects":[{"track_id":1,"xyxy":[0,0,9,9]},{"track_id":1,"xyxy":[0,0,9,9]}]}"#,
                values: 1, objects: 1)
            // Not in a list: the key that holds the detection goes.
            check(.members(["best": broken, "count": 1]), #"{"count":1}"#, values: 1, objects: 1)
            check(broken, "{}", values: 1, objects: 1)
        }
        let points = JSON.members(["id": 1, "keypoints": .array([.array([1, 2]), .array([3, value])])])
        check(.array([points]), "[]", values: 1, objects: 1)
    }

    @Test func `everything that goes is counted, over several values`() {
        var sanitizer = Sanitizer()
        _ = sanitizer.clean(.members(["a": .null, "b": .double(.nan)]))
        #expect(sanitizer.number(.nan) == nil)
        #expect(sanitizer.number(1.5) == 1.5)
        #expect(sanitizer.counts.droppedValues == 3)
        #expect(sanitizer.counts.droppedObjects == 0)
    }

    @Test func `a value that is nothing but wrong becomes an empty object`() {
        for value in Self.bad { check(value, "{}", values: 1) }
    }

    @Test func `integral numbers are written as integers, and minus zero as zero`() {
        check(
            .members(["class_id": .double(0), "a": .double(-0.0), "b": .double(3), "c": .double(1e12)]),
            #"{"class_id":0,"a":0,"b":3,"c":1000000000000}"#)
    }
}
