import FrameResults
import Jobs
import Testing

@Suite("Verdict") struct VerdictTests {
    /// A report of 100 frames in 4 seconds with one thing changed.
    private func report(_ change: (inout DecodeReport) -> Void = { _ in }) -> DecodeReport {
        var report = DecodeReport()
        report.decodedFrames = 100
        report.declaredFrames = 100
        report.declaredDuration = 4
        report.coveredDuration = 4
        change(&report)
        return report
    }

    @Test func `a video without a fault is ok`() {
        #expect(report().verdict == .ok)
        #expect(report().reasons == [])
        #expect(report { $0.declaredFrames = nil }.verdict == .ok)
        #expect(report { $0.isVariable = true }.verdict == .ok)
        #expect(report { $0.repeated = 3 }.verdict == .ok)
        #expect(report { $0.missing = 3 }.verdict == .ok)
    }

    @Test func `each reason has its verdict`() {
        let known: [((inout DecodeReport) -> Void, Reason, VideoStatus)] = [
            ({ $0.errorCount = 1 }, .decodeErrors, .damaged), ({ $0.corruptFrames = 1 }, .corruptFrames, .damaged),
            ({ $0.endedEarly = true }, .truncated, .damaged), ({ $0.coveredDuration = 2.9 }, .endsEarly, .damaged),
            ({ $0.declaredFrames = 99 }, .frameCount, .warning), ({ $0.declaredFrames = 444 }, .frameCount, .warning),
            ({ $0.gaps = 1 }, .gaps, .warning), ({ $0.backward = 1 }, .backwardTimestamps, .warning),
            ({ $0.corruptPackets = 1 }, .corruptPackets, .warning), ({ $0.restarts = 1 }, .clockRestarts, .warning),
            ({ $0.containerFaults = 1 }, .containerFaults, .warning),
            ({ $0.missing = 5 }, .missingTimestamps, .warning),
        ]
        for (change, reason, verdict) in known {
            #expect(report(change).reasons == [reason])
            #expect(report(change).verdict == verdict, "\(reason)")
        }
        #expect(Set(known.map(\.1)).count == Reason.allCases.count)
    }

    @Test func `frames that are none by intent are not missing`() {
        func isMiscounted(_ declared: Int, _ change: (inout DecodeReport) -> Void) -> Bool {
            report {
                $0.declaredFrames = declared
                change(&$0)
            }.reasons == [.frameCount]
        }
        #expect(!isMiscounted(138) { $0.discardedPackets = 38 })
        #expect(isMiscounted(139) { $0.discardedPackets = 38 })
        #expect(!isMiscounted(101) { $0.emptyPackets = 1 })
        #expect(!isMiscounted(103) { $0.leadingPackets = 3 })
        #expect(!isMiscounted(102) { $0.leadingPackets = 3 }, "some of them can be decoded")
        #expect(isMiscounted(104) { $0.leadingPackets = 3 })
        #expect(!isMiscounted(4) { $0.indexedFrames = 100 }, "a header before fragments")
        #expect(isMiscounted(165) { $0.indexedFrames = 101 })
        #expect(
            !isMiscounted(144) {
                $0.indexedFrames = 105
                $0.emptyPackets = 2
                $0.leadingPackets = 3
            })
    }

    @Test func `damage outweighs a warning, and all reasons are told`() {
        let both = report {
            $0.gaps = 1
            $0.errorCount = 2
            $0.declaredFrames = 120
        }
        #expect(both.reasons == [.decodeErrors, .frameCount, .gaps])
        #expect(both.verdict == .damaged)
    }

    @Test func `a video ends early when more than a second and more than a hundredth is missing`() {
        func ends(_ covered: Double, of declared: Double) -> Bool {
            report {
                $0.declaredDuration = declared
                $0.coveredDuration = covered
            }.reasons.contains(.endsEarly)
        }
        #expect(!ends(3, of: 4), "exactly a second")
        #expect(ends(2.99, of: 4))
        #expect(!ends(3.5, of: 4), "an eighth, but half a second")
        #expect(!ends(990, of: 1000), "exactly a hundredth")
        #expect(ends(989.9, of: 1000))
        #expect(!ends(995, of: 1000), "five seconds, but less than a hundredth")
        #expect(!ends(5, of: 4), "longer than declared")
        #expect(!report { $0.declaredDuration = nil }.isTruncated)
        #expect(!report { $0.coveredDuration = nil }.isTruncated)
        #expect(report { $0.endedEarly = true }.isTruncated)
        #expect(report { $0.coveredDuration = 1 }.isTruncated)
    }
}
