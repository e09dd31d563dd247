import Bytes
import FrameResults
import FrameTools
import Glibc
import Jobs
import Store
import TestSupport
import Testing
import ToolModel

@testable import Archive

@Suite("Tools of plugins in an output folder") struct ExternalToolTests {
    private static let sets = [["people"], ["people", "faces"], ["motion", "people"], ["motion", "faces", "people"]]

    private func tools(_ ids: [String]) throws -> [Tool] {
        try ids.map { try ToolRegistry.tool($0) ?? ExternalFolder.tool($0) }
    }

    @Test(arguments: sets) func `concluded from anew is what a run would conclude, byte for byte`(ids: [String]) throws
    {
        let tools = try tools(ids)
        let folder = try ExternalFolder(tools)
        let before = try Files.read(folder.result)
        #expect(try folder.concluded(["people/people": ["confidence": 0.4]]) == before)
        let settings: [[String: [String: SettingValue]]] = [
            ["people/people": ["confidence": 0.6]], ["people/people": ["confidence": 1]],
            ["people/people": ["bright": 0.9, "confidence": 0]],
            ids.contains("faces") ? ["faces/faces": ["confidence": 0.6], "people/people": ["confidence": 0.8]] : [:],
            ids.contains("motion") ? ["motion": ["hits": 12], "people/people": ["confidence": 0.6]] : [:],
        ]
        for given in settings where !given.isEmpty {
            let concluded = try folder.concluded(given)
            try folder.write(tools, given)
            #expect(try concluded == Files.read(folder.result), "\(given)")
            #expect(concluded != before)
            try folder.write(tools, [:])
        }
        #expect(try Files.read(folder.result) == before)
    }

    @Test func `a result is concluded from anew by the manifest of its own fingerprint, on its own device`() throws {
        let folder = try ExternalFolder([ExternalFolder.tool("people", device: "cuda")])
        // A later version is there as well.
        try ExternalFolder.copy("people", version: "1.10.0", "b").write(folder.layout)
        try ExternalFolder.copy("people", version: "1.9.0", "c").write(folder.layout)
        #expect(KnownTools(folder.layout).descriptor("people/people")?.version == "1.10.0")
        let head = try HeadReader.read(folder.result)
        let again = try folder.concluded(["people/people": ["confidence": 0.6]])
        let text = String(decoding: again, as: UTF8.self)
        #expect(head["tools"]?.array?.first?["device"]?.string == "cuda")
        #expect(
            text.contains(#""version":"1.0.0","fingerprint":"\#(ExternalFolder.fingerprint("a"))","device":"cuda""#))
        #expect(text.contains(#""settings":{"confidence":0.6,"bright":0.5,"scale":1}"#))
    }

    @Test func `without the copy of its manifest a result cannot be concluded from anew`() throws {
        let folder = try ExternalFolder([ExternalFolder.tool("people")])
        let known = KnownTools(folder.layout)
        let copy = try ExternalFolder.copy("people").path(folder.layout)
        Files.remove(copy)
        try ExternalFolder.copy("people", "b").write(folder.layout)
        let error = #expect(throws: ArchiveError.self) { try folder.concluded(["people/people": ["confidence": 0.6]]) }
        #expect(error?.description.contains("people/people of a plugin whose manifest is not in plugins/") == true)
        #expect(known.descriptor("people/people") != nil && known.tool(["id": "people/people"]) == nil)
        #expect(known.tool(["id": "luma"])?.id == "luma")
    }

    @Test func `a tool that failed has nothing to conclude from`() throws {
        let folder = try ExternalFolder([ExternalFolder.tool("people")])
        try AtomicFile.write(
            Array(
                String(decoding: Files.read(folder.result), as: UTF8.self).replacing(
                    #""scale":1}}"#, with: #""scale":1},"status":"failed","error":"it ended"}"#
                ).utf8),
            to: folder.result, durable: false)
        let before = try Files.read(folder.result)
        #expect(try folder.concluded(["people/people": ["confidence": 0.6]]) == before)
        #expect(try Validation.result(folder.result).breaches.map(\.text) == [])
    }

    @Test func `exports, lists and validation need no plugin`() throws {
        let folder = try ExternalFolder(try tools(["motion", "faces", "people"]))
        #expect(try Validation.result(folder.result).breaches.map(\.text) == [])
        var bytes: [UInt8] = []
        try Export(folder.layout).write(
            CSVExport.self, table: .frames, version: "1.0.0", scratch: folder.layout.root, to: .stream { bytes += $0 })
        let header = String(decoding: bytes.prefix { $0 != 0x0d }, as: UTF8.self)
        #expect(
            header
                == "job_id,path,path_bytes,frame_index,time,objects,motion.score,motion.width,motion.height,faces/faces.score,people/people.score"
        )
        // The object count is the speaker's, not that of motion.
        let head = try HeadReader.read(folder.result)
        let known = KnownTools(folder.layout).descriptors
        #expect(KnownTools.objectCount(head["summary"], among: known) == head["summary"]?["faces/faces"]?["objects"])
    }

    @Test func `the example of the documentation is what this program writes`() throws {
        let failed = try JSONReader.parse(
            """
            {"id":"shots/shots","version":"1.0.0","fingerprint":"\(ExternalFolder.fingerprint("d"))","device":"cpu",\
            "settings":{"threshold":0.5},"status":"failed","error":"no answer for 60 s after frame 2","frames_done":3,\
            "log":"loaded net.pth\\n"}
            """)
        let folder = try ExternalFolder([ExternalFolder.tool("people")], frames: 7, failed: failed)
        let example = Samples.root.appending("docs/examples/result-with-plugins.json")
        if getenv("RECORD_GOLDENS") != nil {
            try AtomicFile.write(Files.read(folder.result), to: example, durable: false)
            Issue.record("the example was written anew: look at it")
        }
        #expect(try Files.read(folder.result) == Files.read(example))
        #expect(try Validation.result(example).breaches.map(\.text) == [])
    }

    @Test func `an object that was not told apart has no number in exports`() throws {
        let json = try JSONReader.parse(#"{"track_id":-1,"class_id":0,"class":"person","xyxy":[1,2,3,4]}"#)
        let object = ExportObject(json, frame: 0, time: nil)
        #expect(object != nil && object?.track == nil)
    }

    @Test(arguments: [
        (#""id":"people/people""#, #""id":"people/people/x""#, "tools[0].id: tool or plugin/tool is wanted"),
        (#""fingerprint":"p1:"#, #""fingerprint":"x1:"#, "tools[0].fingerprint: p1:… is wanted"),
        (#""device":"cpu","#, "", "tools[0].device: a text is wanted"),
        (#""scale":1}}"#, #""scale":1},"status":"failed"}"#, "tools[0].error: a text is wanted"),
        (
            #""scale":1}}"#, #""scale":1},"status":"bored","error":"x"}"#,
            "tools[0].status: failed is wanted, or nothing"
        ),
        (
            #""confidence":[0.5,0.45]"#, #""confidence":[0.5]"#,
            "frame 0: people/people.candidates: lists of equal length are wanted"
        ),
    ]) func `what is wrong with a plugin's part of a result is found`(old: String, new: String, breach: String) throws {
        let folder = try ExternalFolder([ExternalFolder.tool("people")])
        let text = String(decoding: try Files.read(folder.result), as: UTF8.self)
        try #require(text.contains(old))
        try AtomicFile.write(Array(text.replacing(old, with: new, maxReplacements: 1).utf8), to: folder.result)
        #expect(try Validation.result(folder.result).breaches.map(\.text) == [breach])
    }

    @Test func `a copy that is none is a breach, and no reader falls over it`() throws {
        let folder = try ExternalFolder([ExternalFolder.tool("people")])
        try AtomicFile.write(Array("{}".utf8), to: folder.layout.plugins.appending("x-0.json"))
        #expect(KnownTools(folder.layout).descriptor("people/people") != nil)
        let breaches = try Validation.folder(folder.layout).breaches
        #expect(breaches.contains { $0.path.display.hasSuffix("plugins/x-0.json") })
    }
}
