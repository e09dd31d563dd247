internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import ToolModel

/// What a changed manifest or schema means for its version.
struct ManifestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest", abstract: "Look after the versions of manifests and schemas.",
        subcommands: [ManifestCheckCommand.self])
}

struct ManifestCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Tell whether the version rose far enough for what changed.",
        discussion: """
            Takes two manifests of plugins, or two schemas of JSON Schema, and says what changed. An input or output that \
            changed, and a tool that is gone, need a major step; a new tool or member a minor one; all else a patch. Before \
            1.0.0 each step is one place further to the right. The version of a schema is its member version, or else \
            the number at the end of its $id, which only a major change has to raise.

            Exit status: 0 far enough, 3 too small, 64 usage, or no manifest and no schema, 66 a file that cannot be read.
            """)

    @Argument(
        help: "The manifest.json or the schema that was released.", completion: .file(), transform: PathArgument.read)
    var old: PathArgument

    @Argument(help: "The one that is to be released.", completion: .file(), transform: PathArgument.read)
    var new: PathArgument

    @Flag(help: "Print the changes as JSON.")
    var json = false

    func run() throws {
        let (before, after) = (try ContractFile(old.path), try ContractFile(new.path))
        guard before.kind == after.kind else {
            throw Failure(
                ExitStatus.usage,
                "\(old.path.display) is a \(before.kind.rawValue) and \(new.path.display) a \(after.kind.rawValue): two of a kind are wanted"
            )
        }
        let check = VersionCheck(from: before, to: after)
        if json { Terminal.output(JSONWriter.text(check.json)) } else { check.lines.forEach { Terminal.output($0) } }
        if !check.isEnough { throw ExitCode(ExitStatus.videosFailed) }
    }
}

/// A file that programs build on.
private struct ContractFile {
    enum Kind: String { case manifest, schema }

    let kind: Kind
    let document: JSON
    let version: SemanticVersion

    /// - Throws: ``Failure`` with 66 for what cannot be read, with 64 for what is neither manifest nor schema.
    init(_ path: RawPath) throws {
        func refuse(_ why: String) -> Failure { Failure(ExitStatus.usage, "\(path.display): \(why)") }
        let bytes: [UInt8]
        do {
            bytes = try Files.read(path, limit: 16 << 20)
        } catch {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        do {
            document = try JSONReader.parse(bytes)
        } catch {
            throw refuse("no strict JSON: \(error)")
        }
        let text = document["version"]?.string
        if document["tools"]?.array != nil, document["id"]?.string != nil {
            kind = .manifest
            guard let text, let number = SemanticVersion(text) else {
                throw refuse("a manifest needs a version of three numbers, such as 1.0.0")
            }
            version = number
        } else if document["$schema"] != nil || document["properties"] != nil {
            kind = .schema
            let major = document["$id"]?.string?.split(whereSeparator: { !$0.isNumber }).last
            guard let number = text.flatMap({ SemanticVersion($0) }) ?? major.flatMap({ SemanticVersion("\($0).0.0") })
            else { throw refuse("a schema needs a version of three numbers, or a $id that ends in a number") }
            version = number
        } else {
            throw refuse("neither a manifest, with id and tools, nor a schema")
        }
    }

    /// Whether the version is known only by its first number.
    var hasMajorOnly: Bool { kind == .schema && document["version"] == nil }
}

/// Two versions, what changed between them, and whether the step is large enough.
private struct VersionCheck {
    private let changes: [VersionChange]
    private let then: SemanticVersion
    private let now: SemanticVersion
    private let step: VersionStep
    private let least: SemanticVersion

    init(from old: ContractFile, to new: ContractFile) {
        changes =
            old.kind == .manifest
            ? VersionChange.manifest(from: old.document, to: new.document)
            : VersionChange.schema(from: old.document, to: new.document)
        (then, now) = (old.version, new.version)
        step = changes.map(\.step).max() ?? .none
        // A number at the end of a $id tells nothing of smaller steps.
        let asked = old.hasMajorOnly && step != .major ? .none : step
        least = then.after(asked) ?? then
    }

    var isEnough: Bool { now >= least }

    var lines: [String] {
        let found = changes.sorted { $0.step > $1.step }.map { "\($0.step): \($0.text)" }
        if changes.isEmpty, isEnough { return ["nothing changed; \(now) after \(then)"] }
        let end =
            isEnough
            ? "\(now) after \(then) is far enough"
            : "\(now) after \(then) is too small a step: it has to be \(least) or more"
        return found + [end]
    }

    var json: JSON {
        .members([
            "from": .string("\(then)"), "to": .string("\(now)"), "step": .string("\(step)"),
            "least": .string("\(least)"),
            "enough": .bool(isEnough),
            "changes": .array(
                changes.map { .members(["step": .string("\($0.step)"), "text": .string($0.text)]) }),
        ])
    }
}
