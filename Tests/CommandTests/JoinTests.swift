import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// What a run with other tools or settings makes of the results that are there.
@Suite("Joining and re-evaluating")
struct JoinTests {
    private static let clips = [
        "moving-objects.mp4", "h264-scenes.mp4", "black-freeze.mp4", "vfr.mkv", "truncated.mp4",
    ]

    private func samples() throws -> Forge {
        let forge = try Forge()
        for clip in JoinTests.clips { try forge.addSample(clip) }
        return forge
    }

    private func plan(_ forge: Forge, _ flags: String...) async throws -> Set<String> {
        let words = ["run", "in", "-o", "out", "--no-config", "--dry-run"] + flags
        let result = try await forge.forgebatch(words.map { RawPath($0) })
        #expect(result.status == 0, "\(result.error)")
        return Set(
            result.output.split(separator: "\n").map { line in
                String(line.drop { $0 != "(" }.dropFirst().dropLast()).replacingRun
            })
    }

    /// What one run of these flags makes.
    private func fresh(_ flags: [String]) async throws -> [RawPath: [UInt8]] {
        let forge = try samples()
        let words = ["run", "in", "-o", "out", "--no-config", "--report", "none", "--no-stills"] + flags
        #expect(try await forge.forgebatch(words.map { RawPath($0) }).status == 3)
        return try forge.results()
    }

    @Test("Tools that are added one by one join what is there: the bytes of one run of all tools")
    func joined() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--report", "none", "--no-stills", "--tools", "scene,luma,siti")
        for tools in ["motion,chroma", "cuts,black", "freeze,blur,crop", "sharpness"] {
            let names = tools.split(separator: ",")
            let reasons = try await plan(forge, "--tools", tools)
            #expect(reasons.count == 1 && names.allSatisfy { reasons.first?.contains($0) == true }, "\(reasons)")
            #expect(reasons.first?.hasSuffix(" added") == true)
            try await forge.run(expecting: 3, "--report", "none", "--no-stills", "--tools", tools)
        }
        #expect(try await plan(forge, "--tools", "all") == ["done in run R", "damaged, unchanged since run R"])
        #expect(try await forge.results() == fresh(["--tools", "all"]))
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("A run with fewer tools leaves richer results alone, and says so")
    func fewer() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--report", "none", "--no-stills")
        let before = try forge.results()
        #expect(
            try await plan(forge, "--tools", "luma")
                == ["done in run R, with more tools", "damaged, unchanged since run R"])
        try await forge.run(expecting: 0, "--report", "none", "--no-stills", "--tools", "luma")
        #expect(try forge.results() == before)
        // By force the result is that of the run alone.
        try await forge.run(expecting: 3, "--report", "none", "--no-stills", "--tools", "luma", "--force")
        #expect(try await forge.results() == fresh(["--tools", "luma"]))
    }

    @Test("Thresholds that only detect re-evaluate: the bytes of a run with them, and nothing is decoded")
    func thresholds() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--report", "none")
        let stills = try Files.list(forge.layout.stills).count
        // The videos stay as far as the file system tells, and can be decoded no more.
        for clip in JoinTests.clips { try spoil(forge.input.appending(clip)) }
        let flags = ["--set", "scene.threshold=2", "--set", "freeze.duration=0.5", "--set", "motion.hits=3"]
        let reasons = try await plan(forge, flags[0], flags[1], flags[2], flags[3], flags[4], flags[5])
        #expect(reasons == ["re-evaluated: scene.threshold, freeze.duration, motion.hits"])
        let words = ["run", "in", "-o", "out", "--no-config", "--report", "none"] + flags
        #expect(try await forge.forgebatch(words.map { RawPath($0) }).status == 3)
        #expect(try await forge.results() == fresh(flags))
        #expect(try Files.list(forge.layout.stills).count == stills)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        // And back again, together with a run of fewer tools.
        #expect(try await plan(forge, "--tools", "scene") == ["re-evaluated: scene.threshold"])
    }

    /// Overwrites what the fingerprint does not look at, and keeps size, time and inode.
    private func spoil(_ path: RawPath) throws {
        let status = try Files.status(path)
        let piece = Int64(64 << 10)
        let middle = (status.size - piece) / 2
        guard status.size > 3 * piece else { return }
        let descriptor = path.withCString { open($0, O_WRONLY) }
        defer { close(descriptor) }
        for (from, to) in [(piece, middle), (middle + piece, status.size - piece)] {
            let zeros = [UInt8](repeating: 0, count: Int(to - from))
            #expect(pwrite(descriptor, zeros, zeros.count, off_t(from)) == zeros.count)
        }
        let time = timespec(
            tv_sec: Int(status.modified / 1_000_000_000), tv_nsec: Int(status.modified % 1_000_000_000))
        #expect(futimens(descriptor, [time, time]) == 0)
    }

    @Test("The README's lines on one folder decode once")
    func readme() async throws {
        let forge = try Forge()
        try forge.addSample("moving-objects.mp4")
        try await forge.run(expecting: 0, "--report", "none")
        let first = try forge.results()
        try spoil(forge.input.appending("moving-objects.mp4"))
        try await forge.run(expecting: 0, "--report", "none", "--set", "scene.threshold=12")
        #expect(try forge.results() != first)
        try await forge.run(expecting: 0, "--report", "none", "--tools", "luma,shot_detection")
        #expect(try forge.results() == first)
        try await forge.run(expecting: 0, "--report", "none")
        #expect(try forge.count("skipped") == 1)
    }

    @Test("A setting that changes what is measured measures that tool alone, and joins it")
    func measured() async throws {
        let forge = try samples()
        try await forge.run(expecting: 3, "--report", "none", "--no-stills")
        let flags = ["--set", "black.pixel=0.2", "--set", "cuts.threshold=20"]
        #expect(
            try await plan(forge, flags[0], flags[1], flags[2], flags[3])
                == ["measured again: black.pixel; re-evaluated: cuts.threshold"])
        try await forge.run(expecting: 3, "--report", "none", "--no-stills", flags[0], flags[1], flags[2], flags[3])
        #expect(try await forge.results() == fresh(flags))
    }

    @Test("A result that is not what its decoding gives now is made whole again")
    func unusable() async throws {
        let forge = try Forge()
        try forge.addSample("h264-scenes.mp4")
        try await forge.run(expecting: 0, "--report", "none", "--no-stills", "--tools", "luma")
        let path = forge.layout.results.appending("h264-scenes.mp4.json")
        // A frame's time is another one, in as many bytes.
        let text = String(decoding: try Files.read(path), as: UTF8.self)
        let place = try #require(text.firstRange(of: "\"frame_index\":7,\"time\":0."))
        try forge.write(
            text[..<place.upperBound] + "9" + text[place.upperBound...].dropFirst(), to: path)
        try await forge.run(expecting: 0, "--report", "none", "--no-stills", "--tools", "luma,scene")
        let other = try Forge()
        try other.addSample("h264-scenes.mp4")
        try await other.run(expecting: 0, "--report", "none", "--no-stills", "--tools", "luma,scene")
        #expect(try forge.results() == other.results())
    }
}

extension String {
    /// The same with `R` for the id of a run.
    fileprivate var replacingRun: String {
        split(separator: " ").map { word in
            let id = word.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
            return id.count == 23 && id.contains("T") ? "R" + word.dropFirst(id.count) : String(word)
        }.joined(separator: " ")
    }
}
