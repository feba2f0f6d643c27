import Delivery
import Foundation
import MailDrop
import Relay
import SMTPProtocol
import StoreSQLite
import Testing

@Suite struct `The sendmail command` {
    private let scene: CommandScene

    init() throws { scene = try CommandScene() }

    private func sendmail(_ words: String..., name: String = "sendmail", input: String) async throws
        -> Executable.Outcome
    {
        try await Executable.run(
            words,
            input: input,
            path: try scene.link(name),
            environment: [
                "MARTLET_HOSTNAME": "host.example", "MARTLET_CONTROL": scene.control, "MARTLET_DROP": scene.drop,
            ]
        )
    }

    private func text(_ relay: TestRelay, _ message: QueuedMessage) throws -> String {
        let content = try relay.store.content(of: message.id)
        var octets: [UInt8] = []
        try content.withBytes(in: 0..<content.byteCount) { part in
            octets = (0..<part.count).map { part[$0] }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private func recipients(_ message: QueuedMessage) -> [String] {
        message.envelope.recipients.map { message.envelope.text($0.address) }
    }

    @Test func `A message goes into the queue of the running service, complete`() async throws {
        try await scene.withRelay { relay in
            let letter = "To: Ann <ann@example.net>, bob\nBcc: secret@example.net\nSubject: x\n\nbody\n"
            let outcome = try await sendmail("-ti", "-fme", "-Nnever", "-R", "hdrs", "-V", "Q1", input: letter)
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
            let message = try #require(try relay.store.page(after: nil, limit: 10).first)
            #expect(recipients(message) == ["ann@example.net", "bob@host.example", "secret@example.net"])
            let envelope = message.envelope
            #expect(envelope.text(envelope.reversePath) == "me@host.example")
            #expect(envelope.returned == .headers && envelope.text(envelope.envelopeID) == "Q1")
            #expect(envelope.recipients.allSatisfy { $0.notify == Notify.never })
            let content = try text(relay, message)
            #expect(
                content.hasPrefix(
                    "To: Ann <ann@example.net>, bob@host.example\r\nSubject: x\r\nFrom: <me@host.example>\r\n"
                )
            )
            #expect(content.hasSuffix("\r\n\r\nbody\r\n") && !content.contains("secret"))
            #expect(message.origin.kind == .local)
        }
    }

    @Test func `With -v the queue id is said; without a sender it is the caller`() async throws {
        try await scene.withRelay { relay in
            let outcome = try await sendmail("-v", "you@example.net", "you@example.net", input: "hello\n.\nnot this\n")
            let message = try #require(try relay.store.page(after: nil, limit: 10).first)
            #expect(outcome.output == "queued as \(message.id)\n")
            #expect(recipients(message) == ["you@example.net"])
            #expect(message.envelope.text(message.envelope.reversePath) == "\(NSUserName())@host.example")
            #expect(try text(relay, message).hasSuffix("\r\n\r\nhello\r\n"))
        }
    }

    @Test func `SMTP on standard input and output puts mail into the queue`() async throws {
        try await scene.withRelay { relay in
            let dialogue = [
                "EHLO client.example", "MAIL FROM:<me@example.org>", "RCPT TO:<you@example.net> NOTIFY=SUCCESS",
                "RCPT TO:<postmaster>", "DATA", "From: me@example.org", "", "..dot", ".", "QUIT", "",
            ].joined(separator: "\r\n")
            let outcome = try await sendmail("-bs", input: dialogue)
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let message = try #require(try relay.store.page(after: nil, limit: 10).first)
            #expect(outcome.output.contains("250 2.0.0 queued as \(message.id)\r\n"))
            #expect(outcome.output.hasPrefix("220 host.example ESMTP\r\n"))
            #expect(recipients(message) == ["you@example.net", "postmaster@host.example"])
            #expect(message.envelope.recipients.map(\.notify) == [Notify.success, nil])
            let content = try text(relay, message)
            #expect(content.hasPrefix("Received: from client.example\r\n\tby host.example with ESMTP id "))
            #expect(content.contains("\r\nFrom: me@example.org\r\nDate: ") && content.hasSuffix("\r\n\r\n.dot\r\n"))
        }
    }

    @Test func `mailq and -bp list the queue, newaliases has nothing to do, and -q attempts`() async throws {
        try await scene.withRelay { relay in
            #expect(try await sendmail("-bp", input: "").output == "The queue is empty.\n")
            #expect(try await sendmail("-q", input: "").status == 0)
            _ = try await sendmail("you@example.net", input: "hello\n")
            let message = try #require(try relay.store.page(after: nil, limit: 10).first)
            for (name, words) in [("mailq", []), ("sendmail", ["-bp"])] {
                let outcome = try await Executable.run(
                    words + ["--control", scene.control],
                    path: try scene.link(name)
                )
                #expect(outcome.status == 0 && outcome.output.contains(message.id.description))
            }
            let aliases = try await sendmail(name: "newaliases", input: "")
            #expect(aliases.status == 0 && aliases.errors.isEmpty)
            for choice in ["-q", "-qI\(message.id)", "-qRexample.net", "-qSnobody@example.org"] {
                let outcome = try await sendmail(choice, input: "")
                #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(choice)")
            }
        }
    }

    @Test func `While the service is down mail waits in the drop directory, and is queued once when it is back`()
        async throws
    {
        try DropDirectory(path: scene.drop).prepare()
        let outcome = try await sendmail("-v", "-f", "me@example.org", "you@example.net", input: "Subject: x\n\nbody\n")
        #expect(outcome.status == 0 && outcome.errors.isEmpty)
        #expect(outcome.output == "left in the drop directory for the service\n")
        let name = try #require(FileManager.default.contentsOfDirectory(atPath: scene.drop).first { $0 != "aside" })
        let file = try #require(FileManager.default.contents(atPath: "\(scene.drop)/\(name)"))
        try await scene.withRelay { relay in
            let pickup = relay.service.pickup(at: scene.drop)
            #expect(await pickup.sweep() == 1)
            let message = try #require(try relay.store.page(after: nil, limit: 10).first)
            #expect(recipients(message) == ["you@example.net"])
            #expect(try text(relay, message).contains("Subject: x\r\n"))
            #expect(!FileManager.default.fileExists(atPath: "\(scene.drop)/\(name)"))
            // As after a crash between the commit and the removal of the file: the same message lies there again.
            try DropDirectory(path: scene.drop).put(Array(file).span)
            #expect(await pickup.sweep() == 1)
            #expect(try relay.store.page(after: nil, limit: 10).map(\.id) == [message.id])
            #expect(try FileManager.default.contentsOfDirectory(atPath: scene.drop) == ["aside"])
        }
    }

    @Test func `SMTP is spoken while the service is down, too`() async throws {
        try DropDirectory(path: scene.drop).prepare()
        let dialogue = "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<you@example.net>\r\nDATA\r\n\r\nx\r\n.\r\nQUIT\r\n"
        let outcome = try await sendmail("-bs", input: dialogue)
        #expect(outcome.output.contains("250 2.0.0 left in the drop directory"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.drop).count == 2)
    }

    @Test func `A large message passes whole, up and down`() async throws {
        let line = String(repeating: "0123456789abcdef", count: 4) + "\n"
        let letter = "Subject: x\n\n" + String(repeating: line, count: 20_000)
        try DropDirectory(path: scene.drop).prepare()
        #expect(try await sendmail("you@example.net", input: letter).status == 0)
        try await scene.withRelay { relay in
            #expect(try await sendmail("you@example.net", input: letter).status == 0)
            #expect(await relay.service.pickup(at: scene.drop).sweep() == 1)
            let sizes = try relay.store.page(after: nil, limit: 10).map(\.byteCount)
            #expect(sizes.count == 2 && sizes.allSatisfy { $0 > 20_000 * 66 && $0 < 20_000 * 66 + 300 })
            #expect(try relay.store.check().isEmpty)
        }
    }

    @Test func `Without a drop directory the caller is told, and keeps the mail`() async throws {
        let outcome = try await sendmail("you@example.net", input: "hello\n")
        #expect(outcome.status == 69 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("start it with: martlet serve; and mail cannot wait for it"))
    }
}
