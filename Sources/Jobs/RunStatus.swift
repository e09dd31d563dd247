/// How a run stands. The raw value is the word that people and programs read; no other place spells these words.
package enum RunStatus: String, CaseIterable, Sendable {
    case running
    /// It ended, and its log says so.
    case finished
    /// It ended without saying so: killed, or the machine went down.
    case interrupted

    /// Of a run that is not being written.
    package init(hasFinished: Bool) { self = hasFinished ? .finished : .interrupted }

    /// How the run stands after a line of its log. A run that said that it finished stays so.
    package func after(_ kind: LogEvent.Kind) -> RunStatus { kind == .runFinished ? .finished : self }
}
