import Delivery
import SMTPTesting
import StatusCodes
import Testing

/// `docs/design/rulings.md` §1: actions are tried in order, and `next-host` at the last host falls through.
@Suite(.timeLimit(.minutes(2))) struct `The last host` {
    /// Hosts that greet so, tried in this order.
    private func attempt(_ greetings: String...) async throws -> (fate: DeliveryHarness.Fate, connections: [Int]) {
        var peers: [ScriptedPeer] = []
        for greeting in greetings {
            peers.append(try await ScriptedPeer { command, _ in command == "CONNECT" ? .say(greeting) : nil })
        }
        let fates = try await DeliveryHarness(ports: peers.map(\.port)).attempt(to: ["b@example.net"])
        let connections = peers.map(\.connections)
        for peer in peers { try await peer.stop() }
        return (try #require(fates.first), connections)
    }

    @Test func `where the next action is retry, the message waits`() async throws {
        let (fate, connections) = try await attempt("554 5.7.1 not from you", "554 5.7.1 nor by this one")
        #expect(connections == [1, 1])
        #expect(fate.isScheduled)
        #expect(fate.attempt?.condition == "4.7.1-greeting-refused")
    }

    @Test func `where the next action is fail, the message fails`() async throws {
        let (fate, connections) = try await attempt("521 this host takes no mail", "521 nor does this one")
        #expect(connections == [1, 1])
        #expect(fate.next == .done)
        #expect(fate.conclusion.report?.action == .failed)
        #expect(fate.word == "5.3.2")
    }

    @Test func `where it was the only one, it is the last`() async throws {
        let (waiting, _) = try await attempt("554 5.7.1 not from you")
        #expect(waiting.isScheduled)
        let (failed, _) = try await attempt("521 this host takes no mail")
        #expect(failed.next == .done)
    }
}
