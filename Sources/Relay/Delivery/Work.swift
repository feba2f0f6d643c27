import Delivery
import MailFormat
import NIOCore
import SMTPProtocol

/// A work item, or what is left of it, while an agent tries to get rid of it.
struct Work {
    /// What the planner handed out.
    let item: WorkItem
    /// Positions in `item.recipients` that are still open; nil for all of them.
    var positions: [Int]?
    /// The content; nil until it was read from the store.
    var content: (any MessageContent)?
    /// The first candidate host that may still be tried in this round.
    var firstCandidate = 0
    /// The host to try before all others, as attempt records name it: the reply to an earlier final dot was lost there.
    var firstHost: String?
    /// The first host of this round that takes less than the content has (RFC 6152 §3).
    var narrowHost: Int?
    /// How often a connection broke under it without telling anything about the host.
    var brokenSessions = 0
    /// When it came to the loop.
    let assignedAt: NIODeadline

    init(_ item: WorkItem, now: NIODeadline) {
        self.item = item
        self.positions = nil
        self.content = item.content
        self.firstHost = item.firstHost
        self.assignedAt = now
    }

    /// The hosts are others now: what was found out about those before says nothing.
    mutating func startOver() {
        firstCandidate = 0
        narrowHost = nil
    }

    /// A reused connection may be closed by the peer at any moment; a message that breaks this many sessions in a row
    /// is not their accident any more.
    static let mostBrokenSessions = 3

    /// The content in 7 bits; nil while it is what was stored.
    var converted: ConvertedContent? { content as? ConvertedContent }

    /// What the transaction has to say of its content.
    func needs(of content: any MessageContent) -> ContentNeeds {
        var needs = ContentNeeds(byteCount: content.byteCount, declaredIn: item.message.envelope)
        if converted != nil { needs.body = .sevenBit }
        return needs
    }

    /// How many recipients are open.
    var recipientCount: Int { positions?.count ?? item.recipients.count }

    /// The position in `item.recipients` of a recipient of this transaction.
    func position(_ place: Int) -> Int { positions?[place] ?? place }

    /// The recipient at a place of this transaction.
    func recipient(_ place: Int) -> WorkRecipients.Element { item.recipients[position(place)] }

    /// The domain of its recipients, as received.
    var domain: [UInt8] {
        let envelope = item.message.envelope
        return Array(envelope.arena[envelope.recipients[Int(recipient(0).index)].domain.offsets])
    }

    /// Which recipients of the envelope the transaction is for.
    var transactionRecipients: ClientTransaction.Recipients {
        let total = item.message.envelope.recipients.count
        if positions == nil, item.recipients.count == total { return .all }
        return .some((0..<recipientCount).map { recipient($0).index })
    }
}
