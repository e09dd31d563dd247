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
            throw Failure(ExitStatus.unreadableInput, "\(path.path.display): \(absence(path.path))")
        }
        return layout
    }

    /// Why a path is no output folder, and which one may have been meant: the one beside a folder of videos, or the one
    /// that the path lies in.
    static func absence(_ path: RawPath) -> String {
        func isOutput(_ folder: RawPath) -> Bool { Files.exists(OutputLayout(root: folder).runs) }
        let why = "no output folder of forgebatch run"
        let beside = RawPath(bytes: Array(path.bytes.reversed().drop { $0 == UInt8(ascii: "/") }.reversed()))
            .suffixed(".forgebatch")
        if isOutput(beside) { return "\(why); did you mean \(beside.display), beside it?" }
        var folder = path
        while folder.components.count > 1 {
            folder = folder.parent
            if isOutput(folder) { return "\(why); did you mean \(folder.display), in which it lies?" }
        }
        guard Files.exists(path) else { return "\(why): there is nothing of that name" }
        return "\(why); one is made by forgebatch run, with the end .forgebatch beside the videos or by --out"
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
            let isFile = (try? Files.status(path.path))?.kind == .file
            throw Failure(
                ExitStatus.unreadableInput, isFile ? "\(error)" : "\(path.path.display): \(absence(path.path))")
        }
        if run != nil, place.run != nil {
            throw Failure(ExitStatus.usage, "\(path.path.display) is one run; --run chooses one of an output folder")
        }
        return (place.layout, place.run ?? run)
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
                "\(layout.root.display): \(many) \(Escape.visible(id)); the newest is \(newest); forgebatch list --runs lists them"
            )
        }
        return found.contains(id) ? id : first
    }

    /// A job by its id or by the path of its video.
    static func job(_ text: String) -> JobID {
        JobID(text: text.lowercased()) ?? JobID(video: RawArguments.path(text))
    }
}
