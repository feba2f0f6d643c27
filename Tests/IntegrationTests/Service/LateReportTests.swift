import Delivery
import Foundation
import MailFormat
import Relay
import SMTPProtocol
import SMTPTransport
import StatusCodes
import StoreSQLite
import Testing

/// Mail of our own users leaves with a return-path of ours, and what comes back finds what it is about.
@Suite(.timeLimit(.minutes(2))) struct `Late reports in a whole relay` {
    private static let addresses = BounceAddresses(
        signer: ReturnPathSigner(
            domain: "bounces.test",
            keys: [Array("a key of many octets".utf8)],
            primitives: CryptoPrimitives()
        ),
        feedback: "fbl"
    )

    private func bouncing(_ plan: inout TestRelay.Plan) {
        plan.listens = true
        plan.bounces = Self.addresses
        plan.answersComeBack = true
    }

    private static func events(_ relay: TestRelay, _ kind: QueueEvent.Kind) throws -> [QueueEvent] {
        try relay.store.events(after: 0, limit: 100).filter { $0.kind == kind }
    }

    @Test func `each recipient gets a return-path of its own, and a transaction`() async throws {
        try await withTestRelay(bouncing) { relay, taken, _ in
            let id = relay.nextID
            _ = await relay.submit(from: "boss@example.org", to: ["a@example.net", "b@example.net"], id: id)
            let messages = try await taken.wait(for: 2)
            #expect(messages.map(\.recipients.count) == [1, 1])
            for message in messages {
                let index: Int32 = message.recipients == ["a@example.net"] ? 0 : 1
                guard
                    case .returnPath(let token)? = Self.addresses.kind(of: message.sender, at: relay.service.clock.now)
                else {
                    Issue.record("\(message.sender) is no return-path of ours")
                    continue
                }
                #expect(token.recipient == RecipientID(message: MessageID(rawValue: id), index: index))
            }
            let isKept = try await eventually {
                let last = RecipientID(message: MessageID(rawValue: id), index: 1)
                return try relay.store.dispatch(of: last)?.sender == "boss@example.org"
            }
            #expect(isKept)
        }
    }

    @Test func `what is relayed for others, and reports, keep their reverse-path`() async throws {
        try await withTestRelay { plan in
            bouncing(&plan)
            plan.relayDomains = ["relayed.test"]
        } _: { relay, taken, _ in
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            let text = "Subject: x\r\n\r\nbody\r\n"
            #expect(try await client.send(from: "x@example.org", to: ["a@relayed.test"], text).hasPrefix("250 "))
            #expect(try await client.send(from: "", to: ["b@relayed.test"], text).hasPrefix("250 "))
            try await client.quit()
            #expect(try await taken.wait(for: 2).map(\.sender).sorted() == ["", "x@example.org"])
        }
    }

    @Test func `a bounce that comes later in the manner of Exchange is joined, and passed on to the sender`()
        async throws
    {
        try await withTestRelay(bouncing) { relay, taken, _ in
            let id = relay.nextID
            let address = "bounce-exchange-5.1.10@example.net"
            _ = await relay.submit(from: "boss@example.org", to: [address], id: id)
            let hasBounced = try await eventually { try !Self.events(relay, .recipientBounced).isEmpty }
            #expect(hasBounced)
            let event = try #require(try Self.events(relay, .recipientBounced).first)
            #expect(event.message == MessageID(rawValue: id) && event.subject == address)
            #expect(event.attempt?.cause == "user-unknown")
            let recipient = RecipientID(message: event.message, index: 0)
            #expect(try relay.store.dispatch(of: recipient)?.outcome == .bounced)
            let subject = try #require(SuppressionSubject(address))
            #expect(try relay.store.suppression(of: subject)?.sightings.map(\.source) == [.dsn])
            // The simulator took the message, and then the report for its sender.
            let report = try #require(try await taken.wait(for: 2).last)
            #expect(report.sender.isEmpty && report.recipients == ["boss@example.org"])
            let isEmpty = try await eventually { try relay.store.page(after: nil, limit: 1).isEmpty }
            #expect(isEmpty)
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test func `a complaint suppresses who complained`() async throws {
        try await withTestRelay(bouncing) { relay, taken, _ in
            var text = ""
            _ = await relay.submit(from: "boss@example.org", to: ["anna@example.net"], id: relay.nextID)
            let path = try #require(try await taken.wait(for: 1).first?.sender)
            text = """
                From: fbl@example.net
                MIME-Version: 1.0
                Content-Type: multipart/report; report-type=feedback-report; boundary=x

                --x
                Content-Type: message/feedback-report

                Feedback-Type: abuse
                User-Agent: X/1
                Version: 1

                --x
                Content-Type: message/rfc822

                Return-Path: <\(path)>
                From: boss@example.org
                Subject: x

                body
                --x--

                """.replacing("\n", with: "\r\n")
            let isKept = try await eventually { try relay.store.page(after: nil, limit: 1).isEmpty }
            #expect(isKept)
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            #expect(try await client.send(from: "", to: ["fbl@bounces.test"], text).hasPrefix("250 "))
            try await client.quit()
            let subject = try #require(SuppressionSubject("anna@example.net"))
            let isSuppressed = try await eventually { try relay.store.suppression(of: subject)?.suppression != nil }
            #expect(isSuppressed)
            #expect(try Self.events(relay, .recipientComplained).map(\.subject) == ["anna@example.net"])
        }
    }

    @Test func `at RCPT a missing or forged token is refused with 550, an expired one taken and put aside`()
        async throws
    {
        try await withTestRelay(bouncing) { relay, taken, _ in
            let now = relay.service.clock.now
            let recipient = RecipientID(message: MessageID(rawValue: 1 << 21), index: 0)
            let valid = try #require(Self.addresses.signer.returnPath(of: recipient, at: now))
            let old = Timestamp(seconds: now.seconds - 31 * 86_400)
            let expired = try #require(Self.addresses.signer.returnPath(of: recipient, at: old))
            let last = valid.index(valid.startIndex, offsetBy: 30)
            let forged = valid.replacingCharacters(in: last...last, with: valid[last] == "0" ? "1" : "0")
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            // A report about a message that we did not send, and mail to nobody.
            for (path, code) in [("a@example.org", "550 5.1.1 "), ("", "550 5.7.1 ")] {
                #expect(try await client.say("MAIL FROM:<\(path)>").hasPrefix("250 "))
                for refused in ["nobody@bounces.test", "b-1@bounces.test", forged] {
                    #expect(try await client.say("RCPT TO:<\(refused)>").hasPrefix(code), "\(refused)")
                }
                if !path.isEmpty { #expect(try await client.say("RSET").hasPrefix("250 ")) }
            }
            for taken in [valid, expired] {
                #expect(try await client.say("RCPT TO:<\(taken)>").hasPrefix("250 "))
                // A report is about one recipient: another spelling of it waits for another transaction.
                #expect(try await client.say("RCPT TO:<\(taken.uppercased())>").hasPrefix("452 4.5.3 "))
                #expect(try await client.say("RCPT TO:<fbl@bounces.test>").hasPrefix("452 4.5.3 "))
                #expect(try await client.say("DATA").hasPrefix("354 "))
                #expect(try await client.say("Subject: x\r\n\r\nbody\r\n.").hasPrefix("250 "))
                #expect(try await client.say("MAIL FROM:<>").hasPrefix("250 "))
            }
            try await client.quit()
            let areHeld = try await eventually {
                let states = try relay.store.page(after: nil, limit: 9).flatMap(\.recipients).map(\.state)
                return states.count == 2 && states.allSatisfy { if case .held = $0 { true } else { false } }
            }
            #expect(areHeld)
            let holds = try relay.store.page(after: nil, limit: 9).flatMap(\.recipients).compactMap { recipient in
                if case .held(let hold) = recipient.state { hold } else { nil }
            }
            #expect(holds.allSatisfy { $0.by == "bounces" && $0.reviewAt == nil })
            let areCounted = try await eventually { relay.service.shelf.count == 2 }
            #expect(areCounted)
            #expect(try relay.store.suppressions(after: nil, limit: 1).isEmpty)
            #expect(taken.all.isEmpty)
        }
    }

    @Test func `while too much waits for a person complaints are put off, and reports of today are taken`() async throws
    {
        try await withTestRelay(bouncing) { relay, _, _ in
            let now = relay.service.clock.now
            let recipient = RecipientID(message: MessageID(rawValue: 1 << 21), index: 0)
            let valid = try #require(Self.addresses.signer.returnPath(of: recipient, at: now))
            var batch = StoreWrite()
            batch.submissions = (1...BounceShelf.limit / 100).map { number in
                let hold = Hold(by: "bounces", reason: "it is no report", since: now, reviewAt: nil)
                let address = Array("fbl@bounces.test".utf8)
                let recipient = Envelope.Recipient(address: ByteRange(0, 16), domain: ByteRange(4, 16))
                return Submission(
                    id: MessageID(rawValue: Int64(number)),
                    arrival: now,
                    envelope: Envelope(
                        arena: address,
                        reversePath: .empty,
                        recipients: Array(repeating: recipient, count: 100)
                    ),
                    content: ResidentContent([]),
                    state: .held(hold),
                    origin: Origin(kind: .mx)
                )
            }
            _ = try relay.store.write(batch)
            try relay.service.shelf.count(in: relay.store)
            let client = try await TestClient(to: try relay.address)
            _ = try await client.say("EHLO client.example.org")
            #expect(try await client.say("MAIL FROM:<>").hasPrefix("250 "))
            #expect(try await client.say("RCPT TO:<fbl@bounces.test>").hasPrefix("452 4.3.1 "))
            #expect(try await client.say("RCPT TO:<\(valid)>").hasPrefix("250 "))
            try await client.quit()
        }
    }
}
