/// An address and a port.
public struct IPEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    public var address: IPAddress
    /// The port; 0 where the system is to choose one.
    public var port: UInt16

    /// Makes an endpoint.
    public init(_ address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `192.0.2.1:25`, `[2001:db8::1]:25`, or an address alone with a default port.
    public init?(_ text: some StringProtocol, defaultPort: UInt16? = nil) {
        if let address = IPAddress(text), let defaultPort {
            self.init(address, port: defaultPort)
            return
        }
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        let host = text[..<colon]
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        let isBracketed = host.first == "[" && host.last == "]" && host.utf8.count > 2
        guard let address = IPAddress(isBracketed ? host.dropFirst().dropLast() : host),
            address.isV6 == isBracketed
        else { return nil }
        self.init(address, port: port)
    }

    /// The endpoint as `192.0.2.1:25` or `[2001:db8::1]:25`.
    public var description: String { address.isV6 ? "[\(address)]:\(port)" : "\(address):\(port)" }
}
