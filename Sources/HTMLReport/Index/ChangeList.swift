internal import Archive
internal import Bytes
internal import Jobs
internal import Store

/// What changed since the run that this one is compared with.
struct ChangeList {
    struct Item {
        let path: String
        let href: String?
        /// How it was and how it is.
        let text: String
    }

    struct Group {
        let name: String
        let count: String
        let sign: StatusBadge
        let items: [Item]
        let rest: String?
    }

    /// What it is compared with.
    let note: String
    let isSame: Bool
    let groups: [Group]
    /// What cannot be shown as a list, one sentence each.
    let remarks: [String]

    private static let mostItems = 12

    /// Where the videos are found that a list names.
    struct Links {
        private let jobs: Set<JobID>
        private(set) var links: [JobID: String] = [:]

        init(_ changes: Comparison?) {
            jobs = Set(
                ChangeList.categories.flatMap { category in
                    (changes?[category] ?? []).prefix(ChangeList.mostItems).map(\.job)
                })
        }

        mutating func add(_ video: ReportVideo) {
            if jobs.contains(video.job) { links[video.job] = Row.link(video) }
        }
    }

    private static let categories = Comparison.Category.allCases.filter { $0 != .otherSettings }

    init(_ changes: Comparison, _ links: Links) {
        let start = Moment(changes.before.started)?.local ?? Text.shown(changes.before.started, limit: 40)
        note =
            "Compared with run \(Text.shown(changes.before.id, limit: 80)), started \(start). "
            + "\(Text.plural(changes.unchanged, "video")) unchanged."
        isSame = changes.isSame
        groups = ChangeList.categories.filter { !changes[$0].isEmpty }.map { category in
            let all = changes[category]
            let items = all.prefix(ChangeList.mostItems).map { entry in
                Item(
                    path: Text.shown(entry.path.display, limit: 200),
                    href: category == .removed ? nil : links.links[entry.job],
                    text: ChangeList.text(entry, category))
            }
            return Group(
                name: ChangeList.name(category), count: Text.count(all.count),
                sign: StatusBadge(ChangeList.status(category)), items: items,
                rest: all.count > items.count ? Text.count(all.count - items.count) : nil)
        }
        remarks = ChangeList.remarks(changes)
    }

    private static func remarks(_ changes: Comparison) -> [String] {
        var result: [String] = []
        let others = changes[.otherSettings].count
        if others > 0 {
            result.append("\(Text.plural(others, "result")) differ because settings or versions do.")
        }
        let upgraded = Comparison.Category.allCases.reduce(0) { count, category in
            count + changes[category].count(where: \.hasOtherLibraries)
        }
        if upgraded > 0 {
            result.append(
                "\(Text.plural(upgraded, "result")) that differ were decoded with other versions of FFmpeg's libraries."
            )
        }
        if !changes.isSameScope {
            result.append("The two runs looked for videos in different places, so none is called removed.")
        }
        if changes.unjudged > 0 {
            result.append(
                "\(Text.plural(changes.unjudged, "video")) cannot be judged: one of the runs tells too little.")
        }
        if changes.gone > 0 {
            result.append("\(Text.plural(changes.gone, "video")) had gone before; the table marks them.")
        }
        return result
    }

    static func name(_ category: Comparison.Category) -> String {
        switch category {
        case .newlyFailing: "Newly failing"
        case .fixed: "Fixed"
        case .toolFailing: "Tool newly failing"
        case .toolFixed: "Tool fixed"
        case .new: "New"
        case .removed: "Removed"
        case .moved: "Moved"
        case .changed: "Changed"
        case .drifted: "Drifted"
        case .slower: "Slower"
        case .otherSettings: "Other settings"
        }
    }

    private static func status(_ category: Comparison.Category) -> VideoStatus {
        switch category {
        case .newlyFailing: .failed
        case .fixed, .toolFixed: .ok
        case .toolFailing: .warning
        case .drifted: .damaged
        case .slower: .warning
        default: .skipped
        }
    }

    private static func text(_ entry: Comparison.Entry, _ category: Comparison.Category) -> String {
        switch category {
        case .newlyFailing: [entry.was?.status.rawValue, outcome(entry.now)].compactMap { $0 }.joined(separator: " → ")
        case .fixed: [outcome(entry.was), entry.now?.status.rawValue].compactMap { $0 }.joined(separator: " → ")
        case .toolFailing, .toolFixed: tools(entry)
        case .new: entry.now.map { $0.frames.map { Text.plural($0, "frame") } ?? $0.status.rawValue } ?? ""
        case .removed: entry.was.map { "was \($0.status.rawValue)" } ?? ""
        case .moved: entry.was.map { "was called \(Text.shown($0.path.display, limit: 200))" } ?? ""
        case .changed: "\(Text.bytes(entry.was?.size.map { Int($0) })) → \(Text.bytes(entry.now?.size.map { Int($0) }))"
        case .drifted:
            entry.hasOtherLibraries
                ? "same content and settings, decoded with other FFmpeg libraries: another result"
                : "same content and settings, another result"
        case .slower: "\(cost(entry.was)) → \(cost(entry.now))"
        case .otherSettings: ""
        }
    }

    /// `people/people: killed by signal 11; shots/shots works again`
    private static func tools(_ entry: Comparison.Entry) -> String {
        let (was, now) = (entry.was?.toolsFailed ?? [], entry.now?.toolsFailed ?? [])
        let new = now.filter { tool in !was.contains { $0.id == tool.id } }
        let old = was.filter { tool in !now.contains { $0.id == tool.id } }
        let parts = new.map { "\($0.id): \($0.message)" } + old.map { "\($0.id) works again" }
        return Text.shown(parts.joined(separator: "; "), limit: 300)
    }

    private static func outcome(_ video: RunVideo?) -> String? {
        guard let video else { return nil }
        return video.cause.map { "\(video.status.rawValue): \(Phrases.cause($0))" } ?? video.status.rawValue
    }

    private static func cost(_ video: RunVideo?) -> String {
        guard let seconds = video?.processorSecondsPerFrame else { return Text.nothing }
        return Text.decimal(seconds * 1000, 1) + " ms a frame"
    }
}
