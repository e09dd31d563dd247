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
