package import Bytes
package import Jobs

/// Removes files of results that lines of the catalog took back, and those that a new result stands in for and did not
/// replace under its name: the same in the other form.
package enum ReplacedResults {
    /// To be called once the lines are on the disk, under the lock of the output folder. It may be called again.
    ///
    /// - Parameters:
    ///   - entries: of one job: its new result, and those that it takes the place of.
    ///   - stored: the result that the catalog had of the job, below the output folder.
    package static func remove(_ entries: [CatalogEntry], stored: RawPath?, _ layout: OutputLayout) {
        guard let new = entries.first(where: { !$0.isCleared }) else { return }
        for old in entries where old.isCleared && old.result != new.result && old.movedTo == new.job {
            let path = layout.root.appending(old.result)
            // What was made there since is another video's.
            if ResultState.owner(path) == old.job { Files.remove(path) }
        }
        let path = layout.root.appending(new.result)
        for other in Set([stored ?? new.result, OutputLayout.otherForm(new.result)]) where other != new.result {
            let old = layout.root.appending(other)
            // As a rule nothing is there.
            guard Files.exists(old), let found = try? Files.status(old, follow: false), found.kind == .file
            else { continue }
            let present = try? Files.status(path)
            guard found.inode != present?.inode || found.device != present?.device, ResultState.owner(old) == new.job
            else { continue }
            Files.remove(old)
        }
    }
}
