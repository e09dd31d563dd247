import Bytes
import Jobs
import TestSupport
import Testing

@testable import ReplayServer

@Suite("The plugins that a server tells of")
struct PluginListTests {
    private func json(_ answer: WebAnswer) throws -> JSON {
        let bytes = answer.body.flatMap { piece -> [UInt8] in if case .bytes(let bytes) = piece { bytes } else { [] } }
        return try JSONReader.parse(bytes)
    }

    @Test("Those that results came from are listed behind the program, with their manifests as they wrote them")
    func list() throws {
        let folder = try TemporaryFolder()
        let own: JSON = ["id": "forgebatch", "version": "2.0.0", "description": "measures"]
        let people = try JSONReader.parse(MadePlugin.manifest())
        var api = ReplayAPI(
            library: RunLibrary(OutputLayout(root: folder.path), selected: nil, options: RunFeed.Options()),
            manifest: own, version: "2.0.0", viewerFile: { _ in nil })
        #expect(try json(api.health())["plugins_loaded"]?.int == 1)
        api.otherManifests = [people]
        #expect(try json(api.health())["plugins_loaded"]?.int == 2)
        let list = try #require(try json(api.plugins()).array)
        #expect(list.map { $0["name"]?.string } == ["forgebatch", "people"])
        #expect(list.map { $0["version"]?.string } == ["2.0.0", "1.0.0"])
        #expect(list.map { $0["state"]?.string } == ["RUNNING", "LOADED"])
        #expect(list[0].members?.map(\.key) == list[1].members?.map(\.key))
        func manifest(_ id: String) throws -> JSON {
            try json(api.manifest(WebRequest(.get, "/v1/plugins/\(id)/manifest", parameters: ["plugin": id])))
        }
        #expect(try manifest("people") == people && manifest("forgebatch") == own)
        #expect(throws: WebError.self) { try manifest("none") }
    }
}
