import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

/// What becomes of videos that go, move and come back, and of runs that nobody needs any more.
@Suite("Keeping an output folder")
struct HouseTests {
    private func move(_ forge: Forge, _ from: String, _ to: String) throws {
        let target = forge.input.appending(to)
        try Files.makeDirectory(target.parent, durable: false)
        try Files.rename(forge.input.appending(from), to: target)
    }

    /// The names that `list` marks as gone.
    private func gone(_ forge: Forge) async throws -> [String] {
        let list = try await forge.forgebatch("list", "out", "--gone", "--json")
        #expect(list.status == 0, "\(list.error)")
        return try list.output.split(separator: "\n").map { line in
            let video = try JSONReader.parse(String(line))
            #expect(video["gone"]?["run_id"]?.string != nil)
            return video["path"]?.string ?? ""
        }
    }

    private func runs(_ forge: Forge) throws -> [String] { try Files.list(forge.layout.runs).compactMap(\.text) }

    private func validate(_ forge: Forge, location: SourceLocation = #_sourceLocation) async throws {
        let result = try await forge.forgebatch("validate", "out")
        #expect(result.status == 0, "\(result.output)", sourceLocation: location)
    }

    private func diff(_ forge: Forge) async throws -> JSON {
        try JSONReader.parse(try await forge.forgebatch("diff", "out", "last", "latest", "--json").stdout)
    }

    // MARK: Videos that are gone

    @Test("A video that is gone is marked in list, export, report and diff until it is back")
    func marked() async throws {
        let forge = try Forge(["cam/a.y4m", "cam/b.y4m", "c.y4m"])
        try forge.addBroken("cam/bad.avi")
        try await forge.run(expecting: 3)
        #expect(try await gone(forge) == [])
        let away = forge.home.appending("away")
        try Files.rename(forge.input.appending("cam/a.y4m"), to: away)
        Files.remove(forge.input.appending("cam/bad.avi"))
        let second = try await forge.run("--verbose")
        #expect(second.status == 0 && second.output.contains("cam/a.y4m and 1 more are gone"), "\(second.output)")
        #expect(try await gone(forge) == ["cam/a.y4m", "cam/bad.avi"])
        #expect(try await diff(forge)["removed"]?.array?.count == 2)
        // From then on.
        try await forge.run(expecting: 0)
        #expect(try await gone(forge) == ["cam/a.y4m", "cam/bad.avi"])
        let list = try await forge.forgebatch("list", "out").output
        #expect(list.contains("cam/a.y4m  (gone)\n") && list.contains("cam/bad.avi  (gone)\n"))
        #expect(list.contains("c.y4m\n"))
        #expect(try await forge.forgebatch("show", "out", "cam/a.y4m").output.contains("since run "))
        let still = try await diff(forge)
        #expect(still["gone"]?.int == 1 && still["removed"]?.array?.isEmpty == true)
        func rows(_ flags: String...) async throws -> [JSON] {
            let words = ["export", "out", "--format", "ndjson", "--table", "videos"] + flags
            return try await forge.forgebatch(words.map { RawPath($0) }).output.split(separator: "\n").map {
                try JSONReader.parse(String($0))
            }
        }
        #expect(try await rows().filter { $0["gone"]?.bool == true }.map { $0["path"]?.string } == ["cam/a.y4m"])
        #expect(try await rows("--skip-gone").map { $0["path"]?.string } == ["c.y4m", "cam/b.y4m"])
        #expect(try await forge.forgebatch("report", "out").status == 0)
        let page = String(decoding: try Files.read(forge.layout.reportIndex), as: UTF8.self)
        #expect(page.contains("<em>gone</em>"))
        // It comes back as it was: nothing is done, and it is gone no more.
        try Files.rename(away, to: forge.input.appending("cam/a.y4m"))
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 3 && forge.count("completed") == 0)
        #expect(try await gone(forge) == ["cam/bad.avi"])
        #expect(try await diff(forge)["new"]?.array?.compactMap { $0["path"]?.string } == ["cam/a.y4m"])
        try await validate(forge)
    }

    @Test("A narrower selection, another input, an empty folder and a file alone mark nothing")
    func narrow() async throws {
        let forge = try Forge(["cam1/a.y4m", "cam2/b.y4m", "cam2/c.y4m"])
        try await forge.run(expecting: 0)
        try forge.write(Forge.clip(frames: 5, seed: [1]), to: forge.home.appending("other/x.y4m"))
        Files.remove(forge.input.appending("cam1/a.y4m"))
        Files.remove(forge.input.appending("cam2/b.y4m"))
        for flags in [["--include", "cam3/**"], ["--ext", "mkv"], ["--max-depth", "1"], ["--exclude", "cam2"]] {
            let words = ["run", "in", "-o", "out", "--no-config"] + flags
            #expect(try await forge.forgebatch(words.map { RawPath($0) }).status != 1)
            #expect(try await gone(forge) == [], "\(flags)")
        }
        for input in ["other", "in/cam2/c.y4m"] {
            #expect(try await forge.forgebatch("run", input, "-o", "out", "--no-config").status == 0)
            #expect(try await gone(forge) == [], "\(input)")
        }
        // cam1 is empty now, as it is when its share is not mounted.
        try await forge.run(expecting: 0)
        #expect(try await gone(forge) == ["cam2/b.y4m"])
        Files.removeEmptyDirectory(forge.input.appending("cam1"))
        Files.remove(forge.input.appending("cam2/c.y4m"))
        Files.removeEmptyDirectory(forge.input.appending("cam2"))
        // Nothing at all: 9, and nothing is marked.
        try await forge.run(expecting: 9)
        #expect(try await gone(forge) == ["cam2/b.y4m"])
    }

    // MARK: Videos that moved

    /// What a run over the folder as it is makes of a video.
    private func fresh(_ forge: Forge, _ name: String) async throws -> [UInt8]? {
        let run = try await forge.forgebatch("run", "in", "-o", "fresh", "--no-config", "--report", "none")
        #expect(run.status == 0, "\(run.error)")
        return try forge.results(in: forge.home.appending("fresh"))[RawPath(name + ".json")]
    }

    @Test("A video that was renamed keeps its result and its stills, as if it had been made under the new name")
    func renamed() async throws {
        let forge = try Forge(["cam/a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        try move(forge, "cam/a.y4m", "other/new.y4m")
        let old = JobID(video: RawPath("cam/a.y4m"))
        let new = JobID(video: RawPath("other/new.y4m"))
        let still = try Files.read(forge.output.appending(OutputLayout.still(old, .thumbnail)))
        let dry = try await forge.run("--dry-run")
        #expect(dry.output.contains("run  other/new.y4m (moved from cam/a.y4m)\n"), "\(dry.output)")
        try await forge.run(expecting: 0)
        let job = try forge.record()["jobs"]?.array?.first
        #expect(job?["moved_from"]?.string == "cam/a.y4m" && job?["path"]?.string == "other/new.y4m")
        #expect(try forge.count("completed") == 1 && forge.count("skipped") == 1)
        #expect(try forge.log().contains { $0.event == .completed(job: new) })
        #expect(try forge.names() == ["b.y4m", "other/new.y4m"])
        let kept = try forge.results()[RawPath("other/new.y4m.json")]
        #expect(try await fresh(forge, "other/new.y4m") == kept && kept != nil)
        #expect(try Files.read(forge.output.appending(OutputLayout.still(new, .thumbnail))) == still)
        #expect(!Files.exists(forge.output.appending(OutputLayout.still(old, .thumbnail))))
        #expect(try await gone(forge) == [])
        let changes = try await diff(forge)
        let moved = changes["moved"]?.array?.first
        #expect(moved?["path"]?.string == "other/new.y4m" && moved?["was"]?["path"]?.string == "cam/a.y4m")
        #expect(changes["removed"]?.array?.isEmpty == true && changes["new"]?.array?.isEmpty == true)
        let list = try await forge.forgebatch("list", "out").output
        #expect(!list.contains("cam/a.y4m") && list.contains("other/new.y4m"))
        try await validate(forge)
        // And nothing more is done.
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 2)
    }

    @Test("A renamed video gets the tools that it lacks, and one whose result is cut is decoded")
    func renamedAndMore() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0, "--tools", "luma")
        try move(forge, "a.y4m", "new.y4m")
        try move(forge, "b.y4m", "cut.y4m")
        let path = forge.layout.results.appending("b.y4m.json")
        try forge.write(Array(Files.read(path).dropLast(9)), to: path)
        let dry = try await forge.run("--dry-run", "--tools", "luma,scene")
        #expect(dry.output.contains("run  new.y4m (moved from a.y4m; scene added)\n"), "\(dry.output)")
        #expect(dry.output.contains("run  cut.y4m (new)\n"))
        try await forge.run(expecting: 0, "--tools", "luma,scene")
        let run = try await forge.forgebatch(
            "run", "in", "-o", "fresh", "--no-config", "--report", "none", "--tools", "luma,scene")
        #expect(run.status == 0)
        let name = RawPath("new.y4m.json")
        #expect(try forge.results(in: forge.home.appending("fresh"))[name] == forge.results()[name])
        #expect(try await gone(forge) == ["b.y4m"])
    }

    @Test("Copies are no moves: the first is still there, or only the hash of the whole tells")
    func copies() async throws {
        let forge = try Forge(["a.y4m", "keep.y4m"])
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        let bytes = try Files.read(forge.input.appending("a.y4m"))
        try forge.write(bytes, to: forge.input.appending("copy.y4m"))
        let both = try await forge.run("--dry-run", "--fingerprint", "hash").output
        #expect(both.contains("run  copy.y4m (new)\n") && both.contains("skip a.y4m"), "\(both)")
        Files.remove(forge.input.appending("a.y4m"))
        // By size, time and inode it is another file; by its whole content it is the same.
        #expect(try await forge.run("--dry-run").output.contains("run  copy.y4m (new)\n"))
        let hashed = try await forge.run("--dry-run", "--fingerprint", "hash").output
        #expect(hashed.contains("run  copy.y4m (moved from a.y4m)\n"), "\(hashed)")
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        #expect(try forge.record()["jobs"]?.array?.first?["moved_from"]?.string == "a.y4m")
        #expect(try await fresh(forge, "copy.y4m") == forge.results()[RawPath("copy.y4m.json")])
        try await validate(forge)
    }

    @Test("A video of the same first, middle and last bytes that is another one further in is decoded")
    func similar() async throws {
        let forge = try Forge(["keep.y4m"])
        var bytes = Forge.clip(frames: 1000, seed: [3])
        try forge.write(bytes, to: forge.input.appending("a.y4m"))
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        // 100 KB from the beginning of 1.2 MB no piece of the fingerprint lies.
        for index in 100_000..<100_400 { bytes[index] = bytes[index] == 40 ? 41 : 40 }
        Files.remove(forge.input.appending("a.y4m"))
        try forge.write(bytes, to: forge.input.appending("b.y4m"))
        let dry = try await forge.run("--dry-run", "--fingerprint", "hash").output
        #expect(dry.contains("run  b.y4m (moved from a.y4m)\n"), "\(dry)")
        try await forge.run(expecting: 0, "--fingerprint", "hash")
        let job = try forge.record()["jobs"]?.array?.first
        #expect(job?["path"]?.string == "b.y4m" && job?["moved_from"] == nil)
        #expect(try await fresh(forge, "b.y4m") == forge.results()[RawPath("b.y4m.json")])
        // The next run finds out that the other one is gone.
        try await forge.run(expecting: 0)
        #expect(try await gone(forge) == ["a.y4m"])
        try await validate(forge)
    }

    // MARK: Runs that are over

    @Test("run --keep-runs leaves the newest runs, and all results")
    func keepRuns() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        var ids: [String] = []
        for number in 0..<4 {
            try forge.add("new\(number).y4m")
            try await forge.run(expecting: 0, "--keep-runs", "2")
            ids.append(try #require(try forge.record()["run_id"]?.string))
        }
        #expect(try runs(forge) == Array(ids.suffix(2)))
        #expect(try forge.names().count == 6)
        let last = try await diff(forge)
        #expect(last["new"]?.array?.count == 1 && last["unchanged"]?.int == 5)
        #expect(try await forge.run("--keep-runs", "0").status == 64)
        try await validate(forge)
    }

    @Test("prune removes runs by number and age, never the newest, and says what it would remove")
    func prune() async throws {
        let forge = try Forge(["a.y4m"])
        for _ in 0..<5 { try await forge.run(expecting: 0, "--force", "--report", "none") }
        let ids = try runs(forge)
        func prune(_ flags: String...) async throws -> ProcessResult {
            try await forge.forgebatch((["prune", "out"] + flags).map { RawPath($0) })
        }
        // Without an order nothing happens.
        let asked = try await prune()
        #expect(asked.status == 0 && asked.output.hasPrefix("nothing was removed. --keep-runs 1 would remove 4 runs ("))
        let dry = try await prune("--keep-runs", "3", "--dry-run")
        let listed = "run    \(ids[0])\nrun    \(ids[1])\nwould be removed: 2 runs ("
        #expect(dry.status == 0 && dry.output.hasPrefix(listed), "\(dry.output)")
        #expect(try runs(forge) == ids)
        let document = try JSONReader.parse(try await prune("--keep-runs", "3", "-n", "--json").stdout)
        #expect(document["removed"]?.bool == false && document["runs"]?.array?.count == 2)
        let bytes = try ids.prefix(2).reduce(0) { sum, id in
            try Files.list(forge.layout.run(id)).reduce(sum) { sum, name in
                sum + Int(try Files.status(forge.layout.run(id).appending(name)).size)
            }
        }
        #expect(document["run_bytes"]?.int == bytes && document["bytes"]?.int == bytes)
        // None is that old, and of those that are, three stay.
        #expect(try await prune("--older-than", "1d").status == 0)
        #expect(try runs(forge) == ids)
        // A file that a killed writer left.
        try forge.write([1, 2], to: forge.layout.results.appending(".fb-0123456789abcdef"))
        let done = try JSONReader.parse(try await prune("--keep-runs", "3", "--json").stdout)
        #expect(done["removed"]?.bool == true && done["file_bytes"]?.int == 2)
        #expect(try runs(forge) == Array(ids.suffix(3)))
        #expect(!Files.exists(forge.layout.results.appending(".fb-0123456789abcdef")))
        #expect(try await prune("--older-than", "1ms").status == 0)
        #expect(try runs(forge) == [ids[4]])
        #expect(try forge.names() == ["a.y4m"])
        try await validate(forge)
        #expect(try await forge.forgebatch("list", "out", "--runs").output.split(separator: "\n").count == 2)
        for flags in [["--keep-runs", "0"], ["--older-than", "0"], ["--keep-runs", "x"]] {
            #expect(try await forge.forgebatch((["prune", "out"] + flags).map { RawPath($0) }).status == 64)
        }
        #expect(try await forge.forgebatch("prune", "nowhere").status == 66)
        let lock = try MadeOutputFolder(forge.output).lock(run: "r")
        #expect(try await prune("--keep-runs", "1").status == 11)
        Files.unlock(lock)
        Files.close(lock)
    }

    @Test("prune --compress-logs packs logs of runs that are over, and every command reads them")
    func compressLogs() async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        for _ in 0..<3 { try await forge.run(expecting: 0, "--force", "--report", "none") }
        let ids = try runs(forge)
        func isPacked(_ id: String) -> Bool {
            let log = forge.layout.log(run: id)
            return !Files.exists(log) && Files.exists(log.suffixed(".gz"))
        }
        let before = try await forge.forgebatch("list", "out", "--runs").output
        let replayed = try Files.read(forge.layout.log(run: ids[1]))
        let dry = try await forge.forgebatch("prune", "out", "--compress-logs", "-n")
        #expect(dry.output.contains("log    \(ids[1])\nlog    \(ids[2])\n") && !ids.contains { isPacked($0) })
        let done = try JSONReader.parse(
            try await forge.forgebatch("prune", "out", "--compress-logs", "--json").stdout)
        #expect(done["logs"]?.array?.compactMap(\.string) == [ids[1], ids[2]])
        #expect(done["bytes"]?.int == 0 && (done["log_bytes"]?.int ?? 0) > replayed.count)
        // The report's page leads to the log of the first run, and the last may be followed.
        #expect(ids.map { isPacked($0) } == [false, true, true, false])
        #expect(try await forge.forgebatch("list", "out", "--runs").output == before)
        #expect(try RunLog.content(forge.layout.log(run: ids[1])).readAll() == replayed)
        let again = try await forge.forgebatch("prune", "out", "--compress-logs")
        #expect(again.status == 0 && again.output.contains("compressed: 0 logs (0 B)"), "\(again.output)")
        try await validate(forge)
        #expect(try await forge.forgebatch("prune", "out", "--keep-runs", "1").status == 0)
        #expect(try runs(forge) == [ids[0], ids[3]])
    }

    @Test("prune --gone removes what is left of videos that are gone, and validate finds nothing amiss")
    func pruneGone() async throws {
        let forge = try Forge(["cam/deep/a.y4m", "b.y4m"])
        try forge.addBroken("bad.avi")
        try await forge.run(expecting: 3)
        let job = JobID(video: RawPath("cam/deep/a.y4m"))
        let before = try Files.read(forge.layout.catalog)
        try Files.makeDirectory(forge.input.appending("cam/rest/of"), durable: false)
        Files.remove(forge.input.appending("cam/deep/a.y4m"))
        Files.removeEmptyDirectory(forge.input.appending("cam/deep"))
        Files.remove(forge.input.appending("bad.avi"))
        try await forge.run(expecting: 0)
        #expect(try await gone(forge) == ["bad.avi", "cam/deep/a.y4m"])
        let dry = try await forge.forgebatch("prune", "out", "--gone", "-n").output
        #expect(dry.hasPrefix("video  bad.avi\nvideo  cam/deep/a.y4m\nwould be removed: 0 runs (0 B), "), "\(dry)")
        let result = forge.layout.results.appending("cam/deep/a.y4m.json")
        let kept = try Files.read(result)
        let done = try await forge.forgebatch("prune", "out", "--gone")
        #expect(done.status == 0 && done.output.contains("what is left of 2 gone videos ("), "\(done.error)")
        #expect(try forge.names() == ["b.y4m"] && !Files.exists(forge.layout.results.appending("cam")))
        #expect(!Files.exists(forge.output.appending(OutputLayout.still(job, .thumbnail))))
        let list = try await forge.forgebatch("list", "out").output
        #expect(!list.contains("bad.avi") && !list.contains("a.y4m"))
        try await validate(forge)
        // A kill before the files were removed: the catalog has taken them back.
        let path = "cam/deep/a.y4m"
        let cleared =
            "{\"job_id\":\"\(job.text)\",\"path\":\"\(path)\",\"result\":\"results/\(path).json\",\"cleared\":true,\"run_id\":\"r\"}\n"
        try forge.write(before + Array(cleared.utf8), to: forge.layout.catalog)
        try forge.write(kept, to: result)
        try await validate(forge)
        #expect(try await forge.forgebatch("prune", "out", "--gone").status == 0)
        #expect(try forge.names() == ["b.y4m"])
        try await validate(forge)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 1)
    }

    // MARK: Many nights

    @Test("An output folder stays as large as it is, night after night, with --keep-runs")
    func nights() async throws {
        let names = (0..<12).map { "cam\($0 % 3)/v\($0).y4m" }
        let forge = try Forge(names)
        func size() throws -> Int {
            func size(_ folder: RawPath) throws -> Int {
                try Files.list(folder).reduce(0) { sum, name in
                    let path = folder.appending(name)
                    let status = try Files.status(path, follow: false)
                    return try sum + (status.kind == .directory ? size(path) : Int(status.size))
                }
            }
            return try size(forge.output)
        }
        var sizes: [Int] = []
        for night in 0..<15 {
            // One changes, one is renamed, and now and then there is nothing to do.
            if night % 3 != 2 {
                let name = names[night % names.count]
                try forge.write(Forge.clip(frames: 5, seed: Array("\(night)".utf8)), to: forge.input.appending(name))
            }
            try await forge.run(expecting: 0, "--keep-runs", "4")
            sizes.append(try size())
        }
        #expect(try runs(forge).count <= 5)
        let (early, late) = (sizes[5...9].max() ?? 0, sizes[10...].max() ?? 0)
        #expect(late < early + early / 10, "\(sizes)")
        try await validate(forge)
    }
}
