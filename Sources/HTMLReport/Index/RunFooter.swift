internal import Bytes
internal import Store

/// The bottom of the index: how to get the same again, and where the data lie.
struct RunFooter {
    let settings: [Fact]
    let libraries: [Fact]
    let command: String
    let summaryLink: String
    let logLink: String?

    init(_ run: RunDocument, hasLog: Bool) {
        settings = RunFooter.table(run.settings)
        libraries = RunFooter.table(run.libraries)
        command = Text.shown(
            run.command.map { Escape.shell(Array($0.utf8)) }.joined(separator: " "), limit: 4000)
        let folder = "../runs/" + Escape.urlPath(Array(run.summary.id.utf8))
        summaryLink = folder + "/run.json"
        logLink = hasLog ? folder + "/progress.ndjson" : nil
    }

    private static func table(_ members: [JSON.Member]) -> [Fact] {
        members.map { Fact(Text.shown($0.key, limit: 80), Text.value($0.value)) }
    }
}
