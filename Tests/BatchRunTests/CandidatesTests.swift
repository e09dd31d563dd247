import Bytes
import Jobs
import Store
import Testing

@testable import BatchRun

@Suite("Lists of many videos in little memory") struct CandidatesTests {
    private func candidate(_ path: String, _ relative: String, size: Int64 = 1, inode: UInt64 = 1) -> Candidate {
        Candidate(
            path: RawPath(path), relative: RawPath(relative),
            status: FileStatus(kind: .file, size: size, modified: -5, device: 7, inode: inode))
    }

    private var some: [Candidate] {
        [
            candidate("/in/b.mp4", "b.mp4"), candidate("in/d/a.mp4", "d/a.mp4", size: 1 << 40),
            candidate("/x/v/a.mp4", "v/a.mp4"), candidate("/y/v/a.mp4", "v~2/a.mp4", inode: .max),
            candidate("a.mp4", "a.mp4"), candidate("/in/one", "another"), candidate("", ""),
        ]
    }

    @Test func `candidates come out as they went in, whatever their two paths have in common`() {
        let list = Candidates(some)
        #expect(Array(list) == some)
        #expect(list[1].status.size == 1 << 40 && list.size(1) == 1 << 40)
        #expect(Candidates().isEmpty)
    }

    @Test func `candidates are sorted by the bytes of their names, from one input or several`() {
        var list = Candidates(some)
        list.sort()
        #expect(list.map(\.relative) == some.map(\.relative).sorted())
        #expect(list.indices.dropFirst().allSatisfy { !list.precedes($0, $0 - 1) })
        let sorted = Array(list)
        list.sort()
        #expect(Array(list) == sorted)
    }

    @Test func `a candidate takes the place of another, and others are left out by their status`() {
        var list = Candidates(some)
        list[0] = candidate("/elsewhere/b.mp4", "w/b.mp4", size: 9)
        #expect(list[0] == candidate("/elsewhere/b.mp4", "w/b.mp4", size: 9))
        #expect(Array(list.dropFirst()) == Array(some.dropFirst()))
        list.remove { $0.size == 1 }
        #expect(list.map(\.status.size) == [9, 1 << 40])
    }

    @Test func `jobs come out as they went in, also those of which there is more to tell`() {
        var jobs = [
            Planned.job("c.mp4", size: 5), Planned.job("a.mp4", size: 5), Planned.job("b.mp4", size: 7),
            Planned.job("d.mp4", knownFailure: Planned.failure("d.mp4", .death)),
        ]
        jobs[0].result = RawPath("results/other.json")
        jobs[1].reason = "changed: size"
        jobs[2].known = Planned.known("b.mp4")
        var list = PlannedJobs(jobs)
        #expect(Array(list) == jobs)
        #expect(list.sizes == [5, 5, 7, 1000])
        #expect(list.counts == ["new": 3, "changed: size": 1])
        #expect(list.map(\.id) == jobs.map(\.id))
        list.sort(isByName: false)
        #expect(list.map(\.video.relative.display) == ["d.mp4", "b.mp4", "a.mp4", "c.mp4"])
        list.sort(isByName: true)
        #expect(Array(list) == [jobs[1], jobs[2], jobs[0], jobs[3]])
        list.cut(to: 2)
        #expect(Array(list) == [jobs[1], jobs[2]])
    }

    @Test func `an id takes 16 bytes and is written as it was read`() throws {
        #expect(MemoryLayout<JobID>.size == 16)
        let text = "0b29be0a-1ae1-5f72-9b08-a66c90b8209e"
        #expect(JobID(video: RawPath("twins/clip.mp4")).text == text)
        #expect(try #require(JobID(text: text)).text == text)
        for bad in [text.uppercased(), String(text.dropLast()), text + "0", "0b29be0a01ae1-5f72-9b08-a66c90b8209e"] {
            #expect(JobID(text: bad) == nil)
        }
    }
}
