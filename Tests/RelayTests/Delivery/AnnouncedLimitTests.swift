import Delivery
import SMTPTesting
import StatusCodes
import Synchronization
import Testing

/// `docs/design/rulings.md` §1, Limits that peers announce and limits that we learn.
@Suite(.timeLimit(.minutes(2))) struct `Announced and learnt limits` {
    /// How many recipients each transaction has, by the number of its connection.
    private final class Transactions: Sendable {
        private let counts = Mutex<[Int: [Int]]>([:])

        func hear(_ command: String, _ connection: Int) {
            counts.withLock { counts in
                if command.hasPrefix("MAIL") { counts[connection, default: []].append(0) }
                guard command.hasPrefix("RCPT"), let last = counts[connection]?.indices.last else { return }
                counts[connection]?[last] += 1
            }
        }

        func of(_ connection: Int) -> [Int] { counts.withLock { $0[connection] ?? [] } }
        /// The largest of all connections but the first.
        var largestLater: Int { counts.withLock { $0.filter { $0.key > 1 }.values.joined().max() ?? 0 } }
    }

    private func addresses(_ count: Int) -> [String] { (0..<count).map { "u\($0)@example.net" } }

    /// The first connection takes three recipients and announces nothing; later ones take all.
    @Test(arguments: [(nil, 3), (2, 2)] as [(Int?, Int)])
    func `what a session announces is kept to where more was learnt`(announced: Int?, largest: Int) async throws {
        let transactions = Transactions()
        let peer = try await ScriptedPeer { command, connection in
            transactions.hear(command, connection)
            guard connection == 1 else {
                guard let announced, command.hasPrefix("EHLO") else { return nil }
                return .say("250-peer.test\r\n250 LIMITS RCPTMAX=\(announced)")
            }
            if command.hasPrefix("MAIL FROM:<second@") { return .hangUp }
            return command.hasPrefix("RCPT TO:<u3@") ? .say("452 4.5.3 too many recipients") : nil
        }
        let harness = try DeliveryHarness(ports: [peer.port])
        let first = try await harness.attempt(from: "first@example.org", to: addresses(4))
        #expect(first.map(\.word) == ["relayed", "relayed", "relayed", "4.5.3"])
        #expect(transactions.of(1) == [4])
        _ = try await harness.attempt(from: "second@example.org", to: addresses(9))
        #expect(transactions.largestLater == largest)
        try await peer.stop()
    }

    @Test func `the planner hears what the session announced, of successes and of refusals`() async throws {
        let peer = try await ScriptedPeer { command, _ in
            if command.hasPrefix("EHLO") { return .say("250-peer.test\r\n250 LIMITS RCPTMAX=7") }
            return command.hasPrefix("RCPT TO:<u1@") ? .say("550 5.1.1 no such user") : nil
        }
        let harness = try DeliveryHarness(ports: [peer.port])
        let outcomes = try await harness.attempt(from: "first@example.org", to: addresses(2))
        #expect(outcomes.map(\.word) == ["relayed", "5.1.1"])
        #expect(outcomes.map(\.outcome.announcedRecipients) == [7, 7])
        try await peer.stop()
    }
}
