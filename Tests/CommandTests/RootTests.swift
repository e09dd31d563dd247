import Bytes
import Jobs
import TestSupport
import Testing

/// Which video is called what, and what is done again because of it.
@Suite("Input roots")
struct RootTests {
    /// Runs over folders and files below the home, in their order.
    private func run(_ forge: Forge, _ inputs: [String], _ flags: String...) async throws -> ProcessResult {
        try await forge.forgebatch(
            (["run"] + inputs + ["-o", "out", "--no-config", "--report", "none", "--no-stills"] + flags).map {
                RawPath($0)
            })
    }

    private func add(_ forge: Forge, _ names: String...) throws {
        for name in names {
            try forge.write(Forge.clip(frames: 5, seed: Array(name.utf8)), to: forge.home.appending(name))
        }
    }

    /// Each result's text by the video's name.
    private func results(_ forge: Forge) throws -> [String: [UInt8]] {
        Dictionary(
            try forge.results().map { (String($0.key.display.dropLast(".json".count)), $0.value) },
            uniquingKeysWith: { first, _ in first })
    }

    private func shell(_ forge: Forge, _ command: String) async throws {
        var launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(command)])
        launch.directory = forge.home
        #expect(try await RunningProcess.run(launch).status == 0)
    }

    /// The lines of a dry run.
    private func plan(_ forge: Forge, _ inputs: [String], _ flags: String...) async throws -> [String] {
        let result = try await forge.forgebatch(
            (["run"] + inputs + ["-o", "out", "--no-config", "--dry-run"] + flags).map { RawPath($0) })
        #expect(result.status == 0, "\(result.error)")
        return result.output.split(separator: "\n").map { String($0) }
    }

    @Test("Adding, removing and reordering inputs does nothing again and overwrites nothing")
    func order() async throws {
        let forge = try Forge()
        try add(forge, "cam1/a.y4m", "cam2/a.y4m", "more/cam2/a.y4m")
        #expect(try await run(forge, ["cam1"]).status == 0)
        let first = try results(forge)
        #expect(first.keys.sorted() == ["a.y4m"])
        #expect(try await run(forge, ["cam1", "cam2"]).status == 0)
        let both = try results(forge)
        #expect(both.keys.sorted() == ["a.y4m", "cam2/a.y4m"])
        #expect(both["a.y4m"] == first["a.y4m"])
        for inputs in [["cam2", "cam1"], ["cam1", "cam2"], ["cam2"], ["cam1"], ["./cam2/../cam2"]] {
            #expect(try await plan(forge, inputs).allSatisfy { $0.hasPrefix("skip ") }, "\(inputs)")
        }
        // Another folder of the same name, alone.
        #expect(try await run(forge, ["more/cam2"]).status == 0)
        let all = try results(forge)
        #expect(all.keys.sorted() == ["a.y4m", "cam2/a.y4m", "cam2~2/a.y4m"])
        #expect(all["cam2/a.y4m"] == both["cam2/a.y4m"])
        let validation = try await forge.forgebatch("validate", "out")
        #expect(validation.status == 0, "\(validation.output)")
    }

    @Test("Two files of one name in two folders have two results, and a listed folder that goes renames no other")
    func files() async throws {
        let forge = try Forge()
        try add(forge, "a/DCIM/x.y4m", "b/DCIM/x.y4m", "c/DCIM/x.y4m")
        #expect(try await run(forge, ["a/DCIM/x.y4m"]).status == 0)
        #expect(try await run(forge, ["b/DCIM/x.y4m"]).status == 0)
        let two = try results(forge)
        #expect(two.keys.sorted() == ["DCIM/x.y4m", "x.y4m"])
        try forge.write("c/DCIM/x.y4m\nb/DCIM/x.y4m\n", to: forge.home.appending("list"))
        let lines = try await plan(forge, [], "--files-from", "list")
        #expect(lines.sorted() == ["run  DCIM~2/x.y4m (new)", lines.first { $0.hasPrefix("skip DCIM/x.y4m") } ?? ""])
    }

    @Test("--root gives dated snapshots of one share one name; two videos of one name are 64, with what to do")
    func snapshots() async throws {
        let forge = try Forge()
        try add(forge, "snap/1/a.y4m")
        #expect(try await run(forge, ["snap/1"], "--root", "cam=snap/1").status == 0)
        #expect(try results(forge).keys.sorted() == ["cam/a.y4m"])
        // The copy has the time of the first.
        try await shell(forge, "cp -a snap/1 snap/2")
        try add(forge, "snap/2/b.y4m")
        let lines = try await plan(forge, ["snap/2"], "--root", "cam=snap/2")
        #expect(lines.map { $0.prefix(16) } == ["skip cam/a.y4m (", "run  cam/b.y4m ("])
        #expect(try await run(forge, ["snap/2"], "--root", "cam=snap/2").status == 0)
        #expect(try await plan(forge, ["snap/2"]).count == 2)
        let refused = try await run(forge, ["snap/1", "snap/2"])
        #expect(refused.status == 64)
        #expect(refused.error.contains("would both be called cam/a.y4m") && refused.error.contains("--root NAME=PATH"))
        for wrong in ["cam", "a/b=snap/1", "=snap/1"] {
            #expect(try await run(forge, ["snap/1"], "--root", wrong).status == 64)
        }
    }

    @Test("The configuration and the environment say what roots are called, too")
    func layers() async throws {
        let forge = try Forge()
        try add(forge, "snap/1/a.y4m", "snap/2/b.y4m")
        try forge.write("root:\n  cam: snap/1\n  other: snap/2\n", to: forge.home.appending("roots.yaml"))
        let words = ["run", "snap/1", "-o", "out", "--report", "none", "--no-stills"]
        let first = try await forge.forgebatch((words + ["--config", "roots.yaml"]).map { RawPath($0) })
        #expect(first.status == 0, "\(first.error)")
        let second = try await forge.forgebatch(
            (["run", "snap/2"] + words.dropFirst(2) + ["--no-config"]).map { RawPath($0) },
            environment: ["FORGEBATCH_ROOT": "second=snap/2"])
        #expect(second.status == 0, "\(second.error)")
        #expect(try results(forge).keys.sorted() == ["cam/a.y4m", "second/b.y4m"])
    }

    @Test("A folder of videos and results that was moved as a whole does nothing again")
    func moved() async throws {
        let forge = try Forge()
        try add(forge, "project/videos/a.y4m", "project/other/a.y4m")
        let words = ["project/videos", "project/other", "-o", "project/out", "--no-config", "--report", "none"]
        #expect(try await forge.forgebatch((["run"] + words).map { RawPath($0) }).status == 0)
        try await shell(forge, "mv project elsewhere")
        let again = ["elsewhere/other", "elsewhere/videos", "-o", "elsewhere/out", "--no-config", "--dry-run"]
        let result = try await forge.forgebatch((["run"] + again).map { RawPath($0) })
        let lines = result.output.split(separator: "\n")
        #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("skip ") }, "\(lines)")
    }

    @Test("Twenty thousand listed files of one folder name are planned in seconds")
    func many() async throws {
        let forge = try Forge()
        let clip = Forge.clip(frames: 1, seed: [1])
        var list = ""
        for number in 0..<20_000 {
            let path = "in/\(number)/DCIM/x.y4m"
            try Files.makeDirectory(forge.home.appending(path).parent, durable: false)
            try forge.write(number == 0 ? clip : [1], to: forge.home.appending(path))
            list += path + "\n"
        }
        try forge.write(list, to: forge.home.appending("list"))
        var launch = Launch(
            RawPath("/bin/sh"),
            [
                "-c", "ulimit -t 40; exec \"$0\" run --files-from list -o out --no-config -n",
                Forge.executable.display,
            ].map { RawPath($0) })
        launch.directory = forge.home
        let result = try await RunningProcess.run(launch)
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.split(separator: "\n").count == 20_000)
    }
}
