/// The colours of classes: seven hues and a grey of which people who see no red or no green tell one from another, after the
/// palette of Okabe and Ito, each in a tone for pictures and, in the stylesheet, one for light and one for dark paper.
///
/// A class has the colour that its name comes to, on every page the same, unless another class of the video has that one.
/// Its name stands beside it everywhere.
struct ClassColours {
    /// On pictures, over a dark edge.
    private static let onPictures = [
        "#e69f00", "#56b4e9", "#2fc79a", "#f0e442", "#7fa8ff", "#ff8243", "#ee9fd0", "#e8e8e8",
    ]
    /// Of what no tool names.
    static let plain = "#fd3"

    private let slots: [String: Int]

    init(_ names: Set<String>) {
        var slots: [String: Int] = [:]
        var free = Set(ClassColours.onPictures.indices)
        for name in names.sorted() {
            var slot = ClassColours.own(name)
            if !free.isEmpty { while !free.contains(slot) { slot = (slot + 1) % ClassColours.onPictures.count } }
            free.remove(slot)
            slots[name] = slot
        }
        self.slots = slots
    }

    /// The name of a class's colour in the stylesheet.
    func style(_ name: String) -> String { "k\(slot(name))" }

    /// Its colour on pictures.
    func onPicture(_ name: String?) -> String { name.map { ClassColours.onPictures[slot($0)] } ?? ClassColours.plain }

    private func slot(_ name: String) -> Int { slots[name] ?? ClassColours.own(name) }

    /// FNV-1a of 32 bits, begun so that person, car, bicycle, face, truck, dog, ball and cat come to eight different colours.
    private static func own(_ name: String) -> Int {
        let hash = name.utf8.reduce(UInt32(20_588)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return Int((hash ^ hash >> 16) % UInt32(onPictures.count))
    }
}
