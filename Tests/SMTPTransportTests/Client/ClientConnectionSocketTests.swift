import Delivery
import MailFormat
import NIOCore
import NIOPosix
import NIOSSL
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Testing

/// What needs a real socket, beside the dialogues.
@Suite(.timeLimit(.minutes(2))) struct `A client's connection over a socket` {
    /// A peer that answers by a script and keeps what it heard.
    private struct Peer {
        let channel: any Channel
        let inbox: PeerInbox

        init(_ answer: @escaping @Sendable (String) -> String?) async throws {
            let inbox = PeerInbox()
            self.inbox = inbox
            self.channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(ScriptedPeer(inbox, answer))
                    }
                }
                .bind(host: "127.0.0.1", port: 0).get()
        }

        /// All that the client said until it closed.
        func transcript() async -> [UInt8] {
            var heard: [UInt8] = []
            while case .bytes(let bytes) = await inbox.next() { heard += bytes }
            return heard
        }
    }

    /// Greets, and answers every line that ends what was heard.
    private final class ScriptedPeer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let inbox: PeerInbox
        private let answer: @Sendable (String) -> String?
        private var heard = ByteBuffer()

        init(_ inbox: PeerInbox, _ answer: @escaping @Sendable (String) -> String?) {
            self.inbox = inbox
            self.answer = answer
        }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "220 mx\r\n")), promise: nil)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            inbox.put(.bytes(Array(buffer.readableBytesView)))
            heard.writeBuffer(&buffer)
            guard
                let text = heard.getString(
                    at: max(heard.readerIndex, heard.writerIndex - 200),
                    length: min(200, heard.readableBytes)
                ),
                let reply = answer(text)
            else { return }
            heard.clear()
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: reply)), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { inbox.put(.closed) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private struct Outcome: Sendable {
        var report: TransactionReport?
        var end: ClientFailure?
    }

    /// Sends one message and closes; what came of it.
    private static func relay(
        _ content: TestContent,
        to address: SocketAddress,
        tls: ClientSettings.TLSUse = .never,
        context: NIOSSLContext? = nil
    ) async throws -> Outcome {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        return try await loop.flatSubmit {
            let promise = loop.makePromise(of: Outcome.self)
            let settings = ClientSettings(heloName: "client.example.org", tls: tls)
            let configuration = ClientConnection.Configuration(
                settings: settings,
                tls: context,
                connectTimeout: .seconds(5),
                readPool: .singleton
            )
            let connection = ClientConnection.connect(to: address, configuration: configuration, on: loop)
            var outcome = Outcome()
            connection.onEnd = { _, failure in
                outcome.end = failure
                promise.succeed(outcome)
            }
            let arena = Array("a@example.orgb@example.net".utf8)
            let recipient = Envelope.Recipient(address: ByteRange(13, 26), domain: ByteRange(15, 26))
            let envelope = Envelope(arena: arena, reversePath: ByteRange(0, 13), recipients: [recipient])
            let needs = ContentNeeds(byteCount: content.byteCount, body: .sevenBit, needsSMTPUTF8: false)
            connection.send(ClientTransaction(envelope: envelope, content: needs), content: content) { report in
                outcome.report = report
                connection.close()
            }
            return promise.futureResult
        }.get()
    }

    private static let lines: [UInt8] = {
        var lines: [UInt8] = []
        for number in 0..<40_000 { lines += "\(number % 7 == 0 ? "." : "")line \(number) of many\r\n".utf8 }
        return lines
    }()

    @Sendable private static func dataPeer(_ text: String) -> String? {
        if text.hasSuffix("QUIT\r\n") { return "221 bye\r\n" }
        if text.hasSuffix("\r\n.\r\n") { return "250 queued\r\n" }
        if text.hasSuffix("DATA\r\n") { return "354 go\r\n" }
        if text.contains("EHLO") || text.hasPrefix("MAIL") || text.hasPrefix("RCPT") { return "250 ok\r\n" }
        return nil
    }

    @Test(arguments: [1, 777, 65_536, 1_000_000])
    func `content from a file goes through whole, in pieces of any size`(_ size: Int) async throws {
        let octets = size == 1 ? Array(Self.lines.prefix(2000 * 18)) : Self.lines
        let whole = Array(octets[...(octets.lastIndex(of: 0x0A) ?? 0)])
        let peer = try await Peer(Self.dataPeer)
        let address = try #require(peer.channel.localAddress)
        let outcome = try await Self.relay(TestContent(whole, inPiecesOf: size), to: address)
        guard case .relayed(let reply)? = outcome.report?[0] else {
            Issue.record("not relayed: \(String(describing: outcome))")
            return
        }
        #expect(reply.text == "queued")
        #expect(outcome.end == nil)
        let heard = String(decoding: await peer.transcript(), as: UTF8.self)
        let stuffed = String(decoding: whole, as: UTF8.self).replacing("\r\n.", with: "\r\n..")
        #expect(heard.hasSuffix("DATA\r\n." + stuffed + ".\r\nQUIT\r\n"))
        try await peer.channel.close()
    }

    @Test func `content that fails half way ends in a condition of ours`() async throws {
        let peer = try await Peer(Self.dataPeer)
        let address = try #require(peer.channel.localAddress)
        let content = TestContent(Self.lines, inPiecesOf: 65_536, failsAt: 200_000)
        let outcome = try await Self.relay(content, to: address)
        guard case .failed(let failure)? = outcome.report?[0], case .condition(let condition, _) = failure.cause else {
            Issue.record("not failed")
            return
        }
        #expect(condition == .contentUnreadable)
        #expect(failure.stage == .queue)
        #expect(failure.reach == .transaction)
        #expect(outcome.end == nil)
        let heard = String(decoding: await peer.transcript(), as: UTF8.self)
        #expect(!heard.contains("\r\n.\r\n"))
        try await peer.channel.close()
    }

    @Test func `a closed port is no answer, at stage connect`() async throws {
        let peer = try await Peer { _ in nil }
        let address = try #require(peer.channel.localAddress)
        try await peer.channel.close()
        let outcome = try await Self.relay(TestContent(Array("x\r\n".utf8)), to: address)
        let end = try #require(outcome.end)
        #expect(end.stage == .connect)
        #expect(end.reach == .session)
        guard case .condition(.noAnswer, _) = end.cause, case .failed(end)? = outcome.report?[0] else {
            Issue.record("\(end)")
            return
        }
    }

    @Test func `a handshake that fails is told from other losses, so that clear text may be tried`() async throws {
        let peer = try await Peer { text in
            if text.contains("EHLO") { return "250-mx\r\n250 STARTTLS\r\n" }
            return text.contains("STARTTLS") ? "220 ready\r\n" : "this is no TLS\r\n"
        }
        let address = try #require(peer.channel.localAddress)
        let outcome = try await Self.relay(
            TestContent(Array("x\r\n".utf8)),
            to: address,
            tls: .opportunistic,
            context: try TestCertificate.shared.get().client
        )
        let end = try #require(outcome.end)
        #expect(end.stage == .tls)
        guard case .condition(.tlsHandshakeFailed, _) = end.cause else {
            Issue.record("\(end)")
            return
        }
        try await peer.channel.close()
    }
}
