internal import Bytes
internal import Store

/// The bottom of the index: how to get the same again, and where the data lie.
struct RunFooter {
    let settings: [RunSetting]
    let libraries: [Fact]
    let command: String
    /// Where the command is to be given; nil where the record does not tell it.
    let folder: String?
    let summaryLink: String
    let logLink: String?
    let logName: String?
    /// How often external tools failed in the run.
    let toolNote: String?

    init(_ run: RunDocument, _ rerun: Rerun, log: RawPath?) {
        settings = RunSetting.all(run)
        let failed = run.summary.toolsFailed
        toolNote =
            failed > 0
            ? "External tools failed \(failed == 1 ? "once" : "\(Text.count(failed)) times") in this run." : nil
        libraries = run.libraries.map { Fact(Text.shown($0.name, limit: 80), Text.value(.string($0.version))) }
        command = Text.shown(rerun.whole, limit: 4000)
        self.folder = rerun.folder
        let folder = "../runs/" + Escape.urlPath(Array(run.summary.id.utf8))
        summaryLink = folder + "/run.json"
        logName = log?.lastComponent.display
        logLink = logName.map { folder + "/" + $0 }
    }
}
