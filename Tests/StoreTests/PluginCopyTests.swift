import Bytes
import Jobs
import Store
import TestSupport
import Testing

@Suite("Copies of plugins' manifests") struct PluginCopyTests {
    private static let digits = "0123456789abcdef" + String(repeating: "0", count: 48)
    private static let manifest: JSON = ["id": "people", "version": "1.0.0", "tools": .array([])]

    private func copy() throws -> PluginCopy {
        try #require(PluginCopy(manifest: Self.manifest, fingerprint: "p1:" + Self.digits))
    }

    @Test func `a copy is named by its plugin and its fingerprint, and read back`() throws {
        let made = try MadeOutputFolder()
        let copy = try copy()
        #expect(PluginCopies.all(made.layout) == [])
        try copy.write(made.layout)
        let path = made.layout.root.appending("plugins/people-0123456789abcdef.json")
        #expect(copy.path(made.layout) == path && PluginCopies.files(made.layout) == [path])
        #expect(PluginCopies.all(made.layout) == [copy])
        let before = try Files.status(path)
        try copy.write(made.layout)
        #expect(try Files.status(path).inode == before.inode)
    }

    @Test func `what is no copy is left out, and told by whoever reads it alone`() throws {
        let made = try MadeOutputFolder()
        try copy().write(made.layout)
        let names = ["people-1.json", ".fb-x.json", "note.txt"]
        for name in names { try AtomicFile.write(Array("{".utf8), to: made.layout.plugins.appending(name)) }
        #expect(PluginCopies.all(made.layout) == [try copy()])
        #expect(PluginCopies.files(made.layout).count == 2)
        #expect(throws: JSONError.self) { try PluginCopy.read(made.layout.plugins.appending("people-1.json")) }
    }

    @Test(arguments: ["../x", "", "A", String(repeating: "a", count: 65)]) func `no name leads out of the folder`(
        id: String
    ) {
        #expect(PluginCopy(manifest: ["id": .string(id)], fingerprint: "p1:" + Self.digits) == nil)
    }

    @Test(arguments: ["", "p1:", "x1:0123456789abcdef", "p1:0123", "p1:../../../../etc/passwd"])
    func `nor does a fingerprint`(
        fingerprint: String
    ) { #expect(PluginCopy(manifest: Self.manifest, fingerprint: fingerprint) == nil) }
}
