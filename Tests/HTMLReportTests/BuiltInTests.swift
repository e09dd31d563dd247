import Bytes
import TestSupport
import Testing

@testable import HTMLReport

@Suite struct BuiltInTests {
    @Test func `every file of templates is built in as it is, and nothing else`() throws {
        let folder = Samples.root.appending("templates")
        let names = try Files.list(folder).map(\.display)
        #expect(Set(BuiltIn.files.keys) == Set(names))
        for name in names {
            let bytes = try Files.read(folder.appending(name))
            #expect(BuiltIn.files[name] == bytes, "\(name)")
        }
    }

    @Test func `a report carries its script without lines that are comments alone`() {
        let script = "// a\nlet b = \"// c\"; // d\n  // e\n\n  f();\n"
        #expect(Templates.withoutComments(Array(script.utf8)) == Array("let b = \"// c\"; // d\n\n  f();\n".utf8))
    }
}
