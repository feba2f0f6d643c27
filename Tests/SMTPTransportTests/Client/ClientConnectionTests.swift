import Delivery
import MailFormat
import NIOCore
import NIOEmbedded
import NIOPosix
import SMTPProtocol
import StatusCodes
import SMTPTransport
import Testing

/// The connection over a channel whose clock the test moves.
@Suite struct `A client's connection` {
    /// A connection with what came of it.
    private final class Rig {
        let loop = EmbeddedEventLoop()
        let channel: EmbeddedChannel
        let connection: ClientConnection
        var reports: [TransactionReport] = []
        var ends: [ClientFailure?] = []
        var readyCount = 0

        init(
            tls: ClientSettings.TLSUse = .never,
            idleTimeout: TimeAmount = .seconds(30),
            keepAlive: TimeAmount? = nil
        ) throws {
            channel = EmbeddedChannel(loop: loop)
            let settings = ClientSettings(heloName: "client.example.org", tls: tls)
            let configuration = ClientConnection.Configuration(
                settings: settings,
                idleTimeout: idleTimeout,
                keepAlive: keepAlive,
                readPool: .singleton
            )
            connection = try ClientConnection.over(channel, configuration: configuration)
            connection.onReady = { [unowned self] _ in readyCount += 1 }
            connection.onEnd = { [unowned self] _, failure in ends.append(failure) }
            try channel.connect(to: SocketAddress(ipAddress: "192.0.2.1", port: 25)).wait()
        }

        /// The peer says this; what the client says to it, all in one write or nothing.
        @discardableResult
        func hears(_ text: String) throws -> String? {
            try channel.writeInbound(ByteBuffer(string: text))
            return try said()
        }

        func said() throws -> String? {
            guard let first = try channel.readOutbound(as: ByteBuffer.self) else { return nil }
            #expect(try channel.readOutbound(as: ByteBuffer.self) == nil, "one write for one flight")
            return String(buffer: first)
        }

        func send(_ content: TestContent = TestContent(Array("Subject: x\r\n\r\nx\r\n".utf8))) {
            connection.send(Rig.transaction(content.byteCount), content: content) { [unowned self] report in
                reports.append(report)
            }
        }

        /// Up to a session that takes mail.
        func establish(_ extensions: String...) throws {
            #expect(try hears("220 mx\r\n") == "EHLO client.example.org\r\n")
            let lines = ["mx"] + extensions
            for line in lines.dropLast() { try hears("250-\(line)\r\n") }
            try hears("250 \(lines[lines.count - 1])\r\n")
            #expect(readyCount == 1)
        }

        static func transaction(_ byteCount: Int) -> ClientTransaction {
            let arena = Array("a@example.orgb@example.net".utf8)
            let recipient = Envelope.Recipient(address: ByteRange(13, 26), domain: ByteRange(15, 26))
            let envelope = Envelope(arena: arena, reversePath: ByteRange(0, 13), recipients: [recipient])
            return ClientTransaction(
                envelope: envelope,
                content: ContentNeeds(byteCount: byteCount, body: .sevenBit, needsSMTPUTF8: false)
            )
        }
    }

    private static let envelope = "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\n"
    private static let content = "Subject: x\r\n\r\nx\r\n"

    @Test func `a steady stream costs one write a message`() throws {
        let rig = try Rig()
        try rig.establish("PIPELINING", "CHUNKING")
        rig.send()
        #expect(try rig.said() == Self.envelope)
        rig.send()
        let chunk = "BDAT 17 LAST\r\n\(Self.content)"
        #expect(try rig.hears("250 ok\r\n250 ok\r\n") == chunk + Self.envelope)
        for count in 1...100 {
            #expect(try rig.hears("250 queued\r\n") == nil)
            #expect(rig.reports.count == count)
            rig.send()
            #expect(try rig.hears("250 ok\r\n250 ok\r\n") == chunk + Self.envelope)
        }
        #expect(rig.reports.allSatisfy { if case .relayed = $0[0] { true } else { false } })
        #expect(rig.connection.canTakeTransaction == false)
    }

    @Test func `a transaction handed over in the callback of the one before goes at once`() throws {
        let rig = try Rig()
        try rig.establish()
        var count = 0
        func next(_ report: TransactionReport?) {
            count += 1
            guard count <= 3 else { return }
            rig.connection.send(Rig.transaction(17), content: TestContent(Array(Self.content.utf8)), completion: next)
        }
        next(nil)
        #expect(try rig.said() == "MAIL FROM:<a@example.org>\r\n")
        #expect(try rig.hears("550 no\r\n") == "MAIL FROM:<a@example.org>\r\n")
        #expect(try rig.hears("550 no\r\n") == "MAIL FROM:<a@example.org>\r\n")
        #expect(try rig.hears("550 no\r\n") == nil)
        #expect(count == 4)
        #expect(rig.connection.isIdle)
    }

    @Test func `an unused connection says QUIT after its time, a used one does not`() throws {
        let rig = try Rig(idleTimeout: .seconds(30))
        try rig.establish()
        rig.loop.advanceTime(by: .seconds(20))
        rig.send()
        #expect(try rig.said() == "MAIL FROM:<a@example.org>\r\n")
        rig.loop.advanceTime(by: .seconds(200))
        #expect(try rig.said() == nil)
        try rig.hears("450 later\r\n")
        rig.loop.advanceTime(by: .seconds(29))
        #expect(try rig.said() == nil)
        rig.loop.advanceTime(by: .seconds(1))
        #expect(try rig.said() == "QUIT\r\n")
        try rig.hears("221 bye\r\n")
        #expect(rig.channel.isActive == false)
        #expect(rig.ends == [nil])
    }

    @Test func `a peer that does not answer QUIT is not waited for longer than five seconds`() throws {
        let rig = try Rig()
        try rig.establish()
        rig.connection.close()
        #expect(try rig.said() == "QUIT\r\n")
        rig.loop.advanceTime(by: .seconds(4))
        #expect(rig.channel.isActive)
        rig.loop.advanceTime(by: .seconds(1))
        #expect(rig.channel.isActive == false)
        #expect(rig.ends == [nil])
    }

    @Test func `an unused connection is kept alive by NOOP until its time is over`() throws {
        let rig = try Rig(idleTimeout: .seconds(100), keepAlive: .seconds(40))
        try rig.establish()
        rig.loop.advanceTime(by: .seconds(40))
        #expect(try rig.said() == "NOOP\r\n")
        try rig.hears("250 ok\r\n")
        rig.loop.advanceTime(by: .seconds(40))
        #expect(try rig.said() == "NOOP\r\n")
        try rig.hears("250 ok\r\n")
        rig.loop.advanceTime(by: .seconds(20))
        #expect(try rig.said() == "QUIT\r\n")
    }

    @Test func `a peer that does not answer NOOP harms nobody`() throws {
        let rig = try Rig(idleTimeout: .seconds(300), keepAlive: .seconds(40))
        try rig.establish()
        rig.loop.advanceTime(by: .seconds(40))
        #expect(try rig.said() == "NOOP\r\n")
        rig.loop.advanceTime(by: .seconds(60))
        #expect(rig.channel.isActive == false)
        #expect(rig.ends == [nil])
    }

    @Test func `the reply to the final dot may take ten minutes, then the outcome is unknown`() throws {
        let rig = try Rig()
        try rig.establish("CHUNKING")
        rig.send()
        #expect(try rig.said() == "MAIL FROM:<a@example.org>\r\n")
        try rig.hears("250 ok\r\n")
        try rig.hears("250 ok\r\n")
        #expect(rig.connection.stateName == "finishing")
        rig.loop.advanceTime(by: .seconds(599))
        #expect(rig.reports.isEmpty)
        rig.loop.advanceTime(by: .seconds(1))
        let report = try #require(rig.reports.first)
        guard case .failed(let failure) = report[0] else {
            Issue.record("not failed")
            return
        }
        #expect(failure.isOutcomeKnown == false)
        #expect(failure.cause == .condition(.outcomeUnknown, detail: "timed out"))
        #expect(rig.ends.count == 1)
    }

    @Test func `no greeting in five minutes is no answer, though octets trickle in`() throws {
        let rig = try Rig()
        rig.send()
        for _ in 0..<29 {
            try rig.hears("2")
            rig.loop.advanceTime(by: .seconds(10))
        }
        #expect(rig.ends.isEmpty)
        rig.loop.advanceTime(by: .seconds(10))
        #expect(rig.ends.first??.cause == .condition(.noAnswer, detail: "timed out"))
        #expect(rig.reports.count == 1)
    }

    @Test func `abort reports everything that is in hand`() throws {
        let rig = try Rig()
        try rig.establish("PIPELINING")
        rig.send()
        rig.send()
        #expect(try rig.said() == Self.envelope + "DATA\r\n")
        try rig.hears("250 ok\r\n250 ok\r\n354 go\r\n")
        rig.connection.abort()
        #expect(rig.reports.count == 2)
        guard case .failed(let first) = rig.reports[0][0], case .failed(let second) = rig.reports[1][0] else {
            Issue.record("not failed")
            return
        }
        #expect(first.cause == .condition(.outcomeUnknown, detail: "given up"))
        #expect(second.cause == .condition(.connectionLost, detail: "given up"))
        #expect(rig.channel.isActive == false)
        #expect(rig.ends.count == 1)
    }

    @Test func `large content in memory goes in slices, each when the one before has gone`() throws {
        let rig = try Rig()
        try rig.establish("CHUNKING")
        let octets = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        rig.send(TestContent(octets))
        #expect(try rig.said() == "MAIL FROM:<a@example.org>\r\n")
        try rig.hears("250 ok\r\n")
        #expect(try rig.hears("250 ok\r\n")?.utf8.count == 65_536 + 18)
        var sizes: [Int] = []
        rig.loop.run()
        while let slice = try rig.channel.readOutbound(as: ByteBuffer.self) { sizes.append(slice.readableBytes) }
        #expect(sizes == [65_536, 65_536, 65_536, 37_856])
        try rig.hears("250 queued\r\n")
        #expect(rig.reports.count == 1)
    }
}
