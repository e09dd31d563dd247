import Bytes
import Synchronization
import TestSupport
import Testing

@testable import BatchRun

@Suite("Descriptors that go with a request", .enabled(if: ExternalProgram.python != nil, "needs Python"))
struct DescriptorTests {
    private func child(_ code: String, _ descriptors: [FileDescriptor]) throws -> ChildProcess {
        var child = ChildProcess(
            program: try #require(ExternalProgram.python).path, arguments: ["-c", code], lineLimit: 1 << 16)
        child.descriptors = descriptors
        return child
    }

    @Test("They come with its first byte, in order, and the whole of a long request behind it")
    func handed() async throws {
        let (first, second) = (try Files.pipe(), try Files.pipe())
        let code = """
            import array, os, socket
            end = socket.socket(fileno=0)
            data, control, _, _ = end.recvmsg(65536, socket.CMSG_SPACE(8))
            numbers = array.array("i", control[0][2])
            while not data.endswith(b"\\n"):
                data += end.recv(65536)
            for index, number in enumerate(numbers):
                os.write(number, b"%d" % index)
            print(len(numbers), len(data), flush=True)
            # The end of it would mean that the run is gone.
            end.setblocking(False)
            try:
                print("end" if end.recv(1) == b"" else "more", flush=True)
            except BlockingIOError:
                print("open", flush=True)
            """
        let request = [UInt8](repeating: 65, count: 3 << 20) + [0x0a]
        let lines = Mutex<[String]>([])
        let process = try child(code, [first.writing, second.writing])
        let end = await process.run(request, errors: LastLines(), hasToEnd: { false }) { output in
            if case .line(let line) = output {
                lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
            return true
        }
        #expect(end == .exited(status: 0))
        #expect(lines.withLock { $0 } == ["2 \(request.count)", "open"])
        for pipe in [first, second] { Files.close(pipe.writing) }
        #expect(try Files.read(first.reading, count: 10, path: RawPath("pipe")) == [UInt8(ascii: "0")])
        #expect(try Files.read(second.reading, count: 10, path: RawPath("pipe")) == [UInt8(ascii: "1")])
        for pipe in [first, second] { Files.close(pipe.reading) }
    }

    @Test("A process that closes its end, or reads nothing until it is ended, is told by how it ends")
    func unread() async throws {
        let pipe = try Files.pipe()
        defer { for end in [pipe.reading, pipe.writing] { Files.close(end) } }
        let request = [UInt8](repeating: 65, count: 4 << 20)
        let closing = try child("import os; os.close(0); print(1, flush=True); os._exit(3)", [pipe.writing])
        #expect(
            await closing.run(request, errors: LastLines(), hasToEnd: { false }, receive: { _ in true })
                == .exited(status: 3))
        let asked = Atomic<Int>(0)
        let hanging = try child("import time; time.sleep(1000)", [pipe.writing])
        let end = await hanging.run(request, errors: LastLines()) {
            asked.wrappingAdd(1, ordering: .relaxed).newValue > 3
        } receive: { _ in
            true
        }
        #expect(end == .died(signal: 9))
    }

    @Test("A worker takes its request from a socket as it does from a pipe, and ends when the run is gone")
    func worker() async throws {
        let pipe = try Files.pipe()
        defer { for end in [pipe.reading, pipe.writing] { Files.close(end) } }
        var child = ChildProcess(
            program: ExternalProgram.forgebatch.path, arguments: ["worker"], lineLimit: 1 << 16)
        child.descriptors = [pipe.writing]
        let end = await child.run(
            Array("no request\n".utf8), errors: LastLines(), hasToEnd: { false }, receive: { _ in true })
        #expect(end == .exited(status: 70))
    }
}
