import Bytes
import TestSupport
import Testing

/// Containers and what happens to files in them: verdicts as the table says, frame counts as `ffprobe` counts them, black
/// and frozen spans as FFmpeg's filters find them in the same file.
@Suite("A corpus of containers", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct CorpusTests {
    struct Container: Sendable, CustomTestStringConvertible {
        var name: String
        var video: String
        var audio: String
        /// Of subtitles; nil where it holds none that FFmpeg writes.
        var subtitles: String?
        /// Whether it records a length that a cut file falls short of.
        var hasLength = true
        /// Whether files of it can be joined byte by byte, with the clock beginning anew.
        var canRestart = false
        var hasEditList = false
        var canStartLate = true
        var testDescription: String { name }
    }

    private static let h264 = "-c:v libx264 -g 25 -bf 2 -threads 1 -pix_fmt yuv420p"
    private static let mpeg2 = "-c:v mpeg2video -g 12 -bf 2 -b:v 800k"

    static let containers = [
        Container(
            name: "mp4", video: h264 + " -movflags +faststart", audio: "aac", subtitles: "mov_text", hasEditList: true),
        Container(
            name: "mov", video: "-c:v mpeg4 -movflags +faststart", audio: "pcm_s16le", subtitles: "mov_text",
            hasEditList: true),
        Container(name: "mkv", video: h264, audio: "aac", subtitles: "srt"),
        Container(
            name: "webm", video: "-c:v libvpx -deadline realtime -cpu-used 8", audio: "libvorbis", subtitles: "webvtt"),
        Container(name: "avi", video: "-c:v mpeg4", audio: "mp3"),
        Container(name: "flv", video: h264, audio: "aac"),
        Container(name: "wmv", video: "-c:v wmv2 -b:v 800k", audio: "wmav2"),
        Container(name: "ts", video: h264, audio: "aac", hasLength: false, canRestart: true),
        Container(name: "mpg", video: mpeg2, audio: "mp2", hasLength: false, canRestart: true),
        Container(
            name: "ogv", video: "-c:v libtheora -b:v 800k", audio: "libvorbis", hasLength: false, canRestart: true),
        Container(name: "mxf", video: mpeg2, audio: "pcm_s16le -ar 48000", canStartLate: false),
        Container(name: "nut", video: "-c:v mpeg4", audio: "mp2", hasLength: false),
    ]

    /// Movement, two and a half seconds of black, movement, two and a half of a picture that stands still, movement.
    private static let picture =
        "-f lavfi -i testsrc2=s=160x120:r=25:d=7,drawbox=t=fill:c=black:enable=between(t\\,3\\,5.48)[a];"
        + "smptebars=s=160x120:r=25:d=2.4[b];testsrc2=s=160x120:r=25:d=1[c];[a][b][c]concat=n=3"
    private static let tone = "-f lavfi -i sine=d="

    enum Verdicts { case ok, warning, damaged, unharmed }

    /// Makes all variants of a container that it can hold.
    private func make(_ container: Container, in workshop: Workshop) async throws -> [(
        file: String, verdicts: Verdicts
    )] {
        let name = container.name
        let source = workshop.folder.path.appending("source.\(name)")
        let late = workshop.folder.path.appending("late.\(name)")
        let subtitles = workshop.folder.path.appending("s.srt")
        try AtomicFile.write(Array("1\n00:00:01,000 --> 00:00:40,000\nx\n".utf8), to: subtitles, durable: false)
        var result: [(String, Verdicts)] = []
        func add(_ variant: String, _ verdicts: Verdicts, _ arguments: String...) async throws {
            try await FFmpegCommand.make(workshop.input.appending("\(variant).\(name)"), arguments)
            result.append(("\(variant).\(name)", verdicts))
        }
        let sound = "-c:a \(container.audio)"
        try await FFmpegCommand.make(
            source, [CorpusTests.picture, "\(CorpusTests.tone)10.4 \(container.video) \(sound) -shortest"])
        try await add("plain", .ok, "-i \(source.display) -c copy")
        try await add(
            "long-sound", .ok, "-i \(source.display) \(CorpusTests.tone)31 -map 0:v -map 1:a -c:v copy \(sound)")
        if let codec = container.subtitles {
            try await add(
                "long-subtitles", .ok,
                "-i \(source.display) -i \(subtitles.display) -map 0:v -map 1 -c:v copy -c:s \(codec)")
        }
        if container.canStartLate {
            try await FFmpegCommand.make(late, ["-i \(source.display) -c copy"])
            try await add(
                "late", .ok, "-itsoffset 3 -i \(source.display) -i \(late.display) -map 0:v -map 1:a -c copy")
        }
        if container.hasEditList { try await add("edit-list", .ok, "-ss 1.3 -i \(source.display) -t 8 -c copy") }
        let bytes = try Files.read(source)
        try workshop.put("half.\(name)", Array(bytes.prefix(bytes.count / 2)))
        result.append(("half.\(name)", container.hasLength ? .damaged : .unharmed))
        var flipped = bytes
        flipped[bytes.count / 2 + 77] ^= 4
        try workshop.put("flipped.\(name)", flipped)
        result.append(("flipped.\(name)", .unharmed))
        if container.canRestart {
            try workshop.put("restarted.\(name)", bytes + bytes)
            result.append(("restarted.\(name)", .warning))
        }
        return result
    }

    @Test("Verdicts, frame counts and events of a container in all its variants", arguments: containers)
    func container(_ container: Container) async throws {
        let workshop = try Workshop()
        let files = try await make(container, in: workshop)
        let run = try await workshop.run("--tools", "black,freeze")
        for (file, wanted) in files {
            let result = try run.result(file)
            let explained = "\(file): \(result.verdict) \(result["decode"].map { JSONWriter.text($0) } ?? "")"
            switch wanted {
            case .ok: #expect(result.verdict == "ok", "\(explained)")
            case .warning: #expect(result.verdict == "warning", "\(explained)")
            case .damaged: #expect(result.verdict == "damaged", "\(explained)")
            case .unharmed: break
            }
            let oracle = try await Oracle(workshop.input.appending(file))
            #expect(result.totalFrames == oracle.frames, "\(file)")
            let plain = try await Oracle(workshop.input.appending("plain.\(container.name)"))
            if wanted == .unharmed, oracle.complains, oracle.pictures != plain.pictures {
                #expect(result.verdict != "ok", "\(explained)\n\(oracle.messages)")
            }
            for (tool, all) in [("black", oracle.black), ("freeze", oracle.frozen)] {
                // At the end of a file the last frame's duration counts here, which may make a span long enough.
                let last = result["frames"]?.array?.last?["time"]?.double ?? 0
                let ours = result.events(tool).map { ($0["start"]?.double ?? -1, $0["end"]?.double ?? -1) }
                    .filter { $0.1 - $0.0 > 2.045 }
                let spans = all.filter { ($0.1 ?? last + 0.04) - $0.0 > 2.045 }
                #expect(ours.count == spans.count, "\(file), \(tool): \(ours), FFmpeg \(spans)")
                for (mine, theirs) in zip(ours, spans) {
                    // The headers within a chained Ogg file take no time here, and 0.12 s in FFmpeg's command.
                    let slack = file == "restarted.ogv" ? 0.12 : 0
                    #expect(abs(mine.0 - theirs.0) < 0.045 + slack, "\(file), \(tool): \(ours), FFmpeg \(spans)")
                    if let end = theirs.1 {
                        #expect(abs(mine.1 - end) < 0.085 + slack, "\(file), \(tool): \(ours), FFmpeg \(spans)")
                    }
                }
            }
        }
    }

    /// What FFmpeg's programs say of a file.
    private struct Oracle {
        var frames: Int?
        var pictures: [Substring]
        var messages: String
        var black: [(Double, Double?)]
        var frozen: [(Double, Double?)]

        var complains: Bool { !messages.isEmpty }

        init(_ path: RawPath) async throws {
            let ffprobe = try #require(ExternalProgram.ffprobe)
            let ffmpeg = try #require(ExternalProgram.ffmpeg)
            let counted = try await ffprobe.run([
                "-v", "quiet", "-threads", "1", "-count_frames", "-select_streams", "V:0", "-show_entries",
                "stream=nb_read_frames", "-of", "csv=p=0", path.display,
            ])
            frames = Int(counted.text.prefix { $0.isNumber })
            let hashes = try await ffmpeg.run([
                "-v", "error", "-threads", "1", "-i", path.display, "-map", "0:V:0", "-fps_mode", "passthrough", "-f",
                "framemd5", "-",
            ])
            pictures = hashes.text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap {
                $0.split(separator: ",").last
            }
            messages = hashes.errorText
            let filtered = try await ffmpeg.run([
                "-v", "info", "-threads", "1", "-i", path.display, "-map", "0:V:0", "-fps_mode", "passthrough", "-vf",
                "setpts=PTS-STARTPTS,blackdetect,freezedetect", "-f", "null", "-",
            ])
            let log = filtered.errorText
            func values(_ key: String) -> [Double] {
                log.components(of: key).compactMap { text in
                    Double(text.drop { $0 == " " }.prefix { $0.isNumber || $0 == "." })
                }
            }
            black = zip(values("black_start:"), values("black_end:").map { Optional($0) }).map { ($0, $1) }
            let ends = values("freeze_end:")
            frozen = values("freeze_start:").enumerated().map { ($1, $0 < ends.count ? ends[$0] : nil) }
        }
    }
}

extension String {
    /// What stands behind every occurrence of a text.
    fileprivate func components(of text: String) -> [Substring] {
        var result: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            rest = rest[range.upperBound...]
            result.append(rest)
        }
        return result
    }
}
