import Bytes
import FrameResults
import Testing

@Suite struct EventRecordTests {
    @Test func `an event is read as it was written, with the numbers of its kind`() throws {
        let event = EventRecord(
            tool: "motion", type: "track", startFrame: 20, endFrame: 45, start: 0.8, end: 1.8, isOpenAtEnd: true,
            values: [JSON.Member("track_id", 3), JSON.Member("distance", .double(12.5))])
        let read = try #require(EventRecord(event.json))
        #expect(read.json == event.json)
        #expect(read.value("track_id")?.int == 3 && read.value("distance")?.double == 12.5)
        #expect(read.value("tool") == nil)
        for key in ["tool", "type", "start_frame", "end_frame", "start", "end"] {
            let members = event.json.members ?? []
            #expect(EventRecord(.object(members.filter { $0.key != key })) == nil, "without \(key)")
        }
    }
}
