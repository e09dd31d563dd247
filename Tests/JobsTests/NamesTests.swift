import Bytes
import Jobs
import TestSupport
import Testing

@Suite("Job ids") struct JobIDTests {
    @Test func `an id is the version 5 UUID of the path's bytes`() {
        // Computed with Python: uuid.uuid5(UUID('cb4e142a-af28-583f-a416-d68d288e1df7'), name)
        #expect(JobID(video: RawPath("a.mp4")).text == "eccb3f5c-07f4-5f69-92f9-aa2774046302")
        #expect(JobID(video: RawPath("cam3/a.mp4")).text == "749a0459-8d4d-5493-8505-aadb31f7753b")
        #expect(JobID(video: RawPath("日本/ü.mkv")).text == "4ceb5926-a257-5b13-88ef-18a258e302ee")
        let latin = RawPath(bytes: Array("caf".utf8) + [0xe9] + Array(".mp4".utf8))
        #expect(JobID(video: latin).text == "8d2a0a3b-ac00-5215-b3f5-813883853722")
    }

    @Test func `every id has version 5 and the variant of the RFC`() throws {
        for number in 0..<500 {
            let text = JobID(video: RawPath("videos/\(number).mp4")).text
            let characters = Array(text)
            #expect(characters[14] == "5")
            #expect("89ab".contains(characters[19]))
            #expect(JobID(text: text)?.text == text)
        }
    }

    @Test(arguments: [
        "", "ECCB3F5C-07F4-5F69-92F9-AA2774046302", "eccb3f5c07f45f6992f9aa2774046302",
        "eccb3f5c-07f4-5f69-92f9-aa277404630", "eccb3f5c-07f4-5f69-92f9-aa27740463022",
        "eccb3f5c-07f4-5f69-92f9-aa277404630g", "../../../../../../../../etc/passwd..",
        "eccb3f5c_07f4_5f69_92f9_aa2774046302",
    ])
    func `only the canonical text is an id`(text: String) {
        #expect(JobID(text: text) == nil)
    }
}

@Suite("Names in the output folder") struct OutputLayoutTests {
    private func result(_ name: RawPath, taken: Set<RawPath> = []) -> RawPath {
        OutputLayout.result(for: name, job: JobID(video: name), taken: taken)
    }

    @Test func `a result has the name of its video`() {
        #expect(result(RawPath("cam 3/a.mp4")) == RawPath("results/cam 3/a.mp4.json"))
        let raw = RawPath(bytes: [0xff, 0xfe])
        #expect(result(raw) == RawPath(bytes: Array("results/".utf8) + [0xff, 0xfe] + Array(".json".utf8)))
    }

    @Test func `files lie where the documentation says`() {
        let layout = OutputLayout(root: RawPath("/o"))
        #expect(layout.log(run: "r") == RawPath("/o/runs/r/progress.ndjson"))
        #expect(layout.state(run: "r") == RawPath("/o/runs/r/state.json"))
        #expect(layout.summary(run: "r") == RawPath("/o/runs/r/run.json"))
        #expect(layout.catalog == RawPath("/o/catalog.ndjson"))
        let id = JobID(video: RawPath("a.mp4"))
        #expect(OutputLayout.still(id, .thumbnail) == "stills/ec/\(id.text).jpg")
        #expect(OutputLayout.still(id, .film) == "stills/ec/\(id.text)-film.jpg")
        #expect(Set(OutputLayout.Still.allCases.map { OutputLayout.still(id, $0) }).count == 4)
    }

    @Test func `slashes at the end of a root mean nothing`() {
        for name in ["/o", "o", "../o", "/a b/o"] {
            for slashes in ["/", "//", "///"] {
                let layout = OutputLayout(root: RawPath(name + slashes))
                #expect(layout.root == RawPath(name))
                #expect(layout.results == RawPath(name + "/results"))
            }
        }
        #expect(OutputLayout(root: RawPath("/")).catalog == RawPath("/catalog.ndjson"))
        #expect(OutputLayout(root: RawPath("//")).catalog == RawPath("/catalog.ndjson"))
    }

    @Test(arguments: ["/", "/o", "o", "o//", "./o/", ""]) func `a path is told from its root`(root: String) {
        let layout = OutputLayout(root: RawPath(root))
        #expect(layout.relative(layout.results.appending("a/b.json")) == RawPath("results/a/b.json"))
        #expect(layout.relative(layout.catalog) == RawPath("catalog.ndjson"))
    }

    @Test func `a safe name is short and plain, tells two videos apart, and keeps those of a folder together`() {
        let names = ["why?.mp4", "why*.mp4", "NUL.mp4", " .", String(repeating: "\u{e9}", count: 90)].map {
            RawPath($0)
        }
        let safe = names.map { OutputLayout.safeName(result($0), job: JobID(video: $0)) }
        #expect(safe[0] == RawPath("why__mp4~\(JobID(video: names[0]).text).json"))
        #expect(Set(safe).count == names.count)
        for name in safe + names.map({ OutputLayout.safeName(folder: $0) }) {
            #expect(name.bytes.count <= 82 && name.bytes.last != UInt8(ascii: "."), "\(name.display)")
            #expect(name.bytes.dropLast(5).allSatisfy { Set("-_~".utf8).contains($0) || isLetterOrDigit($0) })
        }
        let folders = ["results/a?", "results/a*", "results/b/a?"].map { OutputLayout.safeName(folder: RawPath($0)) }
        #expect(Set(folders).count == 3)
        // It stays, or a later run would make another folder.
        #expect(folders[0] == RawPath("a_~aaf04f5ab4a8d722"))
    }

    private func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    @Test func `the two forms of a result have names that tell them apart`() {
        let plain = RawPath("results/cam1/a.mp4.json")
        let packed = RawPath("results/cam1/a.mp4.json.gz")
        for (path, isCompressed) in [(plain, false), (packed, true)] {
            #expect(OutputLayout.isCompressed(path) == isCompressed)
            #expect(OutputLayout.isResult(path.lastComponent))
            #expect(OutputLayout.bareName(path) == RawPath("results/cam1/a.mp4"))
            #expect(OutputLayout.result(path, isCompressed: true) == packed)
            #expect(OutputLayout.result(path, isCompressed: false) == plain)
        }
        #expect(OutputLayout.otherForm(plain) == packed && OutputLayout.otherForm(packed) == plain)
        for name in ["a.gz", "a.json.zst", "json", "a.JSON.GZ"] { #expect(!OutputLayout.isResult(RawPath(name))) }
        let job = JobID(video: RawPath("a?.mp4"))
        let safe = OutputLayout.safeName(RawPath("results/a?.mp4.json.gz"), job: job)
        #expect(safe == RawPath("a__mp4~\(job).json.gz"))
        // The longer ending counts for the length of the name.
        let long = RawPath(String(repeating: "v", count: 191) + ".mp4")
        let id = JobID(video: long)
        #expect(OutputLayout.result(for: long, job: id).lastComponent.bytes.count == 200)
        let cut = OutputLayout.result(for: long, job: id, isCompressed: true).lastComponent
        #expect(cut == RawPath(String(repeating: "v", count: 120) + "~\(id).json.gz"))
    }

    @Test func `a name that passes 200 bytes is cut`() {
        let longest = RawPath(String(repeating: "a", count: 195))
        #expect(result(longest) == RawPath("results/\(String(repeating: "a", count: 195)).json"))
        let longer = RawPath(String(repeating: "a", count: 196))
        let id = JobID(video: longer)
        #expect(result(longer) == RawPath("results/\(String(repeating: "a", count: 120))~\(id).json"))
        let folder = RawPath(String(repeating: "b", count: 201) + "/a.mp4")
        #expect(
            result(folder)
                == RawPath("results/\(String(repeating: "b", count: 120))~\(JobID(video: folder))/a.mp4.json"))
    }

    @Test func `a name is cut at a character`() throws {
        for piece in ["é", "日", "😀"] {
            for before in 0..<4 {
                let name = RawPath(
                    String(repeating: "a", count: before) + String(repeating: piece, count: 100) + "x" + ".mp4")
                let path = result(name)
                let text = try #require(path.text, "\(piece) after \(before)")
                if name.bytes.count + 5 <= 200 { continue }
                let head = text.dropFirst("results/".count).prefix { $0 != "~" }
                #expect(name.text?.hasPrefix(String(head)) == true)
                #expect(head.utf8.count <= 120 && head.utf8.count > 116)
            }
        }
    }

    @Test func `any bytes give a name that a file system takes`() {
        var generator = SeededGenerator(seed: 2)
        for length in [1, 119, 120, 121, 195, 196, 255] {
            for _ in 0..<50 {
                let bytes = (0..<length).map { _ in UInt8.random(in: 0x30...0xff, using: &generator) }
                let name = result(RawPath(bytes: bytes)).lastComponent
                #expect(name.bytes.count <= 200)
            }
        }
        let marks = RawPath(bytes: [UInt8](repeating: 0x80, count: 250))
        #expect(result(marks).lastComponent.bytes.count <= 200)
    }

    @Test func `twins of another case get different names`() {
        var taken: Set<RawPath> = []
        var results: [RawPath] = []
        for name in ["Clip.mp4", "clip.mp4", "CLIP.MP4"] {
            let path = result(RawPath(name), taken: taken)
            #expect(!taken.contains(OutputLayout.folded(path)))
            taken.insert(OutputLayout.folded(path))
            results.append(path)
        }
        #expect(results[0] == RawPath("results/Clip.mp4.json"))
        #expect(results[1] == RawPath("results/clip.mp4~\(JobID(video: RawPath("clip.mp4"))).json"))
        #expect(taken.count == 3)
    }

    @Test func `a result gives way to a folder of its name`() {
        // clip.mp4 beside a folder clip.mp4.json with videos in it.
        let taken: Set = [OutputLayout.folded(RawPath("results/clip.mp4.json"))]
        let path = result(RawPath("clip.mp4"), taken: taken)
        #expect(path == RawPath("results/clip.mp4~\(JobID(video: RawPath("clip.mp4"))).json"))
        #expect(result(RawPath("clip.mp4.json/x.mp4"), taken: taken) == RawPath("results/clip.mp4.json/x.mp4.json"))
    }
}

@Suite("Digests of settings") struct SettingsDigestTests {
    @Test func `the settings' digest knows order of tools from their content`() {
        let luma = JSON.members(["id": "luma", "version": "1.0.0", "settings": .object([])])
        let black = JSON.members([
            "id": "black", "version": "1.0.0", "settings": .object([.init("pixel", .double(0.1))]),
        ])
        let other = JSON.members([
            "id": "black", "version": "1.0.0", "settings": .object([.init("pixel", .double(0.2))]),
        ])
        let usual = SettingsDigest.of(tools: [luma, black], threads: 1, rules: 1)
        #expect(usual == SettingsDigest.of(tools: [black, luma], threads: 1, rules: 1))
        #expect(usual.count == 16)
        let others = [
            SettingsDigest.of(tools: [luma, other], threads: 1, rules: 1),
            SettingsDigest.of(tools: [luma], threads: 1, rules: 1),
            SettingsDigest.of(tools: [luma, black], threads: 2, rules: 1),
            SettingsDigest.of(tools: [luma, black], threads: 1, rules: 2),
        ]
        #expect(Set(others + [usual]).count == 5)
    }
}
