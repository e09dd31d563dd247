// What single stages cost, for bench.py.
//
//   Stages json FOLDER                     nanoseconds of a frame's JSON, the median of several rounds
//   Stages video FILE FOLDER TOOL,…        milliseconds of processor time that each stage takes of a frame of the video,
//                                          and the number of frames
//
// Lines of `name<TAB>number`. FOLDER is for what is written meanwhile.
import Bytes
import FrameResults

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Nanoseconds of processor time of one call, the median of rounds.
func median(rounds: Int = 9, calls: Int, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<rounds {
        let start = VideoStages.now
        for _ in 0..<calls { try body() }
        times.append((VideoStages.now - start) * 1_000_000 / Double(calls))
    }
    return times.sorted()[rounds / 2]
}

/// A frame with three tracked objects.
func madeRecord(_ index: Int) -> FrameRecord {
    let objects = (1...3).map { track in
        let x = Double((index * track) % 900)
        return TrackedObject(
            track: track, classID: 0, className: "moving", corners: [x, 12.5, x + 40.25, 80])
    }
    return FrameRecord(time: Double(index) / 25, measures: [], detections: objects)
}

func timeJSON(in folder: RawPath) throws {
    let records = (0..<1000).map { madeRecord($0) }
    let stage = folder.appending("stage.json")
    Files.remove(stage)
    var writer = try ResultWriter(path: stage)
    var index = 0
    let json = try median(calls: 100_000) {
        try writer.append(records[index % records.count])
        index += 1
    }
    print("json\t\(json)")
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
    if arguments.count == 2, arguments[0] == "json" {
        try timeJSON(in: RawPath(arguments[1]))
    } else if arguments.count == 4, arguments[0] == "video" {
        let timed = try VideoStages(
            RawPath(arguments[1]), tools: arguments[3].split(separator: ",").map(String.init),
            scratch: RawPath(arguments[2]))
        print("frames\t\(timed.frames)")
        for stage in timed.stages { print("\(stage.name)\t\(stage.milliseconds / Double(max(1, timed.frames)))") }
    } else {
        throw BadUse(description: "usage: Stages json FOLDER | Stages video FILE FOLDER TOOL,…")
    }
} catch {
    var line = "Stages: \(error)\n"
    line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
}
