import Bytes
import TestSupport
import Testing

/// The replay viewer in a browser, from a disk and served by the built binary.
@Suite("The replay viewer")
struct ViewerTests {
    private static let chromium = ["chromium", "chromium-browser", "google-chrome"].lazy
        .compactMap { ExternalProgram.find($0) }.first

    @Test(
        "It does what docs/replay.md says",
        .enabled(if: ExternalProgram.python != nil && chromium != nil, "needs chromium and python3 (make deps-test)"),
        arguments: ["from a file", "served"])
    func viewer(source: String) async throws {
        let script = Samples.root.appending("Tests/scripts/viewer_check.py").display
        let outcome = try await #require(ExternalProgram.python)
            .run([script, ExternalProgram.forgebatch.path.display, source], seconds: 2 * ExternalProgram.patience)
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.split(separator: "\n").filter { $0.hasPrefix("ok ") }.count >= 6, "\(outcome.text)")
    }
}
