internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Glibc

/// The command line: flags, text for people, exit statuses. What it does lies in other targets.
struct Forgebatch: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "forgebatch",
        abstract: "Analyses directories of videos, offline and in parallel, and reports what it found.",
        discussion: """
            forgebatch run ./videos walks the folder, analyses every video in a process of its own, and writes \
            per-frame JSON, a progress log and an HTML report to ./videos.forgebatch. What there is then: \
            forgebatch list, show and report ./videos.forgebatch. Nothing is sent anywhere.
            """,
        version: version,
        subcommands: [
            RunCommand.self, ReplayCommand.self, TailCommand.self, ReportCommand.self, ListCommand.self,
            ShowCommand.self, DiffCommand.self, ExportCommand.self, PruneCommand.self, ValidateCommand.self,
            PlanCommand.self, StatusCommand.self, MergeCommand.self, ToolsCommand.self, PluginCommand.self,
            ManifestCommand.self, FormatsCommand.self, DoctorCommand.self,
        ])

    /// Parses, runs, ends the process.
    static func main(arguments: [String]) async {
        EventStream.isOn = EventStream.isAsked(arguments)
        do {
            if let complaint = FirstWord.complaint(arguments) { throw Failure(ExitStatus.usage, complaint) }
            let (arguments, parsed) = try await ConfigurationLayers.arguments(OtherNames.resolved(arguments))
            EventStream.isOn = EventStream.isAsked(arguments)
            var command = try parsed ?? parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            // A run has a status of its own for this.
            if !(command is RunCommand), Terminal.reportOutputError() { exitNow(ExitStatus.failure) }
        } catch let failure as Failure {
            Terminal.fatal(failure.message, status: failure.status)
            exitNow(failure.status)
        } catch let error as SystemError {
            Terminal.fatal("\(error)", status: ExitStatus.failure)
            exitNow(ExitStatus.failure)
        } catch let status as ExitCode {
            exitNow(status.rawValue)
        } catch  where exitCode(for: error).isSuccess {
            ExitGuard.start(exitCode(for: error).rawValue)
            exit(withError: error)
        } catch {
            let status = exitCode(for: error).rawValue
            if EventStream.isOn {
                Terminal.fatal(ValueHint.complete(message(for: error)), status: status)
            } else {
                Terminal.error(ValueHint.complete(fullMessage(for: error)))
            }
            exitNow(status)
        }
    }
}

/// An error with the exit status that it means.
struct Failure: Error {
    let status: Int32
    let message: String

    init(_ status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }
}

func exitNow(_ status: Int32) -> Never {
    ExitGuard.start(status)
    exit(status)
}

/// Ends a process that has told all it has to, without what libraries do at its exit.
func exitAtOnce(_ status: Int32) -> Never { _exit(status) }

/// Sees to it that the process ends: what libraries do at its exit may wait for a thread of theirs that could not be woken.
enum ExitGuard {
    /// Seconds that they have for it.
    private static let patience: UInt32 = 5

    static func start(_ status: Int32) {
        fflush(nil)
        var thread = pthread_t()
        // Without memory for a thread nothing is lost but this.
        pthread_create(
            &thread, nil,
            { status in
                sleep(ExitGuard.patience)
                _exit(Int32(truncatingIfNeeded: Int(bitPattern: status)))
            }, UnsafeMutableRawPointer(bitPattern: Int(status)))
    }
}

/// Descriptors 0, 1 and 2.
enum StandardStreams {
    /// Opens the null device in the place of each that is missing.
    static func open() {
        while true {
            let descriptor = Glibc.open("/dev/null", O_RDWR)
            if descriptor < 0 { return }
            if descriptor > 2 {
                close(descriptor)
                return
            }
        }
    }
}

/// The arguments as bytes: file names need not be UTF-8, but the parser's strings are.
enum RawArguments {
    /// Stands for an argument that is not UTF-8, by its position; a private-use character keeps it from being typed.
    private static let mark = "\u{10FFFD}argument-"

    /// The arguments after the program's name.
    static func read() -> [String] {
        (1..<max(1, Int(CommandLine.argc))).map { position in
            exact(position).text ?? mark + String(position)
        }
    }

    /// The bytes of a parsed argument.
    static func path(_ argument: String) -> RawPath {
        guard argument.hasPrefix(mark), let position = Int(argument.dropFirst(mark.count)) else {
            return RawPath(argument)
        }
        return exact(position)
    }

    private static func exact(_ position: Int) -> RawPath {
        guard position < Int(CommandLine.argc), let text = CommandLine.unsafeArgv[position] else { return RawPath("") }
        return RawPath(cString: text)
    }
}

/// A path on the command line.
struct PathArgument: ExpressibleByArgument, Sendable {
    let path: RawPath

    /// Takes the text as it stands.
    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        path = RawArguments.path(argument)
    }

    private init(_ path: RawPath) { self.path = path }

    static var defaultCompletionKind: CompletionKind { .file() }

    /// A path of a flag, from the command line, the environment or a file: `~` and `~/` at its beginning are the home
    /// folder, as in a shell, which only does it for words that begin so.
    ///
    /// - Throws: `ValidationError` for an empty one, and for the home of another user.
    static func read(_ text: String) throws -> PathArgument {
        guard let argument = PathArgument(argument: text) else { throw ValidationError("A path is wanted.") }
        return PathArgument(try HomeFolder.expand(argument.path))
    }

    /// A path of an input: one that is there is taken as it stands, since a shell's `*` gives names that begin with `~`.
    static func readInput(_ text: String) throws -> PathArgument {
        guard let argument = PathArgument(argument: text) else { throw ValidationError("A path is wanted.") }
        // Nothing else is looked at so early: an input may lie on a share that is dead.
        guard argument.path.bytes.first == UInt8(ascii: "~") else { return argument }
        if (try? Files.status(argument.path, follow: false)) != nil { return argument }
        return PathArgument(try HomeFolder.expand(argument.path))
    }
}

/// `~` in paths.
enum HomeFolder {
    /// - Throws: `ValidationError` where it means another user's home, or nothing.
    static func expand(_ path: RawPath) throws -> RawPath {
        guard path.bytes.first == UInt8(ascii: "~"), let first = path.components.first else { return path }
        let literal = "a name that begins with ~ is written ./~"
        guard first.count == 1 else {
            throw ValidationError("\(path.display): the homes of other users are not looked up; \(literal)")
        }
        guard let home = Terminal.environment("HOME"), !home.isEmpty else {
            throw ValidationError("\(path.display): HOME is not set, so ~ means nothing; \(literal)")
        }
        let rest = path.bytes.dropFirst().drop { $0 == UInt8(ascii: "/") }
        return RawPath(home).appending(RawPath(bytes: Array(rest)))
    }
}
