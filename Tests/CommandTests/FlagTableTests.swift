import Bytes
import TestSupport
import Testing

@Suite("Every flag has a test")
struct FlagTableTests {
    /// Each long flag that `--help` lists, and the test that shows its effect.
    static let tested = alone.merging(["plan": plan]) { $1 }

    /// `plan` has the flags of `run` but for those that start commands and those of a shard.
    private static let plan: [String: String] = {
        let others = ["--on-complete", "--on-failure", "--hook-timeout", "--plan", "--shard"]
        let same = (alone["run"] ?? [:]).keys.filter { !others.contains($0) }
        let name = "plan takes the flags of run, keeps those that shards and merge go by, and prints what comes next"
        let probe = "--probe cuts by what there is to decode, where bytes mislead, and says what it could not probe"
        return Dictionary(uniqueKeysWithValues: (same + ["--shards"]).map { ($0, name) } + [("--probe", probe)])
    }()

    private static let alone: [String: [String: String]] = [
        "run": [
            "--plan":
                "--plan and --shard: the number comes from the flag or from an array's variable, with an offset; the log says which",
            "--shard":
                "--plan and --shard: the number comes from the flag or from an array's variable, with an offset; the log says which",
            "--out": "--out names the output folder; without it the folder lies beside the input",
            "--root":
                "--root gives dated snapshots of one share one name; two videos of one name are 64, with what to do",
            "--include": "--include and --exclude: the last match wins, in the order of the command line",
            "--exclude": "--include and --exclude: the last match wins, in the order of the command line",
            "--ext": "--ext takes only these extensions, with or without a dot, in any case",
            "--max-depth": "--max-depth counts levels below the input",
            "--hidden": "--hidden takes hidden files and folders",
            "--follow": "--follow follows links to folders and out of the input; without it they are told of",
            "--files-from":
                "--files-from reads names from a file or, with -, from standard input; --null ends them with NUL",
            "--null": "--files-from reads names from a file or, with -, from standard input; --null ends them with NUL",
            "--limit":
                "--limit does the first by name of those that are to be done, so that run after run comes to the end",
            "--min-age": "--min-age leaves alone what has just changed",
            "--error-if-empty": "--error-if-empty ends with 9 when there is no video",
            "--tools": "--tools chooses what a result holds",
            "--set": "--set changes a tool's setting, which makes other results",
            "--plugin-dir": "--plugin-dir says where a plugin lies, and names, signs and settings mean its tools",
            "--plugin-jobs":
                "--plugin-jobs is a number from 1, --plugin-devices a list of devices; slips are 64, a missing device 78",
            "--plugin-devices":
                "--plugin-jobs is a number from 1, --plugin-devices a list of devices; slips are 64, a missing device 78",
            "--jobs": "--jobs is how many workers there are at once",
            "--nice":
                "--nice is the niceness of every task of a worker, and workers are what the kernel ends first without memory",
            "--threads-per-job":
                "--threads-per-job is how many threads a decoder has, and a result is the same with all of them",
            "--timeout":
                "--timeout and --stall end a video that takes too long; --retries is how often it is tried again",
            "--stall":
                "--timeout and --stall end a video that takes too long; --retries is how often it is tried again",
            "--retries":
                "--timeout and --stall end a video that takes too long; --retries is how often it is tried again",
            "--max-duration": "--max-duration ends the run, and the next one takes up what is left",
            "--memory-limit": "--memory-limit that is too small fails the video in words, and nothing crashes",
            "--sandbox":
                "--sandbox: auto does without what the kernel lacks and says so once, require does not, off confines nothing",
            "--max-failures": "--max-failures stops after so many failed videos",
            "--min-free": "--min-free keeps videos from starting; 0 disables the check",
            "--force": "--force does every video again",
            "--retry-failed": "--retry-failed does videos again that failed for what is in them",
            "--retry-quarantined":
                "--retry-quarantined does videos again whose workers crashed or timed out in two runs",
            "--fingerprint":
                "--fingerprint hash identifies a video after its time and inode changed; stat does not",
            "--dry-run": "--dry-run says what would be done and why, as text or JSON, and writes nothing",
            "--progress": "--progress json writes objects, plain a line, none nothing; bar draws over itself",
            "--progress-rate": "--progress-rate is how many events a second the log gets, all writes every frame",
            "--quiet": "--quiet prints nothing but errors; --verbose and --json print the summary on standard output",
            "--verbose":
                "--quiet prints nothing but errors; --verbose and --json print the summary on standard output",
            "--json": "--quiet prints nothing but errors; --verbose and --json print the summary on standard output",
            "--color": "--color always paints without a terminal, never does not on one",
            "--report": "--report chooses the pages, or no report at all",
            "--stills": "--no-stills makes no pictures, --stills does",
            "--no-stills": "--no-stills makes no pictures, --stills does",
            "--compress": "--compress writes the same results compressed, and every command reads them",
            "--no-compress": "compress is a key and a variable; --no-compress takes it back",
            "--templates": "--templates stands in for the report's own; one that is broken costs only the report",
            "--baseline":
                "--baseline names the run that is compared with, in run and in report; a run that is not there is 64",
            "--junit": "--junit and --metrics-textfile are read by their own parsers, after a good run and a bad one",
            "--metrics-textfile":
                "--junit and --metrics-textfile are read by their own parsers, after a good run and a bad one",
            "--lock":
                "--lock: fail is status 11 and names the holder, skip 0 in silence, wait waits as long as it is told",
            "--on-complete": "--on-complete starts its words without a shell, the summary on their standard input",
            "--on-failure":
                "--on-failure starts its command when the status is not 0, also when no run could begin",
            "--hook-timeout":
                "What becomes of a command is a warning, and the status stays what the run was; --hook-timeout bounds it",
            "--grace": "--grace is what running videos get after a signal: all of it to finish, none to be ended",
            "--keep-runs": "run --keep-runs leaves the newest runs, and all results",
            "--fail-on": "--fail-on any also counts what failed in earlier runs",
            "--config": "--config names a file of flags; --no-config reads none of the usual ones",
            "--no-config": "--config names a file of flags; --no-config reads none of the usual ones",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "status": [
            "--json":
                "Shards in any order, one of them twice, make the results and the catalog of one run, byte for byte",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "merge": [
            "--partial":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--report":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--templates":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--baseline":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--metrics-textfile":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--junit":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--keep-runs":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--lock":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--quiet":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--verbose":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--color":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--json":
                "merge --partial joins what there is with 10, and all of it later; its flags stand in for the plan's",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "report": [
            "--baseline":
                "--baseline names the run that is compared with, in run and in report; a run that is not there is 64",
            "--set":
                "report --set re-evaluates for the pages, says so, and leaves the results alone; what is measured is 64",
            "--run": "report makes the same bytes again, for any run, any pages, any templates",
            "--report": "report makes the same bytes again, for any run, any pages, any templates",
            "--templates": "report makes the same bytes again, for any run, any pages, any templates",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "diff": [
            "--json":
                "diff tells of one video broken, fixed, added, removed, re-encoded and slower, and of nothing else; --json too",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "export": [
            "--format": "--format ndjson: a line is the frame that the result holds, behind the video's names",
            "--table": "--format csv: pandas reads every table of --table, and every number is the result's",
            "--spreadsheet-safe":
                "--spreadsheet-safe: a name that looks like a formula gets an apostrophe; else it is exact",
            "--job":
                "export --job takes an id or a path; what is not there is 66, a slip 64, and nothing is left behind",
            "--out": "--format mot: a file a video, ten columns, frames from 1, every box the result's",
            "--skip-gone": "A video that is gone is marked in list, export, report and diff until it is back",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "replay": [
            "--host":
                "--host listens on another address and says what that means; one that is not ours is a clear error",
            "--open": "--open hands the address to the desktop's browser, and does without one",
            "--port": "Every line of docs/protocol.md holds",
            "--run": "Every line of docs/protocol.md holds",
            "--speed": "Every line of docs/protocol.md holds",
            "--from": "Every line of docs/protocol.md holds",
            "--paused": "Every line of docs/protocol.md holds",
            "--max-idle": "Every line of docs/protocol.md holds",
            "--allow-origin": "Every line of docs/protocol.md holds",
            "--allow-host": "Every line of docs/protocol.md holds",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "tail": [
            "--run": "tail of a run that ended tells all of it; --json is the log byte for byte",
            "--json": "tail of a run that ended tells all of it; --json is the log byte for byte",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "list": [
            "--runs": "list --runs shows each run with its end, newest first",
            "--gone": "A video that is gone is marked in list, export, report and diff until it is back",
            "--status": "list shows each video once with its status, --status chooses, names are escaped",
            "--json": "list shows each video once with its status, --status chooses, names are escaped",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "prune": [
            "--keep-runs": "prune removes runs by number and age, never the newest, and says what it would remove",
            "--older-than": "prune removes runs by number and age, never the newest, and says what it would remove",
            "--compress-logs": "prune --compress-logs packs logs of runs that are over, and every command reads them",
            "--gone": "prune --gone removes what is left of videos that are gone, and validate finds nothing amiss",
            "--dry-run": "prune removes runs by number and age, never the newest, and says what it would remove",
            "--json": "prune removes runs by number and age, never the newest, and says what it would remove",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "show": [
            "--json": "show takes a path or an id; of a result --json is the head, of a failure what is remembered",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "tools": [
            "--json": "tools lists every tool with its settings; --json prints the manifest",
            "--plugin-dir":
                "tools --plugin-dir lists plugins with what they may read, and what cannot be used with why",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "plugin": [
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "plugin new": [
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "plugin check": [
            "--tool":
                "plugin check --json has the same with figures; a VIDEO is checked with; --keep keeps videos and results",
            "--set":
                "plugin check --json has the same with figures; a VIDEO is checked with; --keep keeps videos and results",
            "--plugin-devices":
                "plugin check says 78 for what does not start or cannot be used, 64 and 66 for what was typed wrong",
            "--keep":
                "plugin check --json has the same with figures; a VIDEO is checked with; --keep keeps videos and results",
            "--json":
                "plugin check --json has the same with figures; a VIDEO is checked with; --keep keeps videos and results",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "manifest": [
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "manifest check": [
            "--json": "manifest check tells what changed and whether the version rose far enough; --json the same",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "formats": [
            "--json": "formats lists what is taken and what is not; --json has the same, and docs/formats.md too",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "doctor": [
            "--json":
                "doctor says what the machine offers and what an output folder can, in words and with --json the same",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
        "validate": [
            "--json": "validate finds a changed byte, a missing result and a foreign one; --json prints each breach",
            "--version": "--version and the help of every command end with 0",
            "--help": "--version and the help of every command end with 0",
        ],
    ]

    @Test("The flags of --help and those with a test are the same", arguments: tested.keys.sorted())
    func complete(_ command: String) async throws {
        let forge = try Forge()
        let help = try await forge.forgebatch(
            (command.split(separator: " ") + ["--help"]).map { RawPath(String($0)) })
        #expect(help.status == 0)
        var listed: Set<String> = []
        for line in help.output.split(separator: "\n") where line.hasPrefix("  -") {
            // The flags stand before the first run of two spaces.
            let words = line.dropFirst(2).split(whereSeparator: { " ,/".contains($0) })
            for word in words.prefix(while: { $0.hasPrefix("-") }) where word.hasPrefix("--") {
                listed.insert(String(word))
            }
        }
        #expect(listed == Set(try #require(FlagTableTests.tested[command]).keys))
    }

    @Test("Every flag of run is a key of the configuration file")
    func keys() async throws {
        let forge = try Forge()
        // Those that say which configuration is read, the other halves of --stills and --compress, and those that say which
        // shard of a plan is done, where no file counts.
        let others: Set<String> = [
            "--help", "--version", "--config", "--no-config", "--no-stills", "--no-compress", "--plan", "--shard",
        ]
        for flag in try #require(FlagTableTests.tested["run"]).keys where !others.contains(flag) {
            let file = forge.home.appending("flag.yaml")
            // No flag takes this for a value: what is told of is the value, or else that there is no such key.
            let text = "\(flag.dropFirst(2)): { a: { b: { c: d } } }\n"
            try forge.write(text, to: file)
            let run = try await forge.forgebatch("run", "--config", file.display, "nowhere.mp4")
            #expect(run.status == 78, "\(flag): \(run.error)")
            #expect(!run.error.contains("unknown key"), "\(flag)")
        }
    }

    @Test("Every test that the table names exists")
    func exists() throws {
        let folder = RawPath("\(#filePath)").parent
        let sources = try Files.list(folder).filter { $0 != RawPath("FlagTableTests.swift") }.map {
            String(decoding: try Files.read(folder.appending($0)), as: UTF8.self)
        }
        for (command, flags) in FlagTableTests.tested {
            for (flag, name) in flags {
                #expect(sources.contains { $0.contains("\"\(name)\"") }, "\(command) \(flag): \(name)")
            }
        }
    }
}
