import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@testable import BatchRun

/// What becomes of a worker's files when it has ended.
@Suite("Files of a worker that has ended")
struct PublicationTests {
    private final class Bench {
        let folder: TemporaryFolder
        let request: JobRequest
        var files: StagedFiles { StagedFiles(request) }

        /// - Parameter result: what the worker wrote, if anything.
        init(result: String? = "{}\n", stills: Bool = true) throws {
            folder = try TemporaryFolder()
            let path = RawPath("sub/a.mp4")
            let job = JobID(video: path)
            request = JobRequest(
                job: job, input: RawPath("/in/a.mp4"), relative: path, root: folder.path,
                result: OutputLayout.result(for: path, job: job), tools: [], threads: 1, memory: .standard,
                progressInterval: 0, stills: stills, size: 1, modified: 1, inode: 1)
            if let result { try write(result, .result) }
        }

        func write(_ text: String, _ kind: StagedFiles.Kind) throws {
            try AtomicFile.write(Array(text.utf8), to: files.temporary(kind), durable: false)
        }

        func settle(_ kind: JobOutcome.Kind = .completed, size: Int64 = 3, isHeldBack: Bool = false) -> Attempt.End {
            var outcome = JobOutcome(kind: kind, message: kind == .completed ? nil : "open: no")
            (outcome.size, outcome.verdict, outcome.sha256, outcome.processorSeconds) = (size, .ok, "0", 1.5)
            let attempt = Attempt(end: .finished(outcome), seconds: 1, stderr: [])
            return Publication(request).settle(attempt, isHeldBack: isHeldBack).end
        }

        /// What lies in the two folders, by the ends of the names.
        var found: [String] {
            let folders = Set(StagedFiles.Kind.allCases.map { files.final($0).parent })
            return folders.flatMap { (try? Files.list($0)) ?? [] }.map(\.display).sorted()
        }

        func text(_ kind: StagedFiles.Kind) -> String? {
            (try? Files.read(files.final(kind))).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test("Of an attempt that another one follows nothing stays, and what was there before does")
    func heldBack() throws {
        let bench = try Bench()
        try AtomicFile.write(Array("old".utf8), to: bench.files.final(.result), durable: false)
        try bench.write("jpeg", .thumbnail)
        guard case .finished(let outcome) = bench.settle(isHeldBack: true) else {
            throw SystemError("settle", RawPath(""))
        }
        #expect(outcome.kind == .completed)
        #expect(bench.text(.result) == "old" && bench.text(.thumbnail) == nil && bench.found.count == 1)
    }

    @Test("A completed video's result and stills get their names; a still that was not made leaves the old one")
    func completed() throws {
        let bench = try Bench()
        try AtomicFile.write(Array("old".utf8), to: bench.files.final(.strip), durable: false)
        try AtomicFile.write(Array("old".utf8), to: bench.files.final(.result), durable: false)
        try bench.write("jpeg", .thumbnail)
        try bench.write("", .strip)
        guard case .finished(let outcome) = bench.settle() else { throw SystemError("settle", RawPath("")) }
        #expect(outcome.kind == .completed && outcome.size == 3)
        #expect(bench.text(.result) == "{}\n" && bench.text(.thumbnail) == "jpeg" && bench.text(.strip) == "old")
        #expect(bench.found.count == 3 && bench.found.allSatisfy { !$0.hasPrefix(".fb-") })
    }

    @Test(
        "Of a video that did not complete nothing is left, and what was there stays",
        arguments: [
            Attempt.End.died(signal: 9), .stopped, .protocolError, .timedOut(1),
            .finished(JobOutcome(kind: .content, message: "open: no")),
        ])
    func failed(_ end: Attempt.End) throws {
        let bench = try Bench()
        try bench.write("jpeg", .thumbnail)
        try AtomicFile.write(Array("old".utf8), to: bench.files.final(.result), durable: false)
        let settled = Publication(bench.request).settle(Attempt(end: end, seconds: 1, stderr: []))
        #expect(settled.end == end)
        #expect(bench.found == ["a.mp4.json"] && bench.text(.result) == "old")
    }

    @Test("A result that is not as its worker told fails the video: another length, a link, a folder, none at all")
    func untrue() throws {
        let long = try Bench(result: "longer")
        let missing = try Bench(result: nil)
        let link = try Bench(result: nil)
        try Files.makeDirectory(link.files.temporary(.result).parent, durable: false)
        try Files.link(RawPath("/etc/hostname"), at: link.files.temporary(.result))
        let folder = try Bench(result: nil)
        try Files.makeDirectory(folder.files.temporary(.result), durable: false)
        for bench in [long, missing, link, folder] {
            guard case .finished(let outcome) = bench.settle() else { throw SystemError("settle", RawPath("")) }
            #expect(outcome.kind == .io && outcome.message?.hasPrefix("result: ") == true)
            #expect(outcome.processorSeconds == 1.5 && outcome.sha256 == nil)
            #expect(bench.text(.result) == nil)
        }
        for bench in [long, missing, link] { #expect(bench.found == []) }
    }

    @Test("A name that is another video's result, or a folder, is left to it: the result gets a safe one")
    func taken() throws {
        func settle(_ bench: Bench) -> Attempt {
            var outcome = JobOutcome(kind: .completed)
            (outcome.size, outcome.verdict, outcome.sha256) = (3, .ok, "0")
            return Publication(bench.request).settle(Attempt(end: .finished(outcome), seconds: 1, stderr: []))
        }
        let safe = RawPath("results/sub/a_mp4~\(JobID(video: RawPath("sub/a.mp4")).text).json")
        for isFolder in [false, true] {
            let bench = try Bench()
            let final = bench.files.final(.result)
            let other = #"{"schema":"forgebatch/result/1","job_id":"\#(JobID(video: RawPath("other")).text)","x":1}"#
            if isFolder {
                try Files.makeDirectory(final.appending("x"), durable: false)
            } else {
                try AtomicFile.write(Array(other.utf8), to: final, durable: false)
            }
            let settled = settle(bench)
            #expect(settled.result == safe, "\(settled)")
            #expect(try Files.read(bench.folder.path.appending(safe)) == Array("{}\n".utf8))
            if !isFolder { #expect(bench.text(.result) == other) }
        }
        // Its own earlier result it takes the place of.
        let bench = try Bench()
        let own = #"{"schema":"forgebatch/result/1","job_id":"\#(bench.request.job.text)","x":1}"#
        try AtomicFile.write(Array(own.utf8), to: bench.files.final(.result), durable: false)
        #expect(settle(bench).result == bench.request.result && bench.text(.result) == "{}\n")
    }

    @Test("A worker that tells of a result and has made none fails its video, and the run stops as for a bad disk")
    func run() async throws {
        let bench = try RunTests.Bench(
            videos: ["a.mp4", "b.mp4"], script: RunTests.only("a.mp4", "echo '\(PublicationTests.told)'; exit 0"))
        let outcome = try await bench.run()
        #expect(outcome.exitStatus == 1)
        #expect(try bench.ends(outcome).contains("a.mp4: result: stat: No such file or directory"))
    }

    private static let told =
        #"{"type":"job_result","kind":"completed","frames":4,"verdict":"ok","sha256":"0","fingerprint":"x1:0","size":3}"#
}
