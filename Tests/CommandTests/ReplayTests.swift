import Bytes
import TestSupport
import Testing

/// The built server, over real sockets, by clients that share no code with it.
@Suite("replay")
struct ReplayTests {
    private static let python: ExternalProgram? = [ExternalProgram.checkoutPython, ExternalProgram.python]
        .compactMap { $0 }
        .first { (try? $0.runAndWait(["-c", "import websockets"]))?.status == 0 }

    private static func script(_ name: String) -> String { Samples.root.appending("Tests").appending(name).display }

    @Test(
        "Every line of docs/protocol.md holds",
        .enabled(if: python != nil, "needs Python with websockets (make deps-test)"))
    func protocolChecks() async throws {
        let outcome = try await #require(ReplayTests.python)
            .run(
                [ReplayTests.script("scripts/protocol_check.py"), ExternalProgram.forgebatch.path.display], seconds: 300
            )
        #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
    }

    @Test(
        "From a video to a client's result: e2e.sh passes, and a NaN or a missing key turns it red",
        .enabled(if: ExternalProgram.find("curl") != nil && ExternalProgram.python != nil, "needs curl and python3"),
        arguments: ["", "nan", "key"])
    func endToEnd(mutation: String) async throws {
        let bash = try #require(ExternalProgram.find("bash"))
        let outcome = try await bash.run([
            "-c", "MUTATE=\"$1\" exec \"$2\" \"$3\"", "bash", mutation, ReplayTests.script("e2e.sh"),
            ExternalProgram.forgebatch.path.display,
        ])
        #expect((outcome.status == 0) == mutation.isEmpty, "\(outcome.text)\(outcome.errorText)")
        if !mutation.isEmpty { #expect(outcome.errorText.contains("FAIL"), "\(outcome.errorText)") }
    }
}
