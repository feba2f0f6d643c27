public import MailFormat

/// What the routing rules need to know of us, and their bounds.
public struct RoutingPolicy: Sendable {
    /// Names of this host: an MX that names one of them is us.
    public var ownNames: Set<DNSName> = []
    /// Where this host takes mail: an MX or smart host that leads here is us.
    public var ownEndpoints: Set<IPEndpoint> = []
    /// The port of next hops that do not name their own.
    public var port: UInt16 = 25
    /// Next hops allowed although loopback or private (`delivery.permit_addresses`).
    public var permittedNetworks: [IPNetwork] = []
    /// Which families this machine can use.
    public var families: Families = .both
    /// Reports a loop as 4.4.6 instead of 5.4.6, while the operator rebuilds his MX.
    public var loopsAreTemporary = false
    /// Reports REFUSED and malformed data as 5.4.3 instead of 4.4.3.
    public var refusalsAreFinal = false
    /// The bounds.
    public var limits = Limits()

    /// Makes the policy of a host that knows nothing about itself.
    public init() {}

    /// Address families.
    public enum Families: Hashable, Sendable {
        /// IPv6 and IPv4, in turn.
        case both
        /// IPv4 alone.
        case onlyV4
        /// IPv6 alone.
        case onlyV6
    }

    /// How much of an answer is used.
    ///
    /// A zone is somebody else's text: it must not decide how long we work.
    public struct Limits: Hashable, Sendable {
        /// MX hosts whose addresses are looked up, best first.
        ///
        /// Real domains have at most about ten.
        public var hosts = 16
        /// Addresses of one host and family.
        public var addressesPerFamily = 8
        /// Addresses in all (RFC 5321 §5.1 asks for at least two).
        public var addresses = 64
        /// Makes the default bounds.
        public init() {}
    }
}
