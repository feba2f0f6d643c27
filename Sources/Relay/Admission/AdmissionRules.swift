package import MailFormat
package import SMTPProtocol
import StatusCodes

/// Who may send what to whom, as far as the configuration says: pure, so that every rule has a test.
///
/// What is unwanted is refused in the session and never dropped (RFC 5321 §6.2).
package struct AdmissionRules: Sendable {
    private let admission: RelayConfiguration.Admission
    private let mailboxes: [String: String]
    /// Whether no domain is ours: then a trusted client's recipient needs no look-up at all.
    private let hasNoDomains: Bool

    /// The rules of a configuration.
    package init(_ configuration: RelayConfiguration) {
        self.admission = configuration.admission
        self.mailboxes = configuration.mailboxes
        self.hasNoDomains = admission.localDomains.isEmpty && admission.relayDomains.isEmpty
    }

    /// Whether a client may relay anywhere: by its account, or by its address.
    package func isTrusted(account: String?, address: IPAddress?) -> Bool {
        if account != nil { return true }
        guard let address else { return false }
        return admission.trustedNetworks.contains { $0.contains(address) }
    }

    /// Whether a client is turned away in the greeting.
    package func isDenied(_ address: IPAddress?) -> Bool {
        guard let address else { return false }
        return admission.deniedNetworks.contains { $0.contains(address) }
    }

    /// MAIL: the deny list of senders.
    package func sender(_ address: String) -> Verdict {
        guard !admission.deniedSenders.isEmpty, !address.isEmpty else { return .accepted }
        let lower = address.lowercased()
        let domain = lower.lastIndex(of: "@").map { String(lower[$0...]) } ?? ""
        let isDenied = admission.deniedSenders.contains(lower) || admission.deniedSenders.contains(domain)
        return isDenied ? .refused(Reply(.senderBlocklisted)) : .accepted
    }

    /// Whether MAIL of a client needs no look at the sender.
    package var takesAnySender: Bool { admission.deniedSenders.isEmpty }
    /// Whether a trusted client's recipient needs no look-up.
    package var takesAnyRecipientOfTrusted: Bool { hasNoDomains }

    /// RCPT: where the address leads, and whether this client may send there.
    ///
    /// - Parameters:
    ///   - address: as received, `local@domain`, or `postmaster` alone.
    ///   - domain: the part behind the last `@`, as received; empty for bare postmaster.
    ///   - isTrusted: whether the client may relay anywhere.
    /// - Returns: Taken, or refused with the reply to give.
    package func recipient(_ address: String, domain: String, isTrusted: Bool) -> Verdict {
        if hasNoDomains && isTrusted { return .accepted }
        // RFC 5321 §4.5.1: postmaster without a domain is always ours.
        guard !domain.isEmpty else { return .accepted }
        let domain = domain.lowercased()
        let address = address.lowercased()
        if admission.localDomains.contains(domain) {
            return mailbox(of: address, domain: domain) != nil ? .accepted : .refused(Reply(.noSuchUser))
        }
        if admission.relayDomains.contains(domain) {
            guard let known = admission.relayRecipients[domain] else { return .accepted }
            return known.contains(address) ? .accepted : .refused(Reply(.noSuchUser))
        }
        return isTrusted ? .accepted : .refused(Reply(.relayDenied))
    }

    /// The Maildir of an address of ours, lower case: its own, its domain's catch-all, or the postmaster's.
    package func mailbox(of address: String, domain: String) -> String? {
        if let own = mailboxes[address] { return own }
        if !domain.isEmpty, let all = mailboxes["@" + domain] { return all }
        // RFC 5321 §4.5.1 and RFC 2142 §5: postmaster and abuse of a domain of ours always reach somebody.
        let local = address.prefix { $0 != "@" }
        return local == "postmaster" || local == "abuse" ? mailboxes["postmaster"] : nil
    }
}
