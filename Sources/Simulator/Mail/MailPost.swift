import Delivery
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// Sends letters, each by a connection of its own: a few at a time, once each.
///
/// What cannot be sent is told to the operator and forgotten: a test whose answers do not come has to know why.
final class MailPost: Sendable {
    private struct State {
        var waiting: [(letter: Letter, target: SocketAddress)] = []
        var open = 0
    }

    /// Connections at a time.
    static let mostOpen = 4
    /// Letters that wait for a connection, of up to `OriginalMail.mostBytes` each; further ones are dropped.
    static let mostWaiting = 256

    private let state = NIOLockedValueBox(State())
    private let group: any EventLoopGroup
    private let name: String
    private let noted: @Sendable (String) -> Void

    init(name: String, group: any EventLoopGroup, noted: @escaping @Sendable (String) -> Void) {
        self.name = name
        self.group = group
        self.noted = noted
    }

    /// Takes a letter; false when there are too many.
    @discardableResult
    func send(_ letter: Letter, to target: SocketAddress) -> Bool {
        let isTaken = state.withLockedValue { state in
            guard state.waiting.count < Self.mostWaiting else { return false }
            state.waiting.append((letter, target))
            return true
        }
        if isTaken { sendNext() } else { noted("an answer to \(letter.recipient) is dropped: too many wait") }
        return isTaken
    }

    private func sendNext() {
        let next = state.withLockedValue { state -> (letter: Letter, target: SocketAddress)? in
            guard state.open < Self.mostOpen, !state.waiting.isEmpty else { return nil }
            state.open += 1
            return state.waiting.removeFirst()
        }
        guard let next else { return }
        let loop = group.next()
        loop.execute { self.deliver(next.letter, to: next.target, on: loop) }
    }

    private func deliver(_ letter: Letter, to target: SocketAddress, on loop: any EventLoop) {
        let connection = ClientConnection.connect(
            to: target,
            configuration: ClientConnection.Configuration(
                settings: ClientSettings(heloName: name, tls: .never),
                readPool: NIOSingletons.posixBlockingThreadPool
            ),
            on: loop
        )
        // The closure keeps the connection until its end.
        connection.onEnd = { ended, _ in
            ended.onEnd = nil
            withExtendedLifetime(connection) {}
            self.state.withLockedValue { $0.open -= 1 }
            self.sendNext()
        }
        let envelope = letter.envelope
        connection.send(
            ClientTransaction(
                envelope: envelope,
                content: ContentNeeds(byteCount: letter.bytes.count, declaredIn: envelope)
            ),
            content: ResidentContent(letter.bytes)
        ) { report in
            guard case .failed(let failure) = report[0] else { return }
            self.noted("no answer to \(letter.recipient): \(target) \(Self.text(failure))")
        }
        connection.close()
    }

    private static func text(_ failure: ClientFailure) -> String {
        switch failure.cause {
        case .reply(let reply):
            "refuses it at \(failure.stage.rawValue) with \(reply.code.map { "\($0)" } ?? "what is no reply"): \(reply.text)"
        case .condition(let condition, let detail):
            "cannot be given it (\(condition.id)\(detail.isEmpty ? "" : ": \(detail)"))"
        }
    }
}
