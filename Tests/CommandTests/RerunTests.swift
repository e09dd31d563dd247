import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// The commands that pages of the report print, given to a shell as they stand.
@Suite("Commands of the report")
struct RerunTests {
    /// Text of an element, without what HTML needs.
    private func plain(_ text: some StringProtocol) -> String {
        var result = String(text)
        for (name, letter) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
            result = result.split(separator: name, omittingEmptySubsequences: false).joined(separator: letter)
        }
        return result
    }

    /// The last command of a page, with the folder that it names.
    private func command(_ page: RawPath) throws -> (folder: String, text: String) {
        let text = try String(decoding: Files.read(page), as: UTF8.self)
        let titles = text.split(separator: "the folder <code>").dropFirst().compactMap {
            $0.split(separator: "</code>").first
        }
        // The last command of a page is an export.
        let commands = text.split(separator: "<pre class=\"command\"><code>").dropFirst().compactMap {
            $0.split(separator: "</code>").first
        }.map { plain($0) }.filter { $0.contains("forgebatch run ") }
        return (plain(try #require(titles.last)), try #require(commands.last))
    }

    /// Gives a command to bash, where `forgebatch` is the built one.
    private func paste(_ command: (folder: String, text: String)) async throws -> ProcessResult {
        var launch = Launch(RawPath("/bin/bash"), [RawPath("-c"), RawPath(command.text)])
        launch.directory = RawPath(command.folder)
        launch.environment["PATH"] = Forge.executable.parent.display + ":/usr/bin:/bin"
        return try await RunningProcess.run(launch)
    }

    private func document(_ forge: Forge, _ output: RawPath) throws -> RunDocument {
        try #require(RunDocument(forge.json(output.appending("latest/run.json"))))
    }

    /// Runs, pastes what the page of a failed video says, and expects that very video with the settings of the run.
    private func check(
        _ forge: Forge, _ video: RawPath, output: RawPath? = nil, _ arguments: [RawPath],
        environment: [String: String] = [:],
        location: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let output = output ?? forge.output
        let first = try await forge.forgebatch([RawPath("run")] + arguments, environment: environment)
        #expect(first.status == 3, "\(first.error)", sourceLocation: location)
        let before = try document(forge, output)
        let page = OutputLayout(root: output).report.appending(OutputLayout.page(JobID(video: video)))
        let command = try command(page)
        let again = try await paste(command)
        #expect(again.status == 3, "\(command.text): \(again.error)", sourceLocation: location)
        let after = try document(forge, output)
        #expect(after.summary.id != before.summary.id, "\(command.text)", sourceLocation: location)
        #expect(
            after.summary.tally.found == 1 && after.summary.tally.failed == 1, "\(command.text)",
            sourceLocation: location)
        #expect(
            after.summary.settingsDigest == before.summary.settingsDigest, "\(command.text)", sourceLocation: location)
        let jobs = try forge.json(output.appending("latest/run.json"))["jobs"]?.array ?? []
        #expect(jobs.map { RawPath($0) } == [video], "\(command.text)", sourceLocation: location)
        return command.text
    }

    private func words(_ text: String) -> [RawPath] { text.split(separator: " ").map { RawPath(String($0)) } }

    private func broken(_ forge: Forge, _ name: RawPath) throws {
        try forge.write("This is no video.\n", to: forge.home.appending(name))
    }

    @Test("Of several inputs with the same names below them, just the one video is done again")
    func inputs() async throws {
        let forge = try Forge()
        for name in ["cam1/d/a.y4m", "cam2/d/a.y4m"] { try broken(forge, RawPath(name)) }
        try forge.write(Forge.clip(frames: 5, seed: [1]), to: forge.home.appending("cam1/b.y4m"))
        _ = try await check(forge, RawPath("cam2/d/a.y4m"), words("cam1 cam2 -o out --no-config"))
    }

    @Test("What came from the environment and from files is in the command, and rules of the run are not in its way")
    func layers() async throws {
        let forge = try Forge()
        try broken(forge, RawPath("in/a.y4m"))
        try broken(forge, RawPath("in/b.y4m"))
        try forge.write("tools: [black, luma]\ninclude: ['*.y4m']\n", to: forge.home.appending("mine.yaml"))
        let text = try await check(
            forge, RawPath("a.y4m"), words("in -o out --config mine.yaml --limit 9"),
            environment: ["FORGEBATCH_SET": "black.duration=0.5"])
        #expect(text.contains("--set black.duration=0.5") && text.contains("--tools black,luma"))
        // The whole run, too.
        let index = try command(forge.layout.reportIndex)
        let before = try document(forge, forge.output)
        #expect(index.text.contains("--no-config") && !index.text.contains("--config"))
        let again = try await paste(index)
        #expect(
            try document(forge, forge.output).summary.settingsDigest == before.summary.settingsDigest, "\(again.error)")
    }

    @Test("A list of files and roots with names keep what the video is called")
    func lists() async throws {
        let forge = try Forge()
        try broken(forge, RawPath("one/a.y4m"))
        try broken(forge, RawPath("two/a.y4m"))
        try forge.write("one/a.y4m\ntwo/a.y4m\n", to: forge.home.appending("list"))
        let listed = try await check(
            forge, RawPath("two/a.y4m"), words("-o out --no-config"), environment: ["FORGEBATCH_FILES_FROM": "list"])
        #expect(listed.hasPrefix("env -u FORGEBATCH_FILES_FROM forgebatch run two/a.y4m "))
        try broken(forge, RawPath("snap/2026-01-01/x/a.y4m"))
        _ = try await check(
            forge, RawPath("cam/x/a.y4m"), output: forge.home.appending("named"),
            words("snap/2026-01-01 one --root cam=snap/2026-01-01 -o named --no-config"))
    }

    @Test("Without -o the command names the folder that the run chose")
    func standard() async throws {
        let forge = try Forge()
        try broken(forge, RawPath("in/a.y4m"))
        _ = try await check(
            forge, RawPath("a.y4m"), output: forge.home.appending("in.forgebatch"), words("in --no-config"))
    }

    @Test("A folder behind a link is walked to from its input")
    func links() async throws {
        let forge = try Forge()
        try broken(forge, RawPath("far/a.y4m"))
        try broken(forge, RawPath("in/b.y4m"))
        try Files.link(RawPath("../far"), at: forge.input.appending("near"))
        _ = try await check(forge, RawPath("near/a.y4m"), words("in --follow -o out --no-config"))
    }

    @Test(
        "Odd names are named exactly",
        arguments: [
            RawPath("-rf.y4m"), RawPath("~.y4m"), RawPath("a b'c\"d$e`f\\.y4m"), RawPath("new\nline.y4m"),
            RawPath("*[a]?.y4m"),
            RawPath(bytes: Array("bad".utf8) + [0xff] + Array(".y4m".utf8)), RawPath("right\u{202e}m4y.y4m"),
            RawPath("--out=x/--.y4m"),
        ])
    func names(name: RawPath) async throws {
        let forge = try Forge()
        try broken(forge, RawPath("in").appending(name))
        try broken(forge, RawPath("in/other.y4m"))
        _ = try await check(forge, name, words("in -o out --no-config"))
    }
}

extension Forge {
    fileprivate func json(_ path: RawPath) throws -> JSON { try JSONReader.parse(Files.read(path)) }
}
