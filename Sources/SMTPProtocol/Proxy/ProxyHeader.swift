public import MailFormat

/// The header by which a proxy names the client (PROXY protocol, versions 1 and 2).
///
/// ```
/// PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\n
/// \r\n\r\n\0\r\nQUIT\n 21 11 00 0C …
/// ```
///
/// It is taken from trusted addresses only: whoever may send it can claim to be anybody.
public struct ProxyHeader: Hashable, Sendable {
    /// Whose connection it is; nil for the proxy's own (health checks) and for families that are not IP.
    public let client: IPEndpoint?
    /// Where the client connected to; nil where `client` is.
    public let server: IPEndpoint?

    init(client: IPEndpoint?, server: IPEndpoint?) {
        self.client = client
        self.server = server
    }

    /// The longest header of version 1, CRLF included.
    static let textLimit = 107
    /// The longest version 2 payload that is read; addresses of every family and some extensions fit.
    static let payloadLimit = 1024
    /// What version 2 begins with.
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// What the bytes received so far are.
    public enum Reading: Hashable, Sendable {
        /// A header of so many bytes; the client's words begin behind it.
        case header(ProxyHeader, byteCount: Int)
        /// The beginning of a header: read on.
        case incomplete
        /// No header: close the connection.
        case malformed
    }

    /// Reads a header at the start of what a connection brought.
    ///
    /// Never asks for more than 1,040 bytes.
    public static func read(_ bytes: Span<UInt8>) -> Reading {
        guard bytes.count > 0 else { return .incomplete }
        return bytes[0] == signature[0] ? readBinary(bytes) : readText(bytes)
    }
}
