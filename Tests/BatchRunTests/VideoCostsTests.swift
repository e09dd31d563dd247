import Bytes
import Jobs
import Store
import Testing

@testable import BatchRun

@Suite("What videos cost that were probed")
struct VideoCostsTests {
    private func pixels(_ width: Int?, _ height: Int?, frames: Int?, size: Int64 = 1 << 40) -> Int64? {
        VideoCosts.pixels(VideoFacts(width: width, height: height, duration: 1), frames: frames, size: size)
    }

    @Test("The pixels of all frames; nothing where frames or pictures are not told")
    func pixels() {
        #expect(pixels(320, 240, frames: 200) == 15_360_000)
        #expect(pixels(1, 1, frames: 1) == 1)
        for untold in [
            pixels(nil, 240, frames: 200), pixels(320, nil, frames: 200), pixels(320, 240, frames: nil),
            pixels(0, 240, frames: 200), pixels(320, -240, frames: 200), pixels(320, 240, frames: 0),
            pixels(320, 240, frames: -1),
        ] { #expect(untold == nil) }
    }

    @Test("No header is believed that claims more than its file has room for, or than any decoder takes")
    func claims() {
        // A frame takes ten bytes at least, and a file that is not empty may hold one.
        #expect(pixels(10, 10, frames: .max, size: 1000) == 10_000)
        #expect(pixels(10, 10, frames: 7, size: 3) == 100)
        #expect(pixels(.max, .max, frames: 2) == 268_435_456)
        #expect(pixels(.max, .max, frames: .max, size: .max) == .max)
    }

    @Test("A video that did not tell counts by its bytes, at the middle rate of those that did")
    func median() {
        // Rates of 1, 10 and 100 pixels a byte; a bit counts as a pixel.
        let sizes: [Int64] = [100, 1000, 10, 50, 0]
        var costs = VideoCosts(count: 5)
        #expect(costs.costs(sizes).costs == sizes && costs.costs(sizes).overhead == ShardCut.overhead)
        costs.set(100, of: 0)
        #expect(costs.costs(sizes).costs == [900, 9000, 90, 450, 0])
        #expect(costs.costs(sizes).overhead == VideoCosts.overhead)
        costs.set(10_000, of: 1)
        // Of two the lower one.
        #expect(costs.costs(sizes).costs == [900, 18_000, 90, 450, 0])
        costs.set(1000, of: 2)
        #expect(costs.costs(sizes).costs == [900, 18_000, 1080, 900, 0])
        costs.set(.max, of: 3)
        #expect(costs.costs([100, 1000, 10, 1, .max]).costs == [900, 18_000, 1080, .max, .max])
        #expect(VideoCosts(count: 0).costs([]).costs == [])
    }

    @Test("The order in which videos are told is of no matter")
    func order() {
        let sizes = (0..<50).map { Int64($0 * 7919 % 1000) }
        func told(_ order: some Sequence<Int>) -> [Int64] {
            var costs = VideoCosts(count: 50)
            for index in order where index % 3 != 0 { costs.set(Int64(index * 104_729 % 10_000), of: index) }
            return costs.costs(sizes).costs
        }
        #expect(told(0..<50) == told((0..<50).reversed()))
    }
}
