import Testing

@testable import VideoFormats

struct TableTests {
    @Test func `every extension has one meaning, in lower case without a dot`() {
        let taken = FormatTable.all.flatMap(\.extensions)
        let untaken = FormatTable.untaken.flatMap(\.extensions)
        for (list, name) in [(taken, "taken"), (untaken, "not taken")] {
            #expect(Set(list).count == list.count, "\(name)")
        }
        for text in taken + untaken + FormatTable.notVideo + FormatTable.all.flatMap(\.otherExtensions) {
            #expect(!text.isEmpty && text == text.lowercased() && !text.hasPrefix("."), "\(text)")
        }
        #expect(Set(taken).isDisjoint(with: untaken))
        #expect(Set(taken + untaken).isDisjoint(with: FormatTable.notVideo))
        #expect(FormatTable.sharedWithText.isSubset(of: taken))
        let ids = FormatTable.all.map(\.id) + FormatTable.untaken.map(\.id)
        // Flash is both: with a video in it, and without.
        #expect(Set(ids).count == ids.count - 1)
    }

    @Test func `every format can be found, and what is met besides by its first bytes`() {
        for format in FormatTable.all {
            #expect(!format.extensions.isEmpty || format.isFoundBySignature, "\(format.id)")
            if !format.otherExtensions.isEmpty { #expect(format.isFoundBySignature, "\(format.id)") }
            for name in format.otherExtensions {
                #expect(!FormatTable.notVideo.contains(name), "\(format.id): \(name)")
            }
            if format.isToldByName { #expect(!format.extensions.isEmpty, "\(format.id)") }
        }
    }

    @Test func `no demuxer is one that opens what a file names`() {
        let barred: Set = [
            "hls", "concat", "dash", "image2", "image2pipe", "imf", "sdp", "rtp", "rtsp", "webm_dash_manifest", "lavfi",
            "ffmetadata", "vobsub", "libopenmpt", "mpegtsraw", "tty", "vapoursynth", "avisynth",
        ]
        #expect(barred.isDisjoint(with: FormatTable.all.flatMap(\.demuxers)))
    }

    @Test func `a raw stream is told by its name unless it is something else`() {
        func told(_ name: String?, _ bytes: [UInt8]) -> String? {
            FormatTable.told(name, FileHead(bytes, size: Int64(bytes.count)))?.id
        }
        let jpeg: [UInt8] = [0xff, 0xd8, 0xff, 0xe0, 0, 0x10]
        #expect(told("mjpeg", jpeg) == "mjpeg")
        #expect(told("mjpg", jpeg) == "mjpeg")
        #expect(told("jpg", jpeg) == nil)
        #expect(told(nil, jpeg) == nil)
        #expect(told("mjpeg", [0x1a, 0x45, 0xdf, 0xa3]) == nil)
        #expect(told("mjpg", Array("--x\r\nContent-type: image/jpeg\r\n\r\n".utf8) + jpeg) == nil)
        #expect(told("264", [0, 0, 0, 1, 0x67, 0x42]) == "h264")
        #expect(told("264", [9, 9, 1, 0xff]) == "h264")
        #expect(told("264", [0, 0, 0, 1, 0x40, 1]) == nil)
        #expect(told("h264", Array("#EXTM3U\nother.ts\n".utf8)) == nil)
        #expect(told("mp4", [9, 9, 9]) == nil)
    }
}
