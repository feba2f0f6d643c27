public import MailFormat
import StatusCodes

/// The part of an address behind the `@`, ready to be routed.
public enum RoutingDomain: Hashable, Sendable, CustomStringConvertible {
    /// A name, in the form that DNS keeps.
    case name(DNSName)
    /// An address literal (RFC 5321 §4.1.3).
    case literal(IPAddress)

    /// Reads a domain as the envelope has it: letters of any script, or a literal in its brackets.
    public static func read(_ text: Span<UInt8>, encoder: any DomainEncoder) -> Result<Self, RouteFailure> {
        if text.count >= 2, text[0] == UInt8(ascii: "["), text[text.count - 1] == UInt8(ascii: "]") {
            return readLiteral(text)
        }
        // RFC 1035 §2.3.4 bounds what DNS can hold; four octets of UTF-8 never need more than that many A-label octets.
        guard text.count <= 1024 else { return .failure(unencodable("The domain is longer than DNS allows.")) }
        if let name = DNSName(text) { return .success(.name(name)) }
        var copy: [UInt8] = []
        for index in 0..<text.count { copy.append(text[index]) }
        let spelled = String(decoding: copy, as: UTF8.self)
        guard !spelled.utf8.contains(0), let name = encoder.encode(spelled), name != .root else {
            return .failure(unencodable("The domain \(spelled) is no name that DNS can hold (RFC 5891 §5)."))
        }
        return .success(.name(name))
    }

    /// Reads `IPv4-address-literal / IPv6-address-literal` (RFC 5321 §4.1.3); nobody registered a general one.
    private static func readLiteral(_ text: Span<UInt8>) -> Result<Self, RouteFailure> {
        switch AddressLiteral(text, ByteRange(1, text.count - 1)) {
        case .ipv4(let bits): .success(.literal(.v4(bits)))
        case .ipv6(let high, let low): .success(.literal(.v6(high: high, low: low)))
        case .general, nil: .failure(unroutable)
        }
    }

    private static var unroutable: RouteFailure {
        RouteFailure(.noRoute, .routing, "The address literal names no IPv4 or IPv6 address.")
    }

    private static func unencodable(_ detail: String) -> RouteFailure { RouteFailure(.noSuchDomain, .routing, detail) }

    /// The domain as an address has it.
    public var description: String {
        switch self {
        case .name(let name): name.text
        case .literal(let address): address.isV6 ? "[IPv6:\(address)]" : "[\(address)]"
        }
    }
}

extension RouteTable {
    /// The route of a domain; literals take the default one.
    public func route(for domain: RoutingDomain) -> Route? {
        switch domain {
        case .name(let name): route(for: name)
        case .literal: fallback
        }
    }
}
