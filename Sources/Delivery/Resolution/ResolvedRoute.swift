public import MailFormat
public import StatusCodes

/// What a route look-up found.
public enum RouteResult: Hashable, Sendable {
    /// Hosts to try, in order.
    case found(ResolvedRoute)
    /// None, and why.
    case failed(RouteFailure)
}

/// The next hops of a domain, in the order in which to try them.
public struct ResolvedRoute: Hashable, Sendable {
    /// Where the hosts came from.
    public enum Source: Hashable, Sendable {
        /// MX records.
        case mx
        /// The domain's own addresses, there being no MX (RFC 5321 §5.1).
        case implicitMX
        /// An address literal.
        case literal
        /// A route with hosts of the operator's.
        case smartHost
    }
    /// The hosts, at least one, each with at least one address.
    public var hosts: [MXHost]
    /// Where they came from.
    public var source: Source
    /// Whether DNSSEC proved the step from domain to hosts; literals and smart hosts count as proved.
    public var isSecure: Bool
    /// How long this may be used, the shortest of the answers behind it.
    public var lifetime: Duration
    /// The site that the domain belongs to by its MX, or by itself where it has none; nil where DNS did not decide.
    public var site: MXSite?

    /// Makes a result.
    public init(hosts: [MXHost], source: Source, isSecure: Bool, lifetime: Duration, site: MXSite? = nil) {
        self.hosts = hosts
        self.source = source
        self.isSecure = isSecure
        self.lifetime = lifetime
        self.site = site
    }

    /// Every address in the order in which to try them.
    public var endpoints: [IPEndpoint] { hosts.flatMap(\.endpoints) }
}

/// One candidate next hop with its addresses.
public struct MXHost: Hashable, Sendable {
    /// Its name; nil for an address literal.
    public var name: DNSName?
    /// Lower is tried first; hosts of equal preference come shuffled.
    public var preference: UInt16
    /// Its addresses in the order in which to try them, families in turn.
    public var addresses: [IPAddress]
    /// The port.
    public var port: UInt16
    /// Whether DNSSEC proved the addresses.
    public var isSecure: Bool

    /// Makes a host.
    public init(name: DNSName?, preference: UInt16, addresses: [IPAddress], port: UInt16, isSecure: Bool) {
        self.name = name
        self.preference = preference
        self.addresses = addresses
        self.port = port
        self.isSecure = isSecure
    }

    /// Its addresses with the port.
    public var endpoints: [IPEndpoint] { addresses.map { IPEndpoint($0, port: port) } }
}

/// Why a domain has no next hop.
public struct RouteFailure: Error, Hashable, Sendable {
    /// What it means for the recipient.
    public var condition: Condition
    /// Which step failed: `dnsMX`, `dnsAddress` or `routing`.
    public var stage: Stage
    /// What exactly happened, one sentence for a person.
    public var detail: String

    /// Makes a failure.
    public init(_ condition: Condition, _ stage: Stage, _ detail: String) {
        self.condition = condition
        self.stage = stage
        self.detail = detail
    }
}
