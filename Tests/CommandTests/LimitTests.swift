import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

/// What is a limit of ours or of a moment is no fault of the file: nothing is published, and it is tried again.
@Suite("Limits that are not the file's", .enabled(if: ExternalProgram.ffmpeg != nil, "needs ffmpeg"))
struct LimitTests {
    /// A library to preload: reads between 60 % and 85 % of files whose name holds `faulty` fail. The fingerprint reads
    /// beginning, middle and end, so it is the demuxer that meets them.
    private static let faultyReads = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/stat.h>
        #include <sys/types.h>
        #include <unistd.h>
        ssize_t pread(int descriptor, void *buffer, size_t count, off_t offset) {
            char link[64], name[4096];
            snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
            ssize_t length = readlink(link, name, sizeof name - 1);
            struct stat status;
            const char *code = getenv("FAULTY_ERRNO");
            if (length > 0 && code && fstat(descriptor, &status) == 0) {
                name[length] = 0;
                if (strstr(name, "faulty") && offset >= status.st_size / 5 * 3 && offset < status.st_size / 20 * 17) {
                    errno = atoi(code);
                    return -1;
                }
            }
            static ssize_t (*real)(int, void *, size_t, off_t);
            if (!real) real = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
            return real(descriptor, buffer, count, offset);
        }
        ssize_t pread64(int descriptor, void *buffer, size_t count, off_t offset) {
            return pread(descriptor, buffer, count, offset);
        }
        """

    private static let compiler = ExternalProgram.find("cc") ?? ExternalProgram.find("clang")

    @Test(
        "A read error is no damage, whatever the demuxer makes of it: nothing is published, and the next run does it",
        .enabled(if: compiler != nil, "needs a C compiler"),
        arguments: [EIO, ESTALE, ENOTCONN])
    func readErrors(_ code: Int32) async throws {
        let forge = try Forge()
        let folder = forge.home
        try forge.write(LimitTests.faultyReads, to: folder.appending("faulty.c"))
        let library = folder.appending("faultyreads.so")
        let compiler = try #require(LimitTests.compiler)
        let made = try await compiler.run([
            "-shared", "-fPIC", "-o", library.display, folder.appending("faulty.c").display, "-ldl",
        ])
        try #require(made.status == 0, "\(made.errorText)")
        let names = ["a.avi", "b.mpg", "c.ts", "d.mkv", "e.mp4", "f.flv", "g.wmv", "h.ogv", "i.mxf", "j.mov", "k.webm"]
        for name in names {
            let codec = name.hasSuffix("mpg") || name.hasSuffix("mxf") ? "-c:v mpeg2video" : ""
            try await FFmpegCommand.make(
                forge.input.appending("faulty-" + name),
                ["-f lavfi -i testsrc2=s=320x240:r=25:d=8 -threads 1 -b:v 2M -pix_fmt yuv420p", codec])
        }
        let broken = ["LD_PRELOAD": library.display, "FAULTY_ERRNO": String(code)]
        let result = try await forge.run("--retries", "0", environment: broken)
        #expect(result.status == 3, "\(result.error)")
        #expect(try forge.names() == [])
        let text = String(cString: strerror(code))
        for job in try #require(try forge.record()["jobs"]?.array) {
            #expect(job["kind"]?.string == "input", "\(job)")
            #expect(job["message"]?.string == "read: \(text)", "\(job["message"]?.string ?? "")")
        }
        // The share is back.
        try await forge.run(expecting: 0)
        #expect(try forge.names().count == names.count)
    }

    @Test("At whatever memory limit, a healthy video is ok or failed for want of memory, never damaged")
    func memory() async throws {
        let forge = try Forge()
        let picture = "-f lavfi -i testsrc2=s=1920x1080:r=25:d=0.4 -pix_fmt yuv420p"
        for (name, codec) in [
            ("a.mp4", "-c:v libx264 -preset ultrafast -threads 1 -refs 4 -bf 2"), ("b.mpg", "-c:v mpeg2video -q:v 3"),
            ("c.webm", "-c:v libvpx -deadline realtime -cpu-used 8"), ("d.mkv", "-c:v ffv1"),
            ("e.mkv", "-c:v libx265 -preset ultrafast -x265-params log-level=none"),
        ] { try await FFmpegCommand.make(forge.input.appending(name), [picture, codec]) }
        var failures = 0
        var last: [String: String] = [:]
        for limit in [120, 200, 240, 260, 270, 280, 290, 300, 310, 320, 340, 370, 410, 480, 700] {
            try await forge.run("--memory-limit", "\(limit)M", "--retries", "1", "--force")
            for job in try #require(try forge.record()["jobs"]?.array) {
                let path = job["path"]?.string ?? ""
                if job["status"]?.string == "failed" {
                    failures += 1
                    last[path] = "failed"
                    #expect(job["kind"]?.string == "memory", "\(limit) MiB: \(job)")
                    #expect(job["message"]?.string?.contains("raise --memory-limit") == true, "\(job)")
                    #expect(job["tries"]?.int == 1)
                } else {
                    last[path] = job["verdict"]?.string
                    #expect(job["verdict"]?.string == "ok", "\(limit) MiB: \(job)")
                    #expect(job["frames"]?.int == 10, "\(limit) MiB: \(job)")
                }
            }
        }
        #expect(failures > 5)
        #expect(last.values.allSatisfy { $0 == "ok" }, "\(last)")
    }

    @Test("A video that ran out of memory is done when the limit is raised, quarantined or not")
    func raisedLimit() async throws {
        let forge = try Forge()
        try await FFmpegCommand.make(
            forge.input.appending("a.mkv"), ["-f lavfi -i testsrc2=s=1280x720:r=5:d=1 -c:v ffv1"])
        for _ in 0..<2 { try await forge.run(expecting: 3, "--memory-limit", "150M") }
        let dry = try await forge.run("--memory-limit", "150M", "--dry-run")
        #expect(dry.output.contains("skip a.mkv (quarantined"), "\(dry.output)")
        let raised = try await forge.run("--memory-limit", "1G", "--dry-run")
        #expect(raised.output.contains("run  a.mkv (its memory limit was raised)"), "\(raised.output)")
        try await forge.run(expecting: 0, "--memory-limit", "1G")
    }

    @Test("Pictures of 8K with all references that H.264 allows need no flag on a machine with the memory")
    func largePictures() async throws {
        // 16 references of 50 MB and what the encoder needs itself.
        guard sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) > 8 << 30 else { return }
        let forge = try Forge()
        try await FFmpegCommand.make(
            forge.input.appending("a.mkv"),
            [
                "-f lavfi -i testsrc2=s=7680x4320:r=5 -frames:v 19 -pix_fmt yuv420p",
                "-c:v libx264 -preset ultrafast -threads 1 -refs 16",
            ])
        let small = try await forge.run("--memory-limit", "700M", "-j1")
        #expect(small.status == 3)
        #expect(small.error.contains("a.mkv: decode: out of memory at 700 MiB; raise --memory-limit"), "\(small.error)")
        try await forge.run(expecting: 0, "-j1")
        #expect(try forge.count("ok") == 1)
    }

    @Test("--retry-failed does damaged videos again, too")
    func damaged() async throws {
        let forge = try Forge()
        try forge.addSample("truncated.mp4")
        try await forge.run(expecting: 3)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped_damaged") == 1)
        try await forge.run(expecting: 3, "--retry-failed")
        #expect(try forge.count("damaged") == 1)
    }

    @Test("Results by older rules are done again once, and the run says why")
    func olderRules() async throws {
        let forge = try Forge(["a.y4m", "b.y4m"])
        try await forge.run(expecting: 0)
        // As 0.1.0 wrote it: no rules in the result, and none in the digest of its settings.
        let entries = try LineFile.objects(forge.layout.catalog).objects
        var lines: [UInt8] = []
        for entry in entries {
            let path = try #require(entry["result"]?.string)
            let result = try JSONReader.parse(Files.read(forge.output.appending(path)))
            let tools = try #require(result["tools"]?.array)
            let old = SettingsDigest.of(tools: tools, threads: 1, rules: 1)
            #expect(entry["digest"]?.string != old)
            #expect(result["decode"]?["rules"]?.int == 2)
            let members = (entry.members ?? []).map { $0.key == "digest" ? JSON.Member("digest", .string(old)) : $0 }
            lines += JSONWriter.encode(.object(members)) + [0x0a]
        }
        try forge.write(lines, to: forge.layout.catalog)
        let dry = try await forge.run("--dry-run")
        #expect(dry.output.contains("run  a.y4m (made by older rules of decoding and verdicts)"), "\(dry.output)")
        let result = try await forge.run("-v")
        #expect(result.status == 0)
        #expect(
            result.output.contains(
                "note: 2 results were made by older rules of decoding and verdicts; they are done again, once"),
            "\(result.output)")
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == 2)
    }
}
