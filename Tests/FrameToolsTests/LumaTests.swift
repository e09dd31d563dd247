import FrameTools
import Frames
import TestSupport
import Testing

@Suite("luma") struct LumaTests {
    @Test func `a large white picture has a mean of 255`() throws {
        // 4096 x 2160 x 255 is more than 31 bits hold.
        let white = Drawing.flat(255, width: 4096, height: 2160)
        let outcome = try Video([white]).run("luma")
        #expect(outcome.values("avg") == [255])
        #expect(outcome.values("min") == [255])
        #expect(outcome.values("max") == [255])
    }

    @Test func `a known picture has known values`() throws {
        let ramp = DrawnPicture.gray(width: 10, height: 3) { x, y in x + 10 * y }
        let raised = DrawnPicture.gray(width: 10, height: 3) { x, y in x + 10 * y + (x == 0 ? 4 : 0) }
        let outcome = try Video([ramp, raised]).run("luma")
        #expect(outcome.values("min") == [0, 1])
        #expect(outcome.values("max") == [29, 29])
        #expect(outcome.values("avg") == [14.5, 14.9])
        #expect(outcome.values("dif") == [nil, 0.4])
        #expect(outcome.summary["min"] == 0)
        #expect(outcome.summary["max"] == 29)
        #expect(outcome.summary["avg"] == 14.7)
        #expect(outcome.summary["darkest_avg"] == 14.5)
        #expect(outcome.summary["brightest_avg"] == 14.9)
        #expect(outcome.events == [])
    }

    @Test(arguments: [(9, 2), (10, 4), (12, 16), (16, 256)])
    func `deeper samples are told on the 8-bit scale`(depth: Int, scale: Int) throws {
        let video = Video([
            Drawing.flat(100 * scale, depth: depth), Drawing.flat(100 * scale + scale / 2, depth: depth),
        ])
        let outcome = try video.run("luma")
        #expect(outcome.values("avg") == [100, 100.5])
        #expect(outcome.values("max") == [100, 100.5])
        #expect(outcome.values("dif") == [nil, 0.5])
    }

    @Test func `no difference is told without a comparable picture before`() throws {
        let sizes = [(16, 16), (16, 16), (8, 16), (8, 16), (8, 8)]
        let video = Video(sizes.map { Drawing.flat(50, width: $0.0, height: $0.1) })
        for id in ["luma", "scene"] {
            let key = id == "luma" ? "dif" : "mafd"
            #expect(try video.run(id).values(key) == [nil, 0, nil, 0, nil], "\(id)")
        }
        let depths = Video([Drawing.flat(50), Drawing.flat(200, depth: 10), Drawing.flat(200, depth: 10)])
        #expect(try depths.run("luma").values("dif") == [nil, nil, 0])
    }
}
