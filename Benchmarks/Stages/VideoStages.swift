import Analysis
import Bytes
import FrameResults
import FrameTools
import Frames
import Media
import Stills
import ToolModel

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A video taken through the stages of a worker's loop, each timed by itself from outside: the worker knows nothing of it,
/// so that timing costs nothing where nobody asks.
///
/// The time is the thread's processor time. Reading that clock takes under a microsecond, some twenty times a frame.
struct VideoStages {
    /// Milliseconds of all frames, in the order in which the stages were first met.
    private(set) var stages: [(name: String, milliseconds: Double)] = []
    private(set) var frames = 0
    private var places: [String: Int] = [:]

    /// - Parameters:
    ///   - tools: their ids, with their settings as they are by default.
    ///   - scratch: where a result is written for a while.
    init(_ file: RawPath, tools ids: [String], scratch: RawPath) throws {
        let tools = ids.compactMap { ToolRegistry.tool($0) }
        guard tools.count == ids.count else { throw BadUse(description: "no such tool among \(ids)") }
        let selected = tools.map {
            SelectedTool($0, ToolSettings($0.descriptor.settings), speaksForFrame: $0.id == "motion")
        }
        let needs = selected.reduce(into: FrameFeatures.Needs()) { $0.add($1.descriptor.features, $1.settings) }
        var measurers = selected.compactMap { $0.tool.measurer(settings: $0.settings) }
        var folds = selected.map { $0.tool.detector(settings: $0.settings) }
        var records = DetectPass<FrameRecord>(selected)
        let stage = scratch.appending("stages.json")
        Files.remove(stage)
        var writer = try ResultWriter(path: stage)
        let reader = try VideoReader(descriptor: Files.openInput(file))
        var stills = StillCollector(expectedFrames: reader.info.declaredFrames ?? 0)
        var previous: Picture?
        var end = 0.0
        while let (picture, time) = try timed("decode", { try reader.next() }) {
            let reference = measurers.lazy.compactMap(\.reference).first
            let frame = FrameFeatures(
                picture: picture, time: time, before: previous, reference: reference, needs: needs)
            let sum = timed("luma traversal") {
                if needs.small { _ = frame.small }
                return frame.luma.sum
            }
            var measured: [Measurement] = []
            for (index, tool) in selected.enumerated() {
                measured.append(timed(tool.id) { measurers[index].measure(frame) })
            }
            // Each tool's own fold a second time, for what it costs alone; not part of the whole.
            for (index, tool) in selected.enumerated() {
                timed(VideoStages.fold + tool.id) { _ = folds[index].fold(measured[index], at: time) }
            }
            let ready = timed("folds and records") {
                records.take(measured, time: time.time) { record($0, time, selected) }
            }
            try timed("JSON") { for frame in ready { try writer.append(frame.frame) } }
            let luma = Double(sum) / Double(frame.sampleCount) / picture.scale
            try timed("stills") { try stills.add(picture, index: time.index, luma: luma, display: reader.shapes.last) }
            if let start = time.time { end = start + (time.duration ?? 0) }
            timed("decode") { previous = picture }
            frames += 1
        }
        for frame in timed("folds and records", { records.finish(end: end) }) { try writer.append(frame.frame) }
        try timed("stills") {
            _ = (try stills.thumbnail(), try stills.strip(), try stills.film(), stills.lumaTimeline())
        }
    }

    /// What stands before the name of a tool whose fold is told by itself.
    static let fold = "fold of "

    private mutating func timed<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let start = VideoStages.now
        defer {
            let milliseconds = VideoStages.now - start
            if let place = places[name] {
                stages[place].milliseconds += milliseconds
            } else {
                places[name] = stages.count
                stages.append((name, milliseconds))
            }
        }
        return try body()
    }

    /// Milliseconds of processor time that this thread has used.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }
}

/// A frame as the worker keeps it.
private func record(_ records: [Measurement], _ time: FrameTime, _ tools: [SelectedTool]) -> FrameRecord {
    FrameRecord(
        time: time.time,
        measures: zip(tools, records).map { tool, record in
            ToolMeasures(
                tool: tool.id, values: record.values, regions: record.regions.map(\.corners),
                candidates: CandidateList(record.candidates))
        })
}

struct BadUse: Error, CustomStringConvertible {
    let description: String
}
