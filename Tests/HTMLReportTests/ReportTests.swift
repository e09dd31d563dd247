import Archive
import Bytes
import Jobs
import Store
import Synchronization
import TestSupport
import Testing

@testable import HTMLReport

@Suite struct ReportTests {
    /// Every file below a folder, by its path.
    private func files(_ folder: RawPath) throws -> [RawPath: [UInt8]] {
        var result: [RawPath: [UInt8]] = [:]
        for name in try Files.list(folder) {
            let path = folder.appending(name)
            if try Files.status(path).kind == .directory {
                result.merge(try files(path)) { first, _ in first }
            } else {
                result[path] = try Files.read(path)
            }
        }
        return result
    }

    /// All pages but the replay's, which is held to rules of its own.
    private func pages(_ layout: OutputLayout) throws -> [(path: RawPath, text: String)] {
        let all = try files(layout.report).filter { path, _ in
            path.lowercasedExtension == "html" && path.lastComponent != RawPath("replay.html")
        }
        return try all.map { path, bytes in
            (path, try #require(String(validating: bytes, as: UTF8.self)))
        }
    }

    private func index(_ layout: OutputLayout) throws -> String {
        String(decoding: try Files.read(layout.report.appending("index.html")), as: UTF8.self)
    }

    private func write(_ fixture: Fixture, _ pages: ReportOptions.Pages = .full) throws -> ReportSummary {
        try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: pages))
    }

    @Test func `notes of the decoder are told apart from its errors, and only where there are any`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        _ = try write(fixture)
        for clip in Fixture.standard where clip.hasResult {
            let page = fixture.layout.report.appending("v/\(clip.job.text.prefix(2))/\(clip.job.text).html")
            let text = String(decoding: try Files.read(page), as: UTF8.self)
            #expect(text.contains("Notes of the decoder <span class=\"count\">30</span>") == (clip.errors > 0))
            #expect(text.contains("h264: SEI type &lt;5&gt; truncated") == (clip.errors > 0))
        }
        #expect(Fixture.standard.contains { $0.hasResult && $0.errors > 0 })
    }

    @Test func `no page holds inline script or style, handlers or absolute addresses`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        let summary = try write(fixture)
        #expect(summary.videos == Fixture.standard.count)
        #expect(summary.pages == Fixture.standard.count)
        let pages = try pages(fixture.layout).filter { $0.path.lastComponent != RawPath("replay.html") }
        // The index and what its words mean.
        #expect(pages.count == summary.pages + 2)
        for (path, text) in pages {
            for word in [" style=", "<style", "http:", "https:", "//"] {
                #expect(!text.lowercased().contains(word), "\(path.display): \(word)")
            }
            // A script has an address and nothing between its tags.
            #expect(text.split(separator: "<script").dropFirst().allSatisfy { $0.contains(" defer></script>") })
            for tag in Markup(text).tags {
                #expect(!["style", "iframe", "object", "embed", "base"].contains(tag.name))
                #expect(tag.name != "script" || tag["src"]?.hasSuffix(".js") == true)
                for attribute in tag.attributes {
                    #expect(!attribute.name.hasPrefix("on") && attribute.name != "style", "\(path.display): \(tag)")
                    #expect(!attribute.value.lowercased().contains("data:"), "\(path.display): \(tag)")
                }
                if tag.name == "img" { #expect(tag["src"] != "x") }
            }
        }
        let assets = fixture.layout.report.appending("assets")
        for name in ["report.css", "uplot.css"] {
            let styles = String(decoding: try Files.read(assets.appending(name)), as: UTF8.self)
            for word in ["url(", "@import", "http"] { #expect(!styles.contains(word), "\(name)") }
        }
        // What is not ours is unchanged, and its notice says what it is.
        let notices = String(decoding: try Files.read(assets.appending("NOTICES.txt")), as: UTF8.self)
        for name in ["uplot.js", "uplot.css"] {
            #expect(notices.contains("\(Digest.sha256(try Files.read(assets.appending(name))))  \(name)"))
        }
    }

    @Test func `every link leads to a file, whatever its name`() throws {
        for kind in ReportOptions.Pages.allCases {
            let folder = try TemporaryFolder()
            let fixture = try Fixture(folder.path)
            let clip = Fixture.standard[0]
            for still in OutputLayout.Still.allCases {
                let path = fixture.layout.root.appending(OutputLayout.still(clip.job, still))
                try AtomicFile.write([0], to: path, durable: false)
            }
            _ = try write(fixture, kind)
            var count = 0
            for (path, text) in try pages(fixture.layout) {
                let tags = Markup(text).tags
                let names = Set(tags.compactMap { $0["id"] })
                for link in tags.flatMap({ [$0["href"], $0["src"]] }).compactMap({ $0 }) where link != "#" {
                    count += 1
                    if link.hasPrefix("#") {
                        #expect(names.contains(String(link.dropFirst())), "\(link)")
                    } else {
                        #expect(!link.contains(":") && !link.hasPrefix("/"))
                        #expect(
                            Files.exists(path.parent.appending(decoded(String(link.prefix { $0 != "#" })))),
                            "\(path.display): \(link)")
                    }
                }
            }
            #expect(count > Fixture.standard.count)
        }
    }

    private func decoded(_ link: String) -> RawPath {
        var bytes: [UInt8] = []
        var rest = Array(link.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return RawPath(bytes: bytes)
    }

    @Test func `names are shown with what hides in them`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        _ = try write(fixture)
        let text = try index(fixture.layout)
        for name in [
            "&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;.mp4", "new\\nline.mp4", "right\\u{202e}4pm.mp4",
            "bad\\xff\\xfe name.mp4", "#?%.mp4", "-rf.mp4", "&quot;quoted&quot; &#39;both&#39; &amp;amp;.mp4",
        ] {
            #expect(text.contains(name))
        }
        for (_, page) in try pages(fixture.layout) {
            #expect(!page.unicodeScalars.contains { $0.value == 0x202e || $0.value == 0x200b || $0.value == 0x1b })
        }
    }

    @Test func `the same folder gives the same bytes`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        _ = try write(fixture)
        let first = try files(fixture.layout.report)
        _ = try write(fixture)
        #expect(try files(fixture.layout.report) == first)
    }

    @Test func `a result that is gone leaves a row without a link and a note`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        _ = try write(fixture, .basic)
        #expect(try index(fixture.layout).contains("<th scope=row>cam03/gone.mp4<small>result missing</small>"))
    }

    @Test func `a damaged result or line is noted instead of failing the report`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        let cut = Fixture.standard[0]
        let whole = try cut.resultBytes()
        try AtomicFile.write(
            Array(whole.prefix(whole.count / 2)), to: folder.path.appending(cut.result), durable: false)
        let broken = Fixture.standard[4]
        try AtomicFile.write(Array("{\"a\":".utf8), to: folder.path.appending(broken.result), durable: false)
        let catalog = try Files.read(fixture.layout.catalog)
        try AtomicFile.write(catalog + Array("{\"job_id\":\"torn".utf8), to: fixture.layout.catalog, durable: false)
        let failures = try Files.read(fixture.layout.failures)
        try AtomicFile.write(
            Array("no JSON\n{\"job_id\":1}\n".utf8) + failures, to: fixture.layout.failures, durable: false)
        _ = try write(fixture)
        let text = try index(fixture.layout)
        #expect(text.contains("1 line of catalog.ndjson cannot be read"))
        #expect(text.contains("2 lines of failures.ndjson cannot be read"))
        #expect(text.contains("front-door.mp4</a><small>result cannot be read to its end"))
        #expect(text.contains("line.mp4</a><small>result cannot be read: it ends before its frames"))
    }

    @Test func `a run without a summary is an error that says so`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ReportError.self) {
            try ReportWriter.write(layout: OutputLayout(root: folder.path), run: "none", options: ReportOptions())
        }
    }

    @Test func `of several lines of a video the last one counts`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path, clips: [Clip(path: RawPath("a.mp4")), Clip(path: RawPath("b.mp4"))])
        var entry = fixture.clips[0].catalogEntry
        entry.verdict = .warning
        entry.facts.codec = "vp9"
        entry.seconds = nil
        try JobLineWriter(fixture.layout.catalogLines).append(entry)
        var failure = Clip(path: RawPath("b.mp4"), message: "killed by signal 9").failureEntry
        let failures = try JobLineWriter(fixture.layout.failureLines)
        try failures.append(failure)
        failure.isCleared = true
        try failures.append(failure)
        // Without its jobs the run's record says nothing of them.
        let record = try JSONReader.parse(try Files.read(fixture.layout.summary(run: Fixture.run)))
        let members = (record.members ?? []).map { $0.key == "jobs" ? JSON.Member("jobs", .array([])) : $0 }
        try AtomicFile.write(
            JSONWriter.encode(.object(members)), to: fixture.layout.summary(run: Fixture.run), durable: false)
        let data = try ReportReader.read(layout: fixture.layout, run: Fixture.run, tools: ReportTools(KnownTools.all))
        let rows = try data.videos.all
        #expect(rows.map(\.path) == ["a.mp4", "b.mp4"])
        #expect(rows.map(\.status) == [.warning, .ok])
        #expect(rows[0].codec == "vp9" && rows[0].seconds == nil)
        #expect(rows[1].failure.message == nil)
    }

    @Test func `failed and damaged videos come first and basic gives only them a page`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        #expect(try write(fixture, .basic).pages == 4)
        let text = try index(fixture.layout)
        let rows = text.split(separator: "<tbody>\n<tr class=failed>")
        #expect(rows.count == 2)
        let words = ["failed", "quarantined", "damaged", "warning"].compactMap { word in
            text.firstRange(of: "<tr class=\(word)>")?.lowerBound
        }
        #expect(words.count == 4 && words == words.sorted())
    }

    @Test func `ten thousand videos stay within the budgets`() throws {
        let folder = try TemporaryFolder()
        // Paths of 60 bytes on average.
        let clips = (0..<10_000).map { number in
            Clip(
                path: RawPath("warehouse-north/camera-\(number % 16)/2026-11-23/continuous-clip-\(number).mp4"),
                status: number % 33 == 7 ? .failed : .ok,
                // Causes differ by words: numbers do not tell one from another.
                message: "decode: \(String(repeating: "no ", count: number % 12))frame")
        }
        let bytes = clips.reduce(0) { $0 + $1.path.bytes.count }
        #expect((59...61).contains(bytes / clips.count))
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        // The rows are measured with all that they may hold, without writing the pages.
        var data = try ReportReader.read(layout: fixture.layout, run: Fixture.run, tools: ReportTools(KnownTools.all))
        let rows = try data.videos.all.map { row in
            var row = row
            (row.hasPage, row.rate, row.tracks) = (true, 25, 7)
            return row
        }
        data.videos = try RowFile(rows, in: folder.path)
        let index = try Templates(override: nil).render(IndexPage(data, layout: fixture.layout))
        #expect(data.videos.count == 10_000)
        #expect(index.count <= 2_000_000, "\(index.count) bytes")
        let script = IndexData.script(rows, Shards(rows: rows.count), 0)
        #expect(script.count <= 1_500_000, "\(script.count) bytes")
        let assets = try Templates(override: nil).assets.reduce(0) { $0 + $1.bytes.count }
        #expect(assets <= 200_000, "\(assets) bytes")
    }

    @Test func `whoever asks is told how far a report is, every thousand videos and at each step`() throws {
        let folder = try TemporaryFolder()
        let clips = (0..<2500).map { Clip(path: RawPath("\($0).mp4")) }
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        let told = Mutex<[ReportProgress]>([])
        var options = ReportOptions(pages: .basic)
        options.progress = { step in told.withLock { $0.append(step) } }
        _ = try ReportWriter.write(layout: fixture.layout, run: Fixture.run, options: options)
        // The catalog, and then the run's record of the same videos.
        let records = [1000, 2000, 2500, 2500, 2500].map { ReportProgress.reading($0) }
        let videos = [1000, 2000].map { ReportProgress.videos(done: $0, of: 2500) }
        #expect(told.withLock { $0 } == records + [.timeline] + videos + [.replay, .index])
    }

    @Test func `past 20,000 rows the index is divided into pages that link each other`() throws {
        let folder = try TemporaryFolder()
        let clips = (0..<20_500).map {
            Clip(path: RawPath("\($0).mp4"), status: $0 % 2000 == 7 ? .failed : .ok)
        }
        let fixture = try Fixture(folder.path, clips: clips, framesWritten: false)
        _ = try write(fixture, .basic)
        var rows = 0
        for name in ["index.html", "videos-2.html", "videos-3.html"] {
            let bytes = try Files.read(fixture.layout.report.appending(name))
            #expect(bytes.count <= 2_000_000)
            let text = String(decoding: bytes, as: UTF8.self)
            rows += text.split(separator: "<tr><th>").count + text.split(separator: "<tr class=failed><th>").count - 2
            #expect(text.contains("aria-current=\"page\""))
            for other in ["index.html#videos", "videos-2.html", "videos-3.html"] {
                #expect(text.contains("<a href=\"\(other)\""), "\(name) to \(other)")
            }
        }
        #expect(rows == 20_500)
        for name in ["index.js", "index-2.js", "index-3.js"] {
            #expect(Files.exists(fixture.layout.report.appending("data").appending(name)))
        }
        // A smaller batch afterwards leaves nothing of it.
        let fewer = try Fixture(folder.path)
        _ = try write(fewer, .basic)
        #expect(!Files.exists(fewer.layout.report.appending("videos-2.html")))
        #expect(!Files.exists(fewer.layout.report.appending("data/index-2.js")))
        #expect(Files.exists(fewer.layout.report.appending("data/replay.js")))
    }

    @Test func `a video's page and its data stay within the budgets with all its tables full`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        let note = Array("forgebatch film 160x90 0 40 80 120 160 200 240 280 320 360 400 440".utf8)
        for clip in Fixture.standard {
            try AtomicFile.write(
                [0xff, 0xd8, 0xff, 0xfe, 0, UInt8(note.count + 2)] + note,
                to: folder.path.appending(OutputLayout.still(clip.job, .film)), durable: false)
        }
        _ = try write(fixture)
        var seen = 0
        for (path, bytes) in try files(fixture.layout.report.appending("v")) {
            let limit = path.lowercasedExtension == "html" ? VideoPageWriter.pageLimit : VideoData.limit
            #expect(bytes.count <= limit, "\(path.display): \(bytes.count) bytes")
            seen += 1
        }
        #expect(seen > Fixture.standard.count)
    }

    @Test func `a template in the given folder stands in for the built-in one`() throws {
        let folder = try TemporaryFolder()
        let fixture = try Fixture(folder.path)
        let templates = folder.path.appending("mine")
        try AtomicFile.write(
            Array("<p>{{verdict}}</p>".utf8), to: templates.appending("index.mustache"), durable: false)
        _ = try ReportWriter.write(
            layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: .basic, templates: templates))
        #expect(try index(fixture.layout) == "<p>2 of 13 videos failed, 1 is damaged</p>")
        try AtomicFile.write(Array("{{#open}}".utf8), to: templates.appending("index.mustache"), durable: false)
        #expect(throws: ReportError.self) {
            try ReportWriter.write(
                layout: fixture.layout, run: Fixture.run, options: ReportOptions(pages: .basic, templates: templates))
        }
    }
}
