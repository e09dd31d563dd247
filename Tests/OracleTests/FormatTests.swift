import Bytes
import TestSupport
import Testing

/// The same comparison over pixel formats that no sample has: other depths and samplings read in place, and formats
/// that are converted first, by the conversion that the result names.
@Suite("Pixel formats against FFmpeg's filters", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct FormatTests {
    /// A file's name, what makes it, and the conversion that its result must name.
    static let videos: [(name: String, options: String, conversion: String?)] = [
        ("yuv440p.mkv", "-c:v ffv1 -pix_fmt yuv440p", nil),
        ("yuv444p.avi", "-c:v utvideo -pix_fmt yuv444p", nil),
        ("nv12.avi", "-c:v rawvideo -pix_fmt nv12", nil),
        ("yuv420p10.mkv", "-c:v ffv1 -pix_fmt yuv420p10le", nil),
        ("yuv422p10.mkv", "-c:v ffv1 -pix_fmt yuv422p10le -color_range pc", nil),
        ("yuv444p12.mkv", "-c:v ffv1 -strict -1 -pix_fmt yuv444p12le", nil),
        ("gif.gif", "-c:v gif", "yuv444p"),
        ("bgra.avi", "-c:v rawvideo -pix_fmt bgra", "yuv444p"),
        ("rgb555.mov", "-c:v qtrle -pix_fmt rgb555le", "yuv444p"),
        ("gbrp.avi", "-c:v utvideo -pix_fmt gbrp", "yuv444p"),
        ("gbrp10.mkv", "-c:v ffv1 -pix_fmt gbrp10le", "yuv444p10le"),
        ("gbrp12.mkv", "-c:v ffv1 -pix_fmt gbrp12le", "yuv444p12le"),
        ("tagged.mkv", "-c:v png -pix_fmt rgb24 -colorspace bt709 -color_primaries bt709 -color_trc bt709", "yuv444p"),
        ("yuyv422.avi", "-c:v rawvideo -pix_fmt yuyv422", "yuv444p"),
    ]

    @Test("Every frame of every format is measured as the filters measure it")
    func formats() async throws {
        let workshop = try Workshop()
        for video in FormatTests.videos {
            // Three seconds of black in the middle: a black stretch, a standstill and two cuts.
            try await workshop.make(
                video.name,
                "-f lavfi -i testsrc2=s=64x48:r=5:d=5,drawbox=w=iw:h=ih:t=fill:color=black:enable=between(t\\,1\\,3.9)",
                video.options)
        }
        let run = try await workshop.run(["--no-stills"] + ResultFolder.exact)
        #expect(run.status == 0, "\(run.messages)")
        for video in FormatTests.videos {
            let result = try run.result(video.name)
            #expect(result["video"]?["converted_to"]?.string == video.conversion, "\(video.name)")
            #expect(result.verdict == "ok", "\(video.name): \(result.reasons)")
            for tool in ["black", "freeze", "scene"] { #expect(!result.events(tool).isEmpty, "\(video.name): \(tool)") }
            try await FilterComparison(name: video.name, video: workshop.input.appending(video.name), result: result)
                .check()
        }
    }
}
