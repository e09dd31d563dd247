import Glibc

/// Memory between two pages that nobody may touch: a loop that reads or writes one byte too many ends the tests.
final class GuardedMemory {
    private let start: UnsafeMutableRawPointer
    private let pages: Int
    private let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let count: Int

    init(count: Int) {
        self.count = count
        pages = max(1, (count + page - 1) / page)
        guard let mapped = mmap(nil, (pages + 2) * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            mapped != MAP_FAILED, mprotect(mapped + page, pages * page, PROT_READ | PROT_WRITE) == 0
        else { preconditionFailure("no memory to guard") }
        start = mapped
    }

    deinit { munmap(start, (pages + 2) * page) }

    /// `count` bytes right behind the page before, or right before the page behind.
    func bytes(atEnd: Bool) -> UnsafeMutableRawPointer {
        start + page + (atEnd ? pages * page - count : 0)
    }
}
