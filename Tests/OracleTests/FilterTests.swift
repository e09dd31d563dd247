import Bytes
import TestSupport
import Testing

/// Every measure of every frame against FFmpeg's own filters, run by FFmpeg's own command.
@Suite("Measures against FFmpeg's filters", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct FilterTests {
    static let clips = Samples.decodable.map(\.path)

    @Test("Every frame of every sample is measured as the filters measure it", arguments: clips)
    func samples(_ path: String) async throws {
        let result = try await ResultFolder.samples.value.result(path)
        try await FilterComparison(name: path, video: Samples.folder.appending(path), result: result).check()
    }

    @Test("The frame count of every sample is what ffprobe counts in the recorded stream", arguments: clips)
    func counts(_ path: String) async throws {
        let result = try await ResultFolder.samples.value.result(path)
        let stream = try #require(result["video"]?["stream_index"]?.int)
        let count = try await FilterComparison.probedFrames(Samples.folder.appending(path), stream: stream)
        #expect(result["total_frames"]?.int == count)
    }

    @Test("The samples hold cuts, black pictures and standstills, closed and open at the end")
    func events() async throws {
        let run = try await ResultFolder.samples.value
        let all = try FilterTests.clips.flatMap { try run.result($0)["events"]?.array ?? [] }
        for tool in ["scene", "black", "freeze"] {
            #expect(all.contains { $0["tool"]?.string == tool && $0["open_at_end"] == nil }, "\(tool)")
        }
        for tool in ["black", "freeze"] {
            #expect(all.contains { $0["tool"]?.string == tool && $0["open_at_end"]?.bool == true }, "\(tool)")
        }
    }

    @Test("A 10-bit video has black pictures by a limit of 10 bits, and brightness on the 8-bit scale")
    func tenBits() async throws {
        let result = try await ResultFolder.samples.value.result("hevc-10bit.mkv")
        #expect(result["video"]?["pixel_format"]?.string == "yuv420p10le")
        let last = try #require(result["frames"]?.array?.last)
        #expect(last["black"]?["ratio"]?.double == 1)
        #expect(last["luma"]?["avg"]?.double.map { $0 > 15 && $0 < 17 } == true)
    }
}
