import Analysis
import Bytes
import FrameResults
import FrameTools
import TestSupport
import ToolModel

/// An external tool over a video of which another program measured some frames.
struct ExternalVideo {
    /// What was made of it.
    struct Outcome: Equatable {
        var records: [Measurement] = []
        var objects: [[TrackedObject]] = []
        /// How many frames were known whole after each one.
        var ready: [Int] = []
        var events: [JSON] = []
        var summary: JSON = .null

        func events(_ type: String) -> [JSON] { events.filter { $0["type"]?.string == type } }
    }

    let tool: Tool
    /// What was measured of each frame, an empty measurement where the tool did not look.
    var measures: [Measurement]
    /// Frames a second.
    var rate = 10.0
    var times: [Double?]?

    /// - Parameter text: members of the tool in its manifest besides id and mode.
    init(_ text: String, _ measures: [Measurement], rate: Double = 10) throws {
        tool = try ExternalVideo.tool(text)
        self.measures = measures
        self.rate = rate
    }

    static func tool(_ text: String) throws -> Tool {
        let manifest = try PluginManifest(
            JSONReader.parse(
                """
                {"id":"eye","name":"Eye","version":"1.0.0","protocol":1,"run":["eye"],"tools":[{"id":"see",\
                "mode":"frames","frames":{"format":"gray8"},\(text)}]}
                """))
        return Tool(external: Plugin(manifest, fingerprint: "p1:00").tools[0])
    }

    /// A detector with a threshold, of people and cars.
    static let detector = """
        "classes":["person","car"],"inputs":{"confidence":{"type":"number","default":0.5,"minimum":0,"maximum":1,\
        "kind":"concluding"}},"conclude":{"detections":{"above":"confidence","track":true}}
        """

    func run(_ settings: [String: SettingValue] = [:]) -> Outcome {
        let selected = SelectedTool(
            tool, ToolSettings(tool.descriptor.settings, replacing: settings), speaksForFrame: true)
        var pass = DetectPass<Int>([selected])
        var outcome = Outcome()
        func take(_ ready: [DetectPass<Int>.Ready]) {
            outcome.objects += ready.map { $0.objects.first?.objects ?? [] }
        }
        for (index, measure) in measures.enumerated() {
            take(
                pass.take([measure], time: time(index)) { records in
                    outcome.records += records
                    return index
                })
            outcome.ready.append(outcome.objects.count)
        }
        take(pass.finish(end: Double(measures.count) / rate))
        if let result = pass.results.first {
            (outcome.events, outcome.summary) = (result.events.map(\.json), result.summary)
        }
        return outcome
    }

    func time(_ index: Int) -> Double? { times.map { $0[index] } ?? Double(index) / rate }

    /// The same video as a result holds it, read again.
    func stored(_ outcome: Outcome) throws -> ExternalVideo {
        let folder = try TemporaryFolder()
        let path = folder.path.appending("a.json")
        var writer = try ResultWriter(path: path)
        for (index, record) in outcome.records.enumerated() {
            try writer.append(
                FrameRecord(
                    time: time(index),
                    measures: [
                        ToolMeasures(
                            tool: tool.id, values: record.values, candidates: CandidateList(record.candidates))
                    ], detections: outcome.objects[index]))
        }
        var report = DecodeReport()
        report.decodedFrames = outcome.records.count
        _ = try writer.finish(
            ResultHead(
                jobID: "eccb3f5c-07f4-5f69-92f9-aa2774046302",
                source: .init(path: RawPath("a.mp4"), size: 1, fingerprint: "x1:00"), video: .object([]),
                decode: report, tools: [], summary: .object([]), events: []))
        let result = try StoredResult(path)
        var copy = self
        (copy.measures, copy.times) = ([], [])
        while let frame = try result.nextFrame() {
            copy.measures.append(Measurement(stored: frame[tool.id]))
            copy.times?.append(frame["time"]?.double)
        }
        return copy
    }
}

extension Measurement {
    /// A frame that was looked at.
    static func found(_ candidates: Candidate...) -> Measurement { found(candidates) }

    static func found(_ candidates: [Candidate]) -> Measurement {
        var result = Measurement()
        result.candidates = candidates
        return result
    }

    /// A frame that was not.
    static let unseen = Measurement()

    static func value(_ key: String, _ value: Double) -> Measurement {
        var result = Measurement()
        result.set(key, value)
        return result
    }
}

extension Candidate {
    /// A square around a point.
    static func at(
        _ x: Double, _ confidence: Double? = 0.9, y: Double = 50, side: Double = 20, id: Int? = 0, name: String? = nil,
        track: Int? = nil
    ) -> Candidate {
        Candidate(
            box: Box(x1: x - side / 2, y1: y - side / 2, x2: x + side / 2, y2: y + side / 2), confidence: confidence,
            classID: id, className: name, track: track)
    }
}
