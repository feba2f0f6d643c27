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
    /// Where late reports come in.
    package let bounces: BounceAddresses?
    /// Whether no domain is ours: then a trusted client's recipient needs no look-up at all.
    private let hasNoDomains: Bool

    /// The rules of a configuration.
    package init(_ configuration: RelayConfiguration) {
        self.admission = configuration.admission
        self.mailboxes = Mailboxes(configuration.mailboxes)
        self.forwards = configuration.forwards
        self.bounces = configuration.bounces
        self.hasNoDomains = admission.localDomains.isEmpty && admission.relayDomains.isEmpty
    }

    /// Whether a client may relay anywhere: by its account, or by its address.
    package func isTrusted(account: String?, address: IPAddress?) -> Bool {
        if account != nil { return true }
        guard let address else { return false }
        return admission.trustedNetworks.contains { $0.contains(address) }
    }

    /// Why a client is turned away in its greeting; nil lets it in.
    ///
    /// `docs/design/rulings.md` §2, Postmaster: on role mx nobody is, `objection` has the word at RCPT.
    package func greetingRefusal(of client: IPAddress?, role: ServerRole) -> Condition? {
        role != .mx && isDenied(client: client) ? .clientBlocklistedGreeting : nil
    }

    /// MAIL: the deny list of senders; on role mx `objection` has the word at RCPT.
    package func sender(_ address: String, role: ServerRole) -> Verdict {
        role != .mx && isDenied(sender: address) ? .refused(Reply(.senderBlocklisted)) : .accepted
    }

    /// RCPT on role mx: what the deny lists have against the client or the sender; nil for nothing, and where the
    /// recipient is exempt.
    ///
    /// - Parameters:
    ///   - client: its address.
    ///   - sender: the reverse-path, as received.
    ///   - recipient: as received, `local@domain`, or `postmaster` alone.
    ///   - domain: the part of the recipient behind the last `@`, as received; empty for bare postmaster.
    /// - Returns: the condition to refuse with, or nil.
    package func objection(client: IPAddress?, sender: String, recipient: String, domain: String) -> Condition? {
        let objection: Condition
        if isDenied(client: client) {
            objection = .clientBlocklisted
        } else if isDenied(sender: sender) {
            objection = .senderBlocklisted
        } else {
            return nil
        }
        return isExempt(recipient.lowercased(), domain: domain.lowercased()) ? nil : objection
    }

    /// RFC 5321 §4.5.1, RFC 2142 §5: whoever is refused must be able to ask why, at postmaster and abuse of our domains.
    private func isExempt(_ address: String, domain: String) -> Bool {
        (domain.isEmpty || isOurs(domain)) && Mailboxes.isForPostmaster(address)
    }

    private func isDenied(client address: IPAddress?) -> Bool {
        guard !admission.deniedNetworks.isEmpty, let address else { return false }
        return admission.deniedNetworks.contains { $0.contains(address) }
    }

    private func isDenied(sender address: String) -> Bool {
        guard !admission.deniedSenders.isEmpty, !address.isEmpty else { return false }
        let lower = address.lowercased()
        let domain = lower.lastIndex(of: "@").map { String(lower[$0...]) } ?? ""
        return admission.deniedSenders.contains(lower) || admission.deniedSenders.contains(domain)
    }

    /// Whether a domain in lower case is one that we take mail for.
    private func isOurs(_ domain: String) -> Bool {
        admission.localDomains.contains(domain) || admission.relayDomains.contains(domain)
    }

    /// Whether MAIL of a client needs no look at the sender.
    package func takesAnySender(_ role: ServerRole) -> Bool { role == .mx || admission.deniedSenders.isEmpty }
    /// Whether RCPT needs no look at client and sender.
    package var hasNoDenyLists: Bool { admission.deniedNetworks.isEmpty && admission.deniedSenders.isEmpty }
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
        if isOurs(domain), let expansion = forwards[address] { return Self.verdict(on: expansion) }
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
