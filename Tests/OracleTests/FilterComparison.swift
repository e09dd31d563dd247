import Bytes
import TestSupport
import Testing

/// Holds a result against what FFmpeg's filters say of the same stream.
struct FilterComparison {
    let name: String
    let result: JSON
    let oracle: FilterOracle

    init(name: String, video: RawPath, result: JSON) async throws {
        self.name = name
        self.result = result
        let stream = try #require(result["video"]?["stream_index"]?.int)
        let pixelFormat = try #require(result["video"]?["pixel_format"]?.string)
        let conversion = result["video"]?["converted_to"]?.string
        oracle = try await FilterOracle(
            video, stream: stream, chain: FilterOracle.chain(pixelFormat: pixelFormat, conversion: conversion))
    }

    private var frames: [JSON] { result["frames"]?.array ?? [] }
    private var start: Double { result["video"]?["start_time"]?.double ?? 0 }

    /// What samples of this format are divided by to land on the 8-bit scale.
    private var scale: Double {
        let format = result["video"]?["converted_to"]?.string ?? result["video"]?["pixel_format"]?.string ?? ""
        for (depth, divisor) in [("10le", 4.0), ("12le", 16), ("16le", 256)] where format.hasSuffix(depth) {
            return divisor
        }
        return 1
    }

    /// The longest time between two frames: how far the ends of a stretch may lie apart.
    private var frameTime: Double {
        let times = oracle.frames.compactMap(\.time)
        return zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? 0.04
    }

    /// Compares everything there is to compare; each breach is an issue of the running test.
    func check() {
        #expect(result["total_frames"]?.int == oracle.frames.count, "\(name)")
        #expect(frames.count == oracle.frames.count, "\(name)")
        guard frames.count == oracle.frames.count, !frames.isEmpty else { return }
        var breaches: [String] = []
        for (index, pair) in zip(frames, oracle.frames).enumerated() {
            for breach in breachesOf(pair.0, pair.1, index: index) { breaches.append("frame \(index): \(breach)") }
        }
        #expect(breaches.isEmpty, "\(name): \(breaches.count) differences, first \(breaches.prefix(5))")
        checkScenes()
        checkBlack()
        checkFreeze()
    }

    private func breachesOf(_ frame: JSON, _ expected: FilterOracle.Frame, index: Int) -> [String] {
        var result: [String] = []
        func near(_ tool: String, _ key: String, _ other: String, scale: Double, within tolerance: Double) {
            let mine = frame[tool]?[key]?.double
            guard let theirs = expected.number(other) else {
                result.append("the filters give no \(other)")
                return
            }
            if mine.map({ abs($0 - theirs / scale) <= tolerance }) != true {
                result.append("\(tool).\(key) \(mine.map { "\($0)" } ?? "absent"), \(other) \(theirs / scale)")
            }
        }
        near("luma", "min", "signalstats.YMIN", scale: scale, within: 1e-9)
        near("luma", "max", "signalstats.YMAX", scale: scale, within: 1e-9)
        near("luma", "avg", "signalstats.YAVG", scale: scale, within: 0.01)
        if index == 0 {
            if frame["luma"]?["dif"] != nil || frame["scene"]?["mafd"] != nil {
                result.append("a difference without a frame before it")
            }
        } else {
            near("luma", "dif", "signalstats.YDIF", scale: scale, within: 0.01)
            near("scene", "mafd", "scd.mafd", scale: 1, within: 0.001)
            near("scene", "score", "scd.score", scale: 1, within: 0.001)
        }
        if let share = expected.number("blackframe.pblack"), let ratio = frame["black"]?["ratio"]?.double {
            // The filter cuts off what is behind the point.
            if ratio * 100 < share - 0.01 || ratio * 100 > share + 1.01 {
                result.append("black.ratio \(ratio), blackframe \(share) %")
            }
        }
        result += exactBreaches(frame, expected, index: index, scale: scale)
        // Where a file's times step back, the key is absent. The command prints six significant digits.
        if let time = frame["time"]?.double, let other = expected.time, abs(time - (other - start)) > 0.001 {
            result.append("time \(time), not \(other - start)")
        }
        return result
    }

    private func events(_ tool: String) -> [JSON] {
        (result["events"]?.array ?? []).filter { $0["tool"]?.string == tool }
    }

    /// scdet takes the missing difference before frame 1 for 0, so that frame may be a cut there and never here.
    private func checkScenes() {
        let cuts = oracle.frames.indices.filter {
            $0 > 1 && oracle.frames[$0].values["lavfi.scd.time"] != nil && !isAtLimit($0)
        }
        let mine = events("scene").compactMap { $0["start_frame"]?.int }.filter { !isAtLimit($0) }
        #expect(mine == cuts, "\(name)")
    }

    /// Whether a frame's score is the threshold itself, to the digits that the filter prints, and the filter is one that
    /// counts it then: version 5.1 and forgebatch want more than the threshold, 7.1 wants no less.
    private func isAtLimit(_ frame: Int) -> Bool {
        FFmpegCommand.majorVersion > 5 && oracle.frames.indices.contains(frame)
            && oracle.frames[frame].number("scd.score") == 10
    }

    /// At the end of the video blackdetect stops at the last timestamp; here the last frame's time belongs to it.
    private func checkBlack() {
        let spans = oracle.blackSpans
        let last = oracle.frames.last?.time ?? 0
        compare(
            "black",
            spans.map { FilterOracle.Span(start: $0.start, end: abs(($0.end ?? 0) - last) < 1e-3 ? nil : $0.end) })
    }

    /// freezedetect gives no end to a standstill that goes on to the end of the video.
    private func checkFreeze() { compare("freeze", oracle.spans("freeze")) }

    /// Equal stretches, each end within one frame's time; one without an end must be open at the end here.
    private func compare(_ tool: String, _ spans: [FilterOracle.Span]) {
        let mine = events(tool)
        #expect(mine.count == spans.count, "\(name): \(tool) \(mine), the filter \(spans)")
        for (event, span) in zip(mine, spans) {
            let begin = event["start"]?.double ?? -1
            let end = event["end"]?.double ?? -1
            #expect(abs(begin - (span.start - start)) <= frameTime, "\(name): \(tool) \(event), \(span)")
            #expect((event["open_at_end"]?.bool ?? false) == (span.end == nil), "\(name): \(tool) \(event), \(span)")
            let expected = (span.end ?? (oracle.frames.last?.time ?? 0) + frameTime) - start
            #expect(abs(end - expected) <= frameTime + 0.001, "\(name): \(tool) \(event), \(span)")
        }
    }

    /// Frames that `ffprobe` decodes of the stream that the result names.
    static func probedFrames(_ video: RawPath, stream: Int) async throws -> Int {
        let ffprobe = try #require(ExternalProgram.ffprobe)
        let outcome = try await ffprobe.run([
            "-v", "quiet", "-threads", "1", "-count_frames", "-select_streams", String(stream), "-show_entries",
            "stream=nb_read_frames", "-of", "csv=p=0", "file:" + video.display,
        ])
        return Int(outcome.text.prefix { $0.isNumber }) ?? -1
    }
}
