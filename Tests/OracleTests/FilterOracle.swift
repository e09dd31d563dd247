import Bytes
import TestSupport
import Testing

/// What FFmpeg's own filters say of a video, frame by frame.
struct FilterOracle {
    struct Frame {
        var time: Double?
        var values: [String: String] = [:]

        /// A number that a filter left at this frame: `scd.mafd`, `signalstats.YAVG`.
        func number(_ key: String) -> Double? { values["lavfi." + key].flatMap { Double($0) } }
    }

    struct Span: Equatable {
        var start: Double
        /// Nil where the filter saw no end.
        var end: Double?
    }

    var frames: [Frame] = []
    /// What was written to standard error: blackdetect tells of the last stretch only there.
    var log = ""

    static let black = "blackdetect=d=2:pic_th=0.98:pix_th=0.10"
    static let freeze = "freezedetect=n=0.001:d=2"

    /// The chain for a video whose result names this conversion, or none.
    static func chain(pixelFormat: String, conversion: String?) -> String {
        // signalstats takes no grey, and the way there must not touch a sample: grey counts as full range.
        let luma = pixelFormat == "gray" ? "format=yuvj444p,signalstats" : "signalstats"
        // The share of black samples, in whole per cent, where the filter takes the format as it is.
        let share = pixelFormat == "yuv420p" ? "blackframe=amount=0:threshold=38," : ""
        let measures = "\(share)scdet=threshold=10,\(black),\(freeze),cropdetect,\(luma)"
        // scdet takes no interleaved chroma; taking it apart changes no sample.
        guard let conversion else { return pixelFormat == "nv12" ? "format=yuv420p,\(measures)" : measures }
        return "\(FilterOracle.conversion(to: conversion)),\(measures)"
    }

    /// The filters that convert a video as a result says that it was converted.
    static func conversion(to format: String) -> String {
        let flags = "bicubic+accurate_rnd+bitexact+full_chroma_int+full_chroma_inp"
        let matrix = "in_color_matrix=bt601:out_color_matrix=bt601:out_range=tv"
        return "scale=\(matrix):flags=\(flags),format=\(format)"
    }

    /// Decodes a stream with the `ffmpeg` command, one thread, every frame once and at its own time.
    init(_ video: RawPath, stream: Int, chain: String) async throws {
        let ffmpeg = try #require(ExternalProgram.ffmpeg)
        let outcome = try await ffmpeg.run(
            [
                "-nostdin", "-hide_banner", "-nostats", "-v", "info", "-filter_threads", "1", "-threads", "1",
                "-noautorotate", "-copyts", "-i", "file:" + video.display, "-map", "0:\(stream)", "-vf",
                chain + ",metadata=mode=print:file=-", "-fps_mode", "passthrough", "-f", "null", "-",
            ])
        log = outcome.errorText
        for line in outcome.text.split(separator: "\n") {
            if line.hasPrefix("frame:") {
                let time = line.split(separator: " ").first { $0.hasPrefix("pts_time:") }
                frames.append(Frame(time: time.flatMap { Double($0.dropFirst("pts_time:".count)) }))
            } else if let equals = line.firstIndex(of: "="), !frames.isEmpty {
                frames[frames.count - 1].values[String(line[..<equals])] = String(line[line.index(after: equals)...])
            }
        }
        #expect(outcome.status == 0, "\(video.display): \(log)")
    }

    /// The stretches that a filter marked, in seconds of the container.
    func spans(_ filter: String) -> [Span] {
        let prefix = filter == "black" ? "black" : "freezedetect.freeze"
        var result: [Span] = []
        for frame in frames {
            // A frame may end one stretch and begin the next.
            if let end = frame.number(prefix + "_end"), let last = result.indices.last { result[last].end = end }
            if let start = frame.number(prefix + "_start") { result.append(Span(start: start, end: nil)) }
        }
        return result
    }

    /// blackdetect's stretches as it logs them: those that last long enough, and the one that the end cut off.
    var blackSpans: [Span] {
        log.split(separator: "\n").compactMap { line in
            guard line.contains("blackdetect"), let at = line.range(of: "black_start:") else { return nil }
            let words = line[at.lowerBound...].split(separator: " ")
            guard words.count >= 2, let start = Double(words[0].dropFirst("black_start:".count)),
                let end = Double(words[1].dropFirst("black_end:".count))
            else { return nil }
            return Span(start: start, end: end)
        }
    }
}

extension StringProtocol {
    /// The first place of another text in this one.
    func range(of other: String) -> Range<Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(other) { return at..<index(at, offsetBy: other.count) }
            at = index(after: at)
        }
        return nil
    }
}
