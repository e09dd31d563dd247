internal import Jobs
internal import Store

/// The page that says what the words of verdicts mean and what to do about them: the sentences of ``VerdictWords``.
struct VerdictPage {
    /// Words, and a flag behind them.
    struct Part {
        var text: String
        var code: String?
    }

    struct Row {
        /// What links lead to.
        let id: String
        let word: String
        let sign: StatusBadge
        let meaning: [Part]
        let advice: [Part]
    }

    let statuses: [Row]
    let reasons: [Row]
    let kinds: [Row]

    init() {
        statuses = VideoStatus.settled.map { Row(id: $0.rawValue, $0.rawValue, $0, $0.words) }
        reasons = Reason.allCases.map { Row(id: VerdictPage.id($0), Phrases.name($0.rawValue), $0.verdict, $0.words) }
        kinds = FailureEntry.Kind.allCases.map { Row(id: "kind-\($0.rawValue)", $0.rawValue, .failed, $0.words) }
    }

    /// Where the page lies below `report/`.
    static let name = "verdicts.html"

    /// Where it explains a status; nil for one that is none of a settled video.
    static func place(_ status: VideoStatus) -> String? {
        VideoStatus.settled.contains(status) ? "\(name)#\(status.rawValue)" : nil
    }

    /// Where it explains a reason, as results write it; nil for one that this version does not know.
    static func place(reason code: String) -> String? { Reason(rawValue: code).map { "\(name)#\(id($0))" } }

    /// The same words with flags apart, so that none is cut at its dashes.
    static func parts(_ text: String) -> [Part] {
        var result = [Part(text: "", code: nil)]
        for (index, word) in text.split(separator: " ").enumerated() {
            let space = index == 0 ? "" : " "
            let flag = word.hasPrefix("--") ? word.prefix { $0.isLetter || $0 == "-" } : ""
            if result[result.count - 1].code != nil { result.append(Part(text: "", code: nil)) }
            if flag.isEmpty {
                result[result.count - 1].text += space + word
            } else {
                result[result.count - 1].text += space
                result[result.count - 1].code = String(flag)
                result.append(Part(text: String(word.dropFirst(flag.count)), code: nil))
            }
        }
        return result
    }

    private static func id(_ reason: Reason) -> String { "reason-\(reason.rawValue)" }
}

extension VerdictPage.Row {
    fileprivate init(id: String, _ word: String, _ status: VideoStatus, _ words: VerdictWords) {
        self.init(
            id: id, word: word, sign: StatusBadge(status), meaning: VerdictPage.parts(words.meaning),
            advice: VerdictPage.parts(words.advice))
    }
}
