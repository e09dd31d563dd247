#if canImport(Glibc)
    internal import Glibc
#else
    internal import Musl
#endif

/// The number by which this process knows an open file, pipe or socket. Whoever opened it closes it.
package struct FileDescriptor: Hashable, Sendable {
    package let number: Int32

    package init(_ number: Int32) { self.number = number }

    package static let standardInput = FileDescriptor(STDIN_FILENO)
    package static let standardOutput = FileDescriptor(STDOUT_FILENO)
    package static let standardError = FileDescriptor(STDERR_FILENO)
}
