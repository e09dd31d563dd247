internal import ArgumentParser
internal import Bytes
internal import VideoFormats
internal import VideoWorker

struct FormatsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "formats", abstract: "List the formats that are taken for videos, and those that are not.",
        discussion: """
            A folder is walked by name and by content: a file with one of the extensions is taken, and so is a file of \
            any other name whose first bytes are those of a format. Photos, sound and text are left out. A file that is \
            named on the command line, or by --ext, is always tried.
            """)

    @Flag(help: "Print the lists as JSON.")
    var json = false

    func run() throws {
        let listing = FormatListing(missing: WorkerProgram.missingFormats, libraries: WorkerProgram.libraries)
        if json { return Terminal.output(JSONWriter.text(listing.json)) }
        listing.lines.forEach { Terminal.output($0) }
    }
}

/// What is taken with the linked FFmpeg, and what is recognised and not taken.
struct FormatListing {
    private let taken: [VideoFormat]
    private let untaken: [UntakenFormat]
    private let library: (name: String, version: String)?

    init(missing: Set<String>, libraries: [(name: String, version: String)]) {
        taken = FormatTable.all.filter { !missing.contains($0.id) }
        untaken = FormatTable.untaken + FormatTable.all.filter { missing.contains($0.id) }.map(FormatTable.missing)
        library = libraries.first
    }

    var lines: [String] {
        var rows = [["TAKEN", "FOUND BY", "EXTENSIONS"]]
        for format in taken {
            let found = !format.isFoundBySignature ? "name" : format.extensions.isEmpty ? "content" : "name, content"
            let others = format.otherExtensions.isEmpty ? [] : ["(by content \(names(format.otherExtensions)))"]
            let own = format.extensions.isEmpty ? [] : [names(format.extensions)]
            rows.append([format.title, found, (own + others).joined(separator: " ")])
        }
        var lines = TextTable.aligned(rows) + [""]
        lines += TextTable.aligned(
            [["NOT TAKEN", "EXTENSIONS", "WHAT TO DO"]] + untaken.map { [$0.title, names($0.extensions), $0.advice] })
        return lines + ["", "Left out by name: photos, sound, texts, archives. Found with \(version)."]
    }

    private func names(_ extensions: [String]) -> String { extensions.map { "." + $0 }.joined(separator: " ") }

    private var version: String { library.map { "\($0.name) \($0.version)" } ?? "FFmpeg" }

    var json: JSON {
        func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
        return .members([
            "schema": "forgebatch/formats/1", "library": .string(version),
            "taken": .array(
                taken.map { format in
                    .members([
                        "id": .string(format.id), "title": .string(format.title), "demuxers": list(format.demuxers),
                        "extensions": list(format.extensions), "other_extensions": list(format.otherExtensions),
                        "by_content": .bool(format.isFoundBySignature),
                    ])
                }),
            "not_taken": .array(
                untaken.map { format in
                    .members([
                        "id": .string(format.id), "title": .string(format.title),
                        "extensions": list(format.extensions), "advice": .string(format.advice),
                    ])
                }),
            "left_out": list(FormatTable.notVideo.sorted()),
        ])
    }
}
