package import Bytes

/// What the given paths are, asked once before a run begins.
package struct InputSurvey: Sendable {
    package struct Entry: Sendable {
        /// As it was given.
        package var path: RawPath
        /// What it leads to; nil when it leads nowhere.
        package var status: FileStatus?
        /// Why it leads nowhere.
        package var reason: String?
        /// Whether there is nothing of that name, which is known only where something answered.
        package var isMissing = false
        /// The absolute path without links, where there is one.
        package var resolved: RawPath?

        init(path: RawPath) { self.path = path }
    }

    /// The paths of the command line.
    package var inputs: [Entry] = []
    /// Those of `--files-from`.
    package var listed: [Entry] = []
    /// Those of `--root`.
    package var named: [Entry] = []
    /// What gave no answer, with the words for it: nobody is to wait for it again.
    package var silent: [RawPath: String] = [:]
}

extension InputSurvey.Entry {
    var members: [JSON.Member] {
        path.members() + (resolved?.members("resolved") ?? [])
            + [
                ("status", status?.json), ("reason", reason.map { .string($0) }),
                ("is_missing", isMissing ? .bool(true) : nil),
            ].compactMap { key, value in value.map { JSON.Member(key, $0) } }
    }

    init?(_ json: JSON) {
        guard let path = RawPath(json) else { return nil }
        self.init(path: path)
        resolved = RawPath(json, key: "resolved")
        status = json["status"].flatMap { FileStatus($0) }
        reason = json["reason"]?.string
        isMissing = json["is_missing"]?.bool == true
    }

    /// Looks.
    ///
    /// - Parameter silent: why it is not looked at.
    init(looking path: RawPath, silent: String?) {
        self.init(path: path)
        if let silent {
            reason = silent
            return
        }
        do throws(SystemError) {
            status = try Files.status(path)
            resolved = try? Files.resolve(path)
        } catch {
            (reason, isMissing) = (error.reason, error.isMissing)
        }
    }
}
