import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

extension Dispatch {
    /// Those of a batch's recipients that left with a return-path of ours.
    static func all(_ conclusions: [Conclusion], _ outcomes: [DeliveryOutcome], now: Timestamp) -> [Self] {
        conclusions.compactMap { conclusion in
            guard case .relayed = conclusion.fate, conclusion.message.getsReturnPath else { return nil }
            let envelope = conclusion.message.envelope
            let recipient = envelope.recipients[Int(conclusion.index)]
            let provider = conclusion.outcome.flatMap { outcomes[$0].provider?.name }
            return Self(
                recipient: RecipientID(message: conclusion.message.id, index: conclusion.index),
                at: now,
                address: envelope.text(recipient.address),
                sender: envelope.text(envelope.reversePath),
                provider: provider ?? envelope.text(recipient.domain).lowercased()
            )
        }
    }
}
