internal import ArgumentParser
internal import BatchRun
internal import Bytes
internal import VideoWorker

// A process may be started without standard descriptors; without this a video could become number 0.
StandardStreams.open()
let arguments = RawArguments.read()
if arguments.first == "worker" {
    Signals.unblock()
    exitNow(WorkerProgram.main())
}
if arguments.first == "look" {
    Signals.unblock()
    exitNow(LookProgram.main())
}
if arguments.first == "run" { Signals.block() }
await Forgebatch.main(arguments: arguments)
