internal import BatchRun
internal import Bytes
internal import FrameTools
internal import ToolModel

/// The plugins that a command can use. They are looked for when the first of them is asked for, and once.
final class PluginSource {
    private let folders: PluginFolders
    private var found: PluginFindings?

    /// - Parameter named: of `--plugin-dir`; they count most.
    init(_ named: [RawPath]) { folders = PluginFolders(PluginSource.places(named)) }

    /// Flag, environment, the user's folder, the system's.
    private static func places(_ named: [RawPath]) -> [PluginFolders.Place] {
        var places = named.map { PluginFolders.Place($0, isNamed: true) }
        func add(_ path: RawPath) { places.append(PluginFolders.Place(path)) }
        for text in (Terminal.environment("FORGEBATCH_PLUGIN_PATH") ?? "").split(separator: ":") {
            if let path = try? PathArgument.read(String(text)).path { add(path) }
        }
        let below = "forgebatch/plugins"
        if let data = Terminal.environment("XDG_DATA_HOME"), data.hasPrefix("/") {
            add(RawPath(data).appending(below))
        } else if let home = Terminal.environment("HOME"), !home.isEmpty {
            add(RawPath(home).appending(".local/share").appending(below))
        }
        add(RawPath("/usr/local/share").appending(below))
        add(RawPath("/usr/share").appending(below))
        if let program = try? Files.linkTarget(RawPath("/proc/self/exe")) {
            add(program.parent.parent.appending("share").appending(below))
        }
        return places
    }

    /// - Throws: ``Failure`` for a folder that was named and cannot be read.
    func findings() throws -> PluginFindings {
        if let found { return found }
        do throws(SystemError) {
            let all = try folders.search()
            found = all
            return all
        } catch {
            throw Failure(ExitStatus.unreadableInput, "--plugin-dir \(error.path): \(error.reason)")
        }
    }

    /// The external tools.
    func tools() throws -> [ToolDescriptor] { try findings().usable.flatMap(\.tools) }

    /// All tools: this program's, then external ones.
    func known() throws -> [ToolDescriptor] { ToolRegistry.descriptors + (try tools()) }

    /// Why the plugin of a name cannot be used; nil when there is none of it, or it can.
    func fault(_ name: String) throws -> String? {
        let plugin = String(name.prefix { $0 != "/" })
        guard let fault = try findings().unusable.first(where: { $0.id == plugin }) else { return nil }
        return "\(Escape.visible(name)): the plugin in \(fault.folder.display) cannot be used: \(fault.reason)"
    }

    /// What to say of a name that no tool has.
    ///
    /// - Parameter more: names that are none of a tool.
    func hint(_ name: String, more: [String] = []) throws -> String {
        // The plugin's name is no part of what was mistyped.
        let prefix = ToolManifest.pluginID + "/"
        let word = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        let near = Suggestion.near(word, among: ToolResolver.names(among: try known()) + more)
        if !near.isEmpty { return "did you mean \(near)?" }
        guard name.contains("/"), !name.hasPrefix(prefix) else { return "forgebatch tools lists them" }
        let plugin = String(name.prefix { $0 != "/" })
        let own = try tools().filter { $0.origin?.plugin.manifest.id == plugin }.map(\.id)
        return own.isEmpty
            ? "no plugin '\(Escape.visible(plugin))' was found: --plugin-dir says where it lies, and forgebatch tools lists what there is"
            : "\(plugin) has \(own.joined(separator: ", "))"
    }
}

extension ToolNames {
    /// Refuses plugins that came with the videos, or that results would be written over.
    ///
    /// - Parameter output: the output folder.
    func refuse(_ survey: InputSurvey, output: RawPath) throws {
        guard !plugins.isEmpty else { return }
        let here = Files.currentDirectory()
        func absolute(_ path: RawPath) -> RawPath { path.isAbsolute ? path : here.appending(path) }
        func places(_ entries: [InputSurvey.Entry], _ name: String) -> [(path: RawPath, name: String)] {
            entries.map { ($0.resolved ?? absolute($0.path), name) }
        }
        let folder = absolute(output)
        let resolved =
            (try? Files.resolve(folder)) ?? (try? Files.resolve(folder.parent))?.appending(folder.lastComponent)
        let all =
            places(survey.inputs, "the input") + places(survey.listed, "a path of --files-from")
            + places(survey.named, "the folder of --root") + [(resolved ?? folder, "the output folder")]
        for plugin in plugins {
            if let fault = plugin.conflict(with: all) {
                throw Failure(
                    ExitStatus.configuration, "the plugin \(plugin.id) in \(plugin.folder.display) is refused: \(fault)"
                )
            }
        }
    }
}
