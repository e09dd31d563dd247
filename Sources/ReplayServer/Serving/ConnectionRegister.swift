internal import Synchronization

/// Counts the open connections, in all and by address.
final class ConnectionRegister: Sendable {
    private struct Counts {
        var all = 0
        var byAddress: [String: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let limit: Int
    private let limitPerAddress: Int

    init(limit: Int, perAddress: Int) {
        self.limit = limit
        limitPerAddress = perAddress
    }

    /// Counts a connection and tells whether it may stay. Whoever may has to ``leave(_:)`` in the end.
    ///
    /// - Parameter address: without a port; nil for a loopback one, which is not limited by itself.
    func enter(_ address: String?) -> Bool {
        counts.withLock { counts in
            guard counts.all < limit else { return false }
            if let address {
                let own = counts.byAddress[address, default: 0]
                guard own < limitPerAddress else { return false }
                counts.byAddress[address] = own + 1
            }
            counts.all += 1
            return true
        }
    }

    func leave(_ address: String?) {
        counts.withLock { counts in
            counts.all -= 1
            guard let address, let own = counts.byAddress[address] else { return }
            counts.byAddress[address] = own > 1 ? own - 1 : nil
        }
    }
}
