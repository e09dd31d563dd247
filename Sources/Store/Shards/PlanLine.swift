package import Bytes
package import Jobs

/// A line of a plan: a job, and all that it takes to do it.
package struct PlanLine: Equatable, Sendable {
    package var job: JobID
    /// The video's name in the output folder.
    package var path: RawPath
    /// The number of the root, in the plan's head, that the video lies in.
    package var root = 0
    /// The path to open, absolute; nil where ``root`` and ``path`` tell it.
    package var file: RawPath?
    /// Bytes of the video.
    package var size: Int64
    /// Nanoseconds since 1970.
    package var modified: Int64
    package var inode: UInt64
    /// Below the output folder.
    package var result: RawPath
    /// The number of its tools in the plan's head; nil for those of the run.
    package var tools: Int?
    /// What is remembered of its failures.
    package var failure: FailureEntry?
    /// Its result of an earlier run.
    package var known: CatalogEntry?
    /// Its result under the name that it had.
    package var moved: CatalogEntry?
    /// SHA-256 that the whole video has to have for that; nil where the file is known to be the same.
    package var movedContent: String?

    package init(
        job: JobID, path: RawPath, size: Int64, modified: Int64, inode: UInt64, result: RawPath
    ) {
        (self.job, self.path, self.size, self.modified) = (job, path, size, modified)
        (self.inode, self.result) = (inode, result)
    }

    var json: JSON {
        var members = [JSON.Member("job_id", .string(job.text))] + path.members()
        if root != 0 { members.append(JSON.Member("root", .int(root))) }
        if let file { members += file.members("file") }
        members += [
            JSON.Member("size", .int(size)), JSON.Member("mtime", .int(modified)),
            JSON.Member("inode", .string(String(inode))),
        ]
        if result != OutputLayout.result(for: path, job: job) { members += result.members("result") }
        if let tools { members.append(JSON.Member("tools", .int(tools))) }
        if let failure { members.append(JSON.Member("failure", failure.json)) }
        if let known { members.append(JSON.Member("known", known.json)) }
        if let moved { members.append(JSON.Member("moved", moved.json)) }
        if let movedContent { members.append(JSON.Member("moved_content", .string(movedContent))) }
        return .object(members)
    }

    init?(_ json: JSON) {
        guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json),
            let size = json["size"]?.int, let modified = json["mtime"]?.int,
            let inode = json["inode"]?.string.flatMap({ UInt64($0) })
        else { return nil }
        self.init(
            job: job, path: path, size: Int64(size), modified: Int64(modified), inode: inode,
            result: RawPath(json, key: "result") ?? OutputLayout.result(for: path, job: job))
        root = json["root"]?.int ?? 0
        file = RawPath(json, key: "file")
        tools = json["tools"]?.int
        failure = json["failure"].flatMap { FailureEntry($0) }
        known = json["known"].flatMap { CatalogEntry($0) }
        moved = json["moved"].flatMap { CatalogEntry($0) }
        movedContent = json["moved_content"]?.string
    }
}
