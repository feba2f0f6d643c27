package import Delivery
package import MailFormat
import NIOConcurrencyHelpers
package import SMTPProtocol

/// The suppression list as sessions and deliveries see it: in memory, behind a lock that is held for one look.
///
/// What it lets through costs no query. What it stops is looked up in the store by whoever asked, off the event loop.
package final class SuppressionGate: Sendable {
    private let index: NIOLockedValueBox<SuppressionIndex>

    /// A gate that lets everybody through.
    package init(limit: Int = SuppressionIndex.limit) {
        index = NIOLockedValueBox(SuppressionIndex(seed: .random(in: .min ... .max), limit: limit))
    }

    /// How many addresses and domains something is known against.
    package var count: Int { index.withLockedValue(\.count) }
    /// Whether it takes no more of them.
    package var isFull: Bool { index.withLockedValue(\.isFull) }
    /// How many it takes.
    var limit: Int { index.withLockedValue(\.limit) }

    /// Those changes that need no room because their subjects are known.
    func known(_ changes: [SuppressionChange]) -> [SuppressionChange] {
        index.withLockedValue { index in changes.filter { index.knows($0.subject) } }
    }

    /// How many subjects changes would add to it.
    func added(by changes: [SuppressionChange]) -> Int {
        index.withLockedValue { index in
            var new: Set<SuppressionSubject> = []
            for change in changes where !index.knows(change.subject) {
                switch change.kind {
                case .listed, .sighted: new.insert(change.subject)
                case .accepted, .removed, .retracted, .swept: break
                }
            }
            return new.count
        }
    }

    /// Takes over what records say now.
    package func update(_ records: [SuppressionRecord]) {
        guard !records.isEmpty else { return }
        index.withLockedValue { index in for record in records { index.update(record) } }
    }

    /// Whether a recipient may be suppressed.
    package func stops(_ recipient: Envelope.Recipient, in envelope: Envelope, at now: Timestamp) -> Bool {
        index.withLockedValue { $0.mayBeSuppressed(recipient, in: envelope, at: now) }
    }

    /// Which items have recipients that may be suppressed, by their places; none in the ordinary case.
    package func stops(_ items: [WorkItem], at now: Timestamp) -> [Int] {
        index.withLockedValue { index in
            guard !index.isEmpty else { return [] }
            return items.indices.filter { place in
                let envelope = items[place].message.envelope
                return items[place].recipients.contains { recipient in
                    index.mayBeSuppressed(envelope.recipients[Int(recipient.index)], in: envelope, at: now)
                }
            }
        }
    }

    /// Relayed recipients that something is known against, so that the success has something to disprove.
    package func watched(_ conclusions: [Conclusion]) -> [Conclusion] {
        index.withLockedValue { index in
            guard !index.isEmpty else { return [] }
            return conclusions.filter { conclusion in
                guard case .relayed = conclusion.fate else { return false }
                let envelope = conclusion.message.envelope
                return index.isWatched(envelope.recipients[Int(conclusion.index)], in: envelope)
            }
        }
    }
}

extension QueueReader {
    /// The suppression that holds for an address; nil when none does.
    ///
    /// Blocks: not for an event loop.
    func suppression(ofAddress address: String, at now: Timestamp) throws(StoreError) -> Suppression? {
        guard let subject = SuppressionSubject(address: address) else { return nil }
        if let own = try suppression(of: subject)?.suppression, own.holds(at: now) { return own }
        guard let domain = SuppressionSubject("@\(subject.domain)"),
            let whole = try suppression(of: domain)?.suppression, whole.holds(at: now)
        else { return nil }
        return whole
    }
}
