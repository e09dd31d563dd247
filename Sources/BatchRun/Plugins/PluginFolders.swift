package import Bytes
internal import ToolModel

/// The folders in which plugins are looked for, the first counts most.
package struct PluginFolders: Sendable {
    package struct Place: Equatable, Sendable {
        /// A folder of plugins, or the folder of one.
        package var path: RawPath
        /// Whether a person named it for this very command: it has to be there then.
        package var isNamed: Bool

        package init(_ path: RawPath, isNamed: Bool = false) {
            self.path = path
            self.isNamed = isNamed
        }
    }

    package var places: [Place]

    package init(_ places: [Place]) { self.places = places }

    /// Looks for plugins and reads their manifests, and none of their other files.
    ///
    /// - Throws: `SystemError` for a folder that was named and cannot be read.
    /// - Complexity: a list of each place, and a small file and some `stat` for each folder in it that has a manifest.
    package func search() throws(SystemError) -> PluginFindings {
        var findings = PluginFindings()
        for place in places {
            do throws(SystemError) {
                let folder = try Files.resolve(place.path)
                for folder in try PluginFolders.candidates(in: folder) { findings.take(folder) }
            } catch {
                if place.isNamed { throw error }
            }
        }
        return findings
    }

    /// Folders with a manifest: this one, or those in it.
    private static func candidates(in folder: RawPath) throws(SystemError) -> [RawPath] {
        func hasManifest(_ folder: RawPath) -> Bool { Files.exists(folder.appending(PluginManifest.fileName)) }
        if hasManifest(folder) { return [folder] }
        return try Files.list(folder).filter { $0.bytes.first != UInt8(ascii: ".") }.map { folder.appending($0) }
            .filter { hasManifest($0) }
    }
}

/// What lies in the folders of plugins.
package struct PluginFindings: Sendable {
    /// One that cannot be used.
    package struct Unusable: Equatable, Sendable {
        /// Of its manifest, or else the name of its folder.
        package var id: String
        package var folder: RawPath
        /// A sentence that says what to do.
        package var reason: String
    }

    /// In the order in which they were found, each id once.
    package private(set) var usable: [FoundPlugin] = []
    package private(set) var unusable: [Unusable] = []
    /// What a person may want to know, a sentence each: of plugins that stand behind others of their ids.
    package private(set) var notes: [String] = []
    private var folders: Set<RawPath> = []
    private var owners: [String: RawPath] = [:]

    package init() {}

    /// - Parameter given: a folder with a manifest; links are followed.
    fileprivate mutating func take(_ given: RawPath) {
        guard let folder = try? Files.resolve(given), folders.insert(folder).inserted else { return }
        let found = FoundPlugin.read(folder)
        let id =
            switch found {
            case .success(let plugin): plugin.id
            case .failure(let plugin): plugin.id
            }
        if let first = owners[id] {
            notes.append("the plugin \(id) in \(folder.display) is not used: the one in \(first.display) comes first")
            return
        }
        owners[id] = folder
        switch found {
        case .success(let plugin): usable.append(plugin)
        case .failure(let plugin): unusable.append(plugin)
        }
    }
}

extension PluginFindings.Unusable: Error {}
