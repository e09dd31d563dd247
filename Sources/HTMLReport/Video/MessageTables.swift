/// What the decoder said of a video: errors, and what is none.
struct MessageTables {
    struct Message {
        let frame: String
        let text: String

        init(_ message: ResultFacts.Message) {
            frame = Text.count(message.frame)
            text = Text.shown(message.text, limit: 160)
        }
    }

    let hasFaults: Bool
    let faultCount: String
    let faults: [Message]
    /// How many there are besides.
    let moreFaults: String?
    let hasNotes: Bool
    let noteCount: String
    let notes: [Message]
    let moreNotes: String?

    /// - Parameters:
    ///   - decode: nil for a video without a result.
    ///   - rows: how many rows a table may have.
    init(_ decode: ResultFacts.Decoding?, rows: Int) {
        let (errors, said) = (decode?.errorCount ?? 0, decode?.noteCount ?? 0)
        hasFaults = errors > 0
        faultCount = Text.count(errors)
        faults = (decode?.errors ?? []).prefix(rows).map { Message($0) }
        moreFaults = errors > faults.count ? Text.count(errors - faults.count) : nil
        hasNotes = said > 0
        noteCount = Text.count(said)
        notes = (decode?.notes ?? []).prefix(rows).map { Message($0) }
        moreNotes = said > notes.count ? Text.count(said - notes.count) : nil
    }
}
