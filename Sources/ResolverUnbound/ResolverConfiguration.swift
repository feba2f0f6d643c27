package import MailFormat

/// Whom to ask, whom to trust, and how much at once.
package struct ResolverConfiguration: Hashable, Sendable {
    /// Where answers come from.
    package enum Source: Hashable, Sendable {
        /// The recursive resolvers of `/etc/resolv.conf`.
        case system
        /// These recursive resolvers (`dns.resolvers`).
        ///
        /// An authoritative server of the zones asked for will do too. `test.` and the private reverse zones, which
        /// Unbound otherwise answers itself, are asked there.
        case forward([IPEndpoint])
        /// Recursion from the root, and these authoritative servers for the zones named.
        case recursion(stubs: [Stub])
    }

    /// An authoritative server of one zone.
    package struct Stub: Hashable, Sendable {
        /// The zone, `example.test.`.
        package var zone: String
        /// The server.
        package var server: IPEndpoint
        /// Makes a stub.
        package init(zone: String, server: IPEndpoint) {
            self.zone = zone
            self.server = server
        }
    }

    /// Where DNSSEC begins to believe (RFC 4033 §5).
    package enum TrustAnchor: Hashable, Sendable {
        /// Nowhere: nothing is validated, and no answer is secure.
        case none
        /// The root zone's keys, as published by IANA.
        case root
        /// A file of DS and DNSKEY records.
        case file(String)
        /// DS and DNSKEY records, one each.
        case records([String])
    }

    /// Where answers come from.
    package var source: Source
    /// Where DNSSEC begins to believe.
    package var trustAnchor: TrustAnchor
    /// Questions that the library works on at once.
    package var questionsInFlight = 512
    /// Questions that wait for their turn; beyond that the answer is `.unavailable`.
    package var questionsWaiting = 8192

    /// Makes a configuration.
    package init(source: Source = .system, trustAnchor: TrustAnchor = .none) {
        self.source = source
        self.trustAnchor = trustAnchor
    }

    /// The root's key-signing keys of 2017 and 2024 (https://data.iana.org/root-anchors/root-anchors.xml).
    static let rootAnchors = [
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    ]
}

/// A resolver that cannot be started.
package struct ResolverError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being set.
    package var setting: String
    /// What the library says.
    package var detail: String
    /// Both, for a person.
    package var description: String { "resolver: \(setting): \(detail)" }
}
