internal import Synchronization

/// Counts the open connections, in all and by address.
final class ConnectionRegister: Sendable {
    enum Verdict: Equatable {
        case welcome
        /// No room: it is told so.
        case full
        /// So many are being told so that this one is only closed.
        case overfull
    }

    private struct Counts {
        var welcome = 0
        var turnedAway = 0
        var byAddress: [String: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let limit: Int
    private let limitPerAddress: Int
    private let turnedAwayLimit: Int

    init(limit: Int, perAddress: Int) {
        self.limit = limit
        limitPerAddress = perAddress
        turnedAwayLimit = max(4, min(64, limit / 8))
    }

    /// Counts a connection and tells what becomes of it. Each has to ``leave(_:after:)`` in the end.
    ///
    /// - Parameter address: without a port; nil for a loopback one, which is not limited by itself.
    func enter(_ address: String?) -> Verdict {
        counts.withLock { counts in
            let own = address.map { counts.byAddress[$0, default: 0] } ?? 0
            guard counts.welcome < limit, address == nil || own < limitPerAddress else {
                guard counts.turnedAway < turnedAwayLimit else { return .overfull }
                counts.turnedAway += 1
                return .full
            }
            if let address { counts.byAddress[address] = own + 1 }
            counts.welcome += 1
            return .welcome
        }
    }

    func leave(_ address: String?, after verdict: Verdict) {
        counts.withLock { counts in
            switch verdict {
            case .welcome:
                counts.welcome -= 1
                if let address, let own = counts.byAddress[address] {
                    counts.byAddress[address] = own > 1 ? own - 1 : nil
                }
            case .full: counts.turnedAway -= 1
            case .overfull: break
            }
        }
    }
}
