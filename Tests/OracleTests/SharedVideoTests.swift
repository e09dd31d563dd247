import Bytes
import TestSupport
import Testing

/// The same comparison on real videos, where a checkout has some beside it.
@Suite(
    "Real videos against FFmpeg's filters",
    .enabled(if: !SharedVideos.names.isEmpty && ExternalProgram.ffmpeg != nil, "needs ../shared/videos and ffmpeg"))
struct SharedVideoTests {
    @Test("Every frame of a real video is measured as the filters measure it", arguments: SharedVideos.names)
    func measures(_ name: String) async throws {
        let result = try await ResultFolder.videos.value.result(name)
        try await FilterComparison(name: name, video: SharedVideos.folder.appending(name), result: result).check()
    }
}
