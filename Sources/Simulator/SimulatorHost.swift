package import Delivery
import MailFormat
import NIOConcurrencyHelpers
import NIOCore
package import SMTPProtocol
package import SMTPTransport
package import StatusCodes

/// Answers each recipient as its local part asks; what it takes goes to a function.
package final class SimulatorHost: SessionHost {
    private struct State {
        var postponed: [String: Int] = [:]
        var transactions: [ObjectIdentifier: Pending] = [:]
        var nextID: Int64 = 1
    }

    /// What the recipients of a transaction ask for behind RCPT.
    private struct Pending {
        var atData: Reply?
        var atDot: Reply?
        var dropsAtDot = false
    }

    private let state = NIOLockedValueBox(State())
    private let faults: FaultRegistry
    private let taken: @Sendable (ReceivedMessage) -> Reply

    /// Recipients whose refusals are counted; beyond them the oldest counts are forgotten all at once.
    private static let mostCounted = 100_000

    /// Makes a host; `taken` keeps a message and gives the reply to its final dot.
    package init(faults: FaultRegistry, taken: @escaping @Sendable (ReceivedMessage) -> Reply) {
        self.faults = faults
        self.taken = taken
    }

    package func sessionOpened(_ peer: PeerInfo) -> Reply? { nil }

    package func sessionClosed(_ session: SessionInfo, summary: SessionSummary) {
        let key = ObjectIdentifier(session.peer)
        state.withLockedValue { _ = $0.transactions.removeValue(forKey: key) }
    }

    package func mailVerdict(_ question: MailQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        let key = ObjectIdentifier(question.session.peer)
        state.withLockedValue { $0.transactions[key] = Pending() }
        let sender = question.envelope.text(question.envelope.reversePath)
        let local = sender.prefix { $0 != "@" }
        // Before RCPT no recipient is known: the reverse-path's local part decides.
        if local.hasPrefix("mail-"), case .refuse(.mail, let reply) = Fate(localPart: local) { return .refused(reply) }
        return .accepted
    }

    package func recipientVerdict(_ question: RecipientQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        let address = question.address
        let local = address.lastIndex(of: "@").map { address[..<$0] } ?? address[...]
        let peer = question.session.peer
        switch Fate(localPart: local) {
        case .accept: return .accepted
        case .refuse(.dot, let reply), .refuse(.bdat, let reply):
            change(peer) { $0.atDot = $0.atDot ?? reply }
            return .accepted
        case .refuse(.data, let reply):
            change(peer) { $0.atData = $0.atData ?? reply }
            return .accepted
        case .refuse(_, let reply): return .refused(reply)
        case .postpone(let count, let reply):
            let key = "\(question.envelope.text(question.envelope.reversePath)) \(address)"
            let isTaken = state.withLockedValue { state in
                if state.postponed.count >= Self.mostCounted { state.postponed.removeAll() }
                let sofar = state.postponed[key, default: 0]
                state.postponed[key] = sofar + 1
                return sofar >= count
            }
            return isTaken ? .accepted : .refused(reply)
        case .slow(let wait):
            let (seconds, attoseconds) = wait.components
            later.eventLoop.scheduleTask(
                in: .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
            ) { later.fulfilOnLoop(.accepted) }
            return nil
        case .drop(.dot):
            change(peer) { $0.dropsAtDot = true }
            return .accepted
        case .drop:
            faults.drop(peer)
            return nil
        case .garbage:
            faults.garble(peer)
            return .accepted
        }
    }

    package func authenticate(
        _ question: AuthenticationQuestion,
        session: SessionInfo,
        later: LaterAnswer<AuthenticationAnswer>
    ) -> AuthenticationAnswer? { .refused(AuthenticationRefusal(.credentialsInvalid)) }

    package func reserveContent(bytes: Int, session: SessionInfo) -> ContentReservation {
        let key = ObjectIdentifier(session.peer)
        return state.withLockedValue { state in
            if let reply = state.transactions[key]?.atData { return .refused(reply) }
            state.nextID += 1
            return .granted(MessageID(rawValue: state.nextID))
        }
    }

    package func extendReservation(bytes: Int) -> Reply? { nil }
    package func releaseReservation(bytes: Int) {}
    package func contentSink(for message: MessageID, session: SessionInfo) -> any ContentSink { MemorySink() }

    package func submit(_ message: ReceivedMessage, later: LaterAnswer<Reply>) {
        let peer = message.session.peer
        let pending = state.withLockedValue { $0.transactions.removeValue(forKey: ObjectIdentifier(peer)) }
        if pending?.dropsAtDot == true { return faults.drop(peer) }
        later.fulfil(pending?.atDot ?? taken(message))
    }

    package func sessionNoted(_ note: SessionNote, session: SessionInfo) {}

    private func change(_ peer: PeerInfo, _ body: (inout Pending) -> Void) {
        state.withLockedValue { body(&$0.transactions[ObjectIdentifier(peer), default: Pending()]) }
    }
}

/// Keeps large content in memory: the simulator is a sink for tests.
private final class MemorySink: ContentSink {
    private let bytes = NIOLockedValueBox<[UInt8]>([])

    func append(_ bytes: ByteBuffer, later: LaterAnswer<SinkProgress>) -> SinkProgress? {
        self.bytes.withLockedValue { $0.append(contentsOf: bytes.readableBytesView) }
        return .ready
    }

    func finish(later: LaterAnswer<SinkOutcome>) {
        later.fulfil(.stored(ResidentContent(bytes.withLockedValue { $0 })))
    }

    func abort() { bytes.withLockedValue { $0 = [] } }
}
