package import Bytes

/// Videos made on the fly by the `ffmpeg` command, where it is installed.
package enum FFmpegCommand {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes a file.
    ///
    /// - Parameter arguments: what stands before the output's name, in pieces that are split at spaces.
    package static func make(_ path: RawPath, _ arguments: String...) async throws { try await make(path, arguments) }

    package static func make(_ path: RawPath, _ arguments: [String]) async throws {
        guard let ffmpeg = ExternalProgram.ffmpeg else { throw Failure(description: "no ffmpeg in PATH") }
        let words = arguments.flatMap { $0.split(separator: " ").map(String.init) }
        let outcome = try await ffmpeg.run(
            ["-nostdin", "-v", "error", "-y", "-fflags", "+bitexact"] + words + [path.display], seconds: 600)
        guard outcome.status == 0 else { throw Failure(description: "ffmpeg \(words): \(outcome.errorText)") }
    }

    /// Makes a raw h264 stream, ten frames of each size after the other.
    package static func makeChanging(_ path: RawPath, sizes: [String]) async throws {
        let folder = try TemporaryFolder()
        var bytes: [UInt8] = []
        for size in sizes {
            let part = folder.path.appending("\(bytes.count).h264")
            try await make(
                part, "-f lavfi -i testsrc2=s=\(size):r=25:d=0.4 -c:v libx264 -bf 0 -threads 1 -pix_fmt yuv420p -f h264"
            )
            bytes += try Files.read(part)
        }
        try AtomicFile.write(bytes, to: path, durable: false)
    }

    /// What `ffmpeg -version` calls itself, such as 5.1.9.
    package static let version: String = {
        let text = (try? ExternalProgram.ffmpeg?.runAndWait(["-version"]))?.text ?? ""
        return String(text.dropFirst("ffmpeg version ".count).prefix { $0.isNumber || $0 == "." })
    }()

    /// The first number of ``version``; 0 where there is no command.
    package static var majorVersion: Int { version.split(separator: ".").first.flatMap { Int($0) } ?? 0 }
}
