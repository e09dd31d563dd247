import Bytes
import Media
import TestSupport
import Testing

/// Readers whose decoders have several threads. Damage that a decoder would tell of from a thread of its own is left to tests
/// of whole runs: one process has one such reader.
@Suite("Frame threads")
struct FrameThreadTests {
    private static func limits(_ threads: Int, pixels: Int64 = 0, memory: Int64 = 0) -> MediaLimits {
        var limits = MediaLimits()
        (limits.threads, limits.threadedPixels, limits.memory) = (threads, pixels, memory)
        return limits
    }

    private static func threads(_ sample: String, _ limits: MediaLimits) throws -> Int {
        try VideoReader(descriptor: Files.openInput(Samples.folder.appending(sample)), limits: limits).threads
    }

    @Test("Decoders that have frame threads get them, as many as are allowed; others, and small pictures, have one")
    func count() throws {
        for sample in ["h264-scenes.mp4", "hevc-10bit.mkv", "mpeg4.avi", "vp9.webm"] {
            #expect(try FrameThreadTests.threads(sample, FrameThreadTests.limits(6)) == 6, "\(sample)")
            #expect(try FrameThreadTests.threads(sample, MediaLimits()) == 1, "\(sample)")
        }
        // MPEG-2 has threads within a picture alone.
        #expect(try FrameThreadTests.threads("interlaced.mpg", FrameThreadTests.limits(6)) == 1)
        let large = FrameThreadTests.limits(6, pixels: 1280 * 720)
        #expect(try FrameThreadTests.threads("h264-scenes.mp4", large) == 1)
    }

    @Test("Threads are reckoned with in the memory that a video needs, and there are no more than it has room for")
    func memory() throws {
        final class Need: @unchecked Sendable {
            // Proof for @unchecked: readers of this test tell it on this thread alone.
            var most: Int64 = 0
        }
        func need(_ limits: MediaLimits) throws -> (threads: Int, most: Int64) {
            let need = Need()
            var limits = limits
            limits.expectMemory = { need.most = max(need.most, $0) }
            return (try FrameThreadTests.threads("h264-scenes.mp4", limits), need.most)
        }
        let one = try need(FrameThreadTests.limits(1))
        let eight = try need(FrameThreadTests.limits(8))
        #expect(one.threads == 1 && eight.threads == 8)
        // The stacks at least.
        #expect(eight.most - one.most > 8 * 8 << 20)
        #expect(try need(FrameThreadTests.limits(8, memory: eight.most)).threads == 8)
        let fewer = try need(FrameThreadTests.limits(8, memory: (one.most + eight.most) / 2))
        #expect((2...7).contains(fewer.threads) && fewer.most <= (one.most + eight.most) / 2)
        #expect(try need(FrameThreadTests.limits(8, memory: one.most - 1)).threads == 1)
    }

    @Test("Sound streams give the same pictures, times and account with any number of threads")
    func sound() throws {
        for clip in Samples.decodable where clip.broken == nil {
            let path = Samples.folder.appending(clip.path)
            let one = try Reading(path)
            for count in [2, 4, 8] {
                let several = try Reading(path, limits: FrameThreadTests.limits(count))
                #expect(several.frames.map(\.time) == one.frames.map(\.time), "\(clip.path) \(count)")
                #expect(several.frames.map(\.luma) == one.frames.map(\.luma), "\(clip.path) \(count)")
                #expect("\(several.account)" == "\(one.account)", "\(clip.path) \(count)")
                #expect("\(several.info)" == "\(one.info)", "\(clip.path) \(count)")
            }
        }
    }

    @Test(
        "A picture that a decoder leaves unfinished without a word is for one thread alone, shown or not",
        .enabled(if: Clip.isPossible, "needs ffmpeg"), arguments: ["0", "1"])
    func holes(hiddenPictures: String) async throws {
        let clip = try await Clip(
            "a.ivf",
            "-f lavfi -i testsrc2=s=160x120:r=25:d=3 -c:v libvpx -b:v 400k -auto-alt-ref \(hiddenPictures) -lag-in-frames 12"
        )
        let bytes = try clip.bytes()
        // Each picture behind the header of 32 bytes has its size, 4 bytes, and its time, 8.
        var pictures: [Range<Int>] = []
        var place = 32
        while place + 12 <= bytes.count {
            let size = bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            pictures.append(place..<place + 12 + size)
            place += 12 + size
        }
        // Data that end too early: the rows that they do not reach keep what was in memory.
        let largest = try #require(pictures.dropFirst(10).max { $0.count < $1.count })
        let size = (largest.count - 12) * 3 / 5
        var cut = Array(bytes[..<largest.lowerBound])
        cut += (0..<4).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
        cut += bytes[largest.lowerBound + 4..<largest.lowerBound + 12 + size] + bytes[largest.upperBound...]
        let damaged = try Clip("b.ivf", bytes: cut)
        let reading = try damaged.read()
        #expect(reading.frames.count == 75 && reading.account.errorCount == 0, "\(reading.account)")
        let whole = try clip.read(limits: FrameThreadTests.limits(4))
        #expect(whole.frames.count == 75)
        #expect(whole.frames.map(\.luma) != reading.frames.map(\.luma))
        for count in [2, 4, 8] {
            #expect(throws: DecodeError.threadTrouble) { try damaged.read(limits: FrameThreadTests.limits(count)) }
        }
    }

    @Test(
        "A size that changes, and a packet that is marked as damaged, are for one thread alone",
        .enabled(if: Clip.isPossible, "needs ffmpeg"))
    func trouble() async throws {
        let coding = "-c:v libx264 -bf 0 -threads 1 -pix_fmt yuv420p"
        var bytes: [UInt8] = []
        for size in ["64x48", "96x64"] {
            let part = try await Clip("a.h264", "-f lavfi -i testsrc2=s=\(size):r=25:d=2 \(coding) -f h264")
            bytes += try part.bytes()
        }
        let joined = try Clip("a.h264", bytes: bytes)
        #expect(try joined.read().frames.count == 100)
        #expect(throws: DecodeError.threadTrouble) { try joined.read(limits: FrameThreadTests.limits(4)) }

        // A transport packet of the video, in the middle, tells of an error (ISO/IEC 13818-1, 2.4.3.3).
        let stream = try await Clip("a.ts", "-f lavfi -i testsrc2=s=64x48:r=25:d=2 \(coding)")
        var transport = try stream.bytes()
        let packets = stride(from: 0, to: transport.count - 188, by: 188).filter {
            transport[$0 + 1] & 0x1f == 1 && transport[$0 + 2] == 0
        }
        transport[packets[packets.count / 2] + 1] |= 0x80
        let marked = try Clip("b.ts", bytes: transport)
        #expect(throws: DecodeError.threadTrouble) { try marked.read(limits: FrameThreadTests.limits(4)) }
    }
}
