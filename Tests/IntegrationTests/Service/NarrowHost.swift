import NIOCore
import NIOPosix
import Synchronization

/// A mail host that announces what a test wants, takes every message unless it is told otherwise, and keeps what it
/// was told.
final class NarrowHost: Sendable {
    /// One message as it came.
    struct Message: Sendable {
        /// The MAIL command.
        var mail: String
        /// The content with its dots, as octets that may be no UTF-8.
        var content: [UInt8]
    }

    private final class Inbox: Sendable {
        let messages = Mutex<[Message]>([])
    }

    private let channel: any Channel
    private let inbox: Inbox
    /// Where it listens.
    let port: UInt16

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
        self.port = UInt16(channel.localAddress?.port ?? 0)
    }

    /// What a host says to a command in place of its usual answer; nil for that.
    typealias Answer = @Sendable (String) -> String?

    /// Starts a host on loopback.
    static func start(
        offering extensions: [String] = [],
        answer: @escaping Answer = { _ in nil }
    ) async throws -> NarrowHost {
        let inbox = Inbox()
        let channel = try await ServerBootstrap(group: NIOSingletons.posixEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Session(extensions, answer, inbox))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return NarrowHost(channel, inbox)
    }

    /// What has come so far.
    var messages: [Message] { inbox.messages.withLock { $0 } }

    /// Listens no more.
    func stop() async throws { try await channel.close().get() }

    private final class Session: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let extensions: [String]
        private let answer: Answer
        private let inbox: Inbox
        private var heard = ByteBuffer()
        private var mail = ""
        /// The content that is coming; nil between messages.
        private var content: [UInt8]?

        init(_ extensions: [String], _ answer: @escaping Answer, _ inbox: Inbox) {
            self.extensions = extensions
            self.answer = answer
            self.inbox = inbox
        }

        func channelActive(context: ChannelHandlerContext) { say("220 narrow.test ESMTP", context) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            heard.writeBuffer(&buffer)
            while let end = heard.readableBytesView.firstIndex(of: UInt8(ascii: "\n")),
                let line = heard.readBytes(length: end - heard.readerIndex + 1)
            { take(line, context) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func take(_ line: [UInt8], _ context: ChannelHandlerContext) {
            if let whole = content {
                guard line == Array(".\r\n".utf8) else {
                    content = whole + line
                    return
                }
                let message = Message(mail: mail, content: whole)
                inbox.messages.withLock { $0.append(message) }
                content = nil
                return say("250 2.0.0 taken", context)
            }
            let command = String(decoding: line.dropLast(2), as: UTF8.self)
            if let answer = answer(command) { return say(answer, context) }
            switch command.prefix(4).uppercased() {
            case "EHLO":
                let lines = ["narrow.test"] + extensions
                let reply = lines.enumerated().map { "250\($0 < extensions.count ? "-" : " ")\($1)" }
                say(reply.joined(separator: "\r\n"), context)
            case "MAIL":
                mail = command
                say("250 2.1.0 ok", context)
            case "DATA":
                content = []
                say("354 go on", context)
            case "QUIT": say("221 2.0.0 bye", context)
            default: say("250 2.0.0 ok", context)
            }
        }

        private func say(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text + "\r\n")), promise: nil)
        }
    }
}
