internal import Archive
internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check an output folder or a result: strict JSON, schema, hashes, logs.",
        discussion: "Prints each breach. Exit status: 0 everything is in order, 3 breaches, 66 unreadable.")

    @Argument(help: "An output folder, or one result.", completion: .file(), transform: PathArgument.read)
    var path: PathArgument

    @Flag(help: "Print the breaches as JSON, one a line.")
    var json = false

    func run() throws {
        let validation: Validation
        do {
            let path = path.path
            if try Files.status(path).kind == .directory {
                let layout = OutputLayout(root: path)
                guard Files.exists(layout.runs) || Files.exists(layout.results) else {
                    throw Failure(ExitStatus.unreadableInput, "\(path.display): \(OutputArgument.absence(path))")
                }
                validation = try Validation.folder(layout)
            } else {
                validation = try Validation.result(path)
            }
        } catch let error as SystemError {
            throw Failure(ExitStatus.unreadableInput, "\(error)")
        }
        for breach in validation.breaches {
            if json {
                let members = breach.path.members() + [JSON.Member("breach", .string(Escape.visible(breach.text)))]
                Terminal.output(JSONWriter.encode(.object(members)) + [0x0a])
            } else {
                Terminal.output("\(breach.path.display): \(Escape.visible(breach.text))")
            }
        }
        if !json {
            let logs = validation.logs > 0 ? " and \(Quantity.plural(validation.logs, "log"))" : ""
            let count = validation.breaches.count
            let found = count == 0 ? "no breach" : count == 1 ? "1 breach" : "\(count) breaches"
            Terminal.output("\(Quantity.plural(validation.results, "result"))\(logs) checked, \(found)")
        }
        if !validation.breaches.isEmpty { throw ExitCode(ExitStatus.videosFailed) }
    }
}
