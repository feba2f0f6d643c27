import NIOCore
import NIOPosix
package import NIOSSL
import Synchronization

/// A server on a port of 127.0.0.1 that says what a test wants, and remembers what it heard.
///
/// It knows no rules: what a script leaves open is answered as a server does that takes everything.
package final class ScriptedPeer: Sendable {
    /// What is done about a command.
    package enum Answer: Sendable {
        /// Reply lines, without their last CRLF.
        case say(String)
        /// The connection ends without a word.
        case hangUp
        /// To STARTTLS: 220, and then words where the handshake should be.
        case breakHandshake
    }

    /// What to do about a command on the connection of this number, counted from 1; nil for the usual.
    ///
    /// The greeting is asked for as `CONNECT`, the reply to the final dot as `.`.
    package typealias Script = @Sendable (_ command: String, _ connection: Int) -> Answer?

    fileprivate struct Record: Sendable {
        var connections = 0
        var commands: [String] = []
        var contents: [String] = []
        var encrypted: [Bool] = []
    }

    /// Where it listens.
    package let port: Int
    private let channel: any Channel
    private let record: Ledger

    /// Starts to listen; offers STARTTLS where it has a certificate, and these extensions always.
    package init(
        tls: NIOSSLContext? = nil,
        offering extensions: [String] = [],
        _ script: @escaping Script = { _, _ in nil }
    ) async throws {
        let record = Ledger()
        self.record = record
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PeerSession(script, record, tls, extensions))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Connections so far.
    package var connections: Int { record.now.connections }
    /// Every command, on whatever connection, in order.
    package var commands: [String] { record.now.commands }
    /// What came between DATA and the final dot, as it came.
    package var contents: [String] { record.now.contents }
    /// Of each of `contents`, whether it came under TLS.
    package var encrypted: [Bool] { record.now.encrypted }

    /// Listens no more.
    package func stop() async throws { try await channel.close() }
}

/// What the sessions of a peer heard.
private final class Ledger: Sendable {
    private let record = Mutex(ScriptedPeer.Record())

    var now: ScriptedPeer.Record { record.withLock { $0 } }

    func note(_ change: (inout ScriptedPeer.Record) -> Void) { record.withLock { change(&$0) } }
}

private final class PeerSession: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: ScriptedPeer.Script
    private let ledger: Ledger
    private let tls: NIOSSLContext?
    private let extensions: [String]
    private var isEncrypted = false
    /// What comes next is a handshake that is not understood.
    private var breaksHandshake = false
    private var number = 0
    private var lines = ByteBuffer()
    /// The lines of the content that is coming.
    private var content: [String]?

    init(
        _ script: @escaping ScriptedPeer.Script,
        _ ledger: Ledger,
        _ tls: NIOSSLContext?,
        _ extensions: [String]
    ) {
        self.script = script
        self.ledger = ledger
        self.tls = tls
        self.extensions = extensions
    }

    func channelActive(context: ChannelHandlerContext) {
        ledger.note { $0.connections += 1 }
        number = ledger.now.connections
        answer("CONNECT", context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !breaksHandshake else { return say("this is no TLS", context) }
        var bytes = Self.unwrapInboundIn(data)
        lines.writeBuffer(&bytes)
        while context.channel.isActive, let end = lines.readableBytesView.firstIndex(of: 0x0A) {
            let line = lines.readString(length: end - lines.readerIndex - 1) ?? ""
            lines.moveReaderIndex(forwardBy: 2)
            hear(line, context)
        }
    }

    private func hear(_ line: String, _ context: ChannelHandlerContext) {
        guard var content else {
            ledger.note { $0.commands.append(line) }
            return answer(line, context)
        }
        guard line == "." else {
            content.append(line)
            self.content = content
            return
        }
        self.content = nil
        ledger.note {
            $0.contents.append(content.map { $0 + "\r\n" }.joined())
            $0.encrypted.append(isEncrypted)
        }
        answer(".", context)
    }

    private func answer(_ command: String, _ context: ChannelHandlerContext) {
        switch script(command, number) ?? .say(usual(command)) {
        case .hangUp: context.close(promise: nil)
        case .breakHandshake:
            say("220 2.0.0 go ahead", context)
            breaksHandshake = true
        case .say(let text):
            if text.hasPrefix("354") { content = [] }
            say(text, context)
            if command.hasPrefix("QUIT") { context.close(promise: nil) }
            if command == "STARTTLS", text.hasPrefix("220"), let tls { encrypt(with: tls, context) }
        }
    }

    private func say(_ text: String, _ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
    }

    private func encrypt(with tls: NIOSSLContext, _ context: ChannelHandlerContext) {
        do {
            let handler = NIOSSLServerHandler(context: tls)
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
            isEncrypted = true
        } catch {
            context.close(promise: nil)
        }
    }

    /// A handshake that a client does not go on with is no error of the test.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func usual(_ command: String) -> String {
        switch command.prefix(4) {
        case "CONN": "220 peer.test ESMTP"
        case "EHLO": greeting
        case "STAR": tls == nil ? "502 5.5.1 not here" : "220 2.0.0 go ahead"
        case "MAIL": "250 2.1.0 sender taken"
        case "RCPT": "250 2.1.5 recipient taken"
        case "DATA": "354 go on"
        case ".": "250 2.0.0 message taken"
        case "QUIT": "221 2.0.0 bye"
        default: "250 2.0.0 as you like"
        }
    }

    private var greeting: String {
        var offered = ["PIPELINING", "ENHANCEDSTATUSCODES"] + extensions
        if tls != nil, !isEncrypted { offered.append("STARTTLS") }
        let lines = ["peer.test"] + offered
        return lines.enumerated().map { "250\($0 < offered.count ? "-" : " ")\($1)" }.joined(separator: "\r\n")
    }
}
