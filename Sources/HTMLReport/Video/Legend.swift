internal import Bytes
internal import FrameResults

/// The classes of a video with their colours, and how much of each there is.
struct Legend {
    struct Entry {
        /// The style's name.
        let colour: String
        let name: String
        /// `2 objects, 340 detections`
        let note: String
    }

    let hasClasses: Bool
    let classes: [Entry]
    /// How many there are besides.
    let moreClasses: String?

    private static let most = 24

    init(_ found: [ClassFold.Found], _ colours: ClassColours, _ facts: ResultFacts?) {
        classes = found.prefix(Legend.most).map { found in
            let objects = Legend.objects(found, facts)
            let notes = [objects.map { Text.plural($0, "object") }, Text.plural(found.detections, "detection")]
            let tool = found.tool.isEmpty ? "" : " (\(Text.shown(found.tool, limit: 60)))"
            return Entry(
                colour: colours.style(found.name), name: Text.shown(found.name, limit: 40) + tool,
                note: notes.compactMap { $0 }.joined(separator: ", "))
        }
        hasClasses = !classes.isEmpty
        moreClasses = found.count > classes.count ? Text.count(found.count - classes.count) : nil
    }

    /// Objects that were told apart, as the tool's summary says, or by the events about them; nil where nobody did.
    private static func objects(_ found: ClassFold.Found, _ facts: ResultFacts?) -> Int? {
        for summary in facts?.summaries?.members ?? [] where found.tool.isEmpty || found.tool == summary.key {
            if let count = summary.value["classes"]?[found.name]?["objects"]?.int { return count }
        }
        let tracks = (facts?.events ?? []).count { event in
            event.track != nil && event.className == found.name && (found.tool.isEmpty || found.tool == event.tool)
        }
        return tracks > 0 ? tracks : nil
    }
}
