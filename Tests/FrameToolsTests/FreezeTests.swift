import Frames
import TestSupport
import Testing
import ToolModel

@testable import FrameTools

@Suite("freeze") struct FreezeTests {
    private func video(frozen: Int, then moving: Int) -> Video {
        Video(
            Array(repeating: Drawing.flat(100), count: frozen)
                + (0..<moving).map { Drawing.flat($0 % 2 == 0 ? 150 : 120) })
    }

    @Test func `a picture that stands still is an event`() throws {
        let outcome = try video(frozen: 30, then: 5).run("freeze")
        #expect(
            outcome.events == [
                ToolEvent(
                    tool: "freeze", type: "freeze", startFrame: 0, endFrame: 29, start: 0, end: 3, isOpenAtEnd: false)
            ])
        #expect(outcome.values("difference")[0] == nil)
        #expect(outcome.values("difference")[1...29].allSatisfy { $0 == 0 })
        #expect(outcome.values("since")[1...29].allSatisfy { $0 == 0 })
        #expect(outcome.values("since")[30...] == [nil, nil, nil, nil, nil])
        #expect(outcome.summary["frames"] == 29)
        #expect(outcome.summary["seconds"] == 3)
    }

    @Test(arguments: [(21, 1, 1), (20, 1, 0), (19, 0, 0)])
    func `two seconds have to pass from its first frame to the next other one, or to its last timestamp`(
        frames: Int, events: Int, atEnd: Int
    ) throws {
        #expect(try video(frozen: frames, then: 3).run("freeze").events.count == events)
        #expect(try video(frozen: frames, then: 0).run("freeze").events.count == atEnd, "at the end")
    }

    @Test func `a freeze that runs at the end is closed when the last frame ends`() throws {
        let events = try video(frozen: 30, then: 0).run("freeze").events
        #expect(events.map(\.start) == [0])
        #expect(events.map(\.end) == [3])
        #expect(events.map(\.isOpenAtEnd) == [true])
    }

    @Test func `the picture that opened a freeze may be read along with the others, and the numbers are the same`() {
        // Neighbours differ by a level in up to a quarter of their samples, which is within the limit.
        let pictures = (0..<12).map { index in
            index == 8
                ? Drawing.flat(200)
                : DrawnPicture.gray(width: 100, height: 70) { x, y in (x + 7 * y + 3 * index) % 8 == 0 ? 101 : 100 }
        }
        let settings = ToolSettings(FreezeTool.descriptor.settings)
        var (alone, along) = (FreezeTool(settings: settings), FreezeTool(settings: settings))
        var before: Picture?
        for (index, picture) in pictures.enumerated() {
            let time = FrameTime(index: index, time: Double(index) / 10, duration: 0.1)
            func features(_ reference: Picture?) -> FrameFeatures {
                FrameFeatures(picture: picture, time: time, before: before, reference: reference, needs: .init())
            }
            let (without, with) = (features(nil), features(along.reference))
            #expect(alone.measure(without) == along.measure(with))
            // The picture before is compared with anyway, and one of another size is not.
            let opening = (2..<8).contains(index) ? pictures[0] : index > 10 ? pictures[9] : nil
            #expect(
                with.luma.referenceDifference == opening.map { Kernels.difference(picture, $0, plane: 0) }, "\(index)")
            #expect(along.reference === pictures[index < 8 ? 0 : index < 9 ? 8 : 9])
            before = picture
        }
    }

    @Test func `a slow drift ends a freeze`() throws {
        // Each frame differs from the one before by a tenth of a step, which is within the noise; three of them are not.
        let pictures = (0..<60).map { frame in
            DrawnPicture.gray(width: 10, height: 10) { x, y in 100 + (y * 10 + x < frame * 10 ? 1 : 0) }
        }
        let outcome = try Video(Array(pictures.prefix(10))).run("freeze")
        #expect(outcome.values("since") == [nil, 0, 0, nil, 3, 3, nil, 6, 6, nil])
        #expect(outcome.events == [])
    }

    @Test func `noise within the limit is a freeze`() throws {
        var generator = SeededGenerator(seed: 1)
        // One sample of a hundred, up to 20 steps: a mean difference of at most 0.2 of 256.
        let pictures = (0..<30).map { _ in
            let place = Int.random(in: 0..<100, using: &generator)
            return DrawnPicture.gray(width: 10, height: 10) { x, y in y * 10 + x == place ? 110 : 100 }
        }
        #expect(try Video(pictures).run("freeze").events.count == 1)
        #expect(try Video(pictures).run("freeze", ["noise": 0]).events == [])
    }

    @Test func `moving colour is no freeze though the brightness stands still`() throws {
        let pictures = (0..<30).map { Drawing.yuv(100, $0 % 2 == 0 ? 90 : 160, 128) }
        #expect(try Video(pictures).run("freeze").events == [])
        #expect(try Video(Array(repeating: pictures[0], count: 30)).run("freeze").events.count == 1)
    }

    @Test func `the difference is over the samples of all planes`() throws {
        // A quarter as many samples in each chroma plane: one step of one of them is a sixth of a step.
        let outcome = try Video([Drawing.yuv(100, 90, 128), Drawing.yuv(100, 91, 128)]).run("freeze")
        #expect(outcome.values("difference") == [nil, rounded4(1.0 / 6 / 256)])
        // Two steps are 0.0013: over the limit.
        let more = try Video([Drawing.yuv(100, 90, 128), Drawing.yuv(100, 92, 128)]).run("freeze")
        #expect(more.values("difference") == [nil, nil])
        // 38 of 100 luma samples are over the limit of a luma plane, but not over that of all 150 samples.
        let shared = try Video(
            [0, 38].map { extra in
                Drawing.picture(planes: [(10, 10), (5, 5), (5, 5)]) { plane, x, y in
                    plane == 0 && y * 10 + x < extra ? 101 : 100
                }
            }
        ).run("freeze")
        #expect(shared.values("difference") == [nil, 0.001])
    }

    @Test func `deeper samples are held against the same limit`() throws {
        // 1/256 of a step of 8 bits is a step of 16 bits; 65 of them are within 0.001, 66 are not.
        for (step, isFrozen) in [(65, true), (66, false)] {
            let video = Video([Drawing.flat(20000, depth: 16), Drawing.flat(20000 + step, depth: 16)])
            #expect((try video.run("freeze").values("difference")[1] != nil) == isFrozen)
        }
    }

    @Test func `a change of size ends a freeze`() throws {
        let pictures =
            Array(repeating: Drawing.flat(100), count: 25) + Array(repeating: Drawing.flat(100, width: 8), count: 25)
        let events = try Video(pictures).run("freeze").events
        #expect(events.map(\.startFrame) == [0, 25])
        #expect(events.map(\.endFrame) == [24, 49])
    }

    @Test func `time counts, not the number of frames`() throws {
        let pictures = [100, 100, 100, 200].map { Drawing.flat($0) }
        let slow = try Video(pictures, times: [0, 0.1, 2, 2.1], lastDuration: 0.1).run("freeze").events
        #expect(slow.map(\.endFrame) == [2])
        #expect(slow.map(\.end) == [2.1])
        let held = try Video(pictures, times: [0, 0.1, 1.9, 20], lastDuration: 0.1).run("freeze").events
        #expect(held.map(\.end) == [20])
        // One picture alone, as a screen recording holds it.
        let single = try Video([100, 150, 200].map { Drawing.flat($0) }, times: [0, 1, 4]).run("freeze").events
        #expect(single.map(\.start) == [1])
        #expect(single.map(\.endFrame) == [1])
    }

    @Test func `missing timestamps do not make a freeze longer`() throws {
        let pictures = [100, 100, 100, 100, 200].map { Drawing.flat($0) }
        let events = try Video(pictures, times: [0, nil, 2.5, nil, 3]).run("freeze").events
        #expect(events.map(\.start) == [0])
        #expect(events.map(\.end) == [3])
        #expect(events.map(\.endFrame) == [3])
    }
}
