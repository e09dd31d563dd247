internal import NIOCore

/// Where a server listens: what to tell people who want to reach it.
package struct ListeningPlace: Sendable, Equatable {
    package let port: Int
    /// Addresses of pages, each without a path, that this server answers to; the first is the nearest.
    package let addresses: [String]
    /// Whether others than this machine can reach it.
    package let isOpen: Bool

    /// - Parameters:
    ///   - bound: the address that the socket has, without a port.
    ///   - host: what the server was told to listen on, without brackets.
    ///   - devices: the addresses of the machine's network devices.
    package init(bound: String, port: Int, host: String, devices: [String]) {
        self.port = port
        isOpen = !ListeningPlace.isLoopback(bound)
        var hosts = [host]
        if bound == "0.0.0.0" || bound == "::" {
            let own = devices.filter { device in
                // Those of a link need the link's name, which browsers do not take.
                !ListeningPlace.isLoopback(device) && !device.hasPrefix("fe80:")
                    && (bound == "::" || !device.contains(":"))
            }
            hosts = ["127.0.0.1"] + own
        }
        addresses = hosts.map { "http://\($0.contains(":") ? "[\($0)]" : $0):\(port)" }
    }

    private static func isLoopback(_ address: String) -> Bool {
        address == "::1" || address.hasPrefix("127.") || address.hasPrefix("::ffff:127.")
    }
}

extension ListeningPlace {
    /// The place of a socket that listens.
    init(_ channel: any Channel, _ options: ServerOptions) {
        let devices = (try? System.enumerateDevices())?.compactMap { $0.address?.ipAddress } ?? []
        self.init(
            bound: channel.localAddress?.ipAddress ?? options.hostName,
            port: channel.localAddress?.port ?? options.port, host: options.hostName, devices: devices)
    }
}
