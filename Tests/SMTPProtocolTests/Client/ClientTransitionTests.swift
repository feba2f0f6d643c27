import Foundation
import MailFormat
import SMTPProtocol
import SMTPTesting
import StatusCodes
import Testing

/// Every state of the client's machine with every event, against the table in `Fixtures/ClientMachine/transitions.txt`.
@Suite("The client's machine, state by event")
struct ClientTransitionTests {
    static let states = [
        "securing", "awaitingGreeting", "awaitingEHLO", "awaitingHELO", "awaitingSTARTTLS", "handshaking",
        "authenticating", "ready", "opening", "streaming", "finishing", "resetting", "probing", "quitting", "closed",
    ]

    enum Event: String, CaseIterable {
        case yes = "2yz"
        case more = "3yz"
        case later = "4yz"
        case never = "5yz"
        case closing = "421"
        case garbage, closed, timedOut, aborted, unreadable, bareLineEnd
        case close, submit, probe
        case done
    }

    @Test func `each state takes each event as the table says`() throws {
        var lines: [String] = []
        for state in Self.states {
            for event in Event.allCases {
                // What the driver did not ask for it does not report: a broken promise of ours, not of the peer's.
                if event == .done, !["securing", "handshaking", "streaming", "quitting", "closed"].contains(state) {
                    continue
                }
                lines.append(try Self.line(state, event))
            }
        }
        let actual = lines.joined(separator: "\n") + "\n"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../Fixtures/ClientMachine/transitions.txt")
        let expected = try String(contentsOf: file, encoding: .utf8)
        if !expected.hasSuffix(actual) {
            try Data(actual.utf8).write(to: file.deletingPathExtension().appendingPathExtension("actual"))
        }
        let wanted = expected.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        #expect(wanted.count == lines.count)
        for (line, wanted) in zip(lines, wanted) { #expect(line == wanted) }
    }

    /// One row of the table: `state  event  →  next state, action; output; reports; failure`.
    private static func line(_ state: String, _ event: Event) throws -> String {
        var session = try session(in: state)
        let action = try perform(event, &session)
        var output: [String] = []
        session.drainOutput { octets in
            var text: [UInt8] = []
            for index in octets.indices { text.append(octets[index]) }
            output = String(decoding: text, as: UTF8.self).split(separator: "\r\n").map { String($0.prefix(4)) }
        }
        var reports: [String] = []
        while let report = session.takeReport() { reports.append(Self.text(report)) }
        var parts = ["\(state) \(event.rawValue) → \(session.stateName), \(Self.text(action))"]
        if !output.isEmpty { parts.append("says " + output.joined(separator: " ")) }
        if !reports.isEmpty { parts.append("reports " + reports.joined(separator: " + ")) }
        if let failure = session.failure { parts.append("failure " + Self.text(failure)) }
        return parts.joined(separator: "; ")
    }

    // MARK: Reaching a state

    private static func session(in state: String) throws -> ClientSession {
        var settings = ClientSettings(heloName: "client.example.org", tls: .never)
        switch state {
        case "securing": settings.tls = .implicit
        case "awaitingSTARTTLS", "handshaking": settings.tls = .opportunistic
        case "authenticating":
            let credentials = ClientCredentials(account: "account", password: Array("secret".utf8))
            settings.login = ClientLogin(
                credentials: credentials,
                primitives: TestPrimitives(),
                permitsClearText: true
            )
        default: break
        }
        var session = ClientSession(settings)
        if state != "ready", state != "probing" { session.submit(transaction) }
        for reply in replies(to: state) {
            var action = session.received(Array(reply.utf8).span).action
            while action == .established || action == .finished {
                while session.takeReport() != nil {}
                action = session.proceed()
            }
        }
        switch state {
        case "finishing": _ = session.contentSent()
        case "probing": _ = session.probe()
        case "closed": _ = session.lost(.aborted)
        default: break
        }
        while session.takeReport() != nil {}
        session.drainOutput { _ in }
        try #require(session.stateName == state)
        return session
    }

    private static func replies(to state: String) -> [String] {
        let greeting = "220 mx\r\n"
        let ehlo = "250 mx\r\n"
        switch state {
        case "securing", "awaitingGreeting", "closed": return []
        case "awaitingEHLO": return [greeting]
        case "awaitingHELO": return [greeting, "500 what\r\n"]
        case "awaitingSTARTTLS": return [greeting, "250-mx\r\n250 STARTTLS\r\n"]
        case "handshaking": return [greeting, "250-mx\r\n250 STARTTLS\r\n", "220 ready\r\n"]
        case "authenticating": return [greeting, "250-mx\r\n250 AUTH LOGIN\r\n"]
        case "ready", "opening", "probing": return [greeting, ehlo]
        case "streaming", "finishing":
            return [greeting, "250-mx\r\n250 CHUNKING\r\n", "250 ok\r\n", "250 ok\r\n"]
        case "resetting": return [greeting, ehlo, "250 ok\r\n", "550 no\r\n"]
        case "quitting": return ["554 no\r\n"]
        default: preconditionFailure("no way to \(state)")
        }
    }

    private static func perform(_ event: Event, _ session: inout ClientSession) throws -> ClientAction {
        switch event {
        case .yes: session.received(Array("250 ok\r\n".utf8).span).action
        case .more: session.received(Array("334 UGFzc3dvcmQ6\r\n".utf8).span).action
        case .later: session.received(Array("450 4.2.0 later\r\n".utf8).span).action
        case .never: session.received(Array("550 5.1.1 no\r\n".utf8).span).action
        case .closing: session.received(Array("421 4.3.2 bye\r\n".utf8).span).action
        case .garbage: session.received(Array("what?\r\n".utf8).span).action
        case .closed: session.lost(.closed(""))
        case .timedOut: session.lost(.timedOut)
        case .aborted: session.lost(.aborted)
        case .unreadable: session.lost(.unreadable("missing"))
        case .bareLineEnd: session.lost(.bareLineEnd)
        case .close: session.close()
        case .submit: submit(&session)
        case .probe: session.probe()
        case .done: session.stateName == "streaming" ? session.contentSent() : session.tlsEstablished()
        }
    }

    private static func submit(_ session: inout ClientSession) -> ClientAction {
        guard session.canTakeTransaction else { return .wait }
        session.submit(transaction)
        return session.proceed()
    }

    private static var transaction: ClientTransaction {
        let arena = Array("a@example.orgb@example.net".utf8)
        let recipient = Envelope.Recipient(address: ByteRange(13, 26), domain: ByteRange(15, 26))
        let envelope = Envelope(arena: arena, reversePath: ByteRange(0, 13), recipients: [recipient])
        return ClientTransaction(
            envelope: envelope,
            content: ContentNeeds(byteCount: 10, body: .sevenBit, needsSMTPUTF8: false)
        )
    }

    // MARK: Words

    private static func text(_ action: ClientAction) -> String {
        switch action {
        case .wait: "wait"
        case .sendContent(let form): "send content \(form)"
        case .derive: "derive"
        case .startTLS: "start TLS"
        case .established: "established"
        case .finished: "finished"
        case .close: "close"
        }
    }

    private static func text(_ report: TransactionReport) -> String {
        switch report[0] {
        case .relayed: "relayed"
        case .notAttempted: "not attempted"
        case .failed(let failure): text(failure)
        }
    }

    private static func text(_ failure: ClientFailure) -> String {
        let cause =
            switch failure.cause {
            case .reply(let reply): reply.code.map(\.description) ?? "?"
            case .condition(let condition, _): condition.id
            }
        return "\(failure.stage.rawValue) \(cause) (\(failure.reach))"
    }
}
