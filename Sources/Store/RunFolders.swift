package import Bytes
package import Jobs

/// The folders of runs.
package enum RunFolders {
    /// The ids of the runs that have a folder, the oldest first.
    ///
    /// - Complexity: one listing.
    package static func ids(_ layout: OutputLayout) throws(SystemError) -> [String] {
        guard Files.exists(layout.runs) else { return [] }
        return try Files.list(layout.runs).compactMap { name in
            guard let id = name.text, isRunID(id) else { return nil }
            return id
        }
    }

    /// Ids are names of folders, so nothing else may pass for one.
    private static func isRunID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }

    /// The newest run that left its record; nil when there is none.
    package static func newestRecorded(_ layout: OutputLayout) throws(SystemError) -> String? {
        try ids(layout).last { Files.exists(layout.summary(run: $0)) }
    }

    /// Bytes of all that a run left.
    package static func size(_ layout: OutputLayout, run id: String) -> Int64 {
        let folder = layout.run(id)
        let own = ((try? Files.list(folder)) ?? []).map { folder.appending($0) }
        return (own + shardFiles(layout, run: id).files).reduce(0) { sum, path in
            guard let status = try? Files.status(path, follow: false), status.kind == .file else { return sum }
            return sum + status.size
        }
    }

    /// Removes what a run left: its log first, so that whatever is there at any moment is what a run could have left.
    ///
    /// - Returns: whether its folder is gone. One with files of others in it stays.
    @discardableResult
    package static func remove(_ layout: OutputLayout, run id: String) -> Bool {
        let folder = layout.run(id)
        let log = layout.log(run: id)
        let shards = shardFiles(layout, run: id)
        for path in shards.files { Files.remove(path) }
        for folder in shards.folders { Files.removeEmptyDirectory(folder) }
        let own = [log, log.suffixed(".gz"), layout.state(run: id), layout.plan(run: id), layout.summary(run: id)]
        for path in own { Files.remove(path) }
        for name in (try? Files.list(folder)) ?? [] where Files.isTemporaryName(name) {
            Files.removeIfAbandoned(folder.appending(name))
        }
        return Files.removeEmptyDirectory(folder) || !Files.exists(folder)
    }
}

extension RunFolders {
    /// Whether a run is one in shards.
    package static func isPlanned(_ layout: OutputLayout, run id: String) -> Bool {
        Files.exists(layout.plan(run: id))
    }

    /// Whether a run in shards waits for what joins them. It has neither log nor record of its own.
    package static func isUnjoined(_ layout: OutputLayout, run id: String) -> Bool {
        isPlanned(layout, run: id) && !Files.exists(layout.summary(run: id))
    }

    /// All files and folders of a run's shards, folders behind what lies in them.
    static func shardFiles(_ layout: OutputLayout, run id: String) -> (files: [RawPath], folders: [RawPath]) {
        let folder = layout.shards(run: id)
        var (files, folders): ([RawPath], [RawPath]) = ([], [])
        for name in (try? Files.list(folder)) ?? [] {
            let shard = folder.appending(name)
            guard (try? Files.status(shard, follow: false))?.kind == .directory else { continue }
            files += ((try? Files.list(shard)) ?? []).map { shard.appending($0) }
            folders.append(shard)
        }
        return (files, folders.isEmpty && !Files.exists(folder) ? [] : folders + [folder])
    }
}
