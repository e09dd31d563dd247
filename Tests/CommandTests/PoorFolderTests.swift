import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

/// Whatever a file system refuses costs one video at most, or gets a safe form.
@Suite(
    "Output folders on poor file systems", .enabled(if: PoorFileSystem.compiler != nil, "needs a C compiler"))
struct PoorFolderTests {
    private static let odd: [RawPath] =
        [
            "why?.y4m", "Clip 10:30.y4m", "dir. /a.y4m", "dir. /b?.y4m", "dir/a.y4m", "q:q/w?w/e.y4m", "plain.y4m",
            "caf\u{e9}.y4m", "a*b|c.y4m", "line\nfeed.y4m",
        ].map { RawPath($0) } + [
            RawPath(bytes: [0xff] + Array(".y4m".utf8)), RawPath(bytes: [0xfe, 0x2f] + Array("x.y4m".utf8)),
        ]

    /// The record of the last run; there may be no link to it.
    private func record(_ forge: Forge) throws -> JSON {
        let run = try #require(try Files.list(forge.layout.runs).last)
        return try JSONReader.parse(Files.read(forge.layout.runs.appending(run).appending("run.json")))
    }

    private func catalog(_ forge: Forge) throws -> [CatalogEntry] {
        try LineFile.objects(forge.layout.catalog).objects.compactMap { CatalogEntry($0) }
    }

    @Test(
        "Names that are refused get safe ones, which the catalog knows, and the results are the same",
        arguments: [EINVAL, EILSEQ, EPERM, ENOENT])
    func names(_ code: Int32) async throws {
        let forge = try Forge()
        for name in PoorFolderTests.odd { try forge.add(name) }
        let environment = try await PoorFileSystem.environment(forge, ["NAMES": code])
        let result = try await forge.run("--report", "full", environment: environment)
        #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
        let entries = try catalog(forge)
        #expect(Set(entries.map(\.path)) == Set(PoorFolderTests.odd))
        for entry in entries {
            let isPlain = ["dir/a.y4m", "plain.y4m"].contains(entry.path.display)
            #expect((entry.result == OutputLayout.result(for: entry.path, job: entry.job)) == isPlain)
            let bytes = entry.result.bytes
            #expect(bytes.allSatisfy { $0 < 0x80 && $0 > 0x20 } && !bytes.contains(UInt8(ascii: "?")))
        }
        // What lay in one folder still does.
        let folders = entries.filter { $0.path.parent == RawPath("dir. ") }.map { $0.result.parent }
        #expect(folders.count == 2 && Set(folders).count == 1)
        // run.json names them, too.
        let records = try #require(try record(forge)["jobs"]?.array).compactMap { JobRecord($0) }
        #expect(Set(records.compactMap(\.result)) == Set(entries.map(\.result)))
        #expect(try NameTests.links(forge).isSuperset(of: entries.map(\.result)))
        #expect(try await forge.forgebatch("validate", "out", environment: environment).status == 0)
        // The next run knows them, and so does one that lost the catalog.
        for _ in 0..<2 {
            try await forge.run(environment: environment)
            #expect(try record(forge)["counts"]?["skipped"]?.int == PoorFolderTests.odd.count)
            Files.remove(forge.layout.catalog)
        }
        let other = try Forge()
        for name in PoorFolderTests.odd { try other.add(name) }
        try await other.run(expecting: 0)
        #expect(Set(try other.results().values) == Set(try forge.results().values))
    }

    @Test("Where dots and spaces at the end of a name count for nothing, no result takes the place of another's")
    func ends() async throws {
        let forge = try Forge(["dir/a.y4m", "dir./a.y4m", "dir. /a.y4m", "dir.../b.y4m", "dir/b.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["ENDS": 1])
        let result = try await forge.run("-j4", environment: environment)
        #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
        // A folder that has its very name, and one for each that has not.
        #expect(try Files.list(forge.layout.results).count == 4)
        #expect(try forge.results().count == 5)
        for bytes in try forge.results().values {
            let source = try #require(try JSONReader.parse(bytes)["source"].flatMap { RawPath($0) })
            #expect(try catalog(forge).contains { $0.path == source })
        }
        #expect(try await forge.forgebatch("validate", "out", environment: environment).status == 0)
        try await forge.run(environment: environment)
        #expect(try forge.count("skipped") == 5)
        try await forge.run("--force", environment: environment)
        #expect(try forge.results().count == 5 && forge.count("completed") == 5)
    }

    @Test("An export of a file a video gives safe names where their folder refuses the results' own")
    func export() async throws {
        let forge = try Forge(["a?.y4m", "b:/c.y4m", "d/e.y4m"])
        try await forge.run(expecting: 0)
        var environment = try await PoorFileSystem.environment(forge, ["NAMES": EINVAL])
        let folder = forge.home.appending("tables")
        environment["POOR_FOLDER"] = folder.display
        let result = try await forge.forgebatch(
            "export", "out", "--format", "mot", "-o", folder.display + "/", environment: environment)
        #expect(result.status == 0, "\(result.error)")
        let ids = ["a?.y4m", "b:/c.y4m"].map { JobID(video: RawPath($0)).text }
        let names = try Files.list(folder).map(\.display)
        #expect(names == ["a__y4m~\(ids[0]).txt", "c_y4m~\(ids[1]).txt", "d"], "\(names)")
    }

    @Test("Names that are too long for a file system get shorter ones")
    func long() async throws {
        let forge = try Forge()
        let names = [String(repeating: "n", count: 180), String(repeating: "d", count: 150) + "/a", "b"]
        for name in names { try forge.add(name + ".y4m") }
        let environment = try await PoorFileSystem.environment(forge, ["LONG": ENAMETOOLONG])
        let result = try await forge.run(environment: environment)
        #expect(result.status == 0, "\(result.error)")
        #expect(try catalog(forge).allSatisfy { $0.result.components.allSatisfy { $0.count <= 90 } })
        #expect(try forge.results().count == 3)
    }

    @Test(
        "Where a safe name is refused, too, that one video fails in words, and the next run does it",
        arguments: [EINVAL, ENAMETOOLONG, EPERM])
    func refused(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m", "bad.y4m", "bad/b.y4m", "c.y4m", "d.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["WORD": code])
        let result = try await forge.run("-j2", environment: environment)
        #expect(result.status == 3, "\(result.error)")
        let text = String(cString: strerror(code))
        #expect(result.error.contains("bad.y4m: result: rename: \(text)"), "\(result.error)")
        let jobs = try #require(try record(forge)["jobs"]?.array)
        let failed = jobs.filter { $0["status"]?.string == "failed" }
        #expect(failed.compactMap { $0["path"]?.string } == ["bad.y4m"] && failed.first?["kind"]?.string == "name")
        #expect(try forge.results().count == 4)
        #expect(try record(forge)["counts"]?["not_started"]?.int ?? 0 == 0)
        try await forge.run(expecting: 0)
        #expect(try forge.count("completed") == 1 && forge.names().contains("bad.y4m"))
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test(
        "Without symbolic links latest.txt names the latest run; with them it goes",
        arguments: [EPERM, EOPNOTSUPP, ENOSYS])
    func links(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m"])
        try await forge.run(expecting: 0)
        let environment = try await PoorFileSystem.environment(forge, ["LINKS": code])
        let result = try await forge.run("--force", environment: environment)
        #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
        let text = String(decoding: try Files.read(forge.layout.latestText), as: UTF8.self)
        #expect(text == "runs/\(try record(forge)["run_id"]?.string ?? "")\n")
        #expect((try? Files.status(forge.layout.latest, follow: false)) == nil)
        #expect(try await forge.forgebatch("list", "out").status == 0)
        let doctor = try await forge.forgebatch("doctor", forge.output.display, environment: environment)
        #expect(doctor.output.contains("latest.txt"), "\(doctor.output)")
        try await forge.run(expecting: 0)
        #expect(Files.exists(forge.layout.latest) && !Files.exists(forge.layout.latestText))
    }

    @Test("Nothing needs modes, times or hard links", arguments: [EPERM, ENOSYS])
    func modes(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m", "b/c.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["MODES": code])
        let result = try await forge.run(environment: environment)
        #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
    }

    @Test(
        "A file system without locks is refused with advice; --lock none does without, and says so",
        arguments: [ENOLCK, ENOSYS, EOPNOTSUPP, EBADF])
    func locks(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["LOCKS": code])
        let refused = try await forge.run(environment: environment)
        let text = String(cString: strerror(code))
        #expect(refused.status == 1 && refused.error.contains("gives no lock (flock: \(text))"), "\(refused.error)")
        #expect(refused.error.contains("--lock none") && refused.error.contains("-o DIR"))
        #expect(!Files.exists(forge.layout.runs))
        let doctor = try await forge.forgebatch("doctor", "out", environment: environment)
        #expect(doctor.status == 1 && doctor.output.contains("--lock none"), "\(doctor.output)")
        let without = try await forge.run("--lock", "none", "-v", environment: environment)
        #expect(without.status == 0 && without.output.contains("this run has no lock: "), "\(without.output)")
        #expect(try record(forge)["notes"]?.array?.first?.string?.contains(text) == true)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("--lock none goes on beside a run that holds the lock, and leaves its files alone")
    func besides() async throws {
        let forge = try Forge(["a.y4m"])
        try Files.makeDirectory(forge.layout.results)
        let held = try Files.open(forge.layout.lock, Files.readWriteOrCreate)
        defer { Files.close(held) }
        #expect(try Files.lock(held, path: forge.layout.lock))
        try Files.write(Array("run r, process 1\n".utf8), to: held, path: forge.layout.lock)
        let temporary = forge.layout.results.appending(Files.temporaryName())
        try forge.write("half", to: temporary)
        let run = try await forge.run("--lock", "none", "-v")
        #expect(run.status == 0 && run.output.contains("another run holds the lock: run r, process 1"), "\(run.output)")
        #expect(Files.exists(temporary))
        #expect(try Files.read(forge.layout.lock) == Array("run r, process 1\n".utf8))
    }

    @Test("A file system that does not rename over a file loses the old one first", arguments: [EEXIST, EPERM])
    func renames(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["OVER": code])
        for _ in 0..<2 {
            let result = try await forge.run("--force", environment: environment)
            #expect(result.status == 0 && result.stderr.isEmpty, "\(result.error)")
        }
        #expect(try forge.names() == ["a.y4m", "b.y4m"])
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test(
        "A folder that cannot be synced costs nothing; one that is broken stops the run",
        arguments: [EINVAL, EOPNOTSUPP, ENOSYS, EIO])
    func sync(_ code: Int32) async throws {
        let forge = try Forge(["a.y4m", "b/c.y4m"])
        let environment = try await PoorFileSystem.environment(forge, ["SYNC": code])
        #expect(try await forge.run(environment: environment).status == (code == EIO ? 1 : 0))
    }

    @Test(
        "A file system that becomes read-only or full in mid-run: 1 and why; the next run does the rest",
        arguments: [EROFS, ENOSPC])
    func midRun(_ code: Int32) async throws {
        let forge = try Forge(["b.y4m", "c.y4m", "d/e.y4m"])
        try forge.add("a.y4m", frames: 10)
        var environment = try await PoorFileSystem.environment(forge, ["WRITES": code])
        environment["POOR_WHEN"] = forge.layout.results.appending("a.y4m.json").display
        let result = try await forge.run("-j1", environment: environment)
        #expect(result.status == 1, "\(result.error)")
        #expect(result.error.contains(String(cString: strerror(code))), "\(result.error)")
        #expect(result.error.split(separator: "\n").count < 8, "\(result.error)")
        #expect(try forge.results().count == 1)
        try await forge.run(expecting: 0)
        #expect(try forge.results().count == 4)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    @Test("A video whose line of the catalog the disk does not take has failed, and the next run makes it again")
    func catalogFull() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        var environment = try await PoorFileSystem.environment(forge, [:])
        environment["POOR_ONCE"] = "out/catalog.ndjson"
        let result = try await forge.run("-j1", environment: environment)
        #expect(result.status == 1 && result.error.contains(String(cString: strerror(ENOSPC))), "\(result.error)")
        let run = try #require(try Files.list(forge.layout.runs).first?.text)
        let log = try String(decoding: Files.read(forge.layout.log(run: run)), as: UTF8.self)
        #expect(log.contains(#""message":"a.y4m: the result could not be entered into the catalog: "#), "\(log)")
        #expect(!log.contains(#""status":"completed""#) && log.contains("run_finished"))
        let record = try String(decoding: Files.read(forge.layout.summary(run: run)), as: UTF8.self)
        #expect(record.contains(#""kind":"io""#), "\(record)")
        try await forge.run(expecting: 0)
        #expect(try forge.results().count == 2)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
    }

    // MARK: umask and groups

    private func kinds(_ folder: RawPath, _ body: (RawPath, mode_t) -> Void) throws {
        for name in try Files.list(folder) {
            let path = folder.appending(name)
            var status = stat()
            _ = path.withCString { lstat($0, &status) }
            if status.st_mode & S_IFMT == S_IFLNK { continue }
            body(path, status.st_mode)
            if status.st_mode & S_IFMT == S_IFDIR { try kinds(path, body) }
        }
    }

    @Test(
        "Files and folders have the modes that the umask leaves, and a set-group folder hands itself down",
        arguments: [0o002, 0o027])
    func umask(_ mask: Int) async throws {
        let forge = try Forge(["a.y4m", "b/c.y4m"])
        try Files.makeDirectory(forge.output)
        #expect(forge.output.withCString { chmod($0, 0o2775) } == 0)
        let flags = "run in -o out --no-config --junit out/junit.xml --metrics-textfile out/metrics.prom"
        let command = "umask \(String(mask, radix: 8)); exec \(Forge.executable.display) \(flags)"
        var launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(command)])
        launch.directory = forge.home
        let result = try await RunningProcess.run(launch)
        #expect(result.status == 0, "\(result.error)")
        var count = 0
        try kinds(forge.output) { path, mode in
            let isFolder = mode & S_IFMT == S_IFDIR
            let wanted = isFolder ? 0o2777 & ~mode_t(mask) : 0o666 & ~mode_t(mask)
            #expect(mode & 0o7777 == wanted, "\(path.display)")
            count += 1
        }
        #expect(count > 20)
    }

    @Test("A second user of the group goes on where the first one was", .enabled(if: geteuid() == 0, "needs root"))
    func group() async throws {
        let forge = try Forge(["a.y4m"])
        try Files.makeDirectory(forge.output)
        #expect(forge.output.withCString { chown($0, 54_321, 54_320) } == 0)
        func run(user: Int, _ mask: String) async throws -> ProcessResult {
            let flags = "run in -o out --no-config --force"
            let command =
                "umask \(mask); exec setpriv --reuid=\(user) --regid=54320 --clear-groups \(Forge.executable.display) \(flags)"
            var launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(command)])
            launch.directory = forge.home
            launch.environment["HOME"] = "/nonexistent"
            return try await RunningProcess.run(launch)
        }
        #expect(forge.output.withCString { chmod($0, 0o2775) } == 0)
        for user in [54_321, 54_322, 54_321] {
            let result = try await run(user: user, "002")
            #expect(result.status == 0, "\(user): \(result.error)")
        }
        // Who does not share is told of it.
        try kinds(forge.output) { path, _ in _ = path.withCString { chmod($0, 0o755) } }
        let refused = try await run(user: 54_323, "022")
        #expect(refused.status == 1 && refused.error.contains("the files are another user's"), "\(refused.error)")
    }

    // MARK: The real thing

    /// Whether a vfat file system can be made and mounted here.
    private static func hasFAT() async throws -> Bool {
        guard geteuid() == 0, let sh = ExternalProgram.find("sh") else {
            return false
        }
        let folder = try TemporaryFolder()
        return try await sh.run(["-c", onFAT(folder.path, "true")]).status == 0
    }

    /// A script that mounts a new vfat file system at `out`, for itself alone.
    private static func onFAT(_ folder: RawPath, _ command: String) -> String {
        """
        PATH=$PATH:/usr/sbin:/sbin; cd \(folder.display) && mkdir -p out && truncate -s 64M fat.img && mkfs.vfat fat.img >/dev/null &&
        exec unshare -m sh -c 'mount -o loop,utf8 fat.img out && { \(command); }'
        """
    }

    @Test(
        "On vfat every video is done, and known again",
        .enabled("needs root, mkfs.vfat and a kernel with vfat") { try await hasFAT() })
    func fat() async throws {
        let forge = try Forge()
        let names = PoorFolderTests.odd + ["dir./a.y4m", "DIR/a.y4m", "CAF\u{c9}.y4m"].map { RawPath($0) }
        for name in names { try forge.add(name) }
        let run = "\(Forge.executable.display) run in -o out --no-config --min-free 0 --json"
        let command = "\(run) && \(run) && \(Forge.executable.display) validate out && cp out/catalog.ndjson ."
        let launch = Launch(RawPath("/bin/sh"), [RawPath("-c"), RawPath(PoorFolderTests.onFAT(forge.home, command))])
        let result = try await RunningProcess.run(launch)
        #expect(result.status == 0, "\(result.error) \(result.output)")
        let summaries = try result.output.split(separator: "\n").prefix(2).map { try JSONReader.parse(Array($0.utf8)) }
        #expect(summaries.first?["counts"]?["completed"]?.int == names.count)
        #expect(summaries.last?["counts"]?["skipped"]?.int == names.count)
        let entries = try LineFile.objects(forge.home.appending("catalog.ndjson")).objects
            .compactMap { CatalogEntry($0) }
        #expect(Set(entries.map(\.result)).count == names.count)
    }
}
