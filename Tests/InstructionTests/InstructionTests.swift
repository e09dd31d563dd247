import Bytes
import TestSupport
import Testing

/// Speed that can be tested: how many instructions the pixel loops take. Times vary with the machine and what else it
/// does; these do not.
@Suite("Instructions of the pixel loops") struct InstructionTests {
    private static let script = Samples.root.appending("Tests/scripts/instructions.py").display
    private static let recorded = Samples.root.appending("Tests/InstructionTests/instructions.tsv")
    private static let driver = ExternalProgram.forgebatch.path.parent.appending("KernelWork")

    private func run(_ arguments: [String]) async throws -> ExternalProgram.Outcome {
        let python = try #require(ExternalProgram.python, "make deps installs Python")
        return try await python.run([Self.script] + arguments)
    }

    #if arch(x86_64)
        @Test func `no loop takes over five per cent more than was recorded`() async throws {
            let outcome = try await run([Self.driver.display, Self.recorded.display])
            #expect(outcome.status == 0, "\(outcome.text)\(outcome.errorText)")
        }
    #endif

    /// The recorded figures, with those of one loop changed by a factor.
    private func changed(_ factor: Double, compiler: String? = nil) throws -> [UInt8] {
        let text = try #require(String(validating: Files.read(Self.recorded), as: UTF8.self))
        let lines = text.split(separator: "\n").map { line -> String in
            var words = line.split(separator: "\t").map(String.init)
            if words.count == 4, words[0] == "hues", words[1] == "1280x720", words[2] == "swift" {
                words[3] = String(Int(Double(Int(words[3]) ?? 0) * factor))
            }
            if words.count == 2, let compiler { words[1] = compiler }
            return words.joined(separator: "\t")
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    @Test(
        arguments: [
            (1.04, nil, 0), (1.06, nil, 1), (0.5, nil, 0), (1.06, "another", 0), (1.31, "another", 1),
        ] as [(Double, String?, Int32)])
    func `what takes more is named`(factor: Double, compiler: String?, status: Int32) async throws {
        let folder = try TemporaryFolder()
        let measured = folder.path.appending("measured.tsv")
        try AtomicFile.write(changed(factor, compiler: compiler), to: measured)
        let outcome = try await run(["--measured", measured.display, "none", Self.recorded.display])
        #expect(outcome.status == status, "\(outcome.text)\(outcome.errorText)")
        #expect(outcome.text.contains("hues, 1280x720, swift") == (status == 1))
    }

    @Test func `a loop without a figure, and a figure without its loop, are named`() async throws {
        let folder = try TemporaryFolder()
        let measured = folder.path.appending("measured.tsv")
        let text = try #require(String(validating: changed(1), as: UTF8.self))
        try AtomicFile.write(Array(text.replacing("hues\t1280x720\tswift", with: "new\t1x1\tswift").utf8), to: measured)
        let outcome = try await run(["--measured", measured.display, "none", Self.recorded.display])
        #expect(outcome.status == 1)
        #expect(outcome.text.contains("new, 1x1, swift") && outcome.text.contains("no figure recorded"))
        #expect(outcome.text.contains("hues, 1280x720, swift: recorded, but not counted"))
    }

    @Test func `figures are recorded as they were counted`() async throws {
        let folder = try TemporaryFolder()
        let written = folder.path.appending("written.tsv")
        let outcome = try await run(["--record", "--measured", Self.recorded.display, "none", written.display])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try Files.read(written) == Files.read(Self.recorded))
    }
}
