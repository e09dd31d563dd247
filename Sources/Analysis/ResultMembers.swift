package import Bytes
internal import FrameResults
package import FrameTools

extension Box {
    /// x1, y1, x2, y2.
    package var corners: [Double] { [x1, y1, x2, y2] }
}

extension TrackedObject {
    init(_ detection: Detection) {
        self.init(
            track: detection.track, classID: detection.classID, className: detection.className,
            corners: detection.box.corners)
    }
}

extension Measurement {
    /// As results hold the numbers.
    package var members: [JSON.Member] { values.map { JSON.Member($0.key, .double($0.value)) } }

    /// What a result holds of a frame under a tool's id.
    package init(stored json: JSON?) {
        self.init()
        for member in json?.members ?? [] {
            if let value = member.value.double { set(member.key, value) }
        }
        regions = (json?["regions"]?.array ?? []).compactMap { region in
            let corners = region.array?.compactMap(\.double) ?? []
            return corners.count == 4 ? Box(x1: corners[0], y1: corners[1], x2: corners[2], y2: corners[3]) : nil
        }
    }
}

extension ToolEvent {
    /// As results hold it.
    package var json: JSON {
        EventRecord(
            tool: tool, type: type, startFrame: startFrame, endFrame: endFrame, start: start, end: end,
            isOpenAtEnd: isOpenAtEnd, values: values.members
        ).json
    }
}

extension JSON {
    /// Events of all tools in the order of their first frame; those of one frame stay in their order.
    package static func events(_ events: [JSON]) -> [JSON] {
        events.enumerated().sorted {
            ($0.element["start_frame"]?.int ?? 0, $0.offset) < ($1.element["start_frame"]?.int ?? 0, $1.offset)
        }.map(\.element)
    }
}
