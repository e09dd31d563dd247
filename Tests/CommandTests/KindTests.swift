import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@Suite("Kinds of files, and files that are something else")
struct KindTests {
    @Test("What is no regular file is told of at once, and the others are processed")
    func kinds() async throws {
        let forge = try Forge(["a.y4m", "sub/b.y4m"])
        func at(_ name: String) -> RawPath { forge.input.appending(name) }
        #expect(at("fifo.mp4").withCString { mkfifo($0, 0o644) } == 0)
        #expect(at("socket.mp4").withCString { mknod($0, S_IFSOCK | 0o644, 0) } == 0)
        try Files.link(RawPath("nowhere"), at: at("dangling.mp4"))
        try Files.link(RawPath("self.mp4"), at: at("self.mp4"))
        try Files.link(RawPath("/dev/zero"), at: at("device.mp4"))
        try Files.link(RawPath(".."), at: at("sub/loop"))
        let result = try await forge.run(expecting: 0, "--follow")
        #expect(try forge.names() == ["a.y4m", "sub/b.y4m"])
        for line in [
            "in/fifo.mp4: not a regular file (fifo)", "in/socket.mp4: not a regular file (socket)",
            "in/dangling.mp4: dangling link", "in/self.mp4: link cannot be followed: ",
            "in/device.mp4: not a regular file (device)",
        ] { #expect(result.error.contains(line)) }
        #expect(try forge.count("unreadable") == 5)
        // Given by name they are no videos either.
        let named = try await forge.forgebatch("run", "in/fifo.mp4", "in/a.y4m", "-o", "out2")
        #expect(named.status == 66)
        #expect(named.error.contains("in/fifo.mp4: not a regular file (fifo)"))
        #expect(try forge.results(in: forge.home.appending("out2")).count == 1)
    }

    @Test("Empty, tiny and sparse files fail at once")
    func sizes() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write([], to: forge.input.appending("empty.mp4"))
        try forge.write([0], to: forge.input.appending("one.mp4"))
        for name in ["sparse.mp4", "sparse.ts", "sparse"] {
            let sparse = try Files.open(forge.input.appending(name), Files.createExclusive)
            defer { Files.close(sparse) }
            try Files.truncate(sparse, to: 8 << 30, path: RawPath(name))
        }
        try await forge.run(expecting: 3)
        #expect(try forge.names() == ["a.y4m"])
        #expect(try forge.count("failed") == 4)
        for job in try #require(try forge.record()["jobs"]?.array) where job["status"]?.string == "failed" {
            #expect(job["kind"]?.string == "content")
            #expect((job["cpu_seconds"]?.double ?? 9) < 1, "\(job["path"]?.string ?? "")")
            #expect(job["message"]?.string?.isEmpty == false)
        }
    }

    @Test("What cannot be read costs only itself, given by name it is status 66")
    func unreadable() async throws {
        let forge = try Forge(["a.y4m", "dir/b.y4m", "secret.y4m"])
        for name in ["dir", "secret.y4m"] {
            #expect(forge.input.appending(name).withCString { chmod($0, 0) } == 0)
        }
        let result = try await forge.run { $0.heedPermissions() }
        #expect(result.status == 3)
        #expect(result.error.contains("in/dir: Permission denied"))
        #expect(result.error.contains("secret.y4m: open: Permission denied"))
        #expect(try forge.names() == ["a.y4m"])
        let second = try await forge.forgebatch(["run", "in/dir", "in/a.y4m", "-o", "out2"].map { RawPath($0) }) {
            $0.heedPermissions()
        }
        #expect(second.status == 66)
    }

    /// Texts that libav would take for a list of other files.
    static let playlists: [(name: String, text: String)] = [
        ("hls.mp4", "#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nVICTIM\n#EXT-X-ENDLIST\n"),
        ("live.mp4", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nVICTIM\n"),
        ("concat.mp4", "ffconcat version 1.0\nfile 'VICTIM'\n"),
        ("sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
        (
            "dash.mp4",
            "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period>"
                + "<AdaptationSet><Representation id=\"1\" bandwidth=\"1\"><BaseURL>VICTIM</BaseURL></Representation>"
                + "</AdaptationSet></Period></MPD>\n"
        ),
        ("subtitles.mp4", "1\n00:00:00,000 --> 00:00:01,000\nhello\n"),
    ]

    private func playlists() throws -> Forge {
        let forge = try Forge(["a.y4m"])
        try forge.write(Forge.clip(frames: 3, seed: [1]), to: forge.home.appending("private.y4m"))
        for (name, text) in KindTests.playlists {
            let parts = text.split(separator: "VICTIM", omittingEmptySubsequences: false)
            let victim = forge.home.appending("private.y4m").display
            try forge.write(parts.joined(separator: victim), to: forge.input.appending(name))
        }
        return forge
    }

    @Test("A playlist in disguise fails at once with its cause in one line")
    func disguised() async throws {
        let forge = try playlists()
        try await forge.run(expecting: 3)
        #expect(try forge.names() == ["a.y4m"])
        for (name, _) in KindTests.playlists {
            let message = try #require(try forge.message(name))
            #expect(message.count > 10 && message.count < 200 && !message.contains("\n"))
            let job = try forge.record()["jobs"]?.array?.first { $0["path"]?.string == name }
            // It neither computed for long, nor waited until it was ended.
            #expect((job?["cpu_seconds"]?.double ?? 9) < 1 && job?["kind"]?.string == "content")
        }
    }

    static let strace = RawPath("/usr/bin/strace")

    @Test(
        "A playlist in disguise opens no other file and makes no connection",
        .enabled(if: Files.exists(strace), "strace is not installed"))
    func traced() async throws {
        let forge = try playlists()
        var launch = Launch(
            KindTests.strace,
            ["-f", "-qq", "-e", "trace=open,openat,openat2,connect,socket", "-o", "trace", Forge.executable.display]
                .map { RawPath($0) } + ["run", "in", "-o", "out", "--no-config"].map { RawPath($0) })
        launch.directory = forge.home
        let result = try await RunningProcess.run(launch)
        try #require(result.status == 3, "\(result.error)")
        let trace = String(decoding: try Files.read(forge.home.appending("trace")), as: UTF8.self)
        #expect(trace.contains("/in/hls.mp4") || trace.contains("\"in/hls.mp4"))
        #expect(!trace.contains("private.y4m"))
        #expect(!trace.contains("AF_INET"))
    }
}
