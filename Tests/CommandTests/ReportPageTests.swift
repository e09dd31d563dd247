import Bytes
import TestSupport
import Testing

/// Whether there are a browser and Python to drive it.
private let canLook =
    ExternalProgram.python != nil
    && ["chromium", "chromium-browser", "google-chrome", "chrome"].contains { ExternalProgram.find($0) != nil }

/// The report in a browser.
@Suite("Report pages")
struct ReportPageTests {
    private func python(_ arguments: [String]) async throws -> ExternalProgram.Outcome {
        let python = try #require(ExternalProgram.python)
        return try await python.run(arguments)
    }

    private func script(_ name: String) -> String { Samples.root.appending(name).display }

    @Test(
        "Two made runs with hostile names: quiet in a browser, whole under a strict policy, differences as made",
        .enabled(if: canLook, "needs chromium and python3"))
    func made() async throws {
        let folder = try TemporaryFolder()
        let out = folder.path.appending("out")
        let made = try await python([
            script("Benchmarks/make-results.py"), out.display, "--videos", "1300", "--runs", "2", "--stills",
        ])
        #expect(made.status == 0, "\(made.errorText)")
        let report = try await ExternalProgram.forgebatch.run(
            ["report", out.display, "--report", "full"])
        #expect(report.status == 0, "\(report.errorText)")
        let check = try await python([script("Tests/scripts/report_check.py"), out.display])
        #expect(check.status == 0, "\(check.text)\(check.errorText)")
        try expectDifferences(out)
    }

    /// The cards of the index name the videos that the second run was made to treat otherwise, and no other.
    private func expectDifferences(_ out: RawPath) throws {
        let differences = try JSONReader.parse(try Files.read(out.appending("differences.json")))
        let index = String(decoding: try Files.read(out.appending("report/index.html")), as: UTF8.self)
        let names = [
            "newly_failing": "Newly failing", "fixed": "Fixed", "new": "New", "removed": "Removed",
            "changed": "Changed",
            "drifted": "Drifted", "slower": "Slower",
        ]
        let cards = index.split(separator: "<section class=\"card ").dropFirst()
        for (key, name) in names {
            let paths = (differences[key]?.array ?? []).compactMap(\.string)
            let card = cards.first { $0.contains("</span> \(name) <span") }
            let body = try #require(card).split(separator: "</section>")[0]
            #expect(body.split(separator: "<li>").count - 1 == paths.count, "\(name)")
            for path in paths { #expect(body.contains(path), "\(name): \(path)") }
        }
        #expect(cards.count == names.count)
    }

    @Test(
        "A video plays under its boxes where replay serves it, and steps by frame",
        .enabled(if: canLook, "needs chromium and python3"))
    func player() async throws {
        let check = try await python([
            script("Tests/scripts/player_check.py"), ExternalProgram.forgebatch.path.display, Samples.folder.display,
        ])
        #expect(check.status == 0, "\(check.text)\(check.errorText)")
    }

    @Test(
        "Boxes lie on what they are of: turned, mirrored, stretched, late and of changing size, checked by pixels",
        .enabled(if: canLook && ExternalProgram.ffmpeg != nil, "needs chromium, python3 and ffmpeg"))
    func geometry() async throws {
        let check = try await python([
            script("Tests/scripts/geometry_check.py"), ExternalProgram.forgebatch.path.display,
        ])
        #expect(check.status == 0, "\(check.text)\(check.errorText)")
    }

    @Test("What the made folder holds is valid", .enabled(if: ExternalProgram.python != nil, "needs python3"))
    func valid() async throws {
        let folder = try TemporaryFolder()
        let out = folder.path.appending("out")
        _ = try await python([script("Benchmarks/make-results.py"), out.display, "--videos", "300", "--runs", "2"])
        let outcome = try await ExternalProgram.forgebatch.run(["validate", out.display])
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }
}
