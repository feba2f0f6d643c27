public import MailFormat

/// A rule of the operator for some domains: where their mail goes and how, instead of or around MX.
public struct Route: Hashable, Sendable {
    /// Where the next hop comes from.
    public enum Target: Hashable, Sendable {
        /// The MX of a domain: the recipient's (nil) or another one.
        case mx(of: DNSName?)
        /// These hosts in this order, no MX look-up (`mx: no`).
        ///
        /// Loopback and private addresses are allowed here.
        case hosts([SmartHost])
        /// Nowhere for now, for a reason that people read.
        case hold(String)
    }

    /// What the operator demands of TLS on this route.
    public enum TLSDemand: UInt8, Hashable, Sendable {
        /// Never: in clear even where STARTTLS is offered.
        case never
        /// STARTTLS where offered, any certificate; in clear otherwise.
        case opportunistic
        /// TLS, any certificate.
        case encrypted
        /// TLS with a certificate that is valid for the host.
        case verified
    }

    /// Its name in the configuration, for logs, reports and `queue why`.
    public var name: String
    /// Where the next hop comes from.
    public var target: Target
    /// What is demanded of TLS.
    public var tls: TLSDemand
    /// The port for hosts that do not name their own; nil for the relay's.
    public var port: UInt16?
    /// Names the credentials to log in with; the secret itself is never part of a route.
    public var credentials: String?

    /// Makes a route.
    public init(
        name: String,
        target: Target,
        tls: TLSDemand = .opportunistic,
        port: UInt16? = nil,
        credentials: String? = nil
    ) {
        self.name = name
        self.target = target
        self.tls = tls
        self.port = port
        self.credentials = credentials
    }
}

/// A next hop fixed by configuration.
public struct SmartHost: Hashable, Sendable {
    /// How the host is named.
    public enum Host: Hashable, Sendable {
        /// By name; its addresses are looked up.
        case name(DNSName)
        /// By address.
        case address(IPAddress)
    }
    /// How the host is named.
    public var host: Host
    /// Its port; nil for the route's.
    public var port: UInt16?
    /// Makes a smart host.
    public init(_ host: Host, port: UInt16? = nil) {
        self.host = host
        self.port = port
    }
}

/// Which route a domain takes: the domain's own, else that of its closest parent, else the default.
public struct RouteTable: Sendable {
    private let exact: [DNSName: Route]
    private let subdomains: [DNSName: Route]
    /// The route of everything else; nil for plain MX.
    public let fallback: Route?

    /// Makes a table.
    ///
    /// Keys of `subdomains` cover what lies below them, not themselves.
    public init(exact: [DNSName: Route] = [:], subdomains: [DNSName: Route] = [:], fallback: Route? = nil) {
        self.exact = exact
        self.subdomains = subdomains
        self.fallback = fallback
    }

    /// The route of a domain; nil when its MX decide alone.
    public func route(for domain: DNSName) -> Route? {
        if let route = exact[domain] { return route }
        guard !subdomains.isEmpty else { return fallback }
        // A name has at most 127 labels (RFC 1035 §2.3.4), so the walk is short.
        var ancestor = domain.parent
        while let name = ancestor {
            if let route = subdomains[name] { return route }
            ancestor = name.parent
        }
        return fallback
    }
}
