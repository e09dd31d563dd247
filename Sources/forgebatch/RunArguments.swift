internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import HTMLReport
internal import Jobs

struct InputArguments: ParsableArguments {
    @Argument(
        help: "Videos, and directories that are walked for videos.", completion: .file(),
        transform: PathArgument.readInput)
    var paths: [PathArgument] = []

    @Option(
        name: .shortAndLong,
        help: "Output folder (default: INPUT.forgebatch beside one input directory, else ./forgebatch-out).",
        completion: .file(), transform: PathArgument.read)
    var out: PathArgument?

    @Option(
        name: .customLong("root"), parsing: .singleValue,
        help: ArgumentHelp(
            "What the input folder PATH is called in OUT, as for dated snapshots of one share (repeatable; . is the name of the first one). A name is kept for later runs.",
            valueName: "name=path"))
    var roots: [String] = []

    @Option(
        name: .customLong("include"), parsing: .singleValue,
        help: ArgumentHelp(
            "Take files that match GLOB, such as 'cam3/**' or '*.mp4': the path below the input, in which upper and lower case differ (repeatable; of --include and --exclude the last match wins). When the first rule is an --include, only what is asked for is taken.",
            valueName: "glob"))
    var includes: [String] = []

    @Option(
        name: .customLong("exclude"), parsing: .singleValue,
        help: ArgumentHelp(
            "Leave out files and folders that match GLOB (repeatable). A folder that is left out is not entered.",
            valueName: "glob"))
    var excludes: [String] = []

    @Option(
        help: ArgumentHelp(
            "Take only these extensions, separated by commas, in upper or lower case.", valueName: "list"))
    var ext: String?

    @Option(help: "Levels below each directory: 1 is what lies directly in it.")
    var maxDepth: Int?

    @Flag(help: "Take hidden files and folders too.")
    var hidden = false

    @Flag(help: "Follow links to directories.")
    var follow = false

    @Option(
        help:
            "Read further paths from FILE or a pipe, one a line; - is standard input. Carriage returns and a byte order mark of Windows lists are no part of a name.",
        completion: .file(),
        transform: PathArgument.read)
    var filesFrom: PathArgument?

    @Flag(name: [.customShort("0"), .customLong("null")], help: "The paths of --files-from end with a NUL byte.")
    var null = false

    @Option(help: "Do at most N of the videos that are to be done, the first by name.")
    var limit: Int?

    @Option(help: ArgumentHelp("Leave files alone that changed less than this ago.", valueName: "duration"))
    var minAge: DurationArgument?

    @Flag(help: "End with status 9 when there is no video.")
    var errorIfEmpty = false

    /// - Parameter command: the one that they are of.
    /// - Throws: `ValidationError` when nothing says where videos are.
    func requireSome(for command: String) throws {
        guard paths.isEmpty, filesFrom == nil else { return }
        throw ValidationError("Name a video or a directory of videos, as in forgebatch \(command) ./videos.")
    }
}

struct ToolArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Tools, separated by commas: default, all, ids and capabilities (forgebatch tools lists them), none alone; +ID adds one to the default set, -ID takes one away. Tools of plugins run only where they are named, as plugin/tool. Results keep what they have of other tools.",
            valueName: "list"))
    var tools = "default"

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("A tool's setting, such as scene.threshold=12 (repeatable).", valueName: "tool.key=value"))
    var set: [String] = []

    @Option(
        name: .customLong("plugin-dir"), parsing: .singleValue,
        help: ArgumentHelp(
            "A folder of plugins, or a plugin's folder (repeatable). Further ones are looked for in FORGEBATCH_PLUGIN_PATH, $XDG_DATA_HOME/forgebatch/plugins and /usr/share/forgebatch/plugins; the first of a name counts.",
            valueName: "dir"), completion: .directory, transform: PathArgument.read)
    var pluginDirs: [PathArgument] = []

    @Option(
        help: ArgumentHelp("Processes of a plugin at once, and no more than --jobs (default: --jobs).", valueName: "n"))
    var pluginJobs: Int?

    @Option(
        help: ArgumentHelp(
            "What plugins that can use a graphics card are worked on: cpu, cuda:0 and so on, separated by commas; a process for each card.",
            valueName: "list"))
    var pluginDevices = PluginDevices.standard
}

struct WorkArguments: ParsableArguments {
    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help:
            "Videos at once: a number, or auto: one per CPU, and no more than the control group's quota and its memory, or the machine's, allow."
    )
    var jobs = "auto"

    @Option(
        help: ArgumentHelp(
            "How much the workers give way to other programs: their niceness, 0 to 19; a higher one of this process stays.",
            valueName: "n"))
    var nice = 0

    @Option(
        help: ArgumentHelp(
            "Decoder threads per video: a number up to 64, or auto: one, and of the last videos of a run, when processors would be idle, their share of these, where pictures have 1280x720 pixels or more. Results are the same.",
            valueName: "n|auto"))
    var threadsPerJob = ThreadsArgument.automatic

    @Option(
        help: ArgumentHelp("Longest time for one video (default: 10 min + 5 x its duration).", valueName: "duration"))
    var timeout: DurationArgument?

    @Option(
        help: ArgumentHelp("Longest time without a frame, or without an answer of an input.", valueName: "duration"))
    var stall = DurationArgument(seconds: 60)

    @Option(
        help: ArgumentHelp(
            "Longest time for the whole run; what is not done is taken next time.", valueName: "duration"))
    var maxDuration: DurationArgument?

    @Option(
        help: ArgumentHelp(
            "Address space of a worker: auto is 1 GiB, more for pictures over 4K as far as the machine's memory divided by --jobs; 0 for no limit.",
            valueName: "size|auto"))
    var memoryLimit = MemoryArgument.automatic

    @Option(
        help: ArgumentHelp(
            "auto: a worker is confined by all that the kernel has, or its video fails. require: fails also where the kernel has no Landlock or seccomp. off: not confined, for containers that forbid it (forgebatch doctor tells).",
            valueName: "mode"))
    var sandbox = SandboxMode.auto

    @Option(help: "How often a video is tried again when its worker crashed or timed out.")
    var retries = 1

    @Option(help: ArgumentHelp("Stop after so many failed videos, or after so many per cent (5%).", valueName: "n|p%"))
    var maxFailures: FailureLimitArgument?

    @Option(help: ArgumentHelp("Start no video when less space is free; 0 disables the check.", valueName: "size"))
    var minFree = SizeArgument(bytes: 1 << 30)
}

struct ReuseArguments: ParsableArguments {
    @Flag(help: "Do every video again, with the tools of this run alone.")
    var force = false

    @Flag(help: "Do videos again that failed or were damaged and have not changed since.")
    var retryFailed = false

    @Flag(help: "Do videos again that are in quarantine: their workers crashed or timed out in two runs.")
    var retryQuarantined = false

    @Option(
        help:
            "Identify unchanged videos by stat (size, time, inode) or by hash: size and the first, middle and last 64 KiB, whatever their time; a change elsewhere is not seen."
    )
    var fingerprint = RunOptions.Identity.stat

    @Flag(name: [.customShort("n"), .long], help: "Print every video with run or skip, and why; do nothing.")
    var dryRun = false
}

struct OutputArguments: ParsableArguments {
    @Option(
        help:
            "How progress is shown on standard error: auto, bar, plain (a line a minute), json (all that is told there is JSON), none."
    )
    var progress = ProgressStyle.auto

    @Option(help: ArgumentHelp("Progress events a second and video, or all for every frame.", valueName: "n|all"))
    var progressRate = ProgressRate(interval: 100_000_000)

    @Flag(name: .shortAndLong, help: "Print nothing but errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Print the summary even when standard output is no terminal.")
    var verbose = false

    @Option(help: "Colours: auto, always, never.")
    var color = ColorMode.auto

    @Flag(help: "Print the summary as JSON on standard output.")
    var json = false

    @Flag(
        inversion: .prefixedNo,
        help:
            "Make thumbnails, contact strips and brightness timelines of the videos that are decoded; --force makes those that are missing."
    )
    var stills = true

    @Flag(
        inversion: .prefixedNo,
        help:
            "Write results compressed, as NAME.json.gz: a sixth of the 1.2 kB a frame (130 MB an hour) that they take else. Every command reads both; results that are up to date stay as they are."
    )
    var compress = false
}

/// The report of a run.
struct ReportArguments: ParsableArguments {
    @Option(
        help: "The report: none, basic (pages of failed and damaged videos only), full (default up to 2,000 videos).")
    var report: ReportPages?

    @Option(
        help: ArgumentHelp(
            "A folder whose files stand in for the report's templates of the same name.", valueName: "dir"),
        completion: .file(), transform: PathArgument.read)
    var templates: PathArgument?

    @Option(
        help: ArgumentHelp(
            "The run that the report compares this one with: an id, the beginning of one, or previous, the finished run before (default: previous).",
            valueName: "run"))
    var baseline: String?

    /// With those of another place where these say nothing.
    func completed(by other: ReportArguments) -> ReportArguments {
        var result = self
        result.report = report ?? other.report
        result.templates = templates ?? other.templates
        result.baseline = baseline ?? other.baseline
        return result
    }
}

/// Files for programs that watch over runs.
struct MonitoringArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write the run's numbers to FILE for Prometheus' textfile collector, whole or not at all.",
            valueName: "file"), completion: .file(), transform: PathArgument.read)
    var metricsTextfile: PathArgument?

    @Option(
        help: ArgumentHelp("Write the videos to FILE as JUnit XML, whole or not at all.", valueName: "file"),
        completion: .file(), transform: PathArgument.read)
    var junit: PathArgument?

    /// With those of another place where these say nothing.
    func completed(by other: MonitoringArguments) -> MonitoringArguments {
        var result = self
        result.metricsTextfile = metricsTextfile ?? other.metricsTextfile
        result.junit = junit ?? other.junit
        return result
    }
}

struct OperationArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "When another run holds the lock: fail (status 11), skip (status 0, in silence), wait or wait=DURATION. none: do without, where the file system gives no lock; no other run may write to the folder then.",
            valueName: "mode"))
    var lock = LockArgument(mode: .fail)

    @Option(help: ArgumentHelp("What running videos get when the run is stopped.", valueName: "duration"))
    var grace = DurationArgument(seconds: 5)

    @Option(
        help: ArgumentHelp(
            "At the end, remove all runs but the newest N: their logs and records. Results stay. forgebatch prune does this and more.",
            valueName: "n"))
    var keepRuns: Int?

    @Option(help: "any: end with status 3 also because of videos that failed in earlier runs.")
    var failOn: FailOn?

    @Option(
        help: ArgumentHelp("A YAML file of these flags by their long names.", valueName: "file"), completion: .file(),
        transform: PathArgument.read)
    var config: PathArgument?

    @Flag(help: "Read no configuration file.")
    var noConfig = false
}

/// Commands that a run starts at its end.
struct HookArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Start COMMAND when the run has ended, whatever its status: words and quotes as in a shell, but no shell. It reads the summary as JSON on standard input; docs/scripts.md tells more.",
            valueName: "command"), transform: CommandArgument.read)
    var onComplete: CommandArgument?

    @Option(
        help: ArgumentHelp(
            "The same when the exit status is not 0, also when no run could begin.", valueName: "command"),
        transform: CommandArgument.read)
    var onFailure: CommandArgument?

    @Option(help: ArgumentHelp("What each of these commands gets before it is ended.", valueName: "duration"))
    var hookTimeout = DurationArgument(seconds: 60)
}

/// One shard of a planned run.
struct ShardArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Do one shard of the run that forgebatch plan made, instead of PATHs: OUT/runs/ID. Tools and settings are the plan's; of the other flags --jobs, limits, --grace and those of the display count.",
            valueName: "dir"), completion: .directory, transform: PathArgument.read)
    var plan: PathArgument?

    @Option(
        help: ArgumentHelp(
            "Which shard, from 0 (default: FORGEBATCH_SHARD, else what Slurm, GNU Parallel, Kubernetes and others number the task of an array by). FORGEBATCH_SHARD_OFFSET is added.",
            valueName: "i"))
    var shard: Int?
}

// MARK: Values

enum ProgressStyle: String, ExpressibleByArgument, CaseIterable { case auto, bar, plain, json, none }
enum ColorMode: String, ExpressibleByArgument, CaseIterable { case auto, always, never }
enum ReportPages: String, ExpressibleByArgument, CaseIterable { case none, basic, full }
enum FailOn: String, ExpressibleByArgument, CaseIterable { case any }
extension RunOptions.Identity: ExpressibleByArgument {}
extension SandboxMode: ExpressibleByArgument {}

extension PluginDevices: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }

    package var defaultValueDescription: String { places.joined(separator: ",") }
}
extension ReportOptions.Pages: ExpressibleByArgument {}

/// Events a second and job, or every frame.
struct ProgressRate: ExpressibleByArgument {
    /// Nanoseconds between two events.
    let interval: UInt64

    init(interval: UInt64) { self.interval = interval }

    init?(argument: String) {
        if argument == "all" {
            interval = 0
        } else if let rate = Quantity.number(argument), rate >= 0.001, rate <= 1e6 {
            interval = UInt64(1e9 / rate)
        } else {
            return nil
        }
    }

    var defaultValueDescription: String { "10" }
}

struct FailureLimitArgument: ExpressibleByArgument {
    let limit: RunOptions.FailureLimit

    init?(argument: String) {
        if argument.hasSuffix("%"), let share = Quantity.number(argument.dropLast()), share > 0, share <= 100 {
            limit = .percent(share)
        } else if let count = Int(argument), count > 0 {
            limit = .count(count)
        } else {
            return nil
        }
    }
}

struct LockArgument: ExpressibleByArgument {
    let mode: RunOptions.LockMode

    init(mode: RunOptions.LockMode) { self.mode = mode }

    init?(argument: String) {
        switch argument {
        case "fail": mode = .fail
        case "skip": mode = .skip
        case "wait": mode = .wait(nil)
        case "none": mode = .without
        default:
            guard argument.hasPrefix("wait="), let limit = DurationArgument(argument: String(argument.dropFirst(5)))
            else { return nil }
            mode = .wait(limit.seconds)
        }
    }

    var defaultValueDescription: String { "fail" }
}

extension DurationArgument {
    var defaultValueDescription: String { Quantity.duration(seconds) }
}

extension SizeArgument {
    var defaultValueDescription: String { Quantity.size(bytes) }
}
