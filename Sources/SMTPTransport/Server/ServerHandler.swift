import Delivery
import MailFormat
package import NIOCore
import NIOSSL
import NIOTLS
import SMTPProtocol
import StatusCodes

/// Drives one server session on its connection's event loop: translation only, the machine decides.
///
/// One write per read: replies gather in a buffer and leave together, also those to commands that were pipelined behind
/// a commit. While the session waits for an answer, or the client does not read, nothing is read from it. There is one
/// timer, which is set anew when it fires early.
package final class ServerHandler: ChannelDuplexHandler {
    /// What comes in.
    package typealias InboundIn = ByteBuffer
    /// What goes out, of any kind: the handler only watches it pass.
    package typealias OutboundIn = ByteBuffer
    /// What goes out.
    package typealias OutboundOut = ByteBuffer

    /// How long a client may take to hear the last reply and close, before it is cut off.
    static let lingering: TimeAmount = .seconds(5)

    // The extensions in the files beside this one work on these; nobody else sees them.

    let listener: ServerListener
    let host: any SessionHost
    var session: ServerSession
    var phase = Phase.unopened
    var context: ChannelHandlerContext?
    /// What the host is told of the client; nil before the connection is open.
    var info: SessionInfo?
    /// Octets that came and are not used yet.
    var input = ByteBuffer()
    /// Replies of the present read, and the buffer that carries them out.
    var replies: [UInt8] = []
    var output = ByteBuffer()
    /// Content of the message on its way.
    var content: ContentCollector?
    var question = OpenQuestion()
    /// Input is being worked off: an answer that comes meanwhile waits its turn.
    var isProcessing = false
    /// Somebody asked to read while we would not.
    var isReadWanted = false
    var isPeerReading = true
    var timer: (scheduled: Scheduled<Void>, at: NIODeadline)?
    var proxiedAddress: SocketAddress?

    /// How far the connection is.
    enum Phase {
        /// Not active yet, or waiting for the PROXY header.
        case unopened
        /// TLS comes first, or after STARTTLS.
        case handshaking(until: NIODeadline)
        /// The session runs.
        case running
        /// The last reply is out; what still comes is dropped.
        case lingering(until: NIODeadline)
        /// The connection is gone.
        case closed
    }

    /// Makes the handler of one connection.
    package init(listener: ServerListener, host: any SessionHost, on eventLoop: any EventLoop) {
        self.listener = listener
        self.host = host
        self.session = ServerSession(
            configuration: listener.configuration,
            isEncrypted: listener.configuration.tls == .implicit,
            at: SessionInstant(eventLoop.now)
        )
    }

    // MARK: Channel events

    /// The handler is in the pipeline, perhaps of a channel that is active already.
    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { opened(context) }
    }

    /// The handler is gone.
    package func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        self.context = nil
    }

    /// The connection is open.
    package func channelActive(context: ChannelHandlerContext) {
        opened(context)
        context.fireChannelActive()
    }

    /// Octets came.
    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .running = phase else { return }
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 {
            input = bytes
        } else {
            input.writeBuffer(&bytes)
        }
    }

    /// One read is complete: its commands are answered together.
    package func channelReadComplete(context: ChannelHandlerContext) {
        process()
        context.fireChannelReadComplete()
    }

    /// Somebody wants to read; it happens when the session does, too.
    package func read(context: ChannelHandlerContext) {
        if wantsInput {
            context.read()
        } else {
            isReadWanted = true
        }
    }

    /// The client reads, or has stopped reading, what we say.
    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isPeerReading = context.channel.isWritable
        readIfWanted()
        context.fireChannelWritabilityChanged()
    }

    /// The connection is gone.
    package func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    /// TLS is up, the PROXY header was read, or the server is going down.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted: secured(context)
        case let proxied as ProxiedPeer:
            proxiedAddress = proxied.address
            begin(context)
        case is DrainSession: drain()
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// The connection broke, or TLS did not come up.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let info, !isOrdinary(error) {
            if case .handshaking = phase {
                host.sessionNoted(.handshakeFailed("\(error)"), session: info)
            } else {
                host.sessionNoted(.connectionLost("\(error)"), session: info)
            }
        }
        context.close(promise: nil)
    }

    /// Half the world closes TLS without saying goodbye; nothing of ours depends on it, since QUIT and CRLF.CRLF frame.
    private func isOrdinary(_ error: any Error) -> Bool {
        guard case .uncleanShutdown? = error as? NIOSSLError, case .handshaking = phase else {
            return error as? NIOSSLError == .uncleanShutdown
        }
        return false
    }
}
