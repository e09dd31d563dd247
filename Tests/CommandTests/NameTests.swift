import Bytes
import Glibc
import Jobs
import Store
import TestSupport
import Testing

@Suite("Names of videos")
struct NameTests {
    /// Names that other programs take for something else, and pairs that are easily taken for each other.
    static let names: [RawPath] =
        [
            "http:x.mp4", "concat:a|b.mp4", "data:,x.mp4", "pipe:0.mp4", "file:x.mp4", "-i.mp4", "--help.mp4",
            "img%03d.mp4", "glob*[a]?.mp4", "new\nline.mp4", "esc\u{1b}[31m.mp4", "tab\tquote'\"`$(x).mp4",
            "back\\slash.mp4", "<script>&amp;.mp4", " space .mp4", "per%41cent.mp4", "ques?tion#mark.mp4",
            "caf\u{e9}.mp4", "cafe\u{301}.mp4", "Case.mp4", "case.mp4", "CASE.MP4", "bidi\u{202e}4pm.mp4",
            "clip.mp4", "clip.mov", "clip/clip.mp4", "clip.mp4.json/clip.mp4", "clip.mov.json/deep/clip.mov",
        ].map { RawPath($0) } + [
            RawPath(bytes: [0xff, 0xc3, 0x28] + Array(".mp4".utf8)),
            RawPath(bytes: [0xfe, 0xc3, 0x28] + Array(".mp4".utf8)),
            RawPath(String(repeating: "n", count: 251) + ".mp4"), RawPath(String(repeating: "n", count: 250) + "o.mp4"),
            RawPath(String(repeating: "\u{e9}", count: 125) + ".mp4"),
        ]

    @Test("Each name has a result of its own, lines of its own in catalog and log, and a row whose link leads to it")
    func all() async throws {
        let forge = try Forge()
        for name in NameTests.names { try forge.add(name) }
        try await forge.run(expecting: 0, "--no-stills", "--report", "full")
        let results = try forge.results()
        #expect(results.count == NameTests.names.count)
        var sources: Set<RawPath> = []
        for bytes in results.values {
            let document = try JSONReader.parse(bytes)
            let source = try #require(document["source"])
            let path = try #require(RawPath(source))
            sources.insert(path)
            #expect(document["total_frames"]?.int == 5)
            #expect(source["path_bytes"] == nil || path.text == nil)
            // The shades tell which file was read.
            let shade = document["frames"]?.array?.first?["luma"]?["avg"]?.double
            #expect(shade == NameTests.shade(path), "\(path.display)")
        }
        #expect(sources == Set(NameTests.names))
        // No two results share a name on a file system that ignores case.
        #expect(Set(results.keys.map { OutputLayout.folded($0) }).count == results.count)
        let catalog = try LineFile.objects(forge.layout.catalog).objects.compactMap { CatalogEntry($0) }
        #expect(Set(catalog.map(\.path)) == Set(NameTests.names))
        for entry in catalog { #expect(Files.exists(forge.output.appending(entry.result))) }
        let started = try forge.log().compactMap { line -> RawPath? in
            if case .jobStarted(_, let path, _, _, _) = line.event { path } else { nil }
        }
        #expect(started.count == NameTests.names.count && Set(started) == Set(NameTests.names))
        let linked = try NameTests.links(forge)
        #expect(linked.isSuperset(of: catalog.map { $0.result }))
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        try await forge.run(expecting: 0)
        #expect(try forge.count("skipped") == NameTests.names.count)
    }

    /// The mean luma of the first picture of a clip with this name.
    private static func shade(_ name: RawPath) -> Double? {
        let clip = Forge.clip(frames: 1, seed: name.bytes)
        let header = clip.firstIndex(of: 0x0a).map { $0 + 1 + "FRAME\n".utf8.count }
        return header.map { Double(clip[$0]) }
    }

    /// The results that the index's rows lead to, each by the page of its video.
    static func links(_ forge: Forge) throws -> Set<RawPath> {
        let report = forge.layout.report
        var found: Set<RawPath> = []
        for page in try links(report.appending("index.html"), beginning: "v/") {
            #expect(Files.exists(report.appending(page)), "\(page.display)")
            for result in try links(report.appending(page), beginning: "../../../") {
                #expect(Files.exists(forge.output.appending(result)), "\(result.display)")
                found.insert(result)
            }
        }
        return found
    }

    /// The decoded links of a page that begin so, without their query and fragment; `../` is dropped.
    private static func links(_ page: RawPath, beginning: String) throws -> Set<RawPath> {
        let text = String(decoding: try Files.read(page), as: UTF8.self)
        var found: Set<RawPath> = []
        for part in text.split(separator: "href=").dropFirst() {
            // Rows do without quotes where HTML does.
            let whole =
                part.hasPrefix("\"") ? part.dropFirst().prefix { $0 != "\"" } : part.prefix { !" >".contains($0) }
            guard whole.hasPrefix(beginning) else { continue }
            let link = whole.prefix { $0 != "#" && $0 != "?" }
            var bytes: [UInt8] = []
            var rest = link.utf8.dropFirst(beginning.hasPrefix(".") ? beginning.utf8.count : 0)
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "%"),
                    let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                {
                    bytes.append(code)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            found.insert(RawPath(bytes: bytes))
        }
        return found
    }

    @Test("A folder that comes later with the name of a result, and the other way round, harm nothing")
    func later() async throws {
        let forge = try Forge(["a.mp4", "b.mp4.json/x.mp4"])
        try await forge.run(expecting: 0)
        try forge.add("a.mp4.json/x.mp4")
        try forge.add("b.mp4")
        try forge.add("A.MP4.JSON/y.mp4")
        try await forge.run(expecting: 0)
        #expect(try forge.count("completed") == 3)
        #expect(try forge.results().count == 5)
        #expect(try await forge.forgebatch("validate", "out").status == 0)
        // What is gone from the input keeps its place.
        Files.remove(forge.input.appending("b.mp4.json/x.mp4"))
        #expect(forge.input.appending("b.mp4.json").withCString { rmdir($0) } == 0)
        try await forge.run(expecting: 0, "--force")
        #expect(try forge.results().count == 5)
    }

    @Test("A path of 2,000 bytes is a path like any other")
    func longPath() async throws {
        let forge = try Forge()
        let folder = String(repeating: "d", count: 180) + "/"
        let name = String(repeating: folder, count: 11) + "a.mp4"
        try forge.add(name)
        try await forge.run(expecting: 0)
        #expect(try forge.results().keys.map(\.display) == [name + ".json"])
    }

    @Test("Names on the command line are taken as they are, also when they look like flags or are not UTF-8")
    func arguments() async throws {
        let forge = try Forge()
        let names = [RawPath("-i.mp4"), RawPath("-"), RawPath(bytes: [0xff] + Array(".mp4".utf8))]
        for name in names { try forge.add(name) }
        let words = [RawPath("run"), RawPath("-o"), RawPath("../out"), RawPath("--")] + names
        let result = try await forge.forgebatch(words) { $0.directory = forge.input }
        #expect(result.status == 0, "\(result.error)")
        #expect(try forge.results().count == 3)
        // Globs may hold any bytes too.
        let rules = [RawPath("run"), RawPath("in"), RawPath("-n"), RawPath("--exclude"), RawPath(bytes: [0xff, 0x2a])]
        #expect(try await forge.forgebatch(rules).output.split(separator: "\n").count == 2)
    }
}
