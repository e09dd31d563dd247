internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs

/// The output folder that a command looks into, and the run it means.
enum OutputArgument {
    /// - Throws: ``Failure`` for what no run has written.
    static func layout(_ path: PathArgument) throws -> OutputLayout {
        let layout = OutputLayout(root: path.path)
        guard Files.exists(layout.runs) else {
            throw Failure(ExitStatus.unreadableInput, "\(path.path.display): no output folder of forgebatch run")
        }
        return layout
    }

    /// The run of an id, a part of its beginning that no other has, or with nil or `latest` the newest.
    static func run(_ id: String?, _ layout: OutputLayout) throws -> String {
        let ids = (try? RunLogSummary.ids(layout)) ?? []
        let lacking = (try? RunLogSummary.lacking(layout)) ?? []
        if let named = lacking.first(where: { id == $0.id || (ids.isEmpty && id == nil) }) {
            throw Failure(
                ExitStatus.unreadableInput,
                "\(layout.root.display): run \(Escape.visible(named.id)): \(named.text)")
        }
        guard let newest = ids.first else {
            throw Failure(ExitStatus.unreadableInput, "\(layout.root.display): there is no run yet")
        }
        guard let id, id != "latest" else { return newest }
        let found = ids.filter { $0.hasPrefix(id) }
        guard let first = found.first, found.count == 1 || found.contains(id) else {
            let many = found.isEmpty ? "no run" : "several runs begin with"
            throw Failure(
                ExitStatus.unreadableInput,
                "\(layout.root.display): \(many) \(Escape.visible(id)); the newest is \(newest), see the folder runs/")
        }
        return found.contains(id) ? id : first
    }

    /// A job by its id or by the path of its video.
    static func job(_ text: String) -> JobID {
        JobID(text: text.lowercased()) ?? JobID(video: RawArguments.path(text))
    }
}
