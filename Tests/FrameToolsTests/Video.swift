import FrameTools
import Frames
import Testing
import ToolModel

/// One tool over a video that is drawn in code.
struct Video {
    /// What a tool made of a video.
    struct Outcome: Equatable {
        var records: [Measurement] = []
        var events: [ToolEvent] = []
        var summary = Measurement()

        func values(_ key: String) -> [Double?] { records.map { $0[key] } }
    }

    var pictures: [Picture]
    var times: [FrameTime]

    /// Frames at an even rate.
    init(_ pictures: [Picture], rate: Double = 10) {
        self.pictures = pictures
        times = pictures.indices.map {
            FrameTime(index: $0, time: rounded6(Double($0) / rate), duration: 1 / rate)
        }
    }

    /// Frames at given times; the last one lasts `lastDuration` seconds.
    init(_ pictures: [Picture], times: [Double?], lastDuration: Double? = nil) {
        self.pictures = pictures
        self.times = times.enumerated().map {
            FrameTime(index: $0.offset, time: $0.element, duration: $0.offset == times.count - 1 ? lastDuration : nil)
        }
    }

    /// Seconds at which the last frame with a timestamp ends, as the worker reckons it.
    var end: Double {
        guard let last = times.last(where: { $0.time != nil }) else { return 0 }
        return rounded6((last.time ?? 0) + (last.duration ?? 0))
    }

    func run(_ id: String, _ given: [String: SettingValue] = [:]) throws -> Outcome {
        let entry = try #require(ToolRegistry.tool(id))
        let settings = ToolSettings(entry.descriptor.settings, replacing: given)
        var tool = try #require(entry.measurer(settings: settings))
        var detector = entry.detector(settings: settings)
        var outcome = Outcome()
        var needs = FrameFeatures.Needs()
        needs.add(entry.descriptor.features, settings)
        var before: Picture?
        for (picture, time) in zip(pictures, times) {
            let store = FrameFeatures(picture: picture, time: time, before: before, needs: needs)
            outcome.records.append(detector.fold(tool.measure(store), at: time))
            before = picture
        }
        detector.finish(end: end)
        outcome.events = detector.events
        outcome.summary = detector.summary
        return outcome
    }

    /// Folds measures again, without any picture.
    func detect(_ id: String, _ records: [Measurement], _ given: [String: SettingValue] = [:]) throws -> Outcome {
        let entry = try #require(ToolRegistry.tool(id))
        var detector = entry.detector(settings: ToolSettings(entry.descriptor.settings, replacing: given))
        var outcome = Outcome()
        for (record, time) in zip(records, times) { outcome.records.append(detector.fold(record, at: time)) }
        detector.finish(end: end)
        outcome.events = detector.events
        outcome.summary = detector.summary
        return outcome
    }
}
