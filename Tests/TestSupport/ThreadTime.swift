// Which of the two modules `timespec` counts as depends on what else is imported.
internal import CTestSupport
internal import Glibc

/// What a thread has computed, which other processes on the machine do not lengthen.
package enum ThreadTime {
    /// Seconds of processor time that this thread has used so far.
    package static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
