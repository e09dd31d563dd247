import Bytes
import Store
import Testing

@Suite("Which videos a run found unchanged") struct SeenVideosTests {
    private func size(_ seen: SeenVideos) -> Int { JSONWriter.encode(seen.json).count }

    @Test func `a run over all that is known is told by one place, however many videos there are`() throws {
        let known = (0..<5000).map { (path: RawPath("cam\($0 % 50)/2026/video \($0).mp4"), isSeen: true) }
        let seen = SeenVideos(known)
        #expect(size(seen) == #"{"in":[{"path":""}]}"#.utf8.count)
        #expect(known.allSatisfy { seen.holds($0.path) })
        // A few that were not seen cost a place each, and so does a folder of which none was.
        let fewer = SeenVideos(
            known.map { ($0.path, $0.path.components[0] != Array("cam7".utf8)[...] && $0.path != known[0].path) })
        #expect(
            JSONWriter.text(fewer.json)
                == #"{"in":[{"path":""}],"not_in":[{"path":"cam0/2026/video 0.mp4"},{"path":"cam7"}]}"#)
    }

    @Test func `nothing known is nothing seen`() {
        #expect(JSONWriter.text(SeenVideos([]).json) == #"{"in":[]}"#)
        #expect(!SeenVideos([]).holds(RawPath("a.mp4")))
    }

    @Test func `whatever was seen, every video is told of rightly, and read back so`() throws {
        var random = Seeded(state: 7)
        for _ in 0..<200 {
            var known: [RawPath: Bool] = [:]
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let depth = Int.random(in: 1...4, using: &random)
                let parts = (0..<depth).map { _ in "abc".randomElement(using: &random).map { String($0) } ?? "" }
                known[RawPath(parts.joined(separator: "/"))] = Bool.random(using: &random)
            }
            // A name that is no text, and one that is a folder of others as well.
            known[RawPath(bytes: [0x61, 0x2f, 0xff])] = Bool.random(using: &random)
            let seen = SeenVideos(known.map { ($0.key, $0.value) })
            let read = try #require(SeenVideos(JSONReader.parse(JSONWriter.encode(seen.json))))
            #expect(read == seen)
            for (path, isSeen) in known { #expect(read.holds(path) == isSeen, "\(path.display)") }
        }
    }
}

/// The same numbers every time.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
