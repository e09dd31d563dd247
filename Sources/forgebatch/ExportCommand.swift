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
            Takes the results of all videos, or of one. Without --out the export goes to standard output; MOT has a file a \
            video, so several videos need --out DIR/.

            Tables of csv and ndjson: frames, a row for each frame with its time in seconds and every measure as \
            TOOL.KEY (forgebatch tools explains them); videos, a row for each video with verdict, counts, size and \
            duration in seconds; events, a row for each with its first and last frame and their seconds; objects, a row \
            for each object in each frame with its box in pixels. Each row begins with job_id and path. Every column is \
            described in docs/exports.md of the sources, share/doc/forgebatch/exports.md where it was installed.

            Exit status: 0 written, 1 not written, 64 usage, 66 no such folder, video or result.
            """)

    @Argument(help: "The output folder of a run.", completion: .file(), transform: PathArgument.read)
    var output: PathArgument

    @Option(help: ArgumentHelp(ExportCommand.formats, valueName: "format"))
    var format: String?

    @Option(
        help: ArgumentHelp("What a row of csv and ndjson is: frames, videos, events, objects.", valueName: "table"))
    var table: ExportTable?

    @Option(
        name: .customLong("job"), help: ArgumentHelp("One video: its job id or its relative path.", valueName: "job"))
    var video: PathArgument?

    @Flag(help: "Leave out videos that are gone from their places.")
    var skipGone = false

    @Option(
        name: [.customShort("o"), .customLong("out")],
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
        let names = ExportRegistry.all.map { $0.name }
        guard let format else {
            let folder = Escape.shell(output.path.bytes)
            throw Failure(
                ExitStatus.usage,
                "say which format: --format \(names.joined(separator: ", ")), as in forgebatch export \(folder) --format csv"
            )
        }
        guard let chosen = ExportRegistry.format(format) else {
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
        let layout = OutputLayout(root: output.path)
        guard Files.exists(layout.runs) || Files.exists(layout.results) else {
            throw Failure(
                ExitStatus.unreadableInput, "\(output.path.display): \(OutputArgument.absence(output.path))")
        }
        do {
            let export = try Export(OutputLayout(root: output.path), video: video?.path, gone: !skipGone)
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
                    "\(format.name) has a file a video, and there are \(videos): name a folder with --out DIR/")
            }
            return .stream(StandardOutput.write)
        }
        let isFolder = path.bytes.last == UInt8(ascii: "/") || (try? Files.status(path))?.kind == .directory
        if isFolder { return .folder(path) }
        guard !format.isPerVideo || videos == 1 else {
            throw Failure(
                ExitStatus.usage,
                "--out \(path.display): \(format.name) has a file a video, and there are \(videos): name a folder, as \(path.display)/"
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
