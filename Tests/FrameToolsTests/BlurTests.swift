import FrameTools
import Frames
import TestSupport
import Testing
import ToolModel

@Suite("Blur") struct BlurTests {
    /// An edge over `length` pixels.
    private func edge(_ length: Int, depth: Int = 8) -> Picture {
        Drawing.picture(planes: [(61, 12)], depth: depth) { _, x, _ in
            // From 20 to 220, steepest in its middle.
            let place = min(max(Double(x - 30) / Double(length) + 0.5, 0), 1)
            return Int((20 + 160 * place).rounded() + (x < 30 ? 0 : x == 30 ? 20 : 40)) << (depth - 8)
        }
    }

    @Test func `the wider an edge the greater the blur`() throws {
        let outcome = try Video([2, 6, 10, 14, 20, 26].map { edge($0) }).run("blur")
        let values = outcome.values("blur").compactMap(\.self)
        #expect(values.count == 6)
        for (narrow, wide) in zip(values, values.dropFirst()) { #expect(narrow + 2 < wide, "\(values)") }
        #expect(values[0] > 2 && values[5] < 32)
    }

    @Test func `a step over one pixel is as wide as the smoothing makes it`() throws {
        let picture = Drawing.picture(planes: [(41, 12)]) { _, x, _ in x < 20 ? 0 : x == 20 ? 80 : 160 }
        // Six pixels in the eight rows that are smoothed and two in the two that are not.
        #expect(try Video([picture]).run("blur").values("blur") == [5.2])
    }

    @Test func `a flat frame has no blur and the means skip it`() throws {
        let outcome = try Video([Drawing.flat(90), edge(6), Drawing.flat(90), edge(20)]).run("blur")
        let values = outcome.values("blur")
        #expect(values[0] == nil && values[2] == nil)
        let (one, two) = (try #require(values[1]), try #require(values[3]))
        #expect(outcome.summary["blur_avg"] == rounded4((one + two) / 2))
        #expect(outcome.summary["blur_min"] == one)
        #expect(outcome.summary["blur_max"] == two)
        #expect(outcome.events.isEmpty)
        #expect(try Video([Drawing.flat(90)]).run("blur").summary == Measurement())
    }

    @Test func `deep samples count on the 8-bit scale`() throws {
        let usual = try Video([edge(6), edge(20)]).run("blur")
        for depth in [9, 10, 12, 16] {
            #expect(try Video([edge(6, depth: depth), edge(20, depth: depth)]).run("blur") == usual, "\(depth)")
        }
    }

    @Test func `a diagonal step counts for seven tenths`() throws {
        // The same edge upright and from corner to corner, where a step along the gradient is 1.41 columns long.
        func value(_ place: Int) -> Int { 20 + 200 * min(max(place + 12, 0), 24) / 24 }
        let slanted = Drawing.picture(planes: [(80, 80)]) { _, x, y in value(x + y - 79) }
        let edges = Kernels.edgeWidths(slanted, low: 15, high: 30, radius: 50)
        #expect(edges.diagonal > 0)
        let expected = (Double(edges.straight) + 0.7 * Double(edges.diagonal)) / Double(edges.count)
        #expect(try Video([slanted]).run("blur").values("blur") == [rounded4(expected)])
    }

    @Test func `limits and radius decide what is an edge and how far it may reach`() throws {
        let video = Video([edge(20)])
        #expect(try video.run("blur", ["high": 255]).values("blur") == [nil])
        #expect(try video.run("blur", ["high": 240, "low": 100]).values("blur") == [nil])
        let short = try #require(try video.run("blur", ["radius": 4]).records[0]["blur"])
        #expect(short <= 8 && short > 7)
        // Gradients are whole numbers.
        #expect(try video.run("blur", ["high": 30.9, "low": 15.9]) == video.run("blur"))
    }

    @Test func `blur only runs when it is asked for`() {
        #expect(!ToolRegistry.descriptors.contains { $0.id == "blur" && $0.isDefault })
    }
}
