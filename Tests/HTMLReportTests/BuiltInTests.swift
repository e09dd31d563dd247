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

    @Test func `it carries its own script and style without indents, those of others as they are`() throws {
        #expect(Templates.withoutIndents(Array("a(\n  b,\n\n);\n".utf8)) == Array("a(\nb,\n);\n".utf8))
        let style = "/* one\n two */\n:root {\n  --a: 1px; /* b */\n}\n\n  b { c: d }\n"
        #expect(Templates.lean(style: Array(style.utf8)) == Array(":root {\n--a: 1px; \n}\nb { c: d }\n".utf8))
        let folder = try TemporaryFolder()
        for name in ["report-query.js", "report.css"] {
            try AtomicFile.write(
                Array("x = `a\n  b`;\n  /* kept */\n".utf8), to: folder.path.appending(name), durable: false)
        }
        let assets = try Templates(override: folder.path).assets
        for name in ["report.js", "report.css"] {
            let asset = try #require(assets.first { $0.name == name })
            #expect(String(decoding: asset.bytes, as: UTF8.self).contains("x = `a\n  b`;\n  /* kept */\n"), "\(name)")
        }
    }
}
