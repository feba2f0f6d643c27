/// The hosts that take the mail of a domain, in their order: domains with the same ones are one site.
///
/// Preferences count by their order only: whether a domain says 5 and 10 or 10 and 20 changes nothing for anybody. Hosts
/// of equal preference have no order, so they are sorted by name.
public struct MXSite: Hashable, Sendable, CustomStringConvertible {
    /// One of the hosts.
    public struct Host: Hashable, Sendable {
        /// Its name.
        public let name: DNSName
        /// 0 for those that are tried first, 1 for the next.
        public let rank: UInt16
    }

    /// The hosts, never empty, best first.
    public let hosts: [Host]

    /// Octets that the names of a site may have together.
    ///
    /// Large providers name five to ten hosts in less than 200; the names are other people's text, and planner and loops
    /// keep them for each site.
    public static let longest = 512

    /// Makes the site of some hosts with their preferences; nil when there are none, or their names are too long.
    public init?(_ exchanges: some Sequence<(name: DNSName, preference: UInt16)>) {
        let sorted = exchanges.sorted { ($0.preference, $0.name.text) < ($1.preference, $1.name.text) }
        var hosts: [Host] = []
        var before: UInt16?
        var rank: UInt16 = 0
        for exchange in sorted {
            if let before, before != exchange.preference { rank += 1 }
            before = exchange.preference
            hosts.append(Host(name: exchange.name, rank: rank))
        }
        guard !hosts.isEmpty, hosts.reduce(0, { $0 + $1.name.text.utf8.count }) <= Self.longest else { return nil }
        self.hosts = hosts
    }

    /// How people know it: the name of its first host.
    public var name: String { hosts.first?.name.text ?? "" }

    /// All hosts: equals with a comma between them, the next ones behind a `>`.
    public var description: String {
        var text = ""
        var rank: UInt16?
        for host in hosts {
            if let rank { text += rank == host.rank ? "," : ">" }
            rank = host.rank
            text += host.name.text
        }
        return text
    }
}
