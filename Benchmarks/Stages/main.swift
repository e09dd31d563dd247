// What single stages cost, as lines of `name<TAB>nanoseconds`: the median of several rounds. Read by bench.py.
import Bytes
import FrameResults

/// Nanoseconds of one call, the median of rounds.
func median(rounds: Int = 9, calls: Int, _ body: () throws -> Void) rethrows -> Double {
    var times: [Double] = []
    for _ in 0..<rounds {
        let start = monotonicNanoseconds()
        for _ in 0..<calls { try body() }
        times.append(Double(monotonicNanoseconds() - start) / Double(calls))
    }
    return times.sorted()[rounds / 2]
}

/// A frame with three tracked objects.
func record(_ index: Int) -> FrameRecord {
    let objects = (1...3).map { track in
        let x = Double((index * track) % 900)
        return TrackedObject(
            track: track, classID: 0, className: "moving", corners: [x, 12.5, x + 40.25, 80])
    }
    return FrameRecord(time: Double(index) / 25, measures: [], detections: objects)
}

guard let folder = CommandLine.arguments.dropFirst().first else { fatalError("usage: Stages FOLDER") }
let records = (0..<1000).map { record($0) }
let stage = RawPath(folder).appending("stage.json")
Files.remove(stage)
var writer = try ResultWriter(path: stage)
var index = 0
let json = try median(calls: 100_000) {
    try writer.append(records[index % records.count])
    index += 1
}
print("json\t\(json)")
