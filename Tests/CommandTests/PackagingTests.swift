import Bytes
import TestSupport
import Testing

/// What `make install` and `make deb` bring besides the binary, and the samples for nightly runs.
@Suite("Manual pages, packages and samples for nights")
struct PackagingTests {
    private static let python = ExternalProgram.python
    private static let mandoc = ExternalProgram.find("mandoc")

    private func program(_ name: String) -> ExternalProgram {
        ExternalProgram(path: Samples.root.appending("packaging/\(name)"))
    }

    private func text(_ path: RawPath) throws -> String { String(decoding: try Files.read(path), as: UTF8.self) }

    /// All files below a folder, by their paths in it.
    private func files(_ folder: RawPath, below prefix: String = "") throws -> Set<String> {
        var found: Set<String> = []
        for name in try Files.list(folder) {
            let path = prefix + name.display
            if try Files.status(folder.appending(name)).kind == .directory {
                found.formUnion(try files(folder.appending(name), below: path + "/"))
            } else {
                found.insert(path)
            }
        }
        return found
    }

    private func manual(_ folder: RawPath) async throws {
        let outcome = try await program("make-manual.py").run([Forge.executable.display, folder.display])
        #expect(outcome.status == 0, "\(outcome.errorText)")
    }

    @Test(
        "Each command has a manual page with each flag and exit status of its help; the same binary gives the same bytes",
        .enabled(if: python != nil, "needs python3"))
    func pages() async throws {
        let forge = try Forge()
        let folder = forge.home.appending("man")
        try await manual(folder)
        let commands = FlagTableTests.tested.keys.sorted()
        #expect(
            try files(folder) == Set(["forgebatch.1"] + commands.map { "forgebatch-\($0.replacing(" ", with: "-")).1" })
        )
        let root = try text(folder.appending("forgebatch.1"))
        for command in commands {
            let words = command.split(separator: " ").map { String($0) }
            #expect(root.contains("forgebatch\\-\(words.joined(separator: "\\-"))\\fR(1)"), "\(command)")
            // A flag is written with escaped hyphens there.
            let page = try text(folder.appending("forgebatch-\(words.joined(separator: "-")).1")).replacing(
                "\\-", with: "-")
            for flag in try #require(FlagTableTests.tested[command]).keys {
                #expect(page.contains("\\fB\(flag)\\fR"), "\(command) \(flag)")
            }
            let help = try await forge.forgebatch((words + ["--help"]).map { RawPath($0) }).output
                .split(separator: "\n")
            #expect(page.contains(".SH EXIT STATUS\n") == help.contains { $0.contains("Exit status:") }, "\(command)")
        }
        let again = forge.home.appending("again")
        try await manual(again)
        for name in try files(folder) {
            #expect(try Files.read(folder.appending(name)) == Files.read(again.appending(name)), "\(name)")
        }
    }

    @Test(
        "mandoc has nothing to say against a manual page",
        .enabled(if: python != nil && mandoc != nil, "needs python3 and mandoc (make deps-test)"))
    func lint() async throws {
        let forge = try Forge()
        let folder = forge.home.appending("man")
        try await manual(folder)
        let names = try files(folder).sorted().map { folder.appending($0).display }
        let outcome = try await #require(PackagingTests.mandoc).run(["-T", "lint", "-W", "warning"] + names)
        #expect(outcome.status == 0 && outcome.text.isEmpty, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "install.sh brings binary, pages, completions and documents, and uninstall.sh takes all of them away",
        .enabled(if: python != nil, "needs python3"))
    func install() async throws {
        let forge = try Forge()
        let root = forge.home.appending("root")
        let outcome = try await program("install.sh").run([Forge.executable.display, root.display, "/usr"])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let found = try files(root)
        for name in [
            "bin/forgebatch", "share/man/man1/forgebatch.1", "share/man/man1/forgebatch-run.1",
            "share/bash-completion/completions/forgebatch", "share/zsh/site-functions/_forgebatch",
            "share/fish/vendor_completions.d/forgebatch.fish", "share/doc/forgebatch/verdicts.md",
            "share/doc/forgebatch/exports.md", "share/doc/forgebatch/protocol.md", "share/doc/forgebatch/plugins.md",
            "share/forgebatch/python/forgebatch_plugin.py", "share/man/man1/forgebatch-plugin-new.1",
            "share/man/man1/forgebatch-plugin-check.1",
        ] {
            #expect(found.contains("usr/\(name)"), "\(name)")
        }
        // Help points to documents where they are.
        for command in ["export", "replay", "plugin"] {
            let help = try await forge.forgebatch(command, "--help").output.split { $0.isWhitespace }
            for word in help where word.hasPrefix("share/doc/") { #expect(found.contains("usr/\(word)"), "\(word)") }
            #expect(help.contains { $0.hasPrefix("share/doc/") })
        }
        let installed = ExternalProgram(path: root.appending("usr/bin/forgebatch"))
        #expect(try await installed.run(["--version"]).text == (try await forge.forgebatch("--version").output))
        #expect(try await program("uninstall.sh").run([root.display, "/usr"]).status == 0)
        #expect(try files(root).isEmpty)
    }

    @Test(
        "make-deb.sh packs what is installed, with the libraries it needs and a timer that is not enabled, the same twice",
        .enabled(
            if: python != nil && ExternalProgram.find("dpkg-shlibdeps") != nil && ExternalProgram.find("git") != nil,
            "needs python3, git and dpkg-dev"))
    func deb() async throws {
        let forge = try Forge()
        let bash = try #require(ExternalProgram.find("bash"))
        func make(_ folder: String) async throws -> RawPath {
            let script = program("make-deb.sh").path.display
            // Packed by nothing it takes a second, and files of a fixed time need no repository.
            let line =
                "COMPRESSION=none SOURCE_DATE_EPOCH=1760000000 '\(script)' '\(Forge.executable.display)' '\(forge.home.appending(folder).display)'"
            let outcome = try await bash.run(["-c", line])
            #expect(outcome.status == 0, "\(outcome.errorText)")
            return RawPath(String(outcome.text.split(separator: "\n").last ?? ""))
        }
        let package = try await make("one")
        #expect(try Files.read(package) == Files.read(try await make("two")))
        let deb = try #require(ExternalProgram.find("dpkg-deb"))
        let control = try await deb.run(["-f", package.display]).text
        #expect(control.contains("Version: 0.1.0\n") && control.contains("libavformat") && control.contains("libyaml"))
        let list = try await deb.run(["-c", package.display]).text.split(separator: "\n")
        let names = Set(list.compactMap { $0.split(separator: " ").last.map(String.init) })
        for name in [
            "usr/bin/forgebatch", "usr/share/man/man1/forgebatch.1.gz", "usr/share/doc/forgebatch/copyright",
            "usr/share/doc/forgebatch/changelog.gz", "usr/lib/systemd/system/forgebatch.timer",
            "usr/lib/systemd/system/forgebatch.service", "usr/share/zsh/vendor-completions/_forgebatch",
        ] {
            #expect(names.contains("./\(name)"), "\(name)")
        }
        #expect(!names.contains { $0.hasPrefix("./etc") || $0.contains("wants") })
        #expect(list.allSatisfy { $0.contains("root/root") })
        #expect(try await deb.run(["-x", package.display, forge.home.appending("x").display]).status == 0)
        let unit = try text(forge.home.appending("x/usr/lib/systemd/system/forgebatch.service"))
        #expect(unit.contains("ExecStart=/usr/bin/forgebatch run ") && !unit.contains("/usr/local"))
    }

    @Test("The samples for nights are one command, which runs, and is silent when nothing failed")
    func nights() async throws {
        let forge = try Forge(["a.y4m"])
        let crontab = try text(Samples.root.appending("samples/cron/crontab"))
        let unit = try text(Samples.root.appending("samples/cron/forgebatch.service"))
        let program = "/usr/local/bin/forgebatch "
        func command(_ lines: String, _ mark: String) throws -> String {
            let line = try #require(lines.split(separator: "\n").first { $0.hasPrefix(mark) })
            return String(line[try #require(line.firstRange(of: program)).upperBound...])
        }
        let words = try command(crontab, "0 2 ")
        #expect(try command(unit, "ExecStart=") == words)
        let old = ["/srv/videos": forge.input.display, "/var/lib/forgebatch": forge.output.display, "10m": "0"]
        let arguments = words.split(separator: " ").map { RawPath(old[String($0)] ?? String($0)) }
        let result = try await forge.forgebatch(arguments)
        #expect(result.status == 0 && result.stdout.isEmpty && result.stderr.isEmpty, "\(result.error)")
        #expect(try forge.count("completed") == 1)
        // Each flag that the comments explain is one of the command.
        for line in crontab.split(separator: "\n") where line.hasPrefix("# --") {
            let flag = line.dropFirst(2).prefix { $0 != " " }
            #expect(words.contains(flag), "\(flag)")
        }
    }
}
