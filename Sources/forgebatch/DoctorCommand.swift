internal import ArgumentParser
internal import BatchRun
internal import Bytes

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Say what this machine offers a run: kernel, FFmpeg, limits, an output folder.",
        discussion: """
            Every line is ok, a warning (a run works, with less), or missing (a run would fail), with what to do. The \
            output folder is tested with files of its own, which are removed again.

            Exit status: 0 nothing is missing, 1 something is.
            """)

    @Argument(help: "An output folder to test.", completion: .file(), transform: PathArgument.read)
    var out: PathArgument?

    @Flag(help: "Print the findings as JSON.")
    var json = false

    func run() throws {
        var findings = MachineCheck.sandbox() + MachineCheck.libraries() + MachineCheck.limits()
        if let out { findings += FolderCheck.all(out.path) }
        let isMissing = findings.contains { $0.state == .missing }
        if json {
            Terminal.output(
                JSONWriter.text(
                    .members([
                        "schema": "forgebatch/doctor/1", "version": .string(Forgebatch.version),
                        "ok": .bool(!isMissing), "findings": .array(findings.map(\.json)),
                    ])))
        } else {
            let rows = findings.map { [$0.state.rawValue, $0.name, $0.text] }
            for (line, finding) in zip(TextTable.aligned(rows), findings) {
                Terminal.output(line)
                if let advice = finding.advice { Terminal.output("         " + advice) }
            }
        }
        if isMissing { throw ExitCode(ExitStatus.failure) }
    }
}

/// One line of `forgebatch doctor`.
struct Finding {
    enum State: String {
        case ok
        /// A run works, with less.
        case warning
        /// A run would fail.
        case missing
    }

    let state: State
    /// What was looked at, in a word or two.
    let name: String
    let text: String
    /// What to do; nil where there is nothing to do.
    let advice: String?

    init(_ state: State, _ name: String, _ text: String, _ advice: String? = nil) {
        self.state = state
        self.name = name
        self.text = text
        self.advice = advice
    }

    var json: JSON {
        .members([
            "name": .string(name), "state": .string(state.rawValue), "text": .string(text),
            "advice": advice.map { .string($0) },
        ])
    }
}
