package import Bytes
package import Jobs
package import Store

/// Everything that a run is told.
package struct RunOptions: Sendable {
    package enum LockMode: Equatable, Sendable {
        case fail
        case skip
        /// Seconds; nil waits for ever.
        case wait(Double?)
        /// Goes on without it where it cannot be had.
        case without
    }

    package enum FailureLimit: Equatable, Sendable {
        case count(Int)
        case percent(Double)

        func isReached(failed: Int, planned: Int) -> Bool {
            switch self {
            case .count(let most): failed >= most
            case .percent(let share): planned > 0 && Double(failed) * 100 >= share * Double(planned) && failed > 0
            }
        }
    }

    /// How a video is known to be the one of an earlier run.
    package enum Identity: String, CaseIterable, Sendable {
        /// Size, modification time and inode.
        case stat
        /// The fingerprint of its content.
        case hash
    }

    package var inputs: [RawPath] = []
    /// Names from `--files-from`.
    package var listed: [RawPath] = []
    /// What input roots are called, by `--root`; an empty prefix is the name of the first root of a folder.
    package var roots: [InputRoot] = []
    package var discovery: DiscoveryOptions
    /// Paths that gave no answer before the run began, with the words for it.
    package var silent: [RawPath: String] = [:]
    /// How many of the videos that are to be done are, the first by name.
    package var limit: Int?
    /// Whether videos are taken by their names, and not the largest first.
    package var isByName = false
    package var output: RawPath
    package var tools: [JobRequest.Tool] = []
    /// The tools' ids, versions and settings as results list them.
    package var toolDescriptions: [JSON] = []
    /// The plugins of ``tools``, in the order in which they were named.
    package var plugins: [ChosenPlugin] = []
    /// Files that each process of a plugin finds in its temporary folder, by their paths there.
    package var pluginFiles: [(path: RawPath, content: [UInt8])] = []
    /// How many processes of a plugin may be there at once, no more than ``workers``; nil for as many.
    package var pluginJobs: Int?
    /// Sees the processes of plugins.
    package var pluginWatch: PluginWatch?
    /// All tools of this build, in their order, then the run's external ones.
    package var availableTools: [AvailableTool] = []
    /// What a result was made with, by its path; nil for what is no result.
    package var resultTools: @Sendable (RawPath) -> ResultTools? = { _ in nil }

    package var workers = 1
    package var threads = DecoderThreads.fixed(1)
    /// The niceness of workers, 0 to 19, where this process has no higher one.
    package var nice = 0
    /// Seconds; nil for the default, which follows the length of each video.
    package var timeout: Double?
    /// Seconds without a frame.
    package var stall = 60.0
    package var maxDuration: Double?
    /// Nanoseconds of it that were used before the lock was asked for.
    package var spent: UInt64 = 0
    package var memory = WorkerMemory.standard
    package var retries = 1
    package var maxFailures: FailureLimit?
    /// Bytes.
    package var minFree: Int64 = 1 << 30
    /// Seconds that running videos get when a run is stopped.
    package var grace = 5.0

    package var force = false
    package var retryFailed = false
    package var retryQuarantined = false
    package var identity = Identity.stat
    package var errorIfEmpty = false
    package var failOnAny = false
    package var lock = LockMode.fail
    /// How many of the newest runs stay; nil for all.
    package var keepRuns: Int?
    /// Nanoseconds between two progress events of a job; 0 writes every frame.
    package var progressInterval: UInt64 = 100_000_000
    package var stills = true
    /// Whether results are written compressed. Those that are up to date stay as they are.
    package var compressesResults = false
    package var sandbox = SandboxMode.auto

    package var version: String
    /// The program that is started as a worker, and what it is told before its request.
    package var worker: RawPath
    package var workerArguments: [String] = ["worker"]
    /// What forks workers, and what looks at inputs; nil where each is started by itself.
    package var zygotes: Zygotes?
    /// What the same program is told to look at the inputs; nil when this process does so itself.
    package var lookArguments: [String]?
    /// Where the run looks for videos, in one word: runs with the same one can be held against each other.
    package var scope = ""
    /// The run that this one is held against, for the record.
    package var baseline: String?
    /// As typed, for the record.
    package var command: [String] = []
    /// The same in parts, with what the environment and files added.
    package var invocation: Invocation?
    /// What a person should know of how the run was started, a sentence each.
    package var notes: [String] = []
    /// Flat texts of the effective settings, for the record.
    package var settings: [(key: String, value: JSON)] = []
    /// The version of the rules by which workers decode and judge.
    package var rules = 1
    /// The libraries that workers use.
    package var libraries: [(name: String, version: String)] = []

    package init(output: RawPath, version: String, worker: RawPath, now: UTCTime) {
        discovery = DiscoveryOptions(now: now.milliseconds * 1_000_000)
        discovery.output = output
        self.output = output
        self.version = version
        self.worker = worker
    }

    /// What is asked of a job that has these tools; nil for those of the run.
    func requests(_ own: JobTools?) -> [JobRequest.Tool] { own?.requests(tools) ?? tools }

    var digest: String { digest(rules: rules) }

    /// What results of the same settings have that were made by other rules.
    func digest(rules: Int) -> String { SettingsDigest.of(tools: toolDescriptions, rules: rules) }
}
