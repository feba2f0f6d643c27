package import MailFormat
import NIOCore

/// Where this host takes mail: what its listeners are bound to, as others would connect to it.
///
/// An MX or smart host that leads to one of these pairs of address and port leads back to us, whatever it is called
/// (5.4.6-loops-to-self). Another port of the same address is another server.
package enum OwnEndpoints {
    /// The endpoints of listeners, wildcard ones at each of the machine's addresses.
    package static func all(bound: [IPEndpoint], interfaces: [IPAddress]) -> Set<IPEndpoint> {
        var own: Set<IPEndpoint> = []
        for listener in bound {
            switch listener.address {
            case .v4(0):
                for address in interfaces where !address.isV6 { own.insert(IPEndpoint(address, port: listener.port)) }
            case .v6(high: 0, low: 0):
                // A socket on `::` takes both families, unless the whole system is set up otherwise.
                for address in interfaces { own.insert(IPEndpoint(address, port: listener.port)) }
            case .v4, .v6:
                own.insert(IPEndpoint(listener.address.unmapped, port: listener.port))
            }
        }
        return own
    }

    /// The addresses of this machine's interfaces.
    package static func interfaceAddresses() throws -> [IPAddress] {
        try System.enumerateDevices().compactMap { device in device.address.flatMap(IPAddress.init) }
    }
}

extension IPEndpoint {
    /// The address and port of a socket; nil for Unix sockets.
    init?(_ address: SocketAddress) {
        guard let port = address.port.flatMap(UInt16.init(exactly:)), let address = IPAddress(address) else {
            return nil
        }
        self.init(address, port: port)
    }
}
