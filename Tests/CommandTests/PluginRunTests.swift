import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// A forge with the plugin `evil`, whose tools do what a setting says.
private struct PluginForge {
    let forge: Forge

    init(_ clips: [String]) throws {
        forge = try Forge(clips)
        let folder = forge.home.appending("plugins/evil")
        func text(_ name: String) throws -> String {
            String(decoding: try Files.read(Samples.root.appending("Tests/plugins/evil/" + name)), as: UTF8.self)
        }
        try MadePlugin.write(folder, text("manifest.json"), program: text("plugin.py"))
        for path in [forge.home, folder.parent, folder] { MadePlugin.setMode(path, 0o755) }
    }

    /// Runs into a folder.
    func run(_ out: String, _ flags: String...) async throws -> ProcessResult {
        try await forge.forgebatch(
            (["run", "in", "-o", out, "--no-config", "--plugin-dir", "plugins"] + flags).map { RawPath($0) })
    }

    func result(_ out: String, _ name: String) throws -> JSON {
        try JSONReader.parse(Files.read(forge.home.appending("\(out)/results/\(name).json")))
    }

    /// A result without what it says of the tool's failure.
    func withoutEntry(_ out: String, _ name: String) throws -> JSON {
        guard var members = try result(out, name).members else { return .null }
        for index in members.indices where members[index].key == "tools" {
            let own = members[index].value.array ?? []
            members[index].value = .array(own.filter { $0["id"]?.string?.contains("/") != true })
        }
        return .object(members)
    }

    /// The entry of a tool in a result.
    func entry(_ out: String, _ name: String, _ tool: String = "evil/evil") throws -> JSON? {
        try result(out, name)["tools"]?.array?.first { $0["id"]?.string == tool }
    }

    /// What a tool says of a video's first frame.
    func first(_ out: String, _ name: String, _ tool: String, _ key: String) throws -> Int? {
        try result(out, name)["frames"]?.array?.first?["evil/\(tool)"]?[key]?.int
    }

    /// Processes of the plugin that are still there.
    func survivors() -> [Int32] {
        let folder = forge.home.appending("plugins/evil").display
        return ((try? Files.list(RawPath("/proc"))) ?? []).compactMap { Int32($0.display) }.filter { process in
            (try? Files.linkTarget(RawPath("/proc/\(process)/cwd")))?.display == folder
        }
    }
}

@Suite("Runs with plugins", .enabled(if: ExternalProgram.python != nil, "needs python3"))
struct PluginRunTests {
    /// What a plugin does, and a part of what is told of it.
    static let failures: [(how: String, message: String)] = [
        ("exit", "status 7"), ("segv", "signal 11"), ("hang", "no answer for 5 s"), ("stubborn", "no answer for 5 s"),
        ("deaf", "no answer for 5 s"), ("flood", "not asked for"), ("line", "16 MiB"), ("daemon", "status 1"),
        ("forks", "processes"), ("memory", ""), ("nan", "no JSON"), ("twice", "no JSON"), ("deep", "no JSON"),
        ("wrong", "in the place of frame 3"), ("reversed", "frame 3"), ("outside", "frame 3"),
        ("unasked", "an answer "), ("early", "ended"), ("refuse", "this video is not for me"),
    ]

    @Test(
        "What a plugin does wrong is one failed tool: status 3, all else as without it, and nothing of it is left",
        arguments: failures)
    func failure(how: String, message: String) async throws {
        let place = try PluginForge(["a.y4m", "b.y4m"])
        #expect(try await place.run("plain", "--tools", "default").status == 0)
        let run = try await place.run(
            "out", "--tools", "default,+evil/evil", "--set", "evil/evil.how=\(how)", "--retries", "0", "-j1")
        #expect(run.status == 3, "\(run.error)")
        for name in ["a.y4m", "b.y4m"] {
            let entry = try #require(try place.entry("out", name))
            #expect(entry["status"]?.string == "failed", "\(entry)")
            #expect(entry["error"]?.string?.contains(message) == true, "\(entry)")
            #expect(entry["frames_done"]?.int ?? -1 == (how == "deaf" ? 0 : 3) || how == "flood" || how == "unasked")
            if how == "exit" { #expect(entry["log"]?.string?.contains("last words") == true, "\(entry)") }
            #expect(try place.withoutEntry("out", name) == place.withoutEntry("plain", name))
        }
        #expect(run.error.contains("evil/evil"), "\(run.error)")
        try await eventually("all processes are gone") { place.survivors().isEmpty }
        #expect(try await place.forge.forgebatch("validate", "out").status == 0)
    }

    @Test("Where several threads meet trouble a tool begins anew, and what it made of the dropped attempt is forgotten")
    func threads() async throws {
        let place = try PluginForge([])
        try place.forge.addDamaged("a.mp4", at: 0.3)
        // `short` refuses a video of fewer than a hundred frames: the attempt that is dropped, and not the video.
        for how in ["good", "short"] {
            for threads in ["1", "4"] {
                let run = try await place.run(
                    "\(how)\(threads)", "--tools", "default,+evil/evil", "--set", "evil/evil.how=\(how)", "--retries",
                    "0", "--threads-per-job", threads)
                // The video is damaged, and no tool failed.
                #expect(run.status == 3 && !run.error.contains("evil/evil"), "\(run.error)")
            }
            let results = try ["1", "4"].map { try place.result(how + $0, "a.mp4") }
            #expect(results[0] == results[1], "\(how)")
            #expect(results[0]["decode"]?["error_count"]?.int ?? 0 > 0)
            let last = try #require(results[0]["frames"]?.array?.last)
            #expect(last["evil/evil"]?["candidates"] != nil)
            #expect(try place.entry("\(how)4", "a.mp4")?["status"] == nil)
        }
    }

    @Test("Printing, 200 MiB of it, and numbers that there are not, are no failure")
    func prints() async throws {
        let place = try PluginForge(["a.y4m"])
        for how in ["good", "print", "shout"] {
            let run = try await place.run(how, "--tools", "+evil/evil", "--set", "evil/evil.how=\(how)")
            #expect(run.status == 0, "\(how): \(run.error)")
            #expect(try place.result(how, "a.y4m")["frames"] == place.result("good", "a.y4m")["frames"], "\(how)")
        }
        #expect(try await place.run("null", "--tools", "+evil/evil", "--set", "evil/evil.how=null").status == 0)
        let sanitized = try place.result("null", "a.y4m")["sanitized"]
        #expect(
            sanitized?["dropped_values"]?.int == 4 && sanitized?["dropped_objects"]?.int == 2, "\(sanitized ?? [:])")
    }

    @Test("What a plugin finds speaks for the frame, in source pixels, and motion keeps its own")
    func good() async throws {
        let place = try PluginForge(["a.y4m"])
        #expect(try await place.run("out", "--tools", "default,+evil/evil").status == 0)
        let frames = try #require(try place.result("out", "a.y4m")["frames"]?.array)
        #expect(frames.count == 5)
        for (index, frame) in frames.enumerated() {
            // The plugin is given 16 x 12 of 32 x 24.
            let left = Double(2 * (2 + index % 8))
            let box: JSON = .array([left, 6, left + 10, 18].map { .double($0) })
            let own = try #require(frame["evil/evil"])
            #expect(own["candidates"]?["xyxy"]?.array?.first.map { JSONWriter.text($0) } == JSONWriter.text(box))
            #expect(own["candidates"]?["confidence"]?.array?.count == 2)
            let objects = try #require(frame["detections"]?["tracked_objects"]?.array)
            #expect(objects.count == 1 && objects.first?["class"]?.string == "thing")
            #expect(objects.first?["confidence"]?.double == 0.9)
        }
        // Another threshold: the other candidate counts, and no process is needed for it.
        let set = ["--set", "evil/evil.confidence=0.1"]
        let report = try await place.forge.forgebatch(["report", "out"].map { RawPath($0) } + set.map { RawPath($0) })
        #expect(report.status == 0, "\(report.error)")
        #expect(try await place.run("other", "--tools", "default,+evil/evil", set[0], set[1]).status == 0)
        try AtomicFile.write(
            Array("raise SystemExit(1)\n".utf8), to: place.forge.home.appending("plugins/evil/other.py"), durable: false
        )
        let again = try await place.run("out", "--tools", "default,+evil/evil", set[0], set[1])
        #expect(again.status == 0, "\(again.error)")
        let (one, other) = (try place.result("out", "a.y4m"), try place.result("other", "a.y4m"))
        #expect(one == other)
    }

    @Test(
        "Tools with a lag and tools of some frames are dense and in order, whatever runs beside them",
        arguments: [1, 2, 4])
    func parallel(jobs: Int) async throws {
        let place = try PluginForge(["a.y4m", "b.y4m", "c.y4m", "d.y4m"])
        try place.forge.add("long.y4m", frames: 400)
        let tools = "default,+evil/late,+evil/some"
        #expect(try await place.run("one", "--tools", tools, "-j1").status == 0)
        let run = try await place.run("out", "--tools", tools, "-j\(jobs)")
        #expect(run.status == 0, "\(run.error)")
        for name in ["a.y4m", "b.y4m", "c.y4m", "d.y4m", "long.y4m"] {
            let path = "results/\(name).json"
            #expect(
                try Files.read(place.forge.home.appending("one/" + path))
                    == Files.read(place.forge.home.appending("out/" + path)))
        }
        let frames = try #require(try place.result("out", "long.y4m")["frames"]?.array)
        #expect(frames.count == 400)
        for (index, frame) in frames.enumerated() {
            #expect(frame["frame_index"]?.int == index)
            #expect(frame["evil/late"]?["mean"]?.double == frame["luma"]?["avg"]?.double)
            #expect((frame["evil/some"]?["candidates"] != nil) == (index % 3 == 0))
        }
    }

    @Test("A video has the same answers whatever came before it in the same process")
    func noMemory() async throws {
        let place = try PluginForge(["a.y4m", "b.y4m"])
        try place.forge.write(
            Files.read(place.forge.input.appending("a.y4m")), to: place.forge.input.appending("c.y4m"))
        #expect(try await place.run("out", "--tools", "+evil/evil,+evil/some", "-j1").status == 0)
        let (first, third) = (try place.result("out", "a.y4m"), try place.result("out", "c.y4m"))
        for key in ["frames", "summary", "events"] { #expect(first[key] == third[key], "\(key)") }
    }

    @Test("A plugin that does not start ends the run with 78 before the first video")
    func noHello() async throws {
        let place = try PluginForge(["a.y4m"])
        let program = place.forge.home.appending("plugins/evil/plugin.py")
        for text in ["print('no model here')\nraise SystemExit(3)\n", "import os\nos.write(4, b'what?\\n')\n"] {
            try AtomicFile.write(Array(text.utf8), to: program, durable: false)
            MadePlugin.setMode(program, 0o644)
            let run = try await place.run("out", "--tools", "+evil/evil")
            #expect(run.status == 78, "\(run.error)")
            #expect(run.error.contains("the plugin evil does not start"), "\(run.error)")
            if text.hasPrefix("print") { #expect(run.error.contains("no model here"), "\(run.error)") }
            #expect(!Files.exists(place.forge.home.appending("out/results/a.y4m.json")))
        }
    }

    @Test("Another byte of a plugin's file measures its tool again, and nothing else")
    func changed() async throws {
        let place = try PluginForge(["a.y4m"])
        #expect(try await place.run("out", "--tools", "default,+evil/evil").status == 0)
        let quiet = try await place.run("out", "--tools", "default,+evil/evil", "--dry-run")
        #expect(quiet.output.contains("skip"), "\(quiet.output)")
        let program = place.forge.home.appending("plugins/evil/plugin.py")
        try AtomicFile.write(try Files.read(program) + Array("\n# more\n".utf8), to: program, durable: false)
        MadePlugin.setMode(program, 0o644)
        let plan = try await place.run("out", "--tools", "default,+evil/evil", "--dry-run")
        #expect(plan.output.contains("evil/evil"), "\(plan.output)")
        let before = try place.result("out", "a.y4m")
        #expect(try await place.run("out", "--tools", "default,+evil/evil").status == 0)
        let after = try place.result("out", "a.y4m")
        #expect(before["frames"] == after["frames"])
        let prints = [before, after].map { $0["tools"]?.array?.last?["fingerprint"]?.string }
        #expect(prints[0] != prints[1])
    }

    @Test("Without the plugin its results are listed, exported, concluded anew and kept")
    func gone() async throws {
        let place = try PluginForge(["a.y4m"])
        #expect(try await place.run("out", "--tools", "default,+evil/evil").status == 0)
        let frames = try place.result("out", "a.y4m")["frames"]
        let file = place.forge.home.appending("plugins/evil/manifest.json")
        Files.remove(file)
        for words in [
            ["report", "out", "--set", "evil/evil.confidence=0.1"], ["validate", "out"],
            ["export", "out", "--format", "coco", "--output", "coco"],
            ["export", "out", "--format", "mot", "--output", "mot"],
            ["list", "out"], ["show", "out", "a.y4m"],
        ] {
            let result = try await place.forge.forgebatch(words.map { RawPath($0) })
            #expect(result.status == 0, "\(words): \(result.error)")
        }
        // A run that does not name it keeps what there is.
        #expect(try await place.forge.forgebatch("run", "in", "-o", "out", "--no-config").status == 0)
        #expect(try place.result("out", "a.y4m")["frames"] == frames)
    }

    @Test("Tools with a pass of their own follow the shared pass, and the percentage never falls and ends at 100")
    func passes() async throws {
        let place = try PluginForge(["a.y4m"])
        try place.forge.add("b.y4m", frames: 40)
        let run = try await place.run(
            "out", "--tools", "default,+evil/whole,+evil/again", "--progress-rate", "all", "-j1")
        #expect(run.status == 0, "\(run.error)")
        let layout = OutputLayout(root: place.forge.home.appending("out"))
        let latest = try Files.linkTarget(layout.latest).lastComponent.display
        let events = try Files.read(layout.log(run: latest)).split(separator: 0x0a).map {
            try JSONReader.parse(Array($0))
        }
        for (name, frames) in [("a.y4m", 5), ("b.y4m", 40)] {
            let job = JobID(video: RawPath(name)).text
            let steps = events.filter { $0["job_id"]?.string == job && $0["current_frame"] != nil }
            let percents = steps.compactMap { $0["percent"]?.int }
            #expect(zip(percents, percents.dropFirst()).allSatisfy { $0 <= $1 }, "\(percents)")
            #expect(percents.last == 100)
            // As the hook of ForgeSyte's page counts: one more than are completed, of all.
            var seen: [String] = []
            for step in steps {
                #expect(step["tools_total"]?.int == 3)
                let text =
                    "Tool: \((step["tools_completed"]?.int ?? -9) + 1) of 3 \(step["current_tool"]?.string ?? "")"
                if seen.last != text { seen.append(text) }
            }
            #expect(seen == ["Tool: 1 of 3 forgebatch/frames", "Tool: 2 of 3 evil/whole", "Tool: 3 of 3 evil/again"])
            #expect(steps.last?["current_frame"]?.int == frames && steps.last?["total_frames"]?.int == frames)
            let own = try #require(try place.result("out", name)["frames"]?.array)
            #expect(own.count == frames)
            for frame in own {
                #expect(frame["evil/whole"]?["size"] == frame["evil/again"]?["size"])
                #expect(
                    frame["detections"]?["tracked_objects"]?.array?.first?["xyxy"]
                        == .array([1, 2, 11, 12].map { .int($0) }))
                #expect(frame["evil/again"]?["tracked_objects"]?.array?.count == 1)
            }
        }
    }

    @Test(
        "A pass that fails is one failed tool, and what another decoder finds beyond the end is left out",
        arguments: [
            ("exit", "status 4"), ("fail", "two frames are enough"), ("double", "second answer"), ("peek", "status 0"),
        ])
    func failedPass(how: String, message: String) async throws {
        let place = try PluginForge(["a.y4m", "b.y4m"])
        #expect(try await place.run("plain", "--tools", "default,+evil/again").status == 0)
        let run = try await place.run(
            "out", "--tools", "default,+evil/whole,+evil/again", "--set", "evil/whole.how=\(how)", "--retries", "0")
        #expect(run.status == 3, "\(run.error)")
        for name in ["a.y4m", "b.y4m"] {
            let entry = try #require(try place.entry("out", name, "evil/whole"))
            #expect(entry["error"]?.string?.contains(message) == true, "\(entry)")
            // The one video is all that it may read: not the names of others.
            if how == "peek" { #expect(entry["log"]?.string?.contains("others: 13") == true, "\(entry)") }
            #expect(try place.result("out", name)["frames"] == place.result("plain", name)["frames"])
        }
        let beyond = try await place.run("beyond", "--tools", "default,+evil/again", "--set", "evil/again.how=beyond")
        #expect(beyond.status == 0, "\(beyond.error)")
        #expect(try place.result("beyond", "a.y4m")["frames"] == place.result("plain", "a.y4m")["frames"])
    }

    @Test(
        "Boxes of a turned clip are those of the upright one, in pixels as they are stored",
        .enabled(if: ExternalProgram.ffmpeg != nil, "no ffmpeg in PATH"))
    func turned() async throws {
        let place = try PluginForge([])
        let clip = place.forge.input.appending("a.mp4")
        // Wide as it is stored, and light at 20, 10 to 60, 40.
        try await FFmpegCommand.make(
            clip, "-f lavfi -i color=black:s=160x96:d=0.5:r=10",
            "-vf drawbox=x=20:y=10:w=40:h=30:color=white:t=fill -pix_fmt yuv420p -c:v libx264 -qp 1")
        let bytes = try Files.read(clip)
        for (number, matrix) in [[0, 65536, -65536, 0], [-65536, 0, 0, -65536], [0, -65536, 65536, 0]].enumerated() {
            try place.forge.write(
                Display.matrix(matrix, in: bytes), to: place.forge.input.appending("turned-\(number).mp4"))
        }
        #expect(try await place.run("out", "--tools", "+evil/corner").status == 0)
        for (name, width) in [("a.mp4", 80), ("turned-0.mp4", 48), ("turned-1.mp4", 80), ("turned-2.mp4", 48)] {
            let result = try place.result("out", name)
            for frame in try #require(result["frames"]?.array) {
                #expect(frame["evil/corner"]?["width"]?.int == width, "\(name): \(result["video"]?["rotation"] ?? 0)")
                let box =
                    frame["detections"]?["tracked_objects"]?.array?.first?["xyxy"]?.array?.compactMap(\.double) ?? []
                #expect(box.count == 4)
                for (side, known) in zip(box, [20.0, 10, 60, 40]) { #expect(abs(side - known) <= 2, "\(name): \(box)") }
            }
        }
    }

    @Test("Twenty videos on two workers take two loads of a plugin at most")
    func loads() async throws {
        let place = try PluginForge((0..<20).map { "\($0).y4m" })
        #expect(try await place.run("out", "--tools", "+evil/corner", "-j2", "--nice", "7").status == 0)
        // --nice is theirs, too.
        #expect(try place.first("out", "0.y4m", "corner", "nice") ?? 0 >= 7)
        let processes = try Set(
            (0..<20).map { try place.first("out", "\($0).y4m", "corner", "process") })
        #expect((1...2).contains(processes.count) && !processes.contains(nil))
    }

    @Test("--plugin-jobs bounds the processes of a plugin, however many workers there are")
    func bound() async throws {
        let place = try PluginForge((0..<8).map { "\($0).y4m" })
        #expect(try await place.run("out", "--tools", "+evil/corner", "-j4", "--plugin-jobs", "1").status == 0)
        let processes = try (0..<8).map { try place.first("out", "\($0).y4m", "corner", "process") }
        #expect(Set(processes).count == 1 && processes[0] ?? 0 > 0, "\(processes)")
    }

    @Test("--plugin-devices has one process a card, which sees that card alone")
    func cards() async throws {
        let place = try PluginForge((0..<8).map { "\($0).y4m" })
        let manifest = place.forge.home.appending("plugins/evil/manifest.json")
        guard case .object(let members) = try JSONReader.parse(Files.read(manifest)) else { return }
        try AtomicFile.write(
            JSONWriter.encode(.object(members + [JSON.Member("devices", .array(["cuda"]))])), to: manifest,
            durable: false)
        let run = try await place.run(
            "out", "--tools", "+evil/corner", "-j4", "--plugin-devices", "cuda:5,cpu,cuda:2")
        #expect(run.status == 0, "\(run.error)")
        var cards: [Int: Int] = [:]
        for number in 0..<8 {
            let process = try #require(try place.first("out", "\(number).y4m", "corner", "process"))
            let card = try #require(try place.first("out", "\(number).y4m", "corner", "card"))
            #expect(cards[process] ?? card == card)
            cards[process] = card
            let entry = try #require(try place.entry("out", "\(number).y4m", "evil/corner"))
            #expect(entry["device"]?.string == "cuda", "\(entry)")
        }
        #expect((1...2).contains(cards.count) && Set(cards.values).isSubset(of: [2, 5]), "\(cards)")
        #expect(Set(cards.values).count == cards.count, "no two processes on one card: \(cards)")
    }

    @Test(
        "A tool of the small luma is given up where the size of the pictures changes, and nothing else is",
        .enabled(if: ExternalProgram.ffmpeg != nil, "no ffmpeg in PATH"))
    func changingSize() async throws {
        let place = try PluginForge([])
        try await FFmpegCommand.makeChanging(place.forge.input.appending("a.h264"), sizes: ["64x48", "96x64"])
        #expect(try await place.run("plain", "--tools", "default").status == 0)
        let run = try await place.run("out", "--tools", "default,+evil/glance", "--retries", "0")
        #expect(run.status == 3, "\(run.error)")
        let entry = try #require(try place.entry("out", "a.h264", "evil/glance"))
        #expect(entry["status"]?.string == "failed", "\(entry)")
        #expect(entry["error"]?.string?.contains("the size of the pictures changes") == true, "\(entry)")
        #expect(try place.result("out", "a.h264")["frames"] == place.result("plain", "a.h264")["frames"])
    }

    @Test("When the run is killed, its plugins are gone within seconds")
    func killedRun() async throws {
        let place = try PluginForge([])
        try place.forge.addLong("a.y4m")
        var launch = place.forge.launch(
            [
                "run", "in", "-o", "out", "--no-config", "--plugin-dir", "plugins", "--tools", "+evil/evil", "--set",
                "evil/evil.how=stubborn",
            ].map { RawPath($0) })
        launch.deadline = 120
        let run = try RunningProcess.start(launch)
        try await eventually("the plugin runs") { !place.survivors().isEmpty }
        run.send(SIGKILL)
        _ = await run.result()
        try await eventually("the plugin is gone") { place.survivors().isEmpty }
    }
}

/// The display matrix of an MP4 file.
private enum Display {
    /// The file with other first four numbers of its video track's matrix (ISO 14496-12, 8.3.2), which is the identity.
    static func matrix(_ numbers: [Int], in file: [UInt8]) throws -> [UInt8] {
        func bytes(_ values: [Int]) -> [UInt8] {
            values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        }
        let header = try #require(file.firstRange(of: Array("tkhd".utf8)))
        let plain = bytes([65536, 0, 0, 0, 65536])
        let rest = file[header.upperBound...]
        let place = try #require(rest.firstRange(of: plain))
        var result = file
        result.replaceSubrange(place, with: bytes([numbers[0], numbers[1], 0, numbers[2], numbers[3]]))
        return result
    }
}
