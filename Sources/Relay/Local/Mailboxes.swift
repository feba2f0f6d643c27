/// The mailboxes of this machine: which Maildir an address leads to.
package struct Mailboxes: Sendable {
    private let paths: [String: String]

    /// By address in lower case; `@domain` takes what has no box of its own, `postmaster` is the operator's.
    package init(_ paths: [String: String]) { self.paths = paths }

    /// The Maildir of an address in lower case: its own, its domain's catch-all, or the postmaster's; nil when it has
    /// none.
    package func path(of address: String, domain: String) -> String? {
        if let own = paths[address] { return own }
        if !domain.isEmpty, let all = paths["@" + domain] { return all }
        return Self.isForPostmaster(address) ? paths["postmaster"] : nil
    }

    /// Whether an address in lower case has a mailbox without its domain's catch-all.
    package func hasOwn(_ address: String) -> Bool {
        paths[address] != nil || Self.isForPostmaster(address) && paths["postmaster"] != nil
    }

    /// Whether an address in lower case is postmaster or abuse, which always reach somebody in a domain of ours (RFC 5321
    /// §4.5.1, RFC 2142 §5).
    static func isForPostmaster(_ address: String) -> Bool {
        let local = address.prefix { $0 != "@" }
        return local == "postmaster" || local == "abuse"
    }
}
