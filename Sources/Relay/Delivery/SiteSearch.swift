import Delivery
import MailFormat
import NIOCore
import SMTPProtocol
import StatusCodes

/// Finds out of which site the domain of some work is, before anything is sent: its MX are looked up, and the work goes
/// back to the planner, which knows by whose limits it goes on.
///
/// Belongs to its loop, as long as the look-up takes.
struct SiteSearch {
    let delivery: LoopDelivery
    let works: [Work]

    init(_ assignment: Assignment, delivery: LoopDelivery) {
        let now = NIODeadline.now()
        self.delivery = delivery
        self.works = assignment.items.map { Work($0, now: now) }
    }

    func run(for domain: [UInt8]) {
        let asked = delivery.epoch
        delivery.routes.find(domain, route: nil) { result in
            guard asked == delivery.epoch else { return run(for: domain) }
            switch result {
            case .found(let found): delivery.resolved(works, found)
            case .failed(let failure): for work in works { delivery.fail(work, failure) }
            }
        }
    }
}

// What a look-up alone decides about work.
extension LoopDelivery {
    /// Gives work back whose site is known now.
    func resolved(_ works: [Work], _ route: ResolvedRoute) {
        for work in works {
            for place in 0..<work.recipientCount {
                let result = DeliveryOutcome.Result.resolved(route.site, for: route.lifetime)
                outcome(DeliveryOutcome(ticket: work.recipient(place).ticket, result: result))
            }
        }
    }

    /// There is no way to the domain of some work.
    func fail(_ work: Work, _ failure: RouteFailure) {
        for place in 0..<work.recipientCount {
            let evidence = Evidence(
                failure.condition,
                stage: failure.stage,
                source: .ownDNS,
                parties: parties(work, place, remote: "")
            )
            let judgement = Judgement(evidence, printed: failure.detail, by: decisions)
            outcome(judgement.outcome(work.recipient(place).ticket, at: clock.now, remote: ""))
        }
    }

    /// Who is concerned by what becomes of a recipient.
    func parties(_ work: Work, _ place: Int, remote: String) -> Evidence.Parties {
        let envelope = work.item.message.envelope
        let recipient = envelope.recipients[Int(work.recipient(place).index)]
        var parties = Evidence.Parties()
        parties.recipient = envelope.text(recipient.address)
        parties.recipientDomain = envelope.text(recipient.domain)
        parties.host = remote
        parties.heloName = heloName
        parties.reversePath = returnPath(of: work) ?? envelope.text(envelope.reversePath)
        parties.message = work.item.message.id.description
        return parties
    }
}
