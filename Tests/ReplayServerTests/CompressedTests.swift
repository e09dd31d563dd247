import Archive
import Bytes
import Jobs
import Store
import TestSupport
import Testing

@testable import ReplayServer

/// What the server tells of an output folder whose files are compressed.
@Suite("Compressed files on the server") struct CompressedTests {
    static func api(_ layout: OutputLayout) -> ReplayAPI {
        ReplayAPI(
            library: RunLibrary(layout, selected: nil, options: RunFeed.Options()), manifest: .null, version: "1",
            viewerFile: { _ in nil })
    }

    /// What a route answers over a socket.
    static func ask(_ layout: OutputLayout, _ line: String, _ fields: [String] = []) async throws -> RawClient.Response
    {
        try await withServer({ _ in }, routes: api(layout).routes()) { port in
            try await onThread {
                let client = try RawClient(port)
                client.send(RawClient.request(line, port, fields))
                return try client.response(isHead: line.hasPrefix("HEAD"))
            }
        }
    }

    @Test func `a compressed log is served as it was written, whole and in parts`() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let text = try Files.read(run.layout.log(run: run.id))
        let list = try await Self.ask(run.layout, "GET /v1/runs")
        try RunLog.compress(run.layout.log(run: run.id))
        let whole = try await Self.ask(run.layout, "GET /v1/runs/\(run.id)/log", ["Accept-Encoding: gzip"])
        #expect(whole.status == 200)
        #expect(whole.text == String(decoding: text, as: UTF8.self))
        #expect(whole.fields["content-type"] == "application/x-ndjson")
        let part = try await Self.ask(run.layout, "GET /v1/runs/\(run.id)/log", ["Range: bytes=100-199"])
        #expect(part.status == 206)
        #expect(part.text == String(decoding: text[100..<200], as: UTF8.self))
        #expect(try await Self.ask(run.layout, "GET /v1/runs").text == list.text)
    }

    @Test func `a compressed log is replayed like the plain one`() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        try RunLog.compress(run.layout.log(run: run.id))
        let feed = try #require(RunFeed(run.layout, run: run.id, options: RunFeed.Options()))
        await feed.whenLoaded(to: .infinity)
        #expect(feed.read { index, _, _ in index.count } == MadeRun.events().count)
        #expect(feed.read { _, _, status in status } == .finished)
        let last = feed.read { index, _, _ in index.range(index.count - 1) }
        #expect(try String(decoding: feed.bytes(last), as: UTF8.self).contains("run_finished"))
    }

    @Test func `a run whose log is packed by another program is refused with the reason`() async throws {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        try Files.rename(run.layout.log(run: run.id), to: run.layout.log(run: run.id).suffixed(".xz"))
        let answer = try await Self.ask(run.layout, "GET /v1/runs/\(run.id)/log")
        #expect(answer.status == 404)
    }
}
