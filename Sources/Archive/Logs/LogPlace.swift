package import Bytes
package import Jobs
internal import Store

/// A run as it is named by a path: an output folder, the folder of one of its runs, or a log, wherever it lies.
package struct LogPlace: Sendable {
    package let layout: OutputLayout
    /// The run that the path means; nil for an output folder.
    package let run: String?

    /// Bytes in which a log has to have an event.
    private static let head = 2 * LogEvent.lineLimit

    /// - Throws: ``ArchiveError`` for what is none of these.
    package init(_ path: RawPath) throws(ArchiveError) {
        let folder = OutputLayout(root: path)
        // A run that still looks for its videos holds the lock and has written nothing else.
        if Files.exists(folder.runs) || Files.exists(folder.lock) {
            (layout, run) = (folder, nil)
            return
        }
        // `latest` is a link, and what it means is the folder that it leads to.
        let file = RunLog.file(path.appending(OutputLayout.logName)) ?? path
        guard let log = try? Files.resolve(file), (try? Files.status(log))?.kind == .file else {
            throw ArchiveError("\(path.display): no output folder of forgebatch run, and no progress log")
        }
        let (run, runs) = (log.parent, log.parent.parent)
        let outer = OutputLayout(root: runs.parent)
        let name = RawPath(OutputLayout.logName)
        if [name, name.suffixed(Gzip.suffix)].contains(log.lastComponent), runs == outer.runs,
            let id = run.lastComponent.text
        {
            (layout, self.run) = (outer, id)
            return
        }
        let id = try LogPlace.run(of: log, path)
        (layout, self.run) = (OutputLayout(lone: log, run: id), id)
    }

    /// The run that a log is of, as it says itself, or else what its file is called.
    private static func run(of log: RawPath, _ path: RawPath) throws(ArchiveError) -> String {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try RunLog.content(log).read(head)
        } catch {
            throw ArchiveError("\(error)")
        }
        let lines = bytes.split(separator: 0x0a).lazy.compactMap { try? LogLine.parse(Array($0)) }
        guard let first = lines.first else {
            throw ArchiveError("\(path.display): no progress log: it does not begin with lines that are events")
        }
        if case .runStarted(let id, _, _, _) = first.event, !id.isEmpty { return Escape.visible(id) }
        return log.lastComponent.display
    }
}
