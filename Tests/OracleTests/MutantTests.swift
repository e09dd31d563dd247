import Bytes
import Glibc
import TestSupport
import Testing

/// Damaged copies of samples through the built program: each ends in a result or in an error of its own.
@Suite("Damaged copies")
struct MutantTests {
    static let sources = ["subdir/nested-ünïcode.mp4", "gray.mkv", "mpeg4.avi", "rgb.mkv", "audio-cover.mp4"]
    static let count = 200

    @Test("200 damaged videos end neither the batch nor a later video, and leave no process")
    func mutants() async throws {
        let workshop = try Workshop()
        let originals = try MutantTests.sources.map { try Files.read(Samples.folder.appending($0)) }
        for index in 0..<MutantTests.count {
            let source = index % originals.count
            var mutator = Mutator(seed: UInt64(index))
            let suffix = MutantTests.sources[source].suffix(4)
            try workshop.put("m\(index)\(suffix)", mutator.damage(originals[source]))
        }
        let out = workshop.folder.path.appending("out")
        // The workers inherit the mark, so that those of this run can be told from others.
        let mark = "FORGEBATCH_TEST=\(UInt64.random(in: 0 ... .max))"
        let env = try #require(ExternalProgram.find("env"))
        let outcome = try await env.run(
            [
                mark, ExternalProgram.forgebatch.path.display, "run", workshop.input.display, "--out", out.display,
                "--report", "none", "--progress", "none", "--no-stills", "--timeout", "5m", "--stall", "4m",
            ])
        #expect(outcome.status == 0 || outcome.status == 3, "\(outcome.status): \(outcome.errorText)")
        #expect(MutantTests.processes(mark).isEmpty)

        let record = try JSONReader.parse(Files.read(out.appending("latest/run.json")))
        let jobs = record["jobs"]?.array ?? []
        #expect(jobs.count == MutantTests.count)
        var counts: [String: Int] = [:]
        for job in jobs {
            let status = job["status"]?.string ?? "none"
            counts[job["verdict"]?.string ?? status, default: 0] += 1
            let path = job["path"]?.string ?? ""
            if status == "completed" {
                let result = try JSONReader.parse(Files.read(out.appending("results/\(path).json")))
                #expect(result.totalFrames == result["frames"]?.array?.count, "\(path)")
                #expect(result.totalFrames ?? 0 > 0, "\(path)")
            } else {
                #expect(status == "failed", "\(path)")
                let message = job["message"]?.string ?? ""
                #expect(!message.isEmpty && !message.contains("killed by signal"), "\(path): \(message)")
                #expect(!message.contains("no frame for") && !message.contains("not done after"), "\(path): \(message)")
            }
        }
        // All kinds of end are there, or the damage is not what it should be.
        for kind in ["ok", "damaged", "failed"] { #expect(counts[kind, default: 0] > 5, "\(counts)") }
    }

    @Test(
        "A damaged copy whose pictures FFmpeg gives as they were is not damaged, and one that it complains of is not ok",
        .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
    func verdicts() async throws {
        let workshop = try Workshop()
        let sources = try [
            "h264-scenes.mp4", "hevc-10bit.mkv", "interlaced.mpg", "mpeg4.avi", "vp9.webm", "audio-cover.mp4",
        ]
        .map { ($0, try Files.read(Samples.folder.appending($0))) }
        var originals: [String: [Substring]] = [:]
        for (name, bytes) in sources {
            let path = workshop.folder.path.appending(name)
            try AtomicFile.write(bytes, to: path, durable: false)
            originals[name] = try await MutantTests.pictures(path).pictures
        }
        let count = 90
        for index in 0..<count {
            var mutator = Mutator(seed: UInt64(7000 + index))
            let (name, bytes) = sources[index % sources.count]
            try workshop.put("\(index)-\(name)", mutator.damage(bytes))
        }
        let run = try await workshop.run("--tools", "none", "--no-stills")
        var counts: [String: Int] = [:]
        for index in 0..<count {
            let name = sources[index % sources.count].0
            let path = "\(index)-\(name)"
            let (pictures, messages) = try await MutantTests.pictures(workshop.input.appending(path))
            let isEqual = pictures == originals[name]
            let verdict = run.hasResult(path) ? try run.result(path).verdict : "failed"
            counts["\(isEqual ? "equal" : "other") \(verdict)", default: 0] += 1
            if run.hasResult(path) { #expect(try run.result(path).totalFrames == pictures.count, "\(path)") }
            if isEqual { #expect(verdict == "ok" || verdict == "warning", "\(path): \(run.messages)") }
            if !isEqual, !messages.isEmpty { #expect(verdict != "ok", "\(path): \(messages)") }
        }
        // Both kinds are there, or the damage is not what it should be.
        #expect(counts["equal ok", default: 0] > 3 && counts["other damaged", default: 0] > 20, "\(counts)")
    }

    /// The pictures that FFmpeg's command gives of a file, and what it says of errors.
    private static func pictures(_ path: RawPath) async throws -> (pictures: [Substring], messages: String) {
        let ffmpeg = try #require(ExternalProgram.ffmpeg)
        let outcome = try await ffmpeg.run([
            "-v", "error", "-threads", "1", "-i", path.display, "-map", "0:V:0", "-fps_mode", "passthrough", "-f",
            "framemd5", "-",
        ])
        let lines = outcome.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let messages = outcome.errorText.split(separator: "\n").filter { !$0.contains("Non-monoton") }
        return (lines.compactMap { $0.split(separator: ",").last }, messages.joined(separator: "\n"))
    }

    @Test("An MP4 that claims 2^24 samples fails for want of memory at most, and the next video is done")
    func sampleTableLie() async throws {
        let workshop = try Workshop()
        var bytes = try Files.read(Samples.folder.appending("subdir/nested-ünïcode.mp4"))
        try workshop.put("b.mp4", bytes)
        // stsz: version, size of every sample, number of samples.
        let table = try #require(bytes.places(of: Array("stsz".utf8)).first) + 8
        bytes.replaceSubrange(table..<table + 8, with: [0, 0, 0, 1, 1, 0, 0, 0])
        try workshop.put("a.mp4", bytes)
        for limit in ["300M", "1G"] {
            let run = try await workshop.run("--memory-limit", limit, "--force", "--retry-failed")
            #expect(run.status == 0 || run.status == 3, "\(run.messages)")
            #expect(try run.result("b.mp4").totalFrames == 12)
            #expect(!run.messages.contains("killed by signal"), "\(run.messages)")
            // The table does not fit: FFmpeg would go on without it.
            if limit == "300M" { #expect(run.messages.contains("a.mp4: decode: out of memory"), "\(run.messages)") }
        }
    }

    /// Processes whose environment holds a mark.
    private static func processes(_ mark: String) -> [String] {
        let names = ((try? Files.list(RawPath("/proc"))) ?? []).compactMap(\.text)
        return names.filter { name in
            guard Int(name) != nil, let descriptor = try? Files.openInput(RawPath("/proc/\(name)/environ")) else {
                return false
            }
            defer { Files.close(descriptor) }
            var environment: [UInt8] = []
            while let piece = try? Files.read(descriptor, count: 1 << 16, path: RawPath(name)), !piece.isEmpty {
                environment += piece
            }
            return environment.split(separator: 0).contains { $0.elementsEqual(Array(mark.utf8)) }
        }
    }
}
