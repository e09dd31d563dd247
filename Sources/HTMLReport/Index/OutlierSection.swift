internal import Bytes
internal import ToolModel

/// The videos that a person should look at although nothing failed: those that stand apart from the rest of the batch.
struct OutlierSection {
    struct Item {
        let path: String
        let href: String?
        let value: String
    }

    struct Group {
        let name: String
        /// What is usual in this batch.
        let usual: String
        let items: [Item]
        /// How many more there are.
        let rest: String?
    }

    let groups: [Group]
    let hasGroups: Bool
    /// Why there is nothing.
    let nothing: String

    /// Items of one measure.
    private static let mostItems = 10

    /// What videos are compared in, of all of them: a column a measure, of which one at a time is in memory.
    struct Values {
        fileprivate let measures: [Measure]
        fileprivate let table: ValueTable
        /// Videos whose frames are known.
        fileprivate private(set) var known = 0

        /// - Parameter folder: where the values lie while they are needed.
        init(_ tools: ReportTools, in folder: RawPath) {
            measures =
                tools.outliers.enumerated().map { OutlierSection.measure($0.element.hint, at: $0.offset) }
                + OutlierSection.measures
            table = ValueTable(columns: measures.count, in: folder)
        }

        mutating func add(_ video: ReportVideo) throws(SystemError) {
            if video.frames != nil { known += 1 }
            try table.append(measures.map { video.frames == nil ? nil : $0.value(video) })
        }
    }

    fileprivate struct Measure: Sendable {
        let name: String
        /// Above the median is what stands out, or below it.
        let sign: Double
        let value: @Sendable (ReportVideo) -> Double?
        let text: @Sendable (Double) -> String
        /// It holds of a video or not; its text would say nothing.
        var isFlag = false
    }

    /// - Parameters:
    ///   - values: of all rows.
    ///   - rows: in the order in which their values were added.
    init(_ values: Values, _ rows: RowFile) throws(SystemError) {
        var groups: [Group] = []
        for (column, measure) in values.measures.enumerated() {
            if let group = try OutlierSection.group(measure, try values.table.column(column), rows) {
                groups.append(group)
            }
        }
        self.groups = groups
        hasGroups = !groups.isEmpty
        nothing =
            values.known < Outliers.fewest
            ? "Too few videos to tell what is usual: \(Text.count(values.known)) of the \(Outliers.fewest) needed."
            : "Nothing stands out."
    }

    private static func group(
        _ measure: Measure, _ values: [Double?], _ rows: RowFile
    ) throws(SystemError) -> Group? {
        guard let found = Outliers.find(values, sign: measure.sign) else { return nil }
        // What holds of many is a property of the batch.
        if measure.isFlag, found.indices.count * 20 > values.count { return nil }
        var items: [Item] = []
        for index in found.indices.prefix(mostItems) {
            let video = try rows.row(at: index)
            items.append(
                Item(
                    path: Text.shown(video.path, limit: 200), href: Row.link(video),
                    value: measure.isFlag ? "" : measure.text(values[index] ?? 0)))
        }
        let usual =
            measure.isFlag
            ? "\(Text.count(found.indices.count)) of \(Text.plural(values.count { $0 != nil }, "video"))"
            : "median \(measure.text(found.median))"
        return Group(
            name: measure.name, usual: usual, items: items,
            rest: found.indices.count > items.count ? Text.count(found.indices.count - items.count) : nil)
    }

    private static func flag(_ holds: Bool) -> Double { holds ? 1 : 0 }

    /// What a tool compares videos in.
    ///
    /// - Parameter index: its index among the outliers of all tools.
    private static func measure(_ hint: OutlierHint, at index: Int) -> Measure {
        let sign = hint.side == .high ? 1.0 : -1
        let value = { @Sendable (video: ReportVideo) in
            index < video.features.measures.count ? video.features.measures[index] : nil
        }
        switch hint.measure {
        case .value(let name, let decimals):
            return Measure(name: hint.title, sign: sign, value: value) { "\(name) \(Text.decimal($0, decimals))" }
        case .shareOfFrames:
            return Measure(
                name: hint.title, sign: sign,
                value: { video in
                    guard let count = value(video), let frames = video.frames, frames > 0 else { return nil }
                    return count / Double(frames)
                }, text: { Text.decimal($0 * 100, 0) + " % of frames" })
        }
    }

    /// What videos are compared in besides.
    private static let measures = [
        Measure(name: "Truncated", sign: 1, value: { flag($0.features.isTruncated) }, text: { _ in "" }, isFlag: true),
        Measure(
            name: "Variable frame rate", sign: 1, value: { flag($0.features.hasVariableRate) }, text: { _ in "" },
            isFlag: true),
        Measure(
            name: "Wrong duration", sign: 1,
            value: { video in
                guard let frames = video.frames, let declared = video.declared, declared > 0 else { return nil }
                return abs(Double(frames - declared)) / Double(declared)
            }, text: { Text.decimal($0 * 100, 1) + " % of the declared frames off" }),
        Measure(
            name: "Nothing detected", sign: 1, value: { $0.tracks.map { flag($0 == 0) } }, text: { _ in "" },
            isFlag: true),
        Measure(
            name: "Slowest", sign: 1,
            value: { video in
                guard let seconds = video.processorSeconds ?? video.seconds, let frames = video.frames, frames > 0
                else {
                    return nil
                }
                return seconds / Double(frames) * 1000
            }, text: { Text.decimal($0, $0 < 10 ? 1 : 0) + " ms a frame" }),
    ]
}
