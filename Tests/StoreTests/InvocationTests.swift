import Bytes
import Store
import Testing

@Suite("A command line in parts") struct InvocationTests {
    private static let flags = Invocation.Flags(
        plain: ["hidden", "quiet", "no-stills"], letters: ["o": "out", "j": "jobs", "q": "quiet"])

    private func taken(_ words: String...) -> Invocation {
        var result = Invocation()
        result.take(words, Self.flags)
        return result
    }

    @Test func `flags with and without values are told from paths, however they are spelt`() {
        let known: [(Invocation, [Invocation.Option], [String])] = [
            (taken("in", "--hidden", "x"), [.init("hidden")], ["in", "x"]),
            (
                taken("--set", "a.b=1", "--set=c.d=2", "in"),
                [.init("set", RawPath("a.b=1")), .init("set", RawPath("c.d=2"))], ["in"]
            ),
            (
                taken("-o", "out", "-j4", "-qo=x"),
                [
                    .init("out", RawPath("out")), .init("jobs", RawPath("4")), .init("quiet"),
                    .init("out", RawPath("x")),
                ], []
            ),
            (taken("--no-stills", "--", "-rf", "--set"), [.init("no-stills")], ["-rf", "--set"]),
            (taken("-"), [], ["-"]), (taken("--jobs"), [.init("jobs")], []),
            (taken("--set", "--set=1"), [.init("set", RawPath("--set=1"))], []),
        ]
        for (result, options, inputs) in known {
            #expect(result.options == options)
            #expect(result.inputs.map(\.display) == inputs)
        }
    }

    @Test func `what was added before counts less, and says where it is from`() {
        var result = Invocation()
        result.take(["--jobs=1", "--hidden"], Self.flags, source: "FORGEBATCH_JOBS")
        result.take(["-j", "2"], Self.flags)
        #expect(result.value("jobs") == RawPath("2"))
        #expect(result.options.map(\.source) == ["FORGEBATCH_JOBS", "FORGEBATCH_JOBS", nil])
        #expect(result.value("out") == nil)
    }

    @Test func `names that are no text keep their bytes`() {
        var result = Invocation()
        result.take(["?"], Self.flags) { _ in RawPath(bytes: [0x61, 0xff]) }
        #expect(Invocation(result.json) == result)
        #expect(Invocation(.array([])) == nil)
    }
}
