package import Bytes

/// What had to be left out of a result because JSON cannot hold it.
package struct SanitizerCounts: Equatable, Sendable {
    package var droppedValues = 0
    package var droppedObjects = 0
    package init() {}

    /// What tools themselves had to leave out.
    ///
    /// - Parameter summary: of a result, by tool.
    init(told summary: JSON?) {
        for tool in summary?.members ?? [] {
            droppedValues += tool.value["dropped_values"]?.int ?? 0
            droppedObjects += tool.value["dropped_objects"]?.int ?? 0
        }
    }
}

/// The one gate that values pass on their way into a file.
///
/// A null or a number that is not finite takes its key with it. Inside a list of coordinates it takes the detection
/// that holds the list; inside any other list, the key that holds the list. Everything that goes is counted.
package struct Sanitizer {
    package private(set) var counts = SanitizerCounts()

    /// Lists whose length has a meaning: without one of their numbers the object around them means nothing.
    private static let coordinates: Set<String> = ["xyxy", "center", "bbox", "xywh", "keypoints"]

    package init() {}

    /// Counts what was left out before it came here.
    package mutating func count(_ more: SanitizerCounts) {
        counts.droppedValues += more.droppedValues
        counts.droppedObjects += more.droppedObjects
    }

    /// A number that may be written, or nil, counted.
    package mutating func number(_ value: Double) -> Double? {
        if value.isFinite { return value }
        counts.droppedValues += 1
        return nil
    }

    /// Whether a list of four coordinates may be written; without one of them it means nothing, and is counted.
    package mutating func accepts(_ corners: [Double]) -> Bool {
        if corners.count == 4, corners.allSatisfy(\.isFinite) { return true }
        counts.droppedObjects += 1
        return false
    }

    /// A clean copy; an empty object when the value itself cannot be kept.
    package mutating func clean(_ value: JSON) -> JSON {
        switch visit(value) {
        case .kept(let result): return result
        case .dropped: break
        case .objectDropped: counts.droppedObjects += 1
        }
        return .object([])
    }

    private enum Outcome {
        case kept(JSON)
        /// This value cannot be kept, nor can its key.
        case dropped
        /// Nor can the object with that key.
        case objectDropped
    }

    private mutating func visit(_ value: JSON) -> Outcome {
        switch value {
        case .null:
            counts.droppedValues += 1
            return .dropped
        case .double(let number):
            guard let kept = self.number(number) else { return .dropped }
            return .kept(.double(kept))
        case .bool, .int, .string: return .kept(value)
        case .array(let elements): return list(elements)
        case .object(let members): return object(members)
        }
    }

    private mutating func list(_ elements: [JSON]) -> Outcome {
        var result: [JSON] = []
        for element in elements {
            switch visit(element) {
            case .kept(let value): result.append(value)
            case .dropped: return .dropped
            // A detection goes alone; its neighbours in the list stay.
            case .objectDropped: counts.droppedObjects += 1
            }
        }
        return .kept(.array(result))
    }

    private mutating func object(_ members: [JSON.Member]) -> Outcome {
        var result: [JSON.Member] = []
        for member in members {
            switch visit(member.value) {
            case .kept(let value): result.append(JSON.Member(member.key, value))
            case .dropped:
                if Sanitizer.coordinates.contains(member.key) { return .objectDropped }
            case .objectDropped:
                counts.droppedObjects += 1
            }
        }
        return .kept(.object(result))
    }
}
