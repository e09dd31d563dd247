import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// docs/verdicts.md has the sentences that the program says.
@Suite("Words of verdicts") struct VerdictWordsTests {
    private static let kinds: [FailureEntry.Kind] = [.content, .death, .timeout, .memory]

    private static func page() throws -> String {
        try #require(String(validating: Files.read(Samples.root.appending("docs/verdicts.md")), as: UTF8.self))
    }

    /// As a cell of a table: what is a flag is set in code there, which the program's sentences are not.
    private func plain(_ text: String) -> String { text.filter { $0 != "`" } }

    @Test(arguments: VideoStatus.settled) func `the page explains each status`(status: VideoStatus) throws {
        let row = "| \(status.rawValue) | \(status.words.meaning) | \(status.words.advice) |"
        #expect(try plain(Self.page()).contains(row), "\(row)")
    }

    @Test(arguments: Reason.allCases) func `the page explains each reason`(reason: Reason) throws {
        let row =
            "| \(reason.rawValue) | \(reason.verdict.rawValue) | \(reason.words.meaning) | \(reason.words.advice) |"
        #expect(try plain(Self.page()).contains(row), "\(row)")
    }

    @Test(arguments: kinds) func `the page explains each kind of failure`(kind: FailureEntry.Kind) throws {
        let row = "| \(kind.rawValue) | \(kind.words.meaning) | \(kind.words.advice) |"
        #expect(try plain(Self.page()).contains(row), "\(row)")
    }

    @Test func `sentences end as sentences and have no line of their own`() {
        let all = VideoStatus.allCases.map(\.words) + Reason.allCases.map(\.words) + Self.kinds.map(\.words)
        for words in all {
            for text in [words.meaning, words.advice] {
                #expect(text.hasSuffix(".") && !text.contains("\n") && text.first?.isLetter != false, "\(text)")
            }
        }
    }
}
