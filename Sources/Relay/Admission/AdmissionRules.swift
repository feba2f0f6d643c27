package import MailFormat
package import SMTPProtocol
package import StatusCodes

/// Who may send what to whom, as far as the configuration says: pure, so that every rule has a test.
///
/// What is unwanted is refused in the session and never dropped (RFC 5321 §6.2). Never changes: a reload makes new
/// rules, and whoever asks next gets those.
package final class AdmissionRules: Sendable {
    private let admission: RelayConfiguration.Admission
    private let mailboxes: Mailboxes
    /// Addresses that stand for others.
    package let forwards: ForwardTable
    /// Whether no domain is ours: then a trusted client's recipient needs no look-up at all.
    private let hasNoDomains: Bool

    /// The rules of a configuration.
    package init(_ configuration: RelayConfiguration) {
        self.admission = configuration.admission
        self.mailboxes = Mailboxes(configuration.mailboxes)
        self.forwards = configuration.forwards
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
        let isOurs = admission.localDomains.contains(domain) || admission.relayDomains.contains(domain)
        if isOurs, let expansion = forwards[address] { return Self.verdict(on: expansion) }
        if admission.localDomains.contains(domain) {
            return mailbox(of: address, domain: domain) != nil ? .accepted : .refused(Reply(.noSuchUser))
        }
        if admission.relayDomains.contains(domain) {
            guard let known = admission.relayRecipients[domain] else { return .accepted }
            return known.contains(address) ? .accepted : .refused(Reply(.noSuchUser))
        }
        return isTrusted ? .accepted : .refused(Reply(.relayDenied))
    }

    private static func verdict(on expansion: ForwardTable.Expansion) -> Verdict {
        switch expansion {
        case .addresses: .accepted
        case .loop: .refused(Reply(.loopsToSelf))
        case .tooMany: .refused(Reply(.listBroken))
        }
    }

    /// The Maildir of an address of ours, lower case: its own, its domain's catch-all, or the postmaster's.
    package func mailbox(of address: String, domain: String) -> String? { mailboxes.path(of: address, domain: domain) }

    /// Why an address of ours that has no mailbox has none, for a message that was taken all the same.
    package func absence(of address: String) -> Condition {
        switch forwards[address] {
        case .loop?: .loopsToSelf
        case .tooMany?: .listBroken
        case .addresses?, nil: .noSuchUserLate
        }
    }
}
