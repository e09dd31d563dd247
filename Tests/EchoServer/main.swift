internal import Bytes
internal import Glibc
internal import ReplayServer
internal import WebSocketChannel

/// A WebSocket server for probes that need an echo or a flood, on the very pipeline of `forgebatch replay`.
///
/// `EchoServer [PORT] [--limit BYTES]`
let say: @Sendable (String, FileDescriptor) -> Void = { line, descriptor in
    try? Files.write(Array((line + "\n").utf8), to: descriptor, path: RawPath("output"))
}
var options = ServerOptions()
options.log = { say($0, .standardError) }
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--limit": options.webSocketLimits.message = arguments.popFirst().flatMap { Int($0) } ?? 65_536
    case "--connections": options.limits.connections = arguments.popFirst().flatMap { Int($0) } ?? 8192
    default: options.port = Int(argument) ?? 0
    }
}

let ping = WebSocketText(#"{"type":"pong"}"#)
let flood = WebSocketText(String(repeating: "x", count: 1000))

let webSocket: WebSocketRoute = { request in
    switch request.target.path {
    case "/echo":
        .accept { session in
            for await message in session.messages {
                switch message {
                case .text(#"{"type":"ping"}"#): try await session.send(ping)
                case .text(let text): try await session.send(WebSocketText(text))
                case .binary(let bytes): try await session.send(binary: bytes)
                }
            }
        }
    case "/flood":
        .accept { session in
            while true { try await session.send(flood) }
        }
    case "/ticks": .accept(tick)
    default: .notHere
    }
}

/// 40 events of a job, one every quarter of a second, at moments counted from the first; pings are answered between.
@Sendable func tick(_ session: WebSocketSession) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            for await message in session.messages where message == .text(#"{"type":"ping"}"#) {
                try await session.send(ping)
            }
        }
        let clock = ContinuousClock()
        let start = clock.now
        for frame in 1...40 {
            try await clock.sleep(until: start + .milliseconds(250 * frame), tolerance: .zero)
            let line = #"{"job_id":"j","current_frame":\#(frame),"total_frames":40,"percent":\#(frame * 100 / 40)}"#
            try await session.send(WebSocketText(line))
        }
        try await session.send(WebSocketText(#"{"status":"completed","job_id":"j"}"#))
        try await group.waitForAll()
    }
}
let routes = [
    WebRoute(.get, "/health") { _ in .json(.members(["status": .string("healthy")])) },
    WebRoute(.put, "/echo-body") { request in .bytes(request.body, type: "application/octet-stream") },
]
do {
    try await ReplayHTTPServer.run(options, routes: routes, webSocket: webSocket) { place in
        say("listening on 127.0.0.1:\(place.port)", .standardOutput)
    }
} catch {
    say("EchoServer: \(error)", .standardError)
    exit(74)
}
