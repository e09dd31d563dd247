package import Bytes
internal import Store
package import ToolModel

/// A plugin that lies in a folder and can be used, as far as its manifest tells.
package struct FoundPlugin: Sendable {
    package let manifest: PluginManifest
    /// Absolute, without links.
    package let folder: RawPath
    /// The manifest as it lies there.
    private let bytes: [UInt8]

    package var id: String { manifest.id }

    /// Its tools, for names and settings; what else results depend on is not known of them yet.
    package var tools: [ToolDescriptor] { Plugin(manifest, fingerprint: "").tools }

    /// Bytes of the longest manifest that is read.
    private static let manifestLimit = 1 << 20

    static func read(_ folder: RawPath) -> Result<FoundPlugin, PluginFindings.Unusable> {
        var id = Escape.visible(folder.lastComponent.display)
        func refuse(_ reason: String) -> Result<FoundPlugin, PluginFindings.Unusable> {
            .failure(PluginFindings.Unusable(id: id, folder: folder, reason: reason))
        }
        let path = folder.appending(PluginManifest.fileName)
        // Who can change the plugin can do whatever its user can.
        if let fault = Ownership.fault(folder) { return refuse(fault) }
        do {
            if let fault = Ownership.fault(try Files.resolve(path)) { return refuse(fault) }
            let bytes = try Files.read(path, limit: manifestLimit)
            let json = try JSONReader.parse(bytes)
            if let text = json["id"]?.string { id = Escape.visible(text) }
            return .success(FoundPlugin(manifest: try PluginManifest(json), folder: folder, bytes: bytes))
        } catch let error as SystemError {
            return refuse("\(PluginManifest.fileName): \(error.reason)")
        } catch {
            return refuse("\(PluginManifest.fileName): \(error)")
        }
    }

    /// The plugin with the fingerprint of its files.
    ///
    /// - Parameter device: the kind on which it is worked: `cpu`, `cuda`.
    /// - Throws: ``ManifestError`` for a file that is not there or may be changed by others.
    /// - Complexity: reads all that `files` of its manifest names.
    package func plugin(device: String) throws(ManifestError) -> Plugin {
        Plugin(manifest, fingerprint: try PluginFingerprint.of(manifest, bytes, in: folder), device: device)
    }

    /// Why it must not be used with such inputs and such an output: it lies in one of them, or one of them in it. Whoever
    /// brings a video must not bring a program. Paths are compared, and nothing is looked at.
    ///
    /// - Parameter places: absolute, with what to call them.
    package func conflict(with places: [(path: RawPath, name: String)]) -> String? {
        for (path, name) in places where folder.isInside(path) || path.isInside(folder) {
            return folder.isInside(path)
                ? "it lies in \(name), \(path.display): move it to a folder of its own"
                : "\(name), \(path.display), lies in it: keep videos and results out of the folders of plugins"
        }
        return nil
    }
}

extension ChosenPlugin {
    /// What the output folder keeps of it.
    var copy: PluginCopy? { PluginCopy(manifest: plugin.manifest.json, fingerprint: plugin.fingerprint) }
}

/// A plugin of a run, and the tools of it that the run asks for.
package struct ChosenPlugin: Sendable {
    package let plugin: Plugin
    /// Absolute, without links.
    package let folder: RawPath
    /// Ids of tools of its manifest, in the order in which they were named.
    package let tools: [String]
    /// What it may be worked on: `cpu` alone, or `cuda:0` and so on.
    package let devices: [String]

    package init(plugin: Plugin, folder: RawPath, tools: [String], devices: [String]) {
        self.plugin = plugin
        self.folder = folder
        self.tools = tools
        self.devices = devices
    }
}
