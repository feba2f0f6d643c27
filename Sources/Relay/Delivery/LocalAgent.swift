import Delivery
import MailFormat
import NIOCore
import NIOPosix
import SMTPProtocol
import StatusCodes

/// Puts messages into the Maildirs of this machine, on the I/O threads.
final class LocalAgent: WorkAgent {
    private let delivery: LoopDelivery
    private let threads: NIOThreadPool
    private var inWork = 0

    init(delivery: LoopDelivery, threads: NIOThreadPool) {
        self.delivery = delivery
        self.threads = threads
    }

    var isIdle: Bool { inWork == 0 }

    func stop() {}

    /// Rules are asked for each message, so nothing old is kept.
    func settingsChanged() {}

    func take(_ assignment: Assignment) {
        let now = NIODeadline.now()
        for item in assignment.items {
            inWork += 1
            let work = Work(item, now: now)
            if let content = item.content {
                deliver(work, content)
            } else {
                delivery.read(item.message.id) { [self] result in
                    switch result {
                    case .success(let content): deliver(work, content)
                    case .failure(let error):
                        let failure = Maildir.Failure(condition: .contentUnreadable, detail: error.detail)
                        finish(work, Array(repeating: .failure(failure), count: work.recipientCount))
                    }
                }
            }
        }
    }

    /// Where a message went to.
    private enum Arrival: Sendable {
        case mailbox(String)
        /// It was a late report.
        case report(BounceDesk.Decision)
    }

    private typealias Outcome = Result<Arrival, Maildir.Failure>

    private func deliver(_ work: Work, _ content: any MessageContent) {
        let message = work.item.message
        let targets = (0..<work.recipientCount).map { target(of: work.recipient($0).index, message) }
        let desk = delivery.bounceDesk
        let (body, smtpUTF8) = (message.envelope.body, message.envelope.smtpUTF8)
        let box = NIOLoopBound((self, work), eventLoop: delivery.loop)
        let loop = delivery.loop
        threads.submit { state in
            guard case .active = state else { return }
            let outcomes = targets.map { target -> Outcome in
                if let desk, desk.isFor(target.address) {
                    let mail = BounceDesk.Mail(
                        address: target.address,
                        content: content,
                        body: body,
                        smtpUTF8: smtpUTF8
                    )
                    return Self.read(mail, at: desk)
                }
                guard let path = target.path else {
                    return .failure(
                        Maildir.Failure(condition: target.absence, detail: "no mailbox for \(target.address)")
                    )
                }
                do throws(Maildir.Failure) {
                    try Maildir(path: path).deliver(name: target.name, header: target.header, content: content)
                    return .success(.mailbox(path))
                } catch {
                    return .failure(error)
                }
            }
            loop.execute {
                let (agent, work) = box.value
                agent.finish(work, outcomes)
            }
        }
    }

    /// What cannot be read now is tried again: nothing of it is lost.
    private static func read(_ mail: BounceDesk.Mail, at desk: BounceDesk) -> Outcome {
        do {
            return .success(.report(try desk.read(mail)))
        } catch {
            return .failure(Maildir.Failure(condition: .mailboxBusy, detail: "the report cannot be read now: \(error)"))
        }
    }

    private struct Target: Sendable {
        let address: String
        let path: String?
        /// What it means when there is no path.
        let absence: Condition
        let name: String
        let header: [UInt8]
    }

    private func target(of index: Int32, _ message: DeliveryMessage) -> Target {
        let envelope = message.envelope
        let recipient = envelope.recipients[Int(index)]
        let address = envelope.text(recipient.address)
        let rules = delivery.rules
        let path = rules.mailbox(of: address.lowercased(), domain: envelope.text(recipient.domain).lowercased())
        // RFC 5321 §4.4: final delivery adds the return path.
        let header = "Return-Path: <\(envelope.text(envelope.reversePath))>\r\nDelivered-To: \(address)\r\n"
        return Target(
            address: address,
            path: path,
            absence: path == nil ? rules.absence(of: address) : .noSuchUserLate,
            name: "\(message.id).\(index).\(delivery.hostname)",
            header: Array(header.utf8)
        )
    }

    private func finish(_ work: Work, _ outcomes: [Outcome]) {
        inWork -= 1
        for (place, outcome) in outcomes.enumerated() {
            let recipient = work.recipient(place)
            switch outcome {
            case .success(.mailbox(let path)):
                delivery.outcome(DeliveryOutcome(ticket: recipient.ticket, result: .delivered))
                delivery.logDelivered(work, recipient, path: path)
            case .success(.report(.joined(let late))):
                delivery.outcome(DeliveryOutcome(ticket: recipient.ticket, result: .delivered, late: late))
                delivery.logJoined(work.item.message.id, late)
            case .success(.report(.putAside(let reason))):
                delivery.outcome(DeliveryOutcome(ticket: recipient.ticket, result: .putAside(reason: reason)))
            case .failure(let failure):
                let envelope = work.item.message.envelope
                var parties = Evidence.Parties()
                parties.recipient = envelope.text(envelope.recipients[Int(recipient.index)].address)
                parties.message = work.item.message.id.description
                let evidence = Evidence(
                    failure.condition,
                    stage: .local,
                    nextHop: .lmtp,
                    source: .ownPolicy,
                    parties: parties
                )
                delivery.outcome(
                    Judgement(evidence, printed: failure.detail, by: delivery.decisions)
                        .outcome(recipient.ticket, at: delivery.clock.now, remote: "local")
                )
            }
        }
        delivery.settle()
    }
}
