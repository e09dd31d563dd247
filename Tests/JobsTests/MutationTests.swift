import Bytes
import Jobs
import Store
import TestSupport
import Testing

/// Lines that were changed at random: they may be refused or understood, but never stop the program, and what is
/// understood is written and read back the same.
@Suite("Changed lines") struct MutationTests {
    private func changed(_ line: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var result = line
        let numbers = ["-1", "0", "9223372036854775807", "-9223372036854775808", "1e308", "0.5", "null", "\"\"", "[]"]
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            guard !result.isEmpty else { break }
            let place = Int.random(in: 0..<result.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: result[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: result.remove(at: place)
            case 2: result.insert(result[Int.random(in: 0..<result.count, using: &generator)], at: place)
            case 3: result.removeLast(result.count - place)
            default:
                // A value behind a colon is replaced by an odd one.
                guard let colon = result[place...].firstIndex(of: UInt8(ascii: ":")) else { continue }
                let end = result[(colon + 1)...].firstIndex { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") }
                let value = numbers.randomElement(using: &generator) ?? "0"
                result.replaceSubrange((colon + 1)..<(end ?? result.count), with: Array(value.utf8))
            }
        }
        return result
    }

    @Test func `a line of a log`() throws {
        var generator = SeededGenerator(seed: 21)
        let time = UTCTime(milliseconds: 0)
        let lines = LogEventTests.events.map { $0.encode(time: time, seq: 5) }
        var understood = 0
        for round in 0..<8000 {
            let line = changed(lines[round % lines.count], using: &generator)
            guard let read = try? LogLine.parse(line) else { continue }
            understood += 1
            var state = RunState()
            state.apply(read.event)
            let again = try LogLine.parse(read.event.encode(time: time, seq: read.seq))
            #expect(again.event.job == read.event.job && again.event.isTerminal == read.event.isTerminal)
        }
        #expect(understood > 500)
    }

    @Test func `a worker's message`() {
        var generator = SeededGenerator(seed: 22)
        let lines = WorkerTests.messages.map { Array($0.encode().dropLast()) }
        var understood = 0
        for round in 0..<8000 {
            guard let message = WorkerMessage(changed(lines[round % lines.count], using: &generator)) else { continue }
            understood += 1
            #expect(WorkerMessage(Array(message.encode().dropLast())) == message)
            // What the parent reckons from it holds for any number.
            if case .step(let current, let total, let pass) = message {
                let progress = Progress(currentFrame: current, totalFrames: total, pass: pass)
                #expect((0...100).contains(progress.percent))
            }
        }
        #expect(understood > 500)
    }

    @Test func `a record`() {
        var generator = SeededGenerator(seed: 23)
        let path = RawPath(bytes: [0x61, 0xff])
        let job = JobID(video: path)
        let catalog = CatalogEntry(
            job: job, path: path, result: RawPath("results/a.json"), size: 7, modified: 1, inode: 2,
            fingerprint: "x1:0",
            digest: "d", verdict: .ok, frames: 4, sha256: "s", runID: "r", facts: VideoFacts(codec: "h264"))
        let failure = FailureEntry(
            job: job, path: path, kind: .death, message: "at frame 1", size: 1, modified: 2, inode: 3, digest: "d",
            version: "1", time: 4, runs: 1, isQuarantined: false)
        let lines = [JSONWriter.encode(catalog.json), JSONWriter.encode(failure.json)]
        var understood = 0
        for round in 0..<6000 {
            guard let json = try? JSONReader.parse(changed(lines[round % 2], using: &generator)) else { continue }
            if let entry = CatalogEntry(json) {
                understood += 1
                let stored = try? JSONReader.parse(JSONWriter.encode(entry.json))
                #expect(stored.flatMap { CatalogEntry($0) }?.job == entry.job)
            }
            if let entry = FailureEntry(json) {
                understood += 1
                let stored = try? JSONReader.parse(JSONWriter.encode(entry.json))
                #expect(stored.flatMap { FailureEntry($0) }?.job == entry.job)
            }
        }
        #expect(understood > 500)
    }
}
