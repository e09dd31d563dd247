internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Glibc
internal import Jobs

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write results as CSV, NDJSON, COCO or MOT.",
        discussion: """
            Takes the results of all videos, or of one. docs/exports.md describes every column. Without --output the \
            export goes to standard output; MOT has a file a video, so several videos need --output DIR/.

            Exit status: 0 written, 1 not written, 64 usage, 66 no such folder, video or result.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Option(help: ArgumentHelp(ExportCommand.formats, valueName: "format"))
    var format: String

    @Option(
        help: ArgumentHelp("What a row of csv and ndjson is: frames, videos, events, objects.", valueName: "table"))
    var table: ExportTable?

    @Option(
        name: .customLong("job"), help: ArgumentHelp("One video: its job id or its relative path.", valueName: "job"))
    var video: PathArgument?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp(
            "A file, written whole or not at all; or a folder for a file a video.", valueName: "file|dir"),
        completion: .file(), transform: PathArgument.read)
    var destination: PathArgument?

    @Flag(
        help:
            "Put an apostrophe before texts of csv that a spreadsheet would take for formulas: those that begin with = + - @, a tab or an end of line."
    )
    var spreadsheetSafe = false

    private static var formats: String {
        ExportRegistry.all.map { "\($0.name) (\($0.title))" }.joined(separator: ", ") + "."
    }

    func run() throws {
        guard let chosen = ExportRegistry.format(format) else {
            let names = ExportRegistry.all.map { $0.name }
            throw Failure(
                ExitStatus.usage,
                "--format \(Escape.visible(format)): there is no such format\(Suggestion.text(for: format, among: names))"
            )
        }
        if let table, !chosen.hasTables {
            throw Failure(ExitStatus.usage, "--table \(table.rawValue): \(chosen.name) always tells of objects")
        }
        if spreadsheetSafe, chosen.name != "csv" {
            throw Failure(ExitStatus.usage, "--spreadsheet-safe: this is about csv; \(chosen.name) has no formulas")
        }
        do {
            let export = try Export(OutputLayout(root: output.path), video: video?.path)
            let target = try target(chosen, videos: export.count)
            try export.write(
                chosen, table: table ?? .frames, isSpreadsheetSafe: spreadsheetSafe, version: Forgebatch.version,
                scratch: Files.scratchFolder, to: target)
        } catch let error as ArchiveError {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        } catch is ReaderIsGone {
            // A reader that has seen enough is no error.
        }
    }

    private func target(_ format: any ExportFormat.Type, videos: Int) throws -> Export.Target {
        guard let path = destination?.path else {
            guard !format.isPerVideo || videos == 1 else {
                throw Failure(
                    ExitStatus.usage,
                    "\(format.name) has a file a video, and there are \(videos): name a folder with --output DIR/")
            }
            return .stream(StandardOutput.write)
        }
        let isFolder = path.bytes.last == UInt8(ascii: "/") || (try? Files.status(path))?.kind == .directory
        if isFolder { return .folder(path) }
        guard !format.isPerVideo || videos == 1 else {
            throw Failure(
                ExitStatus.usage,
                "--output \(path.display): \(format.name) has a file a video, and there are \(videos): name a folder, as \(path.display)/"
            )
        }
        return .file(path)
    }
}

extension ExportTable: ExpressibleByArgument {}

/// Nobody reads standard output any more.
private struct ReaderIsGone: Error {}

private enum StandardOutput {
    static func write(_ bytes: [UInt8]) throws {
        do throws(SystemError) {
            try Files.write(bytes, to: .standardOutput, path: RawPath("standard output"))
        } catch {
            if error.code == EPIPE { throw ReaderIsGone() }
            throw error
        }
    }
}
