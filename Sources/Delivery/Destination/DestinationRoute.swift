/// What a destination is: a recipient domain whose MX decide, all domains with the same MX, or a fixed route from the
/// configuration.
public enum DestinationRoute: Hashable, Sendable {
    /// A recipient domain, ASCII letters in lower case, otherwise as received.
    case domain([UInt8])
    /// The domains that share these MX.
    case site(MXSite)
    /// A route by its name in the configuration: a smart host, a static next hop, local delivery.
    case fixed(String)

    /// The name that people see; bytes that are no UTF-8 become U+FFFD.
    public var name: String {
        switch self {
        case .domain(let bytes): String(decoding: bytes, as: UTF8.self)
        case .site(let site): site.name
        case .fixed(let name): name
        }
    }
}

/// A destination as long as the planner remembers it.
///
/// Never used again for another one.
public struct DestinationID: Hashable, Sendable {
    let slot: Int32
    let generation: UInt32
}
