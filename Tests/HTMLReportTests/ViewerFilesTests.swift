import Bytes
import Jobs
import TestSupport
import Testing

@testable import HTMLReport

@Suite("The viewer's files")
struct ViewerFilesTests {
    private func text(_ name: String) throws -> String {
        String(decoding: try #require(ViewerFiles.file(named: name)).bytes, as: UTF8.self)
    }

    @Test("The page asks for exactly the files there are")
    func complete() throws {
        let tags = Markup(try text(ViewerFiles.page)).tags
        let asked = tags.compactMap { $0["src"] ?? ($0.name == "link" ? $0["href"] : nil) }
        #expect(Set(asked) == Set(ViewerFiles.assets.map { "assets/\($0.name)" }))
        for name in ["", "replay.mustache", "report.css", "../replay.js", "assets/replay.js", "replay.js/"] {
            #expect(ViewerFiles.file(named: name) == nil, "\(name)")
        }
        #expect(ViewerFiles.file(named: "replay.css")?.contentType == "text/css; charset=utf-8")
        #expect(ViewerFiles.file(named: "replay.js")?.contentType == "text/javascript; charset=utf-8")
    }

    @Test("The page holds no script, no style and no handler of its own, and a policy that stops any")
    func policy() throws {
        let page = try text(ViewerFiles.page)
        let tags = Markup(page).tags
        let policy = try #require(tags.first { $0["http-equiv"] == "Content-Security-Policy" }?["content"])
        for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"] {
            #expect(policy.contains(rule))
        }
        #expect(!policy.contains("unsafe") && !policy.contains("data:"))
        for tag in tags {
            if tag.name == "script" { #expect(tag["src"]?.hasPrefix("assets/") == true) }
            #expect(tag.name != "style")
            for attribute in tag.attributes {
                #expect(!attribute.name.hasPrefix("on") && attribute.name != "style", "\(tag)")
            }
        }
        #expect(!page.contains("{{"))
    }

    @Test("Scripts make no markup out of text")
    func textOnly() throws {
        for (name, bytes) in ViewerFiles.assets where name.hasSuffix(".js") {
            let script = String(decoding: bytes, as: UTF8.self)
            for word in [
                "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc",
            ] {
                #expect(!script.contains(word), "\(name): \(word)")
            }
        }
    }

    @Test("A server's page takes events from the server, the report's from files beside it")
    func sources() throws {
        #expect(try text(ViewerFiles.page).contains("data-source=\"server\""))
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path, clips: [])
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions())
        let page = try Files.read(fixture.layout.report.appending("replay.html"))
        #expect(String(decoding: page, as: UTF8.self).contains("data-source=\"static\""))
    }
}
