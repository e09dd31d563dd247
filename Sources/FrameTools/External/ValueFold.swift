internal import ToolModel

/// Events of an external tool's values that pass thresholds, and their statistics.
///
/// A frame without the value, one that was not looked at or in which it is undefined, ends nothing.
struct ValueFold {
    private struct Rule {
        let rule: PluginTool.Conclusion.ValueRule
        let threshold: Double
        /// The stretch that goes on, with the most extreme value and the first frame that has it.
        private var current: (stretch: Stretch, value: Double, frame: Int, time: Double)?

        init(_ rule: PluginTool.Conclusion.ValueRule, threshold: Double) {
            (self.rule, self.threshold) = (rule, threshold)
        }

        private func holds(_ value: Double) -> Bool { rule.side == .over ? value >= threshold : value <= threshold }

        private func isBeyond(_ value: Double, _ other: Double) -> Bool {
            rule.side == .over ? value > other : value < other
        }

        /// Takes a frame's value, nil where it has none; the answer is what ended before it.
        mutating func take(_ value: Double?, tool: String, frame: Int, time: Double) -> ToolEvent? {
            guard let value, holds(value) else {
                current?.stretch.pass(time: time, isLookedAt: value != nil)
                return value == nil ? nil : close(tool: tool, end: nil)
            }
            guard var going = current else {
                current = (Stretch(frame: frame, time: time), value, frame, time)
                return nil
            }
            going.stretch.extend(frame: frame, time: time)
            if isBeyond(value, going.value) { (going.value, going.frame, going.time) = (value, frame, time) }
            current = going
            return nil
        }

        /// - Parameter end: seconds at which the video ends; nil while it goes on.
        mutating func close(tool: String, end: Double?) -> ToolEvent? {
            guard let going = current else { return nil }
            current = nil
            var event: ToolEvent
            switch rule.form {
            case .span: event = going.stretch.event(tool: tool, type: rule.event, end: end)
            case .peak:
                event = ToolEvent(
                    tool: tool, type: rule.event, startFrame: going.frame, endFrame: going.frame, start: going.time,
                    end: going.time)
            }
            event.values.set("value", going.value)
            return event
        }
    }

    private let id: String
    private var rules: [Rule]
    private var statistics: [(key: String, numbers: Statistic)]
    private(set) var events: [ToolEvent] = []

    init(_ id: String, _ tool: PluginTool, _ settings: ToolSettings) {
        self.id = id
        rules = tool.conclusion.values.map { Rule($0, threshold: settings.number($0.threshold)) }
        statistics = tool.values.map { ($0.key, Statistic()) }
    }

    mutating func fold(_ record: Measurement, frame: Int, time: Double) {
        for index in statistics.indices { statistics[index].numbers.add(record[statistics[index].key]) }
        for index in rules.indices {
            let value = record[rules[index].rule.value]
            if let event = rules[index].take(value, tool: id, frame: frame, time: time) { events.append(event) }
        }
    }

    mutating func finish(end: Double) {
        for index in rules.indices {
            if let event = rules[index].close(tool: id, end: end) { events.append(event) }
        }
    }

    /// Mean, least and most of each value, and how many events of each kind there are.
    func summarize(into summary: inout Measurement) {
        for (key, numbers) in statistics {
            summary.set("\(key)_avg", numbers.mean)
            summary.set("\(key)_min", numbers.least)
            summary.set("\(key)_max", numbers.most)
        }
        for type in rules.map(\.rule.event) {
            summary.set(PluginTool.countKey(type), Double(events.count { $0.type == type }))
        }
    }
}
