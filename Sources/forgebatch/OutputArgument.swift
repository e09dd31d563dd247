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

    /// An output folder, a run's folder, or a log: the layout, and the run that the path means.
    ///
    /// - Parameter run: the id that was given beside the path, which an output folder alone can have.
    /// - Throws: ``Failure`` for what is none of these.
    static func place(_ path: PathArgument, run: String?) throws -> (layout: OutputLayout, run: String?) {
        let place: LogPlace
        do {
            place = try LogPlace(path.path)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        if run != nil, place.run != nil {
            throw Failure(ExitStatus.usage, "\(path.path.display) is one run; --run chooses one of an output folder")
        }
        return (place.layout, place.run ?? run)
    }

    /// The run of an id, a part of its beginning that no other has, or with nil or `latest` the newest.
    static func run(_ id: String?, _ layout: OutputLayout) throws -> String {
        let ids = (try? RunLogSummary.ids(layout)) ?? []
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
