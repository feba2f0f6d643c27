import SMTPProtocol
import StatusCodes

/// Drives one server session on its connection's event loop.
package final class ServerHandler {
    func answered(_ verdict: Verdict, ticket: UInt64) {}
    func answered(_ answer: AuthenticationAnswer, ticket: UInt64) {}
    func answered(_ reply: Reply, ticket: UInt64) {}
    func answered(_ progress: SinkProgress, ticket: UInt64) {}
    func answered(_ outcome: SinkOutcome, ticket: UInt64) {}
}
