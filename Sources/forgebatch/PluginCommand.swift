internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Glibc
internal import ToolModel

/// What authors of plugins use.
struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Make external tools.",
        discussion: """
            A plugin is a folder with a manifest.json and a program in any language that measures frames or whole videos. \
            docs/plugins.md of the sources, share/doc/forgebatch/plugins.md where it was installed, has all there is to know.
            """,
        subcommands: [PluginNewCommand.self, PluginCheckCommand.self])
}

struct PluginNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Make the folder of a new plugin, which works as it is.",
        discussion: """
            Makes the folder NAME with manifest.json, plugin.py and README.md: a tool NAME/NAME that measures the \
            brightness of each frame. It needs Python 3.8 or later and no package.

            Exit status: 0 made, 1 not written, 64 usage, or there is such a file or folder.
            """)

    @Argument(help: "The id of the plugin and of its tool: small letters, digits, _ and -.")
    var name: String

    /// Ids that mean something else in `--tools`.
    private static let taken: Set = [ToolManifest.pluginID, "default", "all"]

    func run() throws {
        guard PluginFiles.isName(name) else {
            throw Failure(
                ExitStatus.usage,
                "'\(Escape.visible(name))' is no id of a plugin: small letters, digits, _ and -, at most 64, a letter or digit first"
            )
        }
        guard !Self.taken.contains(name) else {
            throw Failure(ExitStatus.usage, "'\(name)' means something else in --tools; take another name")
        }
        let folder = RawPath(name)
        // Others may not write there: forgebatch starts no program that they could have changed.
        guard folder.withCString({ mkdir($0, 0o755) }) == 0 else {
            guard errno == EEXIST else { throw SystemError("mkdir", folder) }
            throw Failure(ExitStatus.usage, "\(name) is there already; nothing was changed")
        }
        for file in PluginFiles.skeleton(name: name) {
            try AtomicFile.write(file.bytes, to: folder.appending(file.name), durable: false)
        }
        Terminal.output(
            """
            \(name)/ has manifest.json, plugin.py and README.md. It works as it is:
              forgebatch plugin check \(name)
              forgebatch run VIDEOS --plugin-dir . --tools default,+\(name)/\(name)
            """)
    }
}
