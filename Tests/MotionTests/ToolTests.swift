import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

/// Known answers of the tool, and what it promises besides quality.
@Suite("The tool motion") struct ToolTests {
    /// A bright square that goes right by `speed` pixels a frame over a slope, from a frame on.
    private static func square(
        _ width: Int, _ height: Int, side: Int, speed: Int, frames: Int, from start: Int = 15, depth: Int = 8
    ) -> [Picture] {
        (0..<frames).map { frame in
            let left = frame < start ? width : (frame - start) * speed
            let top = height / 3
            return DrawnPicture.gray(width: width, height: height, depth: depth, stride: 3 * (depth > 8 ? 2 : 1)) {
                x, y in
                let isInside = x >= left && x < left + side && y >= top && y < top + side
                return (isInside ? 200 : 60 + (x * 3 + y) % 17) << (depth - 8)
            }
        }
    }

    struct Outcome: Equatable {
        var records: [Measurement] = []
        var objects: [[Detection]] = []
        var events: [ToolEvent] = []
        var summary = Measurement()
    }

    private static func detect(_ records: [Measurement], rate: Double, _ given: [String: SettingValue] = [:]) throws
        -> Outcome
    {
        let entry = try #require(ToolRegistry.tool("motion"))
        var detector = entry.detector(settings: ToolSettings(entry.descriptor.settings, replacing: given))
        var outcome = Outcome()
        for (index, record) in records.enumerated() {
            let time = FrameTime(index: index, time: rounded6(Double(index) / rate), duration: 1 / rate)
            outcome.records.append(detector.fold(record, at: time))
            if index >= detector.latency { outcome.objects.append(detector.detections(of: outcome.objects.count)) }
        }
        detector.finish(end: Double(records.count) / rate)
        while outcome.objects.count < records.count {
            outcome.objects.append(detector.detections(of: outcome.objects.count))
        }
        outcome.events = detector.events
        outcome.summary = detector.summary
        return outcome
    }

    private static func measure(_ pictures: [Picture], needs: FrameFeatures.Needs = .init(small: true)) throws
        -> [Measurement]
    {
        let entry = try #require(ToolRegistry.tool("motion"))
        var tool = try #require(entry.measurer(settings: ToolSettings(entry.descriptor.settings)))
        var before: Picture?
        return pictures.enumerated().map { index, picture in
            defer { before = picture }
            let time = FrameTime(index: index, time: Double(index) / 25, duration: 0.04)
            return tool.measure(
                FrameFeatures(picture: picture, time: time, before: before, needs: needs))
        }
    }

    @Test func `a square that goes by is one track that fits it`() throws {
        let records = try Self.measure(Self.square(200, 120, side: 24, speed: 2, frames: 110))
        let outcome = try Self.detect(records, rate: 25)
        #expect(Set(outcome.objects.joined().map(\.track)) == [1])
        for frame in 25..<100 {
            let left = Double(frame - 15) * 2
            let truth = Box(x1: left, y1: 40, x2: min(200, left + 24), y2: 64)
            let found = try #require(outcome.objects[frame].first, "\(frame)")
            #expect(found.box.overlap(truth) > 0.6 && found.className == "motion" && found.classID == 0, "\(frame)")
        }
        #expect(outcome.summary["tracks"] == 1 && outcome.summary["events"] == 1)
        #expect(outcome.events.map(\.type).sorted() == ["motion", "track"])
    }

    @Test func `a score is 255 times the share of moving samples`() throws {
        let records = try Self.measure(Self.square(200, 120, side: 24, speed: 2, frames: 60))
        #expect(records[0]["width"] == 200 && records[0]["height"] == 120 && records[0]["score"] == nil)
        for record in records[1..<10] { #expect(record.values.isEmpty && record.regions == []) }
        #expect(records[12]["score"] == 0)
        // 24 x 24 of 200 x 120, a little more with the smoothed edge.
        let score = try #require(records[50]["score"])
        #expect(score > 255 * 576 / 24000 && score < 255 * 750 / 24000)
        #expect(records[50].regions.count == 1)
    }

    @Test func `a still video has no event, no track and a score of 0`() throws {
        let picture = Self.square(100, 80, side: 10, speed: 1, frames: 1)[0]
        let outcome = try Self.detect(try Self.measure(Array(repeating: picture, count: 40)), rate: 25)
        #expect(outcome.events == [] && outcome.summary["score_max"] == 0 && outcome.summary["tracks"] == 0)
        #expect(outcome.objects.allSatisfy { $0.isEmpty })
    }

    @Test func `an event begins before its first frame and ends after its last`() throws {
        let records = (0..<100).map { index in
            var record = Measurement()
            record.set("score", (40..<50).contains(index) || index == 80 ? 0.15 : 0.1499)
            return record
        }
        let outcome = try Self.detect(records, rate: 10)
        let event = try #require(outcome.events.first)
        #expect(outcome.events.count == 1, "one frame alone is no motion")
        #expect(event.start == 2.5 && event.end == 6.9 && event.startFrame == 25 && event.endFrame == 69)
        #expect(!event.isOpenAtEnd && outcome.summary["seconds"] == 4.4)
        let joined = try Self.detect(records, rate: 10, ["frames": 1, "after": 4])
        #expect(joined.events.map(\.end) == [10] && joined.events[0].isOpenAtEnd)
    }

    @Test func `a cut to another picture is no motion`() throws {
        let one = Self.square(200, 120, side: 24, speed: 0, frames: 1)[0]
        let two = DrawnPicture.gray(width: 200, height: 120) { x, y in 200 - (x * 7 + y * 3) % 90 }
        let records = try Self.measure(Array(repeating: one, count: 20) + Array(repeating: two, count: 30))
        #expect(records[20...].allSatisfy { $0.regions.isEmpty })
        #expect(records[20]["score"] == nil && records[45]["score"] == 0)
    }

    @Test func `a picture that grows brighter is no motion`() throws {
        let pictures = (0..<100).map { frame in
            DrawnPicture.gray(width: 200, height: 120) { x, y in
                (50 + (x / 9 * 31 + y / 7 * 17) % 100) * (1000 + 3 * frame) / 1000
            }
        }
        #expect(try Self.measure(pictures).allSatisfy { $0.regions.isEmpty })
    }

    @Test func `what other tools ask for changes nothing`() throws {
        let pictures = Self.square(641, 363, side: 40, speed: 4, frames: 50)
        let usual = try Self.measure(pictures)
        #expect(try Self.measure(pictures, needs: .init()) == usual)
        #expect(try Self.measure(pictures, needs: .init(small: true, darkLevels: [0.9])) == usual)
        #expect(usual.contains { !$0.regions.isEmpty })
    }

    @Test func `a scene in 10 bits has the regions of 8 bits`() throws {
        let eight = try Self.measure(Self.square(201, 99, side: 20, speed: 3, frames: 40))
        #expect(try Self.measure(Self.square(201, 99, side: 20, speed: 3, frames: 40, depth: 10)) == eight)
    }

    @Test func `detecting again from stored regions gives the same objects`() throws {
        let records = try Self.measure(Self.square(200, 120, side: 24, speed: 2, frames: 80))
        let first = try Self.detect(records, rate: 25)
        #expect(try Self.detect(first.records, rate: 25) == first)
    }

    @Test func `boxes are whole pixels inside the picture at every odd size`() throws {
        for (width, height) in [
            (1, 1), (2, 2), (16, 16), (17, 33), (301, 303), (650, 37), (37, 650), (1201, 601), (3, 1300), (1300, 2),
        ] {
            let side = max(1, min(width, height) / 3)
            let pictures = Self.square(width, height, side: side, speed: max(1, width / 40), frames: 45)
            let outcome = try Self.detect(try Self.measure(pictures), rate: 25)
            for box in outcome.records.flatMap(\.regions) + outcome.objects.joined().map(\.box) {
                #expect(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= Double(width) && box.y2 <= Double(height))
                #expect(box.x1 < box.x2 && box.y1 < box.y2)
                #expect([box.x1, box.y1, box.x2, box.y2].allSatisfy { $0 == $0.rounded() })
            }
        }
    }

    @Test func `a change of size begins anew, and numbers go on`() throws {
        let pictures =
            Self.square(200, 120, side: 24, speed: 2, frames: 70)
            + Self.square(160, 160, side: 30, speed: 2, frames: 70)
        let outcome = try Self.detect(try Self.measure(pictures), rate: 25)
        #expect(outcome.records[70]["width"] == 160 && outcome.records[69]["width"] == nil)
        #expect(Set(outcome.objects[..<70].joined().map(\.track)) == [1])
        #expect(Set(outcome.objects[70...].joined().map(\.track)) == [2])
    }

    @Test(arguments: [(160, 90), (90, 160), (640, 360)])
    func `what comes before a change of size is as it is alone`(width: Int, height: Int) throws {
        // Both leave the first picture while they are still followed.
        let first = Self.square(320, 180, side: 30, speed: 3, frames: 115)
        let second = Self.square(width, height, side: height / 5, speed: 2, frames: 60)
        let alone = try Self.detect(try Self.measure(first), rate: 25)
        let joined = try Self.detect(try Self.measure(first + second), rate: 25)
        #expect(alone.objects.count { !$0.isEmpty } > 80)
        #expect(Array(joined.objects[..<115]) == alone.objects)
        let after = joined.objects[115...].joined().map(\.box)
        #expect(!after.isEmpty && after.allSatisfy { $0.x2 <= Double(width) && $0.y2 <= Double(height) })
        // The other way round, and back again.
        let back = try Self.detect(try Self.measure(second + first + second), rate: 25)
        let part = try Self.detect(try Self.measure(second + first), rate: 25)
        #expect(Array(back.objects[..<175]) == part.objects)
        #expect(Array(part.objects[..<60]) == (try Self.detect(try Self.measure(second), rate: 25)).objects)
    }

    @Test func `random regions never stop the program, and numbers are dense`() throws {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<20 {
            var records: [Measurement] = []
            for index in 0..<120 {
                var record = Measurement()
                if index == 0 || Int.random(in: 0..<50, using: &generator) == 0 {
                    record.set("width", 300)
                    record.set("height", 200)
                }
                for _ in 0..<Int.random(in: 0...8, using: &generator) {
                    let (x, y) = (
                        Int.random(in: 0..<290, using: &generator), Int.random(in: 0..<190, using: &generator)
                    )
                    record.regions.append(
                        Box(
                            x1: Double(x), y1: Double(y), x2: Double(Int.random(in: x + 1...300, using: &generator)),
                            y2: Double(Int.random(in: y + 1...200, using: &generator))))
                }
                records.append(record)
            }
            let outcome = try Self.detect(records, rate: 25, ["hits": 2, "still": 0])
            let ids = Set(outcome.objects.joined().map(\.track))
            #expect(ids == Set(1..<(ids.max() ?? 0) + 1))
            for objects in outcome.objects { #expect(Set(objects.map(\.track)).count == objects.count) }
            #expect(try Self.detect(records, rate: 25, ["hits": 2, "still": 0]) == outcome)
        }
    }
}

@Suite("Optimal assignment") struct AssignmentTests {
    private func least(_ costs: [[Double]], _ row: Int, _ used: Set<Int>, _ left: Int) -> Double {
        guard row < costs.count else { return left == 0 ? 0 : .infinity }
        // A row may stay without a column only when there are too few columns.
        var best = costs.count - row > left ? least(costs, row + 1, used, left) : .infinity
        guard left > 0 else { return best }
        for column in costs[row].indices where !used.contains(column) {
            best = min(best, costs[row][column] + least(costs, row + 1, used.union([column]), left - 1))
        }
        return best
    }

    @Test func `the total is the least of all assignments`() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            let (rows, columns) = (
                Int.random(in: 1...5, using: &generator), Int.random(in: 1...5, using: &generator)
            )
            let costs = (0..<rows).map { _ in
                (0..<columns).map { _ in Double(Int.random(in: -9...30, using: &generator)) }
            }
            let found = Assignment.solve(costs)
            let taken = found.compactMap { $0 }
            #expect(Set(taken).count == taken.count && taken.count == min(rows, columns))
            let total = found.enumerated().reduce(0.0) { sum, pair in
                sum + (pair.element.map { costs[pair.offset][$0] } ?? 0)
            }
            #expect(total == least(costs, 0, [], min(rows, columns)))
        }
        #expect(Assignment.solve([]) == [])
        #expect(Assignment.solve([[], []]) == [nil, nil])
    }
}
