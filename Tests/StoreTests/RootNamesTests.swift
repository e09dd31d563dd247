import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Names of input roots") struct RootNamesTests {
    private let names = RootNames([
        InputRoot(prefix: RawPath(""), path: RawPath("/in")),
        InputRoot(prefix: RawPath("cam"), path: RawPath(bytes: [0x2f, 0xff, 0x0a])),
        InputRoot(prefix: RawPath("cam"), path: RawPath("/other")),
    ])

    @Test func `names are read back, to the byte`() throws {
        let folder = try TemporaryFolder()
        let layout = OutputLayout(root: folder.path)
        #expect(RootNames.read(layout).isEmpty)
        try names.write(layout)
        #expect(RootNames.read(layout) == names)
        #expect(RootNames.read(layout).prefix(of: RawPath("/other")) == RawPath("cam"))
    }

    @Test func `a path has one name, the last that it was given`() {
        var names = names
        names.set(InputRoot(prefix: RawPath("new"), path: RawPath("/other")))
        #expect(names.roots.count == 3 && names.prefix(of: RawPath("/other")) == RawPath("new"))
    }

    @Test func `without the record they are those of the last run that has some`() throws {
        let made = try MadeOutputFolder()
        let root = InputRoot(prefix: RawPath("a"), path: RawPath("/a"))
        try made.addRun("20260101T000000Z-aaaaaa", [.done("x")]) { $0.roots = [self.names.roots[0]] }
        try made.addRun("20260102T000000Z-bbbbbb", [.done("x")]) { $0.roots = [root] }
        try made.addRun("20260103T000000Z-cccccc", [.done("x")]) { $0.roots = [] }
        #expect(RootNames.read(made.layout) == RootNames([root]))
        // A record that cannot be read is as none.
        try AtomicFile.write(Array("{".utf8), to: made.layout.roots, durable: false)
        #expect(RootNames.read(made.layout) == RootNames([root]))
    }
}
