#if arch(x86_64)
    internal import CKernels
#endif

/// Who does the work of the loops that have twins in C: all give the same, bit by bit.
package enum KernelWay: String, CaseIterable, Sendable {
    /// The Swift loops: the reference, and the only way on other machines than x86-64, at 10 bits and more, and for sizes
    /// and layouts that a twin leaves out.
    case swift
    /// C with the 16-byte vectors of every x86-64 processor.
    case sse2
    /// C with the 32-byte vectors of AVX2.
    case avx2

    /// Those that this processor has, the best one last.
    package static let available: [KernelWay] = {
        #if arch(x86_64)
            fbk_has_avx2() != 0 ? [.swift, .sse2, .avx2] : [.swift, .sse2]
        #else
            [.swift]
        #endif
    }()

    /// The best one, found out once; or the one that `FORGEBATCH_KERNELS` names, where this processor has it.
    package static let chosen: KernelWay = {
        #if arch(x86_64)
            choose(fbk_wanted().map { String(cString: $0) }, of: available)
        #else
            .swift
        #endif
    }()

    static func choose(_ wanted: String?, of ways: [KernelWay]) -> KernelWay {
        wanted.flatMap { KernelWay(rawValue: $0) }.flatMap { ways.contains($0) ? $0 : nil } ?? ways.last ?? .swift
    }
}
