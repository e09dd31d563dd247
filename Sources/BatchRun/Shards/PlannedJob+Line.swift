internal import Bytes
internal import Jobs
internal import Store

extension PlannedJob {
    /// As a plan keeps it.
    ///
    /// - Parameters:
    ///   - roots: of the plan.
    ///   - known: its line of the catalog.
    func line(_ roots: [InputRoot], known: CatalogEntry?) -> PlanLine {
        var line = PlanLine(
            job: id, path: video.relative, size: video.status.size, modified: video.status.modified,
            inode: video.status.inode, result: result)
        let file = Files.absolute(video.path)
        if let root = roots.firstIndex(where: { $0.file(video.relative) == file }) {
            line.root = root
        } else {
            line.file = file
        }
        (line.failure, line.known) = (knownFailure, known)
        (line.moved, line.movedContent) = (moved?.entry, moved?.content)
        return line
    }

    /// A job that a plan kept.
    ///
    /// - Throws: ``PlanFile/Fault`` for a line that does not go with its plan.
    init(_ line: PlanLine, _ plan: PlanFile) throws {
        guard let file = plan.head.file(line), line.tools.map({ plan.head.tools.indices.contains($0) }) ?? true else {
            throw PlanFile.Fault(
                description: "\(plan.path.display): \(line.path.display) names what the plan does not have")
        }
        self.init(
            id: line.job,
            video: Candidate(
                path: file, relative: line.path,
                status: FileStatus(
                    kind: .file, size: line.size, modified: line.modified, device: 0, inode: line.inode)),
            result: line.result, reason: "planned", tools: line.tools.map { JobTools(plan.head.tools[$0]) },
            knownFailure: line.failure, known: line.known.map { KnownResult($0) },
            moved: line.moved.map { MovedVideo(entry: $0, content: line.movedContent) })
    }
}

extension JobTools {
    var planned: PlannedTools {
        PlannedTools(
            tools: made.tools, threads: made.threads, rules: made.rules, kept: kept, leftOut: leftOut,
            references: references)
    }

    init(_ planned: PlannedTools) {
        self.init(
            made: ResultTools(tools: planned.tools, threads: planned.threads, rules: planned.rules),
            kept: planned.kept, leftOut: planned.leftOut, references: planned.references)
    }
}
