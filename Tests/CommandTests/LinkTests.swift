import Bytes
import TestSupport
import Testing

/// What is in the link, whoever brought it: the import table says nothing of what other packages import.
@Suite struct LinkTests {
    private let binary = ExternalProgram.forgebatch.path

    @Test(.enabled(if: ExternalProgram.find("grep") != nil))
    func `neither Foundation nor ICU is in the binary`() async throws {
        // Names of shared libraries, or of Foundation's symbols where it is linked in. FoundationEssentials is small.
        let marks = [
            #"libFoundation\.so"#, "FoundationInternationalization", "FoundationICU", "icudt[0-9]",
            #"\$s10Foundation[0-9]"#,
        ]
        let grep = try #require(ExternalProgram.find("grep"))
        let outcome = try await grep.run(["-aoE", marks.joined(separator: "|"), binary.display])
        // 1: nothing found; 2 would be trouble.
        #expect(outcome.status == 1, "\(outcome.text.prefix(400))")
        // The marks mean something: a library that the binary needs is found in the same way.
        #expect(try await grep.run(["-aqE", #"libavformat\.so"#, binary.display]).status == 0)
    }

    @Test(.enabled(if: ExternalProgram.find("env") != nil))
    func `no library that is loaded brings Foundation or its ICU`() async throws {
        let env = try #require(ExternalProgram.find("env"))
        // With this variable the dynamic linker lists what it would load, instead of starting the program.
        let outcome = try await env.run(["LD_TRACE_LOADED_OBJECTS=1", binary.display])
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let names = outcome.text.split(separator: "\n").compactMap { $0.split(whereSeparator: \.isWhitespace).first }
        #expect(names.contains { $0.hasPrefix("libavformat.so") })
        for name in names {
            #expect(!name.contains("Foundation") || name == "libFoundationEssentials.so", "\(name)")
        }
    }
}
