import Analysis
import Archive
import Bytes
import FrameResults
import FrameTools
import Jobs
import Store
import TestSupport
import Testing
import ToolModel

/// An output folder with a result that tools of plugins have part in. The plugins themselves are nowhere.
struct ExternalFolder {
    /// A plugin with a tool that finds people in every second frame and gives a value.
    static func manifest(_ id: String, version: String = "1.0.0") throws -> JSON {
        try JSONReader.parse(
            """
            {"id":"\(id)","name":"People","version":"\(version)","protocol":1,"run":["python3","plugin.py"],\
            "files":["plugin.py"],"tools":[{"id":"\(id)","mode":"frames",\
            "frames":{"format":"rgb24","width":300,"height":300,"every":2},"classes":["person"],\
            "inputs":{"confidence":{"type":"number","default":0.4,"minimum":0,"maximum":1,"kind":"concluding"},\
            "bright":{"type":"number","default":0.5,"minimum":0,"maximum":1,"kind":"concluding"},\
            "scale":{"type":"integer","default":1,"minimum":1,"maximum":4,"kind":"measuring"}},\
            "outputs":{"frame":{"score":{"type":"number"}}},\
            "conclude":{"detections":{"above":"confidence","track":true},\
            "values":[{"value":"score","over":"bright","event":"flash"}]}}]}
            """)
    }

    static func fingerprint(_ digit: String) -> String { "p1:" + String(repeating: digit, count: 64) }

    static func copy(_ id: String, version: String = "1.0.0", _ digit: String = "a") throws -> PluginCopy {
        try #require(PluginCopy(manifest: manifest(id, version: version), fingerprint: fingerprint(digit)))
    }

    static func tool(_ id: String, device: String = "cpu") throws -> Tool {
        let plugin = Plugin(try PluginManifest(manifest(id)), fingerprint: fingerprint("a"), device: device)
        return Tool(external: plugin.tools[0])
    }

    static let video = RawPath("walk.mp4")

    let made: MadeOutputFolder
    private let count: Int
    /// An entry of a tool that failed.
    private let failed: JSON?
    var layout: OutputLayout { made.layout }
    var result: RawPath {
        layout.root.appending(OutputLayout.result(for: Self.video, job: JobID(video: Self.video)))
    }

    /// - Parameter tools: of the result, in the order of a run.
    init(_ tools: [Tool], frames: Int = 40, failed: JSON? = nil) throws {
        made = try MadeOutputFolder()
        (count, self.failed) = (frames, failed)
        for id in Set(tools.compactMap { $0.descriptor.origin?.plugin.manifest.id }).sorted() {
            try Self.copy(id).write(layout)
        }
        try write(tools, [:])
        try made.addRun(
            "20260101T000000Z-aaaaaa",
            [.done(Self.video) { ($0.result, $0.frames) = (layout.relative(result), frames) }])
    }

    /// What a tool measures of a frame.
    private static func measure(_ tool: Tool, _ index: Int) -> Measurement {
        var result = Measurement()
        let step = Double(index)
        guard tool.descriptor.origin != nil else {
            if index == 0 {
                result.set("width", 320)
                result.set("height", 200)
            }
            result.set("score", 1 + step / 10)
            result.regions = [Box(x1: step * 4, y1: 20, x2: step * 4 + 40, y2: 90)]
            return result
        }
        guard index % 2 == 0 else { return result }
        result.set("score", step / 30)
        result.candidates = [
            Candidate(
                box: Box(x1: 10 + step, y1: 20, x2: 50.126 + step, y2: 120), confidence: 0.5 + step / 100, classID: 0),
            Candidate(box: Box(x1: 200, y1: 40, x2: 240, y2: 140), confidence: index < 20 ? 0.45 : 0.7, classID: 0),
        ]
        if index > 30 { result.candidates?[0].keypoints = [Keypoint(x: 12, y: 30, confidence: 0.5)] }
        return result
    }

    /// Writes the result as a run with these settings would.
    func write(_ tools: [Tool], _ settings: [String: [String: SettingValue]]) throws {
        if Files.exists(result) { Files.remove(result) }
        let speaker = SelectedTool.speaker(among: tools.map(\.descriptor))
        let selected = tools.map { tool in
            SelectedTool(
                tool, ToolSettings(tool.descriptor.settings, replacing: settings[tool.id] ?? [:]),
                speaksForFrame: tool.id == speaker)
        }
        var pass = DetectPass<FrameRecord>(selected)
        var frames: [FrameRecord] = []
        func take(_ ready: [DetectPass<FrameRecord>.Ready]) {
            for whole in ready {
                var record = whole.frame
                for (index, objects) in whole.objects {
                    if selected[index].speaksForFrame {
                        record.detections = objects
                    } else {
                        record.measures[index].objects = objects
                    }
                }
                frames.append(record)
            }
        }
        for index in 0..<count {
            let time = Double(index) / 25
            take(
                pass.take(tools.map { Self.measure($0, index) }, time: time) { records in
                    FrameRecord(
                        time: time,
                        measures: zip(tools, records).map { tool, record in
                            ToolMeasures(
                                tool: tool.id, values: record.values, regions: record.regions.map(\.corners),
                                candidates: CandidateList(record.candidates))
                        })
                })
        }
        take(pass.finish(end: Double(count) / 25))
        try made.writeResult(Self.video, frames: frames) { head in
            head.source.fingerprint = "x1:" + String(repeating: "0", count: 64)
            head.video = .members([
                "codec": "h264", "pixel_format": "yuv420p", "width": 320, "height": 200,
                "duration": .double(Double(count) / 25),
            ])
            head.tools = selected.map { $0.descriptor.json($0.settings) } + (failed.map { [$0] } ?? [])
            head.summary = .object(pass.results.map { JSON.Member($0.id, $0.summary) })
            head.events = JSON.events(pass.results.flatMap(\.events).map(\.json))
        }
    }

    /// What the result would be with other settings.
    func concluded(_ settings: [String: [String: SettingValue]]) throws -> [UInt8] {
        try Reevaluation(settings, known: KnownTools(layout)).withDocument(
            of: result, in: layout.root.appending("scratch")
        ) { try Files.read($0) }
    }
}
