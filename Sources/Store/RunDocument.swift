package import Bytes
package import Jobs

/// What `run.json` says beside the jobs that the run processed.
package struct RunDocument: Equatable, Sendable {
    /// A library that workers used.
    package struct Library: Equatable, Sendable {
        package var name: String
        package var version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// Videos that the run left alone because of what another run made of them, one list for each run and reason.
    package struct SkippedGroup: Equatable, Sendable {
        /// Empty when it is not known.
        package var runID: String
        /// What they are left alone for: ``VideoStatus/skipped`` when their results are up to date, else damaged, failed
        /// or quarantined.
        package var status: VideoStatus
        package var jobs: [JobID]

        package init(runID: String, status: VideoStatus, jobs: [JobID]) {
            self.runID = runID
            self.status = status
            self.jobs = jobs
        }
    }

    /// A video that was planned and never started.
    package struct Waiting: Equatable, Sendable {
        package var job: JobID
        package var path: RawPath

        package init(job: JobID, path: RawPath) {
            self.job = job
            self.path = path
        }
    }

    /// A file that looks like a video and that this program does not take.
    package struct Unsupported: Equatable, Sendable {
        package var path: RawPath
        /// What it is, such as "Blackmagic RAW".
        package var format: String

        package init(path: RawPath, format: String) {
            self.path = path
            self.format = format
        }
    }

    package var summary: RunSummary
    /// The inputs and the command as a person typed them.
    package var input: [String] = []
    package var command: [String] = []
    /// The same in parts, with what came from the environment and from files; nil in records of versions before.
    package var invocation: Invocation?
    package var workers: Int?
    package var libraries: [Library] = []
    /// The effective settings, an object.
    package var settings: JSON = .object([])
    /// The tools' ids, versions and settings, in the order of the selection.
    package var toolDescriptions: [JSON] = []
    /// The plugins of these tools.
    package var plugins: [PluginCopy] = []
    /// What a person should know, a sentence each.
    package var notes: [String] = []
    package var roots: [InputRoot] = []
    /// How many videos were found below each of several roots, in their order; empty for one root.
    package var videosByRoot: [Int] = []
    /// Skipped videos that a person has to see; in records of version 0.1.0 all of them.
    package var skipped: [SkippedGroup] = []
    /// Which of the videos in the catalog the run left alone because their results were up to date; nil in a record that
    /// lists them in ``skipped``.
    package var seen: SeenVideos?
    package var notStarted: [Waiting] = []
    /// Files that were left alone for their age, and places that could not be looked at.
    package var tooYoung: [RawPath] = []
    package var unread: [RawPath] = []
    package var unsupported: [Unsupported] = []
    /// Whether the run took only so many of the videos there are.
    package var isLimited = false

    package init(_ summary: RunSummary) { self.summary = summary }

    /// The tools' ids, in the order of the selection.
    package var tools: [String] { toolDescriptions.compactMap { $0["id"]?.string } }

    /// Puts skipped videos in groups, at 39 bytes a video.
    package mutating func skip(_ videos: [(job: JobID, status: VideoStatus, runID: String)]) {
        struct Key: Hashable { var runID: String, status: VideoStatus }
        var groups: [Key: [JobID]] = [:]
        for video in videos { groups[Key(runID: video.runID, status: video.status), default: []].append(video.job) }
        skipped += groups.map { SkippedGroup(runID: $0.key.runID, status: $0.key.status, jobs: $0.value) }.sorted {
            ($0.runID, $0.status.skipWord) < ($1.runID, $1.status.skipWord)
        }
    }

    /// All but the jobs.
    package var json: JSON {
        func paths(_ list: [RawPath]) -> JSON? { list.isEmpty ? nil : .array(list.map { .object($0.members()) }) }
        let members = JSON.members([
            "input": .array(input.map { .string($0) }), "command": .array(command.map { .string($0) }),
            "invocation": invocation.map(\.json),
            "workers": workers.map { .int($0) },
            "libraries": .object(libraries.map { JSON.Member($0.name, .string($0.version)) }), "settings": settings,
            "tools": .array(toolDescriptions),
            "plugins": plugins.isEmpty ? nil : .array(plugins.map(\.json)),
            "notes": notes.isEmpty ? nil : .array(notes.map { .string($0) }), "roots": .array(roots.map(\.json)),
            "videos_by_root": videosByRoot.isEmpty ? nil : .array(videosByRoot.map { .int($0) }),
            "skipped": skipped.isEmpty ? nil : .array(skipped.map(\.json)), "seen": seen?.json,
            "not_started": notStarted.isEmpty
                ? nil
                : .array(
                    notStarted.map {
                        .object([JSON.Member("job_id", .string($0.job.text))] + $0.path.members())
                    }),
            "too_young": paths(tooYoung), "unread": paths(unread),
            "not_supported": unsupported.isEmpty
                ? nil
                : .array(
                    unsupported.map { .object($0.path.members() + [JSON.Member("format", .string($0.format))]) }),
            "limited": isLimited ? true : nil,
        ])
        return .object((summary.json.members ?? []) + (members.members ?? []))
    }

    /// Nil when it names no run.
    package init?(_ json: JSON) {
        guard let summary = RunSummary(json) else { return nil }
        self.summary = summary
        func list(_ key: String) -> [JSON] { json[key]?.array ?? [] }
        func texts(_ key: String) -> [String] { list(key).compactMap(\.string) }
        input = texts("input")
        command = texts("command")
        invocation = json["invocation"].flatMap { Invocation($0) }
        workers = json["workers"]?.int
        libraries = (json["libraries"]?.members ?? []).compactMap { library in
            library.value.string.map { Library(name: library.key, version: $0) }
        }
        settings = json["settings"] ?? .object([])
        toolDescriptions = list("tools")
        plugins = list("plugins").compactMap { PluginCopy($0) }
        notes = texts("notes")
        roots = list("roots").compactMap { InputRoot($0) }
        videosByRoot = list("videos_by_root").compactMap(\.int)
        skipped = list("skipped").map { SkippedGroup($0) }
        seen = json["seen"].flatMap { SeenVideos($0) }
        notStarted = list("not_started").compactMap { json in
            guard let job = json["job_id"]?.string.flatMap({ JobID(text: $0) }), let path = RawPath(json) else {
                return nil
            }
            return Waiting(job: job, path: path)
        }
        tooYoung = list("too_young").compactMap { RawPath($0) }
        unread = list("unread").compactMap { RawPath($0) }
        unsupported = list("not_supported").compactMap { json in
            RawPath(json).map { Unsupported(path: $0, format: json["format"]?.string ?? "") }
        }
        isLimited = json["limited"]?.bool == true
    }
}

extension RunDocument.SkippedGroup {
    fileprivate var json: JSON {
        .members([
            "run_id": runID.isEmpty ? nil : .string(runID), "kind": .string(status.skipWord),
            "jobs": .array(jobs.map { .string($0.text) }),
        ])
    }

    fileprivate init(_ json: JSON) {
        self.init(
            runID: json["run_id"]?.string ?? "", status: VideoStatus(skipWord: json["kind"]?.string ?? ""),
            jobs: (json["jobs"]?.array ?? []).compactMap { $0.string.flatMap { JobID(text: $0) } })
    }
}

extension VideoStatus {
    private static let upToDate = "up_to_date"

    /// The word that `skipped` in `run.json` has for what a video was left alone for.
    fileprivate var skipWord: String { self == .skipped ? VideoStatus.upToDate : rawValue }

    /// What no version before this one writes counts as up to date.
    fileprivate init(skipWord: String) {
        let status = VideoStatus(rawValue: skipWord) ?? .skipped
        self = status.needsAttention ? status : .skipped
    }
}
