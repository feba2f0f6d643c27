import NIOCore
import NIOTLS
import SMTPTesting
import Synchronization

/// What a scripted peer heard, for one reader.
final class PeerInbox: Sendable {
    private struct State {
        var events: [WireEvent] = []
        var reader: CheckedContinuation<WireEvent, Never>?
    }

    private let state = Mutex(State())

    var isEmpty: Bool { state.withLock { $0.events.isEmpty } }

    func put(_ event: WireEvent) {
        let reader = state.withLock { state -> CheckedContinuation<WireEvent, Never>? in
            guard let reader = state.reader else {
                state.events.append(event)
                return nil
            }
            state.reader = nil
            return reader
        }
        reader?.resume(returning: event)
    }

    func next() async -> WireEvent {
        await withCheckedContinuation { reader in
            let event = state.withLock { state -> WireEvent? in
                guard state.events.isEmpty else { return state.events.removeFirst() }
                state.reader = reader
                return nil
            }
            if let event { reader.resume(returning: event) }
        }
    }
}

/// Puts what a channel reads into an inbox.
final class PeerReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let inbox: PeerInbox

    init(_ inbox: PeerInbox) { self.inbox = inbox }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        inbox.put(.bytes(Array(unwrapInboundIn(data).readableBytesView)))
    }

    func channelInactive(context: ChannelHandlerContext) { inbox.put(.closed) }

    // A scripted peer has nothing to do about errors but to close.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Tells when the handshake of a channel is done.
final class PeerHandshake: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { promise.succeed() }
        context.fireUserInboundEventTriggered(event)
    }
}
