internal import Bytes
internal import CFFmpeg
internal import Glibc

/// The one file that libavformat may read: bytes of a descriptor that was opened and checked before.
///
/// libavformat never sees a name, so it cannot open another file, and a stream that shrinks gives a short read instead
/// of a fault.
final class InputBytes {
    private let descriptor: FileDescriptor
    private var position: Int64 = 0
    /// The errno of the first read that failed. libavformat takes such a failure for the end of the file or for damage.
    private(set) var failure: Int32?
    private(set) var context: UnsafeMutablePointer<AVIOContext>?

    /// Bytes per read call: large enough that system calls do not show, small enough for many workers.
    private static let bufferSize: Int32 = 1 << 16

    /// - Parameter descriptor: open for reading; closed when this object goes.
    init(descriptor: FileDescriptor) throws(DecodeError) {
        self.descriptor = descriptor
        guard let buffer = av_malloc(Int(InputBytes.bufferSize)) else { throw .outOfMemory }
        let opaque = Unmanaged.passUnretained(self).toOpaque()
        context = avio_alloc_context(
            buffer.assumingMemoryBound(to: UInt8.self), InputBytes.bufferSize, 0, opaque,
            { opaque, buffer, count in
                guard let opaque, let buffer else { return fb_error_io() }
                return Unmanaged<InputBytes>.fromOpaque(opaque).takeUnretainedValue().read(into: buffer, count: count)
            }, nil,
            { opaque, offset, whence in
                guard let opaque else { return -1 }
                return Unmanaged<InputBytes>.fromOpaque(opaque).takeUnretainedValue().seek(offset, whence)
            })
        if context == nil {
            av_free(buffer)
            throw .outOfMemory
        }
    }

    deinit {
        if let context {
            av_free(context.pointee.buffer)
            var owned: UnsafeMutablePointer<AVIOContext>? = context
            avio_context_free(&owned)
        }
        Files.close(descriptor)
    }

    /// The first bytes of the file, fewer where it has no more or cannot be read.
    func head(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = max(0, pread(descriptor.number, buffer.baseAddress, count, 0))
        }
    }

    /// Bytes; nil when that cannot be known.
    var size: Int64? {
        var status = stat()
        return fstat(descriptor.number, &status) == 0 ? Int64(status.st_size) : nil
    }

    private func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int32) -> Int32 {
        while true {
            let got = pread(descriptor.number, buffer, Int(count), off_t(position))
            if got < 0 && errno == EINTR { continue }
            if got < 0 {
                failure = failure ?? errno
                return fb_error_io()
            }
            if got == 0 { return fb_error_eof() }
            position += Int64(got)
            return Int32(got)
        }
    }

    private func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
        var status = stat()
        guard fstat(descriptor.number, &status) == 0 else {
            failure = failure ?? errno
            return -1
        }
        let size = Int64(status.st_size)
        let (target, overflow): (Int64, Bool)
        switch whence & ~AVSEEK_FORCE {
        case AVSEEK_SIZE: return size
        case SEEK_SET: (target, overflow) = (offset, false)
        case SEEK_CUR: (target, overflow) = position.addingReportingOverflow(offset)
        case SEEK_END: (target, overflow) = size.addingReportingOverflow(offset)
        default: return -1
        }
        guard !overflow, target >= 0 else { return -1 }
        position = target
        return target
    }
}
