package import Bytes

/// What one check of a plugin came to.
package struct PluginFinding: Equatable, Sendable {
    package enum Verdict: String, Sendable {
        case ok
        case failed
        /// Neither: something to know.
        case note
    }

    package var verdict: Verdict
    /// `plugin/tool`, or the plugin.
    package var subject: String
    /// What was checked, in one word.
    package var check: String
    /// A sentence for the author, who is told what to do where it failed.
    package var text: String
    /// Figures for programs.
    package var numbers: [JSON.Member]

    package init(
        _ verdict: Verdict, _ subject: String, _ check: String, _ text: String, _ numbers: [JSON.Member] = []
    ) {
        self.verdict = verdict
        self.subject = subject
        self.check = check
        self.text = text
        self.numbers = numbers
    }

    package var json: JSON {
        .object(
            [
                JSON.Member("verdict", .string(verdict.rawValue)), JSON.Member("subject", .string(subject)),
                JSON.Member("check", .string(check)), JSON.Member("text", .string(text)),
            ] + numbers)
    }
}
