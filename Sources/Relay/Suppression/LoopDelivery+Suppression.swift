import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

// Recipients that are suppressed end here: no connection is made for them.
extension LoopDelivery {
    /// Looks up the recipients of some transactions; what is suppressed fails with the old evidence, the rest goes on.
    ///
    /// Transactions that the gate lets through do not wait for that.
    func examine(_ assignment: Assignment, _ stopped: [Int]) {
        let doubtful = stopped.map { assignment.items[$0] }
        let others = assignment.items.indices.filter { !stopped.contains($0) }.map { assignment.items[$0] }
        if !others.isEmpty { agent(for: assignment).take(assignment.with(others)) }
        let addresses = Set(doubtful.flatMap { item in item.recipients.map { Self.address($0, item) } })
        suppressions(of: Array(addresses)) { [self] result in
            switch result {
            case .success(let found): goOn(assignment, doubtful, found)
            // The queue thread meets the same error at its next commit, and ends the process.
            case .failure: goOn(assignment, doubtful, [:])
            }
        }
    }

    private func goOn(_ assignment: Assignment, _ doubtful: [WorkItem], _ found: [String: Suppression]) {
        var items: [WorkItem] = []
        for item in doubtful {
            for recipient in item.recipients {
                if let suppression = found[Self.address(recipient, item)] { refuse(recipient, item, suppression) }
            }
            if let rest = item.keeping({ found[Self.address($0, item)] == nil }) { items.append(rest) }
        }
        if !items.isEmpty { agent(for: assignment).take(assignment.with(items)) }
        settle()
    }

    private func refuse(_ recipient: WorkRecipients.Element, _ item: WorkItem, _ suppression: Suppression) {
        let envelope = item.message.envelope
        var parties = Evidence.Parties()
        parties.recipient = Self.address(recipient, item)
        parties.recipientDomain = envelope.text(envelope.recipients[Int(recipient.index)].domain)
        parties.message = item.message.id.description
        let evidence = Evidence(.recipientSuppressed, stage: .queue, source: .ownPolicy, parties: parties)
        let judgement = Judgement(evidence, printed: suppression.quotation, by: decisions)
        outcome(judgement.outcome(recipient.ticket, at: clock.now, remote: ""))
    }

    private static func address(_ recipient: WorkRecipients.Element, _ item: WorkItem) -> String {
        let envelope = item.message.envelope
        return envelope.text(envelope.recipients[Int(recipient.index)].address)
    }
}
