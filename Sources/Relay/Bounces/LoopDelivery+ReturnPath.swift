import Delivery
import MailFormat
import SMTPProtocol

// Mail of our own users leaves with a return-path of ours, so that late reports find what they are about.
extension LoopDelivery {
    /// Whether each recipient needs a transaction of its own, for a return-path of its own.
    func sendsSingly(_ work: Work) -> Bool {
        rules.bounces != nil && work.recipientCount > 1 && work.item.message.getsReturnPath
    }

    /// The return-path of a transaction; nil where the message keeps its reverse-path.
    func returnPath(of work: Work) -> String? {
        guard let bounces = rules.bounces, work.item.message.getsReturnPath, work.recipientCount == 1 else {
            return nil
        }
        let id = RecipientID(message: work.item.message.id, index: work.recipient(0).index)
        return bounces.signer.returnPath(of: id, at: clock.now)
    }

    /// What the transaction says in MAIL and RCPT.
    func envelope(of work: Work) -> Envelope {
        let own = work.item.message.envelope
        guard let path = returnPath(of: work) else { return own }
        var envelope = own
        let start = envelope.arena.count
        envelope.arena += path.utf8
        envelope.reversePath = ByteRange(start, envelope.arena.count)
        return envelope
    }
}

extension Work {
    /// The same for each recipient alone.
    var single: [Work] {
        (0..<recipientCount).map { place in
            var work = self
            work.positions = [position(place)]
            return work
        }
    }
}
