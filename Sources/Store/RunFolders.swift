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
        return ((try? Files.list(folder)) ?? []).reduce(0) { sum, name in
            sum + ((try? Files.status(folder.appending(name), follow: false))?.size ?? 0)
        }
    }

    /// Removes what a run left: its log first, so that whatever is there at any moment is what a run could have left.
    ///
    /// - Returns: whether its folder is gone. One with files of others in it stays.
    @discardableResult
    package static func remove(_ layout: OutputLayout, run id: String) -> Bool {
        let folder = layout.run(id)
        let log = layout.log(run: id)
        for path in [log, log.suffixed(".gz"), layout.state(run: id), layout.summary(run: id)] { Files.remove(path) }
        for name in (try? Files.list(folder)) ?? [] where Files.isTemporaryName(name) {
            Files.removeIfAbandoned(folder.appending(name))
        }
        return Files.removeEmptyDirectory(folder) || !Files.exists(folder)
    }
}
