import FrameTools
import Testing

@testable import Analysis

@Suite("From a plugin's frame to the source") struct FrameMappingTests {
    /// A mark at the top left of the picture as it is stored, 10 by 20 pixels of 400 by 200, and where it lies in a frame of
    /// half the size.
    @Test(arguments: [
        (0, false, Box(x1: 0, y1: 0, x2: 5, y2: 10)), (0, true, Box(x1: 0, y1: 90, x2: 5, y2: 100)),
        (90, false, Box(x1: 90, y1: 0, x2: 100, y2: 5)), (90, true, Box(x1: 0, y1: 0, x2: 10, y2: 5)),
        (180, false, Box(x1: 195, y1: 90, x2: 200, y2: 100)), (180, true, Box(x1: 195, y1: 0, x2: 200, y2: 10)),
        (270, false, Box(x1: 0, y1: 195, x2: 10, y2: 200)), (270, true, Box(x1: 90, y1: 195, x2: 100, y2: 200)),
    ]) func `a mark comes back to its corner from every turn`(rotation: Int, isMirrored: Bool, given: Box) {
        let isUpright = rotation % 180 == 0
        let mapping = FrameMapping(
            given: isUpright ? (200, 100) : (100, 200), source: (400, 200), rotation: rotation, isMirrored: isMirrored)
        #expect(mapping.source(given) == Box(x1: 0, y1: 0, x2: 10, y2: 20))
    }

    @Test func `both ways are scaled by themselves, and degrees go to the nearest quarter`() {
        let plain = FrameMapping(given: (300, 300), source: (768, 576))
        #expect(plain.source(Box(x1: 0, y1: 150, x2: 300, y2: 300)) == Box(x1: 0, y1: 288, x2: 768, y2: 576))
        for (degrees, quarter) in [(-90, 270), (89, 90), (359, 0), (450, 90), (134, 90), (135, 180)] {
            #expect(
                FrameMapping(given: (4, 4), source: (8, 8), rotation: degrees)
                    == FrameMapping(given: (4, 4), source: (8, 8), rotation: quarter), "\(degrees)")
        }
    }
}
