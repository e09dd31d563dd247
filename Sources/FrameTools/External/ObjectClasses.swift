internal import ToolModel

/// The classes of an external tool's objects: their numbers and names, what was found of each, and when.
struct ObjectClasses {
    /// A class of objects, by its number and its name.
    struct Class: Hashable {
        let id: Int
        let name: String
    }

    private struct Presence {
        let name: String
        var stretch: Stretch
        /// Most at once.
        var count: Int
    }

    /// Seconds without an object of a class that do not end its presence.
    static let pause = 1.0

    private let id: String
    private let tool: PluginTool
    /// Names that the tool gives without a number, and that its manifest does not have, in the order in which they came.
    private var others: [String] = []
    private(set) var counts: [ClassCount] = []
    private var places: [String: Int] = [:]
    private var present: [Presence] = []
    private(set) var events: [ToolEvent] = []

    init(_ id: String, _ tool: PluginTool) { (self.id, self.tool) = (id, tool) }

    /// The class of a candidate. Where it has no number, that is the place of its name in the manifest, or behind those;
    /// where it has nothing, it is class 0.
    mutating func of(_ candidate: Candidate) -> Class {
        if let number = candidate.classID {
            return Class(id: number, name: candidate.className ?? tool.className(number))
        }
        guard let name = candidate.className else { return Class(id: 0, name: tool.className(0)) }
        if let place = tool.classes.firstIndex(of: name) { return Class(id: place, name: name) }
        let place = others.firstIndex(of: name) ?? others.count
        if place == others.count { others.append(name) }
        return Class(id: tool.classes.count + place, name: name)
    }

    /// Counts the objects of a frame that was looked at.
    mutating func fold(_ objects: [Detection], frame: Int, time: Double) {
        var here: [(name: String, count: Int)] = []
        for object in objects {
            counts[place(object.className)].detections += 1
            if let index = here.firstIndex(where: { $0.name == object.className }) {
                here[index].count += 1
            } else {
                here.append((object.className, 1))
            }
        }
        for (name, count) in here { hold(name, count, frame: frame, time: time) }
        for index in present.indices where present[index].stretch.last.frame != frame {
            present[index].stretch.pass(time: time, isLookedAt: true)
        }
        let limit = time - ObjectClasses.pause - 5e-7
        close { $0.stretch.isOver && $0.stretch.last.time < limit }
    }

    private mutating func hold(_ name: String, _ count: Int, frame: Int, time: Double) {
        guard let index = present.firstIndex(where: { $0.name == name }) else {
            present.append(Presence(name: name, stretch: Stretch(frame: frame, time: time), count: count))
            return
        }
        // It was looked for in vain in between, and for too long.
        if present[index].stretch.isOver, present[index].stretch.last.time < time - ObjectClasses.pause - 5e-7 {
            report(present[index], end: nil)
            present[index] = Presence(name: name, stretch: Stretch(frame: frame, time: time), count: count)
            return
        }
        present[index].stretch.extend(frame: frame, time: time)
        present[index].count = max(present[index].count, count)
    }

    /// Passes a frame that was not looked at.
    mutating func pass(time: Double) {
        for index in present.indices { present[index].stretch.pass(time: time, isLookedAt: false) }
    }

    /// An object of a class was told apart from the others.
    mutating func count(_ name: String) { counts[place(name)].objects = (counts[place(name)].objects ?? 0) + 1 }

    private mutating func place(_ name: String) -> Int {
        if let place = places[name] { return place }
        places[name] = counts.count
        counts.append(ClassCount(name: name))
        return counts.count - 1
    }

    mutating func finish(end: Double) { close(end: end) { _ in true } }

    private mutating func close(end: Double? = nil, where isClosed: (Presence) -> Bool) {
        for presence in present where isClosed(presence) { report(presence, end: end) }
        present.removeAll(where: isClosed)
    }

    private mutating func report(_ presence: Presence, end: Double?) {
        var event = presence.stretch.event(tool: id, type: PluginTool.presenceEvent, end: end)
        event.className = presence.name
        event.values.set("count", Double(presence.count))
        events.append(event)
    }
}
