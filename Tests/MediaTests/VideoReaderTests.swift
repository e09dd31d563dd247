import Bytes
import Frames
import Media
import TestSupport
import Testing

@Suite struct VideoReaderTests {
    @Test func `every sample gives exactly the frames that its manifest states`() throws {
        let clips = try Samples.clips()
        #expect(clips.count >= 8)
        for clip in clips {
            let descriptor = try Files.openInput(Samples.folder.appending(clip.path))
            guard let expected = clip.frames else {
                #expect(throws: DecodeError.containerNotAllowed) { try VideoReader(descriptor: descriptor) }
                continue
            }
            let reader = try VideoReader(descriptor: descriptor)
            var count = 0
            var lastTime = -1.0
            while let frame = try reader.next() {
                #expect(frame.time.index == count)
                if let time = frame.time.time {
                    #expect(time >= lastTime, "\(clip.path)")
                    lastTime = time
                }
                count += 1
            }
            #expect(count == expected, "\(clip.path)")
            #expect(reader.account.decodedFrames == expected)
            if clip.broken != nil {
                #expect(reader.account.endedEarly)
                #expect(reader.info.declaredFrames ?? 0 > expected)
            } else {
                #expect(reader.account.errorCount == 0, "\(clip.path): \(reader.account.errors)")
                #expect(!reader.account.endedEarly, "\(clip.path)")
            }
        }
    }

    @Test func `a container without a count of frames gives an estimate of it, one with a count none`() throws {
        var estimated = 0
        for clip in Samples.decodable {
            let info = try VideoReader(descriptor: Files.openInput(Samples.folder.appending(clip.path))).info
            #expect(info.declaredFrames == nil || info.estimatedFrames == nil, "\(clip.path)")
            // Where the rate varies the mean one is the container's guess: the estimate is far off, and no harm is done.
            guard clip.path != "vfr.mkv", let frames = clip.frames, let estimate = info.estimatedFrames else {
                continue
            }
            estimated += 1
            #expect(abs(estimate - frames) <= max(2, frames / 4), "\(clip.path): \(estimate) of \(frames)")
        }
        #expect(estimated >= 4)
        var info = try VideoReader(descriptor: Files.openInput(Samples.folder.appending("gray.mkv"))).info
        (info.duration, info.roughDuration) = (nil, nil)
        info.averageFrameRate = Ratio(numerator: 30000, denominator: 1001)
        #expect(info.estimatedFrames == nil)
        let odd: [(Double, Int?)] = [(10, 300), (0.001, nil), (.infinity, nil), (.nan, nil), (1e300, nil)]
        for (seconds, frames) in odd {
            info.duration = seconds
            #expect(info.estimatedFrames == frames, "\(seconds)")
        }
    }

    @Test func `a playlist named like a video opens nothing else`() throws {
        let folder = try TemporaryFolder()
        let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n\(Samples.folder.display)/mpeg4.avi\n"
        let scripts = [playlist, "ffconcat version 1.0\nfile mpeg4.avi\n", "v=0\nm=video 4000 RTP/AVP 96\n"]
        for (index, text) in scripts.enumerated() {
            let path = folder.path.appending("list\(index).mp4")
            try AtomicFile.write(Array(text.utf8), to: path, durable: false)
            let descriptor = try Files.openInput(path)
            #expect(throws: DecodeError.self) { try VideoReader(descriptor: descriptor) }
        }
    }
}
