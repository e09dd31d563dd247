internal import FrameResults
internal import ToolModel

/// The lanes of external tools: one for each class, and one for each value. They are made of what a result holds, so that a
/// plugin that is gone has them, too.
struct ExternalLanes {
    let fold: Fold
    let facts: ResultFacts
    let tools: ReportTools
    let colours: ClassColours

    /// A value of a tool with what stands behind it.
    struct Value {
        let series: Series
        let events: [EventRecord]
    }

    /// The values of external tools over the frames.
    var values: [Value] {
        fold.timeSeries(tools).filter { ToolDescriptor.isExternal($0.tool) }.map { series in
            Value(series: series, events: events(series))
        }
    }

    /// The events of a value: those that its tool makes of it, or all of the tool that are about no class where it is not
    /// known which they are.
    private func events(_ series: Series) -> [EventRecord] {
        let types = tools.events(series.tool, series.key)
        return facts.events.filter { event in
            guard event.tool == series.tool, event.className == nil, event.track == nil else { return false }
            return types?.contains(event.type) ?? true
        }
    }

    /// The stretches in which there are objects of a class, where a tool tells them.
    func presence(_ found: ClassFold.Found) -> [EventRecord] {
        facts.events.filter { event in
            event.className == found.name && event.track == nil && (found.tool.isEmpty || event.tool == found.tool)
        }
    }
}

extension LaneChart {
    /// The lane of a class: stretches in which there is one, and how many there are as a line.
    func lane(_ found: ClassFold.Found, _ external: ExternalLanes) -> Lane? {
        guard let range = found.series.range, range.high > 0 else { return nil }
        let name = Text.shown(found.name, limit: 40)
        let most = Text.plural(Int(range.high), "object")
        let share = Double(found.framesWith) / Double(max(1, found.series.total)) * 100
        let note = "in \(Text.decimal(share, share < 10 ? 1 : 0)) % of the frames, at most \(most)"
        var lane = Lane(
            title: name, unit: "objects", meaning: found.tool.isEmpty ? "" : "By \(Text.shown(found.tool, limit: 60)).",
            note: note, label: "\(name) over frames: \(note)", kind: external.colours.style(found.name))
        lane.line = Shape.line(highs(found.series).map { ($0 ?? 0) / range.high })
        let presence = external.presence(found)
        lane.spans =
            presence.isEmpty ? Shape.spans(highs(found.series).map { ($0 ?? 0) > 0 }) : spans(presence)
        return lane
    }

    /// The lane of a value: a band, or peaks where its events are moments.
    func lane(_ value: ExternalLanes.Value, _ tools: ReportTools) -> Lane? {
        guard let range = value.series.range else { return nil }
        let (tool, key) = (value.series.tool, value.series.key)
        let bounds = tools.bounds(tool, key)
        let bottom = min(bounds.least ?? 0, range.low)
        let top = max(bounds.most ?? range.high, range.high)
        guard top > bottom else { return nil }
        func share(_ values: [Double?]) -> [Double?] { values.map { $0.map { ($0 - bottom) / (top - bottom) } } }
        let moments = value.events.filter(\.isMoment)
        var note = "\(Text.decimal(range.low, 3)) to \(Text.decimal(range.high, 3))"
        if let mean = value.series.mean { note += ", mean \(Text.decimal(mean, 3))" }
        if !value.events.isEmpty { note += ", \(Text.plural(value.events.count, "event"))" }
        var lane = Lane(
            title: Text.shown(key, limit: 40), unit: Text.shown(tool, limit: 60),
            meaning: Text.shown(tools.help(tool, key) ?? "", limit: 160), note: note,
            label: "\(Text.shown("\(tool) \(key)", limit: 100)) over frames: \(note)", kind: ReportTools.external)
        if moments.isEmpty {
            lane.area = Shape.band(share(lows(value.series)), share(highs(value.series)))
            lane.line = Shape.line(share(means(value.series)))
        } else {
            lane.area = Shape.area(share(highs(value.series)).map { $0 ?? 0 })
            lane.ticks = ticks(Set(moments.map(\.startFrame)))
        }
        lane.spans = spans(value.events.filter { !$0.isMoment })
        return lane
    }
}
