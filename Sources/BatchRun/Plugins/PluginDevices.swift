package import ToolModel

/// What plugins of a run may be worked on: `--plugin-devices`.
package struct PluginDevices: Equatable, Sendable {
    /// `cpu`, `cuda:0`, …: each once, in the order in which they were given.
    package let places: [String]

    private static let cuda = "cuda"

    /// The processors alone.
    package static let standard = PluginDevices(places: ["cpu"])

    private init(places: [String]) { self.places = places }

    /// Nil for a list with a word that is no device.
    package init?(_ list: String) {
        var places: [String] = []
        for word in list.split(separator: ",", omittingEmptySubsequences: false) {
            let word = String(word.filter { $0 != " " })
            guard word == "cpu" || PluginDevices.isGraphics(word) else { return nil }
            if !places.contains(word) { places.append(word) }
        }
        self.places = places
    }

    private static func isGraphics(_ word: String) -> Bool {
        let number = word.dropFirst(cuda.count + 1)
        return word.hasPrefix(cuda + ":") && (1...3).contains(number.utf8.count)
            && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// The kind of device on which a plugin is worked, and which ones: graphics cards where both the list and the plugin
    /// have them, else the processors, which are always there. Nil where the plugin needs a card and the list has none.
    package func devices(of manifest: PluginManifest) -> (kind: String, places: [String])? {
        let cards = places.filter { $0 != "cpu" }
        if manifest.devices.contains(PluginDevices.cuda), !cards.isEmpty { return (PluginDevices.cuda, cards) }
        return manifest.devices.contains("cpu") ? ("cpu", ["cpu"]) : nil
    }
}
