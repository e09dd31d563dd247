import Bytes
import CLimits
import Glibc
import Jobs
import TestSupport
import Testing

@testable import VideoWorker

@Suite("What a worker is given")
struct WorkerInputTests {
    private let request = JobRequest(
        job: JobID(video: RawPath("a")), input: RawPath("/a"), relative: RawPath("a"), root: RawPath("/out"),
        result: RawPath("results/a.json"), attempt: String(repeating: "0", count: 15), tools: [], threads: 1, nice: 0,
        memory: WorkerMemory(limit: 0, most: 0), timeout: nil, sandbox: .auto, progressInterval: 0, stills: false,
        size: 1, modified: 1, inode: 1)

    @Test("A pipe gives a request and no descriptor")
    func pipe() throws {
        let pipe = try Files.pipe()
        defer { Files.close(pipe.reading) }
        try Files.write(request.encode(), to: pipe.writing, path: RawPath("pipe"))
        Files.close(pipe.writing)
        let input = try #require(WorkerInput.read(from: pipe.reading))
        #expect(input.request == request)
        #expect(input.descriptors.isEmpty)
        #expect(WorkerInput.read(from: pipe.reading) == nil)
    }

    @Test("A socket gives the descriptors, too, in order, and other programs get none of them")
    func socket() throws {
        let pipes = try [Files.pipe(), Files.pipe()]
        var ends: [Int32] = [0, 0]
        #expect(fb_socket_pair(&ends) == 0)
        let line = request.encode()
        let numbers = pipes.map(\.writing.number)
        #expect(fb_send_descriptors(ends[0], Array(line.prefix(10)), 10, numbers, 2) == 10)
        #expect(fb_send_descriptors(ends[0], Array(line.dropFirst(10)), line.count - 10, nil, 0) == line.count - 10)
        for pipe in pipes { Files.close(pipe.writing) }
        let input = try #require(WorkerInput.read(from: FileDescriptor(ends[1])))
        #expect(input.request == request)
        #expect(input.descriptors.count == 2)
        for (index, descriptor) in input.descriptors.enumerated() {
            #expect(fcntl(descriptor.number, F_GETFD) == FD_CLOEXEC)
            try Files.write([UInt8(index)], to: descriptor, path: RawPath("pipe"))
            #expect(try Files.read(pipes[index].reading, count: 9, path: RawPath("pipe")) == [UInt8(index)])
        }
        for end in ends { Files.close(FileDescriptor(end)) }
        for end in input.descriptors + pipes.map(\.reading) { Files.close(end) }
    }

    @Test("More descriptors than fit are all closed, and there is no request")
    func tooMany() throws {
        let pipe = try Files.pipe()
        var ends: [Int32] = [0, 0]
        #expect(fb_socket_pair(&ends) == 0)
        let line = request.encode()
        let many = [Int32](repeating: pipe.writing.number, count: 250)
        #expect(fb_send_descriptors(ends[0], line, line.count, many, 250) == line.count)
        Files.close(pipe.writing)
        #expect(WorkerInput.read(from: FileDescriptor(ends[1])) == nil)
        // The end of the file: nobody holds the other end.
        #expect(try Files.read(pipe.reading, count: 1, path: RawPath("pipe")).isEmpty)
        for end in ends + [pipe.reading.number] { Files.close(FileDescriptor(end)) }
    }
}

@Suite("What forks workers")
struct ForkTests {
    @Test("Nothing is forked by a process with a second thread, and who asked is told so")
    func threads() throws {
        var thread = pthread_t()
        #expect(pthread_create(&thread, nil, { _ in while true { sleep(600) } }, nil) == 0)
        defer { pthread_cancel(thread) }
        var ends: [Int32] = [0, 0]
        #expect(fb_socket_pair(&ends) == 0)
        let answer = try Files.pipe()
        let descriptors = [answer.reading, answer.writing, answer.writing, answer.writing].map(\.number)
        #expect(fb_send_descriptors(ends[0], [0], 1, descriptors, 4) == 1)
        // Neither is a request without its descriptors.
        #expect(fb_send_descriptors(ends[0], [0], 1, descriptors, 3) == 1)
        Files.close(FileDescriptor(ends[0]))
        var role: UInt8 = 0
        let result = fb_serve_forks(ends[1], &role)
        // A copy of this process has no business here.
        if result == 1 { _exit(1) }
        #expect(result == 0)
        Files.close(answer.writing)
        let bytes = try Files.read(answer.reading, count: 64, path: RawPath("pipe"))
        #expect(bytes == withUnsafeBytes(of: -EBUSY) { Array($0) })
        Files.close(answer.reading)
        Files.close(FileDescriptor(ends[1]))
    }
}
