internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import Jobs
internal import VideoWorker

// A process may be started without standard descriptors; without this a video could become number 0.
StandardStreams.open()
// The standard library reads a process's arguments there, and workers are started by their path there.
guard Files.exists(RawPath("/proc/self/exe")) else {
    Terminal.error(
        "forgebatch: /proc is missing here, and nothing works without it: mount it (mount -t proc proc /proc)")
    exitNow(1)
}
// Even the program's name is unknown where the standard library could not read them, and no arguments would mean the help.
guard CommandLine.argc > 0 else {
    Terminal.error("forgebatch: its arguments cannot be read; they stand in /proc/self: try again")
    exitNow(1)
}
let arguments = RawArguments.read()
if arguments.first == "worker" {
    Signals.leaveToRun()
    guard arguments.dropFirst().first == "fork" else { exitAtOnce(WorkerProgram.main()) }
    // Each process that it forks goes on here.
    switch ZygoteProgram.main(warmUp: LookProgram.warmUp) {
    case .forked(.worker): exitAtOnce(WorkerProgram.main())
    case .forked(.look): exitAtOnce(LookProgram.main())
    case .ended(let status): exitAtOnce(status)
    }
}
if arguments.first == "look" {
    Signals.leaveToRun()
    exitAtOnce(LookProgram.main())
}
if arguments.first == "hook" {
    Signals.unblock()
    exitNow(HookProgram.main())
}
if arguments.first == "__tool" {
    Signals.leaveToRun()
    exitNow(ToolProgram.main(Array(arguments.dropFirst())))
}
if ["run", "plan"].contains(arguments.first) || arguments.starts(with: ["plugin", "check"]) { Signals.block() }
await Forgebatch.main(arguments: arguments)
exitNow(0)
