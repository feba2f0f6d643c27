package import NIOCore
import SMTPTransport

/// Where answers by mail may go: never anywhere that a message chooses, so that the simulator is no reflector
/// (`docs/design/rulings.md` §5).
package enum AnswerRoute: Sendable {
    /// Nowhere: what asks for an answer is taken and that is all.
    case nowhere
    /// This host, whoever connected.
    case host(SocketAddress)
    /// The address that connected, at this port.
    case peer(port: Int)

    /// Where the answer to a client goes; nil for none.
    func target(_ peer: PeerInfo) -> SocketAddress? {
        switch self {
        case .nowhere: nil
        case .host(let address): address
        case .peer(let port):
            // An address that is no address of the Internet (a Unix socket) has nobody to connect to.
            peer.address?.ipAddress.flatMap { try? SocketAddress(ipAddress: $0, port: port) }
        }
    }
}
