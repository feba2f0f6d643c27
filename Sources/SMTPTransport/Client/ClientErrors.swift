#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import NIOCore
import NIOSSL
import SMTPProtocol

/// What errors of sockets and TLS mean to a session: the one place where they are translated.
extension Error {
    /// Whether a connection did not come about for a reason of our own system: no source address, no descriptor.
    var isLocalTrouble: Bool {
        guard let error = self as? IOError else { return false }
        let ours = [EADDRNOTAVAIL, EADDRINUSE, EAFNOSUPPORT, EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EPERM]
        return ours.contains(error.errnoCode)
    }

    /// The loss that this error is to an open connection.
    var clientLoss: ClientLoss {
        let text = String(describing: self)
        if case .handshakeFailed? = self as? NIOSSLError {
            return .handshakeFailed(isMismatch: Self.isMismatch(text), text)
        }
        if self is NIOSSLExtraError { return .handshakeFailed(isMismatch: false, text) }
        return .closed(text)
    }

    /// BoringSSL names its reasons in text only.
    private static func isMismatch(_ text: String) -> Bool {
        let reasons = [
            "UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_SHARED_CIPHER", "NO_CIPHERS", "HANDSHAKE_FAILURE",
            "INSUFFICIENT_SECURITY", "NO_COMMON_SIGNATURE_ALGORITHMS",
        ]
        return reasons.contains { text.contains($0) }
    }
}
