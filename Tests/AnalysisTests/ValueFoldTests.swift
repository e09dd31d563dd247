import Bytes
import FrameTools
import Testing
import ToolModel

@testable import Analysis

@Suite("Events of an external tool's values") struct ValueFoldTests {
    private func video(_ rule: String, _ values: [Double?], rate: Double = 10) throws -> ExternalVideo {
        try ExternalVideo(
            """
            "inputs":{"limit":{"type":"number","default":0.5,"kind":"concluding"}},\
            "outputs":{"frame":{"score":{"type":"number"}}},"conclude":{"values":[\(rule)]}
            """, values.map { $0.map { .value("score", $0) } ?? .unseen }, rate: rate)
    }

    private static let over = #"{"value":"score","over":"limit","event":"hit"}"#
    private static let under = #"{"value":"score","under":"limit","event":"low"}"#
    private static let peak = #"{"value":"score","over":"limit","event":"cut","at":"peak"}"#

    private func text(_ events: [JSON]) -> [String] { events.map { JSONWriter.text($0) } }

    @Test func `a span is the stretch at or over the threshold, with its highest value`() throws {
        let outcome = try video(Self.over, [0.4, 0.5, 0.9, 0.6, 0.49, 0.7]).run()
        #expect(
            text(outcome.events) == [
                #"{"tool":"eye/see","type":"hit","start_frame":1,"end_frame":3,"start":0.1,"end":0.4,"value":0.9}"#,
                #"{"tool":"eye/see","type":"hit","start_frame":5,"end_frame":5,"start":0.5,"end":0.6,"open_at_end":true,"value":0.7}"#,
            ])
        #expect(
            JSONWriter.text(outcome.summary)
                == #"{"score_avg":0.5983,"score_min":0.4,"score_max":0.9,"hit_events":2}"#)
        // Nothing was detected, and nobody was asked to.
        #expect(outcome.objects == Array(repeating: [], count: 6))
    }

    @Test func `under a threshold the lowest value counts`() throws {
        let outcome = try video(Self.under, [0.6, 0.5, 0.2, 0.6]).run()
        #expect(
            text(outcome.events) == [
                #"{"tool":"eye/see","type":"low","start_frame":1,"end_frame":2,"start":0.1,"end":0.3,"value":0.2}"#
            ])
    }

    @Test func `a peak is the first frame with the most extreme value of its stretch`() throws {
        let outcome = try video(Self.peak, [0.6, 0.8, 0.8, 0.1, 0.7]).run()
        #expect(
            text(outcome.events) == [
                #"{"tool":"eye/see","type":"cut","start_frame":1,"end_frame":1,"start":0.1,"end":0.1,"value":0.8}"#,
                #"{"tool":"eye/see","type":"cut","start_frame":4,"end_frame":4,"start":0.4,"end":0.4,"value":0.7}"#,
            ])
    }

    @Test func `a frame without the value ends nothing`() throws {
        let outcome = try video(Self.over, [0.6, nil, nil, 0.7, nil, 0.1, nil, 0.9, nil]).run()
        #expect(
            text(outcome.events) == [
                #"{"tool":"eye/see","type":"hit","start_frame":0,"end_frame":3,"start":0,"end":0.4,"value":0.7}"#,
                #"{"tool":"eye/see","type":"hit","start_frame":7,"end_frame":7,"start":0.7,"end":0.8,"open_at_end":true,"value":0.9}"#,
            ])
    }

    @Test func `another threshold makes other events of the same values`() throws {
        let video = try video(Self.over, [0.4, 0.5, 0.9, 0.6])
        #expect(video.run(["limit": 0.9]).events.map { $0["start_frame"]?.int } == [2])
        #expect(video.run(["limit": 0.1]).events.map { $0["end_frame"]?.int } == [3])
    }

    @Test func `events of two rules come in the order of their frames, and rules of one name count together`() throws {
        let outcome = try video("\(Self.over),\(Self.under.replacing("low", with: "hit"))", [0.6, 0.1, 0.7]).run()
        #expect(outcome.events.map { $0["start_frame"]?.int } == [0, 1, 2])
        #expect(outcome.summary["hit_events"]?.int == 3)
    }

    @Test func `a tool without values or objects has nothing to tell`() throws {
        let outcome = try ExternalVideo(#""title":"Nothing""#, [.found(.at(5)), .unseen]).run()
        #expect(outcome.records.allSatisfy { $0.candidates == nil })
        #expect(outcome.summary == .object([]) && outcome.events.isEmpty)
    }
}
