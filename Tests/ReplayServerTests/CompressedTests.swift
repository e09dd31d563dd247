import Archive
import Bytes
import FrameResults
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

    /// A run of one job with a compressed result, its catalog, and what the result says.
    private func served() throws -> (MadeRun, [UInt8]) {
        let run = try MadeRun()
        try run.write(MadeRun.events())
        let video = RawPath("a.mp4")
        let written = try run.made.writeResult(video, frames: MadeOutputFolder.frames(3000), isCompressed: true)
        let result = OutputLayout.result(for: video, job: MadeRun.a, isCompressed: true)
        var entry = CatalogEntry(
            .done(video) { ($0.result, $0.sha256, $0.resultSize) = (result, written.sha256, written.size) },
            run: run.id, digest: "d")
        entry.contentSize = written.contentSize
        try run.made.add([entry])
        return (run, try ContentReader(run.layout.root.appending(result)).readAll())
    }

    private func ask(_ run: MadeRun, _ fields: String..., head: Bool = false) async throws -> RawClient.Response {
        let path = "/v1/jobs/\(MadeRun.a)/result?run=\(run.id)"
        var options = RunFeed.Options()
        options.speed = .max
        let api = ReplayAPI(
            library: RunLibrary(run.layout, selected: nil, options: options), manifest: .null, version: "1",
            viewerFile: { _ in nil })
        return try await withServer({ _ in }, routes: api.routes()) { port in
            try await onThread {
                // The replay begins with the first question.
                while true {
                    let client = try RawClient(port)
                    client.send(RawClient.request("\(head ? "HEAD" : "GET") \(path)", port, fields))
                    let answer = try client.response(isHead: head)
                    let isEarly = answer.status == 404 && (head || answer.detail?.contains("not completed") == true)
                    if !isEarly { return answer }
                }
            }
        }
    }

    @Test func `a client without gzip gets a compressed result as it was written, whole and in parts`() async throws {
        let (run, bytes) = try served()
        for fields in ["X-None: 1", "Accept-Encoding: br", "Accept-Encoding: gzip;q=0", "Accept-Encoding: identity"] {
            let whole = try await ask(run, fields)
            #expect(whole.status == 200 && whole.body == bytes)
            #expect(whole.fields["content-encoding"] == nil && whole.fields["accept-ranges"] == "bytes")
            #expect(whole.fields["vary"] == "Accept-Encoding, Origin")
        }
        let head = try await ask(run, head: true)
        #expect(head.fields["content-length"] == String(bytes.count))
        let middle = bytes.count / 2
        let part = try await ask(run, "Range: bytes=\(middle)-\(middle + 99)", "Accept-Encoding: gzip")
        #expect(part.status == 206 && part.body == Array(bytes[middle..<middle + 100]))
        #expect(part.fields["content-range"] == "bytes \(middle)-\(middle + 99)/\(bytes.count)")
        #expect(part.fields["content-encoding"] == nil)
        let tail = try await ask(run, "Range: bytes=-4")
        #expect(tail.text == "\n]}\n")
        #expect(try await ask(run, "Range: bytes=\(bytes.count)-").status == 416)
    }

    @Test func `a client that takes gzip gets the file, under a tag of its own`() async throws {
        let (run, bytes) = try served()
        let file = try Files.read(
            run.layout.root.appending(OutputLayout.result(for: RawPath("a.mp4"), job: MadeRun.a, isCompressed: true)))
        let packed = try await ask(run, "Accept-Encoding: deflate, gzip;q=0.5")
        #expect(packed.status == 200 && packed.body == file)
        #expect(packed.fields["content-encoding"] == "gzip" && packed.fields["content-type"] == "application/json")
        #expect(packed.fields["accept-ranges"] == nil)
        let tag = try #require(packed.fields["etag"])
        let plain = try #require(try await ask(run).fields["etag"])
        #expect(tag != plain && plain == "\"\(Digest.sha256(bytes))\"")
        for known in [tag, plain] {
            let answer = try await ask(run, "Accept-Encoding: gzip", "If-None-Match: \(known)")
            #expect(answer.status == 304 && answer.fields["content-encoding"] == nil)
        }
    }
}
