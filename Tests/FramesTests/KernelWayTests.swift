import Testing

@testable import Frames

@Suite("Who does the work of the loops") struct KernelWayTests {
    @Test func `the best way is chosen, or the one that is asked for`() {
        #expect(KernelWay.choose(nil, of: [.swift]) == .swift)
        #expect(KernelWay.choose(nil, of: [.swift, .sse2]) == .sse2)
        #expect(KernelWay.choose(nil, of: KernelWay.allCases) == .avx2)
        #expect(KernelWay.choose("swift", of: KernelWay.allCases) == .swift)
        #expect(KernelWay.choose("sse2", of: KernelWay.allCases) == .sse2)
        // One that this processor has not, and one that nobody has.
        #expect(KernelWay.choose("avx2", of: [.swift, .sse2]) == .sse2)
        #expect(KernelWay.choose("neon", of: KernelWay.allCases) == .avx2)
    }

    @Test func `Swift is always there, and C where the processor is an x86-64`() {
        #expect(KernelWay.available.first == .swift)
        #expect(KernelWay.available.contains(KernelWay.chosen))
        #if arch(x86_64)
            #expect(KernelWay.available.contains(.sse2))
        #else
            #expect(KernelWay.available == [.swift])
        #endif
    }
}
