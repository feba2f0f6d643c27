import MailFormat
package import SMTPProtocol

// What forwards make of the recipients of a message.
extension ForwardTable {
    /// What became of an envelope.
    package enum Outcome {
        /// Nobody in it stands for others.
        case unchanged
        /// Those who stood for others are replaced by them.
        case expanded(Envelope)
        /// It would have more than `mostRecipients` (4.5.3-too-many-rcpt).
        case tooManyRecipients
    }

    /// Replaces each recipient that stands for others by them; the reverse-path stays (RFC 5321 §3.9.1).
    ///
    /// RFC 3461 §5.2.7: a forward to one address passes its parameters on. One to several passes them on without
    /// NOTIFY=SUCCESS; where that was asked for, the recipient itself stays as one that is expanded, and its report
    /// says so. Whoever is named more than once gets one copy, and is reported as anybody asked who named him.
    package func expand(_ envelope: Envelope) -> Outcome {
        guard !isEmpty else { return .unchanged }
        let expansions = envelope.recipients.map { recipient -> [Target]? in
            guard !recipient.isExpanded, case .addresses(let targets)? = self[envelope.text(recipient.address)] else {
                return nil
            }
            return targets
        }
        guard expansions.contains(where: { $0 != nil }) else { return .unchanged }
        var expander = Expander(envelope, localDomains)
        for (recipient, targets) in zip(envelope.recipients, expansions) where targets == nil {
            expander.keep(recipient)
        }
        for (recipient, targets) in zip(envelope.recipients, expansions) {
            guard let targets else { continue }
            expander.replace(recipient, by: targets)
            guard expander.count <= Self.mostRecipients else { return .tooManyRecipients }
        }
        return .expanded(expander.finished())
    }

    /// Whether one more recipient fits into an envelope, when all is expanded.
    package func hasRoom(for address: String, in envelope: Envelope) -> Bool {
        // Most often the counts alone show it, and nobody has to be looked up.
        guard (envelope.recipients.count + 1) * largest > Self.mostRecipients else { return true }
        var count = self[address]?.count ?? 1
        for recipient in envelope.recipients { count += self[envelope.text(recipient.address)]?.count ?? 1 }
        return count <= Self.mostRecipients
    }
}

/// Builds the recipients of an envelope anew.
private struct Expander {
    private var envelope: Envelope
    private let localDomains: Set<String>
    private var recipients: [Envelope.Recipient] = []
    private var expanded: [Envelope.Recipient] = []
    private var places: [String: Int] = [:]

    init(_ envelope: Envelope, _ localDomains: Set<String>) {
        self.envelope = envelope
        self.localDomains = localDomains
    }

    var count: Int { recipients.count + expanded.count }

    /// One that stands for itself.
    mutating func keep(_ recipient: Envelope.Recipient) {
        let key = key(envelope.text(recipient.address))
        if places[key] == nil { places[key] = recipients.count }
        recipients.append(recipient)
    }

    mutating func replace(_ recipient: Envelope.Recipient, by targets: [ForwardTable.Target]) {
        let original = originalRecipient(of: recipient)
        let isAlone = targets.count == 1 && places[key(targets[0].address)] == nil
        let notify = isAlone ? recipient.notify : recipient.notify?.subtracting(.success)
        for target in targets {
            if let place = places[key(target.address)] {
                recipients[place].notify = Notify.either(recipients[place].notify, notify)
            } else {
                add(target, notify: notify, original: original)
            }
        }
        guard !isAlone, recipient.notify?.contains(.success) == true else { return }
        var marker = recipient
        marker.originalRecipient = original
        // Its failures are those of the others, who say so themselves.
        marker.notify = .success
        marker.isExpanded = true
        expanded.append(marker)
    }

    private mutating func add(_ target: ForwardTable.Target, notify: Notify?, original: ByteRange) {
        let start = envelope.arena.count
        envelope.arena.append(contentsOf: target.address.utf8)
        places[key(target.address)] = recipients.count
        recipients.append(
            Envelope.Recipient(
                address: ByteRange(start, envelope.arena.count),
                domain: ByteRange(start + target.domainOffset, envelope.arena.count),
                notify: notify,
                originalRecipient: original
            )
        )
    }

    /// ORCPT as it was given, else the address that was written to (RFC 3461 §4.2; RFC 6533 §3 for its type).
    private mutating func originalRecipient(of recipient: Envelope.Recipient) -> ByteRange {
        guard recipient.originalRecipient.isEmpty else { return recipient.originalRecipient }
        // A copy: a slice would make the next append copy the whole arena.
        let address = Array(envelope.arena[recipient.address.offsets])
        let start = envelope.arena.count
        envelope.arena.append(contentsOf: address.allSatisfy { $0 < 0x80 } ? "rfc822;".utf8 : "utf-8;".utf8)
        envelope.arena.append(contentsOf: address)
        return ByteRange(start, envelope.arena.count)
    }

    private func key(_ address: String) -> String { ForwardTable.key(of: address, localDomains) }

    consuming func finished() -> Envelope {
        var finished = envelope
        finished.recipients = recipients + expanded
        return finished
    }
}

extension Notify {
    /// What two want that are told of the same recipient; absent stands for failure, and delay as we do it.
    fileprivate static func either(_ one: Notify?, _ other: Notify?) -> Notify? {
        guard one != nil || other != nil else { return nil }
        return (one ?? [.failure, .delay]).union(other ?? [.failure, .delay])
    }
}
