import NIOCore
import NIOSSL
import SMTPProtocol
import StatusCodes

// STARTTLS and implicit TLS.
extension ServerHandler {
    func startTLS(_ reply: Reply) -> ServerAction? {
        guard listener.tls != nil else { return session.securingFailed(at: now) }
        say(reply)
        return nil
    }

    /// After the 220 is out and the session has seen that nothing lies behind STARTTLS.
    func beginHandshakeIfDue() {
        guard session.stateName == .securing, case .running = phase, let context, let tls = listener.tls else { return }
        phase = .handshaking(until: context.eventLoop.now + TimeAmount(listener.configuration.limits.handshakeTimeout))
        do {
            try context.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls), position: .first)
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func secured(_ context: ChannelHandlerContext) {
        guard case .handshaking = phase, let info else { return }
        let handler = try? context.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        let facts = TLSFacts(version: handler?.tlsVersion.map(Self.name) ?? "TLS")
        self.info = SessionInfo(peer: info.peer, helo: "", isExtended: false, tls: facts, account: nil)
        host.sessionNoted(.secured(facts), session: info)
        guard session.stateName == .unopened else {
            session.secured(at: SessionInstant(context.eventLoop.now))
            phase = .running
            return process()
        }
        greet(nil)
    }

    static func name(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv13: "TLSv1.3"
        case .tlsv12: "TLSv1.2"
        case .tlsv11: "TLSv1.1"
        case .tlsv1: "TLSv1.0"
        }
    }
}
