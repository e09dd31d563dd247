import Bytes
import Glibc
import Jobs
import TestSupport
import Testing

@testable import BatchRun

@Suite("What a supervisor of an external tool is told, and what it makes of it")
struct ToolOrderTests {
    private static let order = ToolOrder(
        run: ["python3", "plugin.py", "ä\"\n"], folder: RawPath("/plugins/people"),
        read: [RawPath("/helper"), RawPath(bytes: Array("/videos/".utf8) + [0xff])], write: RawPath("/tmp/x"),
        memory: 1 << 31, processes: 3, device: "cuda:1", threads: 2, nice: 5, hold: true, sandbox: .require,
        environment: ["PYTHONPATH": "/helper"], landlock: 4)

    @Test("An order is read as it was written")
    func roundTrip() throws {
        let text = JSONWriter.encode(Self.order.json)
        #expect(ToolOrder(try JSONReader.parse(text)) == Self.order)
        let least = ToolOrder(run: ["a"], folder: RawPath("/"), write: RawPath("/tmp"))
        #expect(ToolOrder(least.json) == least)
    }

    @Test(
        "What makes no sense is no order",
        arguments: [
            ("run", JSON.array([])), ("run", ["a": 1]), ("run", JSON.array([1])), ("folder", "people"), ("write", "x"),
            ("memory", 0), ("processes", -1), ("device", "gpu"), ("device", "cuda:x"), ("device", "cuda:-1"),
            ("threads", 0), ("nice", 20), ("hold", "yes"), ("sandbox", "loose"), ("environment", ["a=b": "c"]),
            ("environment", ["a": 1]), ("environment", ["a": "b\0c"]), ("read", JSON.array([1])),
        ] as [(String, JSON)])
    func refused(key: String, value: JSON) {
        let members = (Self.order.json.members ?? []).map { $0.key == key ? JSON.Member(key, value) : $0 }
        #expect(ToolOrder(.object(members)) == nil)
    }

    @Test("How it ended is read as it was written; other lines are none")
    func ends() {
        for cause in ToolEnd.Cause.allCases {
            let end = ToolEnd(cause, status: 3, "over 16 processes", log: "a\nb\u{1}ä\n")
            #expect(ToolEnd(line: end.line) == end)
        }
        #expect(ToolEnd(line: Array(#"{"type":"over","cause":"new","status":0,"message":"","log":""}"#.utf8)) == nil)
        #expect(ToolEnd(line: Array("over".utf8)) == nil)
        #expect(ToolEnd(.exited, "", log: String(repeating: "ä", count: 4000)).logTail.utf8.count == 4096)
    }

    @Test("A log keeps its last 64 KiB, its line feeds, and makes visible what is not printable")
    func log() {
        var log = ToolLog()
        log.add([0x61, 0x1b, 0xff, 0x0a, 0x62])
        #expect(log.text == "a\\u{1b}\\xff\nb")
        for _ in 0..<100_000 { log.add([UInt8](repeating: 0x78, count: 10)[...]) }
        log.add(Array("end".utf8)[...])
        #expect(log.text.utf8.count == ToolLog.most)
        #expect(log.text.hasSuffix("xend"))
        log.add([UInt8](repeating: 0, count: 1 << 20)[...])
        #expect(log.text.utf8.count <= 96 << 10)
    }

    @Test("A barrier that the kernel does not have is told once, asked for, or not wanted")
    func sandbox() throws {
        let none = ToolSandbox(landlock: 0, filter: false)
        let both = ToolSandbox(landlock: 7, filter: true)
        #expect(both.note(.auto) == nil)
        #expect(try both.applied(.require) == both)
        #expect(none.note(.auto) == "this kernel has no Landlock and no filter of system calls: plugins run without it")
        #expect(try none.applied(.auto) == none)
        #expect(throws: ToolSandbox.Refusal.self) { try none.applied(.require) }
        #expect(throws: ToolSandbox.Refusal.self) { try ToolSandbox(landlock: 7, filter: false).applied(.require) }
        #expect(try both.applied(.off) == none)
        #expect(both.note(.off) == "--sandbox off: plugins run without Landlock and seccomp")
        let refused = ToolSandbox(landlock: -1, filter: true)
        let why = "sandbox: Landlock: Operation not permitted; --sandbox off does without"
        #expect(throws: ToolSandbox.Refusal(description: why)) { try refused.applied(.auto) }
    }

    @Test("A program is found in its folder, in the system, then in PATH, with the venv and installation that it is of")
    func places() throws {
        let folder = try TemporaryFolder()
        func make(_ path: String) throws -> RawPath {
            let full = folder.path.appending(path)
            try AtomicFile.write(Array("#!/bin/sh\n".utf8), to: full, durable: false)
            _ = full.withCString { chmod($0, 0o755) }
            return full
        }
        let python = try make("base/bin/python3.99")
        let venv = folder.path.appending("plugin/.venv")
        try Files.makeDirectory(venv.appending("bin"), durable: false)
        try Files.link(python, at: venv.appending("bin/python"))
        try AtomicFile.write(
            Array("home = \(folder.path.display)/home/bin\nversion = 3\n".utf8), to: venv.appending("pyvenv.cfg"),
            durable: false)
        let places = try ToolPlaces(".venv/bin/python", folder: folder.path.appending("plugin"), path: nil)
        #expect(places.program == venv.appending("bin/python"))
        for path in [python, folder.path.appending("base/lib"), venv, folder.path.appending("home/lib")] {
            #expect(places.readable.contains(path), "\(path.display)")
        }
        // No more than its own: not what else lies beside an installation.
        #expect(!places.readable.contains(folder.path.appending("base")))
        let tool = try make("own/sh")
        let own = try make("own/forgebatch-own-tool")
        let path = "relative:\(tool.parent.display)"
        #expect(try ToolPlaces("sh", folder: folder.path, path: path).program == RawPath("/usr/bin/sh"))
        #expect(try ToolPlaces("forgebatch-own-tool", folder: folder.path, path: path).program == own)
        #expect(throws: SystemError.self) { try ToolPlaces("forgebatch-own-tool", folder: folder.path, path: nil) }
        // A plugin's own program comes before the system's.
        #expect(try ToolPlaces("sh", folder: tool.parent, path: nil).program == tool)
        #expect(throws: SystemError.self) { try ToolPlaces("./none", folder: folder.path, path: path) }
    }
}
