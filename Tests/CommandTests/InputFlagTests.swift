import Bytes
import Glibc
import TestSupport
import Testing

@Suite("Flags of run: input and output")
struct InputFlagTests {
    @Test("--out names the output folder; without it the folder lies beside the input")
    func out() async throws {
        let forge = try Forge(["a.y4m"])
        #expect(try await forge.forgebatch("run", "in", "-o", "some/where").status == 0)
        #expect(Files.exists(forge.home.appending("some/where/results/a.y4m.json")))
        #expect(try await forge.forgebatch("run", "in/").status == 0)
        #expect(Files.exists(forge.home.appending("in.forgebatch/results/a.y4m.json")))
        #expect(try await forge.forgebatch("run", "in/a.y4m").status == 0)
        #expect(Files.exists(forge.home.appending("forgebatch-out/results/a.y4m.json")))
    }

    @Test("--include and --exclude: the last match wins, in the order of the command line")
    func rules() async throws {
        let forge = try Forge(["cam1.y4m", "cam2.y4m", "old/cam1.y4m"])
        func names(_ flags: String...) async throws -> [String] {
            let all = ["run", "in", "-o", "out", "-n"] + flags
            let result = try await forge.forgebatch(all.map { RawPath($0) })
            return result.output.split(separator: "\n").map { String($0.split(separator: " ")[1]) }
        }
        #expect(
            try await names("--exclude", "cam1*", "--include", "cam1.y4m") == ["cam1.y4m", "cam2.y4m", "old/cam1.y4m"])
        #expect(try await names("--include", "cam1*") == ["cam1.y4m", "old/cam1.y4m"])
        #expect(try await names("--include=*", "--exclude", "cam1*") == ["cam2.y4m"])
        #expect(try await names("--exclude=old/", "--include", "cam1*") == ["cam1.y4m", "cam2.y4m"])
        #expect(try await names("--include", "cam1*", "--exclude=old/", "--exclude", "x") == ["cam1.y4m"])
    }

    @Test("--ext takes only these extensions, with or without a dot, in any case")
    func ext() async throws {
        let forge = try Forge(["a.y4m", "b.Y4M", "c.raw"])
        try forge.addSample("odd-size.mkv")
        try await forge.run(expecting: 0, "--ext", ".y4m,RAW")
        #expect(try forge.names() == ["a.y4m", "b.Y4M", "c.raw"])
    }

    @Test("--max-depth counts levels below the input")
    func maxDepth() async throws {
        let forge = try Forge(["a.y4m", "sub/b.y4m", "sub/sub/c.y4m"])
        try await forge.run(expecting: 0, "--max-depth", "2")
        #expect(try forge.names() == ["a.y4m", "sub/b.y4m"])
    }

    @Test("--hidden takes hidden files and folders")
    func hidden() async throws {
        let forge = try Forge([".a.y4m", ".sub/b.y4m", "c.y4m"])
        try await forge.run(expecting: 0)
        #expect(try forge.names() == ["c.y4m"])
        try await forge.run(expecting: 0, "--hidden")
        #expect(try forge.names() == [".a.y4m", ".sub/b.y4m", "c.y4m"])
    }

    @Test("--follow follows links to folders and out of the input; without it they are told of")
    func follow() async throws {
        let forge = try Forge(["a.y4m"])
        try forge.write(Forge.clip(frames: 3, seed: [1]), to: forge.home.appending("else/b.y4m"))
        try Files.link(RawPath("../else"), at: forge.input.appending("sub"))
        try Files.link(RawPath("../else/b.y4m"), at: forge.input.appending("c.y4m"))
        let result = try await forge.run(expecting: 0)
        #expect(try forge.names() == ["a.y4m"])
        #expect(result.error.contains("in/c.y4m: link not followed (use --follow)"))
        try await forge.run(expecting: 0, "--follow")
        #expect(try forge.names().count == 2)
    }

    @Test("--files-from reads names from a file or, with -, from standard input; --null ends them with NUL")
    func filesFrom() async throws {
        let forge = try Forge(["a.y4m", "b.y4m", "line\nfeed.y4m"])
        try forge.write("in/a.y4m\n\nin/b.y4m\n", to: forge.home.appending("list"))
        #expect(try await forge.forgebatch("run", "--files-from", "list", "-o", "out").status == 0)
        #expect(try forge.names() == ["a.y4m", "b.y4m"])
        let names = Array("in/line\nfeed.y4m\0in/a.y4m\0".utf8)
        let result = try await forge.forgebatch("run", "--files-from", "-", "-0", "-o", "out") {
            $0.input = .bytes(names)
        }
        #expect(result.status == 0)
        #expect(try forge.names() == ["a.y4m", "b.y4m", "line\\nfeed.y4m"])
        #expect(try forge.count("skipped") == 1)
    }

    @Test("A list may be a pipe: it is read once, whoever else looks at it, and may take longer than --stall")
    func listPipe() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        let desk = forge.home.appending("desk")
        try forge.write("stills: false\n", to: desk.appending("forgebatch.yaml"))
        let own = try await forge.forgebatch("run", "--files-from", "/dev/fd/0", "-o", "../out", "-n") {
            $0.directory = desk
            $0.input = .bytes(Array("../in/a.y4m\n../in/b.y4m\n".utf8))
        }
        #expect(own.status == 0 && own.output == "run  a.y4m (new)\nrun  b.y4m (new)\n", "\(own.error)")
        var launch = Launch(
            RawPath("/bin/sh"),
            [
                "-c",
                """
                mkfifo pipe && { (sleep 8; echo ../in/b.y4m) > pipe & }
                exec \(Forge.executable.display) run --files-from pipe -o ../out -n --stall 5s
                """,
            ].map { RawPath($0) })
        launch.directory = desk
        let slow = try await RunningProcess.run(launch)
        #expect(slow.status == 0 && slow.output == "run  b.y4m (new)\n", "\(slow.error)")
        let folder = try await forge.forgebatch("run", "--files-from", "in", "-o", "out", "--no-config")
        #expect(folder.status == 66 && folder.error == "forgebatch: --files-from in: Is a directory\n")
    }

    @Test("--limit does the first by name of those that are to be done, so that run after run comes to the end")
    func limit() async throws {
        let forge = try Forge(["c.y4m", "a.y4m", "b.y4m", "e.y4m", "d.y4m"])
        let dry = try await forge.run("--limit", "2", "--dry-run")
        #expect(dry.output == "run  a.y4m (new)\nrun  b.y4m (new)\n")
        #expect(dry.error == "forgebatch: --limit leaves 3 more videos to later runs\n")
        try await forge.run(expecting: 0, "--limit", "2")
        #expect(try forge.names() == ["a.y4m", "b.y4m"])
        #expect(try forge.record()["limited"]?.bool == true)
        try await forge.run(expecting: 0, "--limit", "2")
        #expect(try forge.names() == ["a.y4m", "b.y4m", "c.y4m", "d.y4m"])
        #expect(try forge.count("found") == 4 && forge.count("skipped") == 2)
        try await forge.run(expecting: 0, "--limit", "2")
        #expect(try forge.names().count == 5)
        #expect(try forge.record()["limited"] == nil)
    }

    @Test("--min-age leaves alone what has just changed")
    func minAge() async throws {
        let forge = try Forge(["new.y4m", "old.y4m"])
        let hourAgo = time(nil) - 3600
        let times = [timeval(tv_sec: hourAgo, tv_usec: 0), timeval(tv_sec: hourAgo, tv_usec: 0)]
        #expect(forge.input.appending("old.y4m").withCString { utimes($0, times) } == 0)
        try await forge.run(expecting: 0, "--min-age", "30m")
        #expect(try forge.names() == ["old.y4m"])
        try await forge.run(expecting: 0, "--min-age", "36500d")
        #expect(try forge.count("found") == 0)
    }

    @Test("--error-if-empty ends with 9 when there is no video")
    func errorIfEmpty() async throws {
        let forge = try Forge()
        try forge.write("text", to: forge.input.appending("notes.txt"))
        try await forge.run(expecting: 9, "--error-if-empty")
        try forge.add("a.y4m")
        try await forge.run(expecting: 0, "--error-if-empty")
    }
}
