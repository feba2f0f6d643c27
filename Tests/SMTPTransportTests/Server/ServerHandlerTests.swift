import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOEmbedded
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// The handler between machine and channel, with a clock that the tests move.
@Suite struct `Server handler` {
    private func session(
        _ world: String = "",
        _ manner: ScriptedHost.Manner = .atOnce,
        budget: Int = .max
    ) async throws -> TestingSession {
        let host = ScriptedHost(try ScriptedWorld(Dialogue(name: "world", text: world)), manner, budget: budget)
        return try await TestingSession(host)
    }

    private static let transaction =
        "EHLO c.example\r\nMAIL FROM:<b@example.org>\r\nRCPT TO:<a@example.net>\r\nDATA\r\n"

    @Test func `the replies of one read are one write`() async throws {
        let session = try await session()
        #expect(try await session.heard() == "220 mx.example.net ESMTP\r\n")
        try await session.say("HELO c.example\r\nMAIL FROM:<b@example.org>\r\nRCPT TO:<a@example.net>\r\nNOOP\r\n")
        let written = try await session.writes()
        #expect(written.count == 1)
        #expect(written.first?.split(separator: "\r\n").map { String($0.prefix(3)) } == ["250", "250", "250", "250"])
    }

    @Test func `a session that waits for a commit reads no more, and goes on behind it in one write`() async throws {
        let session = try await session("", .byHand)
        _ = try await session.heard()
        try await session.say(Self.transaction)
        try await session.give(.accepted)
        try await session.give(.accepted)
        #expect(try await session.heard().hasSuffix("354 \(Reply(.data).condition.text)\r\n"))
        try await session.say("Subject: x\r\n\r\nhi\r\n.\r\nRSET\r\nNOOP\r\n")
        #expect(try await session.heard() == "")
        let reads = try await session.reads()
        try await session.channel.testingEventLoop.executeInContext { session.channel.read() }
        #expect(try await session.reads() == reads)
        try await session.commit(Reply(.queued))
        let written = try await session.writes()
        #expect(written.count == 1)
        #expect(
            written.first?.split(separator: "\r\n").map { String($0.prefix(9)) } == [
                "250 2.0.0", "250 2.0.0", "250 2.0.0",
            ]
        )
        #expect(try await session.reads() == reads + 1)
    }

    @Test func `an answer that comes too late is dropped`() async throws {
        let session = try await session("", .byHand)
        try await session.say("HELO c.example\r\nMAIL FROM:<b@example.org>\r\n")
        _ = try await session.heard()
        await session.channel.testingEventLoop.advanceTime(by: .seconds(110))
        #expect(try await session.heard().hasPrefix("451 4.7.1 "))
        try await session.give(.accepted)
        #expect(try await session.heard() == "")
        try await session.say("RCPT TO:<a@example.net>\r\n")
        #expect(try await session.heard().hasPrefix("503 5.5.1 "))
    }

    @Test func `an idle client is told so and closed, and the timer does not move with every command`() async throws {
        let session = try await session()
        _ = try await session.heard()
        await session.channel.testingEventLoop.advanceTime(by: .seconds(200))
        try await session.say("NOOP\r\n")
        #expect(try await session.heard().hasPrefix("250 2.0.0 "))
        await session.channel.testingEventLoop.advanceTime(by: .seconds(299))
        #expect(session.channel.isActive)
        await session.channel.testingEventLoop.advanceTime(by: .seconds(1))
        #expect(try await session.heard().hasPrefix("421 4.4.2 "))
        await session.channel.testingEventLoop.advanceTime(by: .seconds(6))
        #expect(!session.channel.isActive)
        #expect(session.host.account.closed == [SessionSummary(commandCount: 1, errorCount: 0, acceptedCount: 0)])
    }

    @Test func `a message carries our trace field, as one piece of memory that the host is told to hold`() async throws
    {
        let session = try await session()
        try await session.say(Self.transaction + "Subject: x\r\n\r\nhi\r\n.\r\n")
        let message = try #require(session.host.account.messages.first)
        #expect(message.content.isResident)
        #expect(message.reservedBytes >= message.content.byteCount)
        #expect(
            String(decoding: message.content.bytes, as: UTF8.self) == """
                Received: from c.example\r
                \tby mx.example.net with ESMTP id 0000000000002;\r
                \tThu, 1 Jan 2026 00:00:00 +0000\r
                Subject: x\r
                \r
                hi\r

                """
        )
        #expect(message.facts.byteCount == 18)
    }

    @Test func `content above 64 KiB goes to the sink, and the memory comes back`() async throws {
        let session = try await session()
        try await session.say(Self.transaction)
        let line = String(repeating: "x", count: 998) + "\r\n"
        for _ in 0..<200 { try await session.say(line) }
        #expect(session.host.account.reserved <= 3 * 65_536)
        try await session.say(".\r\n")
        try await session.settle { !session.host.account.messages.isEmpty }
        let sink = try #require(session.host.account.sinks.first)
        #expect(sink.now.isFinished)
        #expect(sink.now.chunks.allSatisfy { $0 <= 70_000 })
        #expect(session.host.account.reserved == 0)
        #expect(session.host.account.messages.first?.reservedBytes == 0)
        #expect(session.host.account.messages.first?.content.byteCount ?? 0 > 200_000)
        #expect(session.host.world.state["octets"] == "200000")
        #expect(sink.ownOctets == (session.host.account.messages.first?.content.byteCount ?? 0) - 200_000)
    }

    @Test func `what submission adds is ours as the trace field is, before a sink too`() async throws {
        let session = try await session("? role submission\n? demands nothing")
        try await session.say(Self.transaction)
        let own = "From: <b@example.org>\r\n\r\n"
        try await session.say(own + String(repeating: "y\r\n", count: 30_000) + ".\r\n")
        try await session.settle { !session.host.account.messages.isEmpty }
        let sink = try #require(session.host.account.sinks.first)
        let text = String(decoding: sink.now.bytes.prefix(sink.ownOctets), as: UTF8.self)
        #expect(text.hasPrefix("Received: from c.example"))
        #expect(text.contains("\r\nDate: ") && text.contains("\r\nMessage-ID: <"))
        #expect(String(decoding: sink.now.bytes.dropFirst(sink.ownOctets).prefix(own.utf8.count), as: UTF8.self) == own)
    }

    @Test func `a sink that is busy stops the reading, and one that fails refuses the message`() async throws {
        let session = try await session("", .byHand)
        try await session.say(Self.transaction)
        try await session.give(.accepted)
        try await session.give(.accepted)
        _ = try await session.heard()
        try await session.say(String(repeating: "y\r\n", count: 30_000))
        let sink = try #require(session.host.account.sinks.first)
        let reads = try await session.reads()
        try await session.channel.testingEventLoop.executeInContext { session.channel.read() }
        #expect(try await session.reads() == reads)
        let waiting = try #require(sink.now.waiting)
        try await session.channel.testingEventLoop.executeInContext {
            waiting.fulfilOnLoop(.failed(Reply(.diskFull)))
        }
        #expect(sink.now.isAborted)
        #expect(session.host.account.reserved == 0)
        try await session.say("z\r\n.\r\n")
        #expect(try await session.heard().hasPrefix("452 4.3.1 "))
        try await session.say("NOOP\r\n")
        #expect(try await session.heard().hasPrefix("250 2.0.0 "))
    }

    @Test func `a sink that never answers is given up`() async throws {
        let session = try await session("", .byHand)
        try await session.say(Self.transaction)
        try await session.give(.accepted)
        try await session.give(.accepted)
        try await session.say(String(repeating: "y\r\n", count: 30_000) + ".\r\n")
        _ = try await session.heard()
        await session.channel.testingEventLoop.advanceTime(by: .seconds(600))
        #expect(try await session.heard().hasPrefix("451 4.3.0 "))
        #expect(session.host.account.sinks.first?.now.isAborted == true)
    }

    @Test func `memory that runs out on the way refuses the message, not the session`() async throws {
        let session = try await session("", budget: 20_000)
        try await session.say(Self.transaction)
        _ = try await session.heard()
        try await session.say(String(repeating: "y\r\n", count: 10_000) + ".\r\n")
        #expect(try await session.heard().hasPrefix("452 4.3.1 "))
        #expect(session.host.account.reserved == 0)
        #expect(session.channel.isActive)
    }

    @Test func `a connection that breaks amid content gives everything back`() async throws {
        let session = try await session()
        try await session.say(Self.transaction + String(repeating: "y\r\n", count: 30_000))
        #expect(session.host.account.reserved > 0)
        try await session.channel.close()
        #expect(session.host.account.reserved == 0)
        #expect(session.host.account.sinks.first?.now.isAborted == true)
        #expect(session.host.account.closed.count == 1)
        #expect(session.host.account.messages.isEmpty)
    }

    @Test func `a client that does not read is not read from`() async throws {
        let session = try await session()
        _ = try await session.heard()
        let reads = try await session.reads()
        session.channel.isWritable = false
        try await session.channel.testingEventLoop.executeInContext {
            session.channel.pipeline.fireChannelWritabilityChanged()
            session.channel.read()
        }
        #expect(try await session.reads() == reads)
        session.channel.isWritable = true
        try await session.channel.testingEventLoop.executeInContext {
            session.channel.pipeline.fireChannelWritabilityChanged()
        }
        #expect(try await session.reads() == reads + 1)
    }

    @Test func `submission adds what is missing and keeps what is there`() async throws {
        let session = try await session("? role submission\n? demands nothing")
        try await session.say(Self.transaction + "From: a@example.net\r\nDate: then\r\n\r\nhi\r\n.\r\n")
        let content = try #require(session.host.account.messages.first).content.bytes
        let text = String(decoding: Trace.withoutOurField(content), as: UTF8.self)
        #expect(
            text == "Message-ID: <0000000000002@mx.example.net>\r\nFrom: a@example.net\r\nDate: then\r\n\r\nhi\r\n"
        )
    }

    @Test(arguments: [
        ("? adds-sender\n", "boss@example.net", "Sender: <alice@example.net>\r\n"),
        ("? adds-sender\n", "Alice@Example.NET", ""), ("", "boss@example.net", ""),
    ])
    func `submission names the account in Sender where the operator wants it and From does not`(
        adds: String,
        from: String,
        added: String
    ) async throws {
        let account = "alice@example.net"
        let session = try await session(
            "? role submission\n? demands nothing\n? mechanisms PLAIN\n? clear-passwords\n? user \(account) secret\n"
                + adds
        )
        let login = Data("\0\(account)\0secret".utf8).base64EncodedString()
        try await session.say("EHLO c.example\r\nAUTH PLAIN \(login)\r\n")
        #expect(try await session.heard().contains("\r\n235 2.7.0 "))
        let fields = "From: \(from)\r\nDate: then\r\nMessage-ID: <1@example.net>\r\n"
        try await session.say(Self.transaction + fields + "\r\nhi\r\n.\r\n")
        let message = try #require(session.host.account.messages.first)
        #expect(message.session.account == account)
        let text = String(decoding: Trace.withoutOurField(message.content.bytes), as: UTF8.self)
        #expect(text == added + fields + "\r\nhi\r\n")
    }

    @Test func `submission refuses a message without From, mx does not`() async throws {
        let strict = try await session("? role submission\n? demands nothing")
        try await strict.say(Self.transaction)
        _ = try await strict.heard()
        try await strict.say("Subject: x\r\n\r\nhi\r\n.\r\n")
        #expect(try await strict.heard().hasPrefix("554 5.6.0 "))
        #expect(strict.host.account.reserved == 0)
        let open = try await session()
        try await open.say(Self.transaction)
        _ = try await open.heard()
        try await open.say("Subject: x\r\n\r\nhi\r\n.\r\n")
        #expect(try await open.heard().hasPrefix("250 2.0.0 "))
    }

    @Test func `a refusal is noted for the log`() async throws {
        let session = try await session()
        try await session.say("FOO\r\n")
        #expect(session.host.account.notes == [.refused(Reply(.unrecognised))])
    }
}
