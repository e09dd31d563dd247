internal import Bytes
internal import Store

/// The bottom of the index: how to get the same again, and where the data lie.
struct RunFooter {
    let settings: [Fact]
    let libraries: [Fact]
    let command: String
    let summaryLink: String
    let logLink: String?
    let logName: String?

    init(_ run: RunDocument, log: RawPath?) {
        settings = (run.settings.members ?? []).map { Fact(Text.shown($0.key, limit: 80), Text.value($0.value)) }
        libraries = run.libraries.map { Fact(Text.shown($0.name, limit: 80), Text.value(.string($0.version))) }
        command = Text.shown(
            run.command.map { Escape.shell(Array($0.utf8)) }.joined(separator: " "), limit: 4000)
        let folder = "../runs/" + Escape.urlPath(Array(run.summary.id.utf8))
        summaryLink = folder + "/run.json"
        logName = log?.lastComponent.display
        logLink = logName.map { folder + "/" + $0 }
    }
}
