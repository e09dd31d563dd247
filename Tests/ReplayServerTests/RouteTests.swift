import Bytes
import HTTPTypes
import Testing

@testable import ReplayServer

@Suite("Paths and queries")
struct RouteTests {
    private var routes: Routes {
        var routes = Routes()
        routes.get("/") { _ in .json("root") }
        routes.get("/v1/jobs") { _ in .json("jobs") }
        routes.get("/v1/jobs/*") { call in .json(.string("job " + call.parts[0])) }
        routes.get("/v1/replay") { _ in .json("clock") }
        routes.put("/v1/replay") { _ in .json("set") }
        routes.get("/report/**") { call in .json(.string("file " + call.rest)) }
        return routes
    }

    private func ask(_ path: String, _ method: HTTPRequest.Method = .get) async -> String {
        do {
            let call = Routes.Call(method: method, query: Query(), body: { [] })
            guard case .json(let value) = try await routes.answer(path, call) else { return "other" }
            return value.string ?? ""
        } catch {
            return "\(error.status)" + (error.allow.map { " " + $0 } ?? "")
        }
    }

    @Test("A path is matched as it was sent, and its parts are decoded")
    func matching() async {
        for (path, answer) in [
            ("/", "root"), ("/v1/jobs", "jobs"), ("/v1/jobs/a%20b", "job a b"), ("/v1/jobs/%2F", "job /"),
            ("/v1/jobs/", "404"), ("/v1/jobs/a/", "404"), ("/v1//jobs", "404"), ("//", "404"), ("", "404"),
            ("/v1/jobs/%zz", "404"), ("/v1/jobs/%ff", "404"), ("/v1/./jobs", "404"), ("/V1/jobs", "404"),
            ("/report/", "file "), ("/report/v/a%2fb.html", "file v/a%2fb.html"), ("/report", "file "),
            ("/report/../x", "file ../x"),
        ] {
            #expect(await ask(path) == answer, "\(path)")
        }
    }

    @Test("HEAD is answered like GET; a method that a path does not have names those it has")
    func methods() async {
        #expect(await ask("/v1/jobs", .head) == "jobs")
        #expect(await ask("/v1/jobs", .delete) == "405 GET, HEAD, OPTIONS")
        #expect(await ask("/v1/replay", .post) == "405 GET, HEAD, OPTIONS, PUT")
        #expect(await ask("/v1/replay", .put) == "set")
        #expect(await ask("/none", .delete) == "404")
        #expect(routes.methods("/v1/replay") == "GET, HEAD, OPTIONS, PUT")
        #expect(routes.methods("/none") == nil)
    }

    @Test("A query is split, decoded, and its numbers are held to their range")
    func queries() throws {
        let query = Query("limit=5&status=a%26b+c&empty=&flag&limit=7&bad=%f")
        #expect(query["limit"] == "5" && query["status"] == "a&b c" && query["empty"] == "" && query["flag"] == "")
        #expect(query["none"] == nil && query["bad"] == "\u{fffd}")
        #expect(try query.number("limit", 1...100, default: 10) == 5)
        #expect(try query.number("skip", 0...Int.max, default: 3) == 3)
        #expect(throws: Refusal.self) { try query.number("status", 1...2, default: 1) }
        #expect(throws: Refusal.self) { try query.number("limit", 6...9, default: 6) }
    }
}
