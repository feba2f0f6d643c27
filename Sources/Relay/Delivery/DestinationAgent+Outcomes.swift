import Delivery
import MailFormat
import NIOCore
import NIOSSL
import SMTPProtocol
import SMTPTransport
import StatusCodes

// What came of a transaction: outcomes for the planner, or another try that the loop itself can make.
extension DestinationAgent {
    func finish(_ work: Work, _ report: TransactionReport, _ link: Link, began: NIODeadline) {
        if case .uniform(.relayed(let reply)) = report.outcomes {
            for place in 0..<work.recipientCount { relayed(work, place, report, reply, link, began) }
        } else {
            sort(work, report, link, began)
        }
        pump()
        delivery.settle()
    }

    func sort(_ work: Work, _ report: TransactionReport, _ link: Link, _ began: NIODeadline) {
        var again: [Int] = []
        var elsewhere: [Int: [Int]] = [:]
        var narrow: [(position: Int, judgement: Judgement)] = []
        var isNarrow = false
        for place in 0..<work.recipientCount {
            switch report[place] {
            case .relayed(let reply): relayed(work, place, report, reply, link, began)
            case .notAttempted: again.append(work.position(place))
            case .failed(let failure):
                let judgement = judgement(
                    failure,
                    work,
                    place,
                    link.remote,
                    provider: link.provider,
                    parameters: failure.parameters
                )
                switch next(judgement, failure, work, report, link) {
                case .sameHost: again.append(work.position(place))
                case .otherHost(let candidate):
                    elsewhere[candidate, default: []].append(work.position(place))
                    if isConvertible(work, judgement, failure) { isNarrow = true }
                case .sevenBit: narrow.append((work.position(place), judgement))
                case .outcome:
                    let announced = report.capabilities.maximumRecipients
                    emit(work, place, judgement, remote: link.remote, announced: announced)
                }
            }
        }
        if !again.isEmpty {
            var rest = work
            rest.positions = again
            if case .uniform(.failed) = report.outcomes { rest.brokenSessions += 1 }
            works.insert(rest, at: 0)
        }
        for (candidate, positions) in elsewhere.sorted(by: { $0.key > $1.key }) {
            var rest = work
            rest.positions = positions
            rest.firstCandidate = candidate
            rest.firstHost = nil
            if isNarrow, rest.narrowHost == nil { rest.narrowHost = link.candidate }
            works.insert(rest, at: 0)
        }
        if !narrow.isEmpty { convert(narrow, of: work, link) }
    }

    /// The last host of the round takes less than the content has: recipients who get it in 7 bits, or not at all.
    func convert(_ narrow: [(position: Int, judgement: Judgement)], of work: Work, _ link: Link) {
        var rest = work
        rest.positions = narrow.map(\.position)
        let first = link.round == round.number ? work.narrowHost ?? link.candidate : 0
        convert(rest, from: first) { [self, rest] obstacle in
            for (place, (_, judgement)) in narrow.enumerated() {
                // What a peer said in words of its own is the better reason.
                let isOwn = judgement.evidence.reply == nil
                let reason = isOwn ? self.judgement(obstacle.failure, rest, place, link) : judgement
                emit(rest, place, reason, remote: link.remote)
            }
        }
    }

    enum NextStep { case sameHost, otherHost(Int), sevenBit, outcome }

    /// What the loop can still do about a failure before the planner hears of it.
    func next(
        _ judgement: Judgement,
        _ failure: ClientFailure,
        _ work: Work,
        _ report: TransactionReport,
        _ link: Link
    ) -> NextStep {
        // Lost reply to the final dot: no other host in this round (`docs/design/rulings.md` §3).
        guard failure.isOutcomeKnown else { return .outcome }
        let mayReconnect = work.brokenSessions < Work.mostBrokenSessions
        if failure.reach == .session, report.transactionsBefore > 0, mayReconnect { return .sameHost }
        for action in judgement.finding.actions {
            switch action {
            case .reconnect where mayReconnect: return .sameHost
            case .downgrade where isConvertible(work, judgement, failure): return .sevenBit
            case .upgrade where upgrade(link, failure, report): return .sameHost
            case .withoutParameter where withhold(failure.parameters, from: link): return .sameHost
            case .nextHost:
                if let other = isNow(link) ? round.next(from: link.candidate + 1) : nil { return .otherHost(other) }
            case .otherFamily:
                if let other = isNow(link) ? round.otherFamily(of: link.candidate) : nil { return .otherHost(other) }
            default:
                if action.isTerminal { return .outcome }
            }
        }
        return .outcome
    }

    func isNow(_ link: Link) -> Bool { link.round == round.number }

    /// TLS after all, where the route leaves it to us and the peer offers it (`docs/design/rulings.md` §3).
    func upgrade(_ link: Link, _ failure: ClientFailure, _ report: TransactionReport) -> Bool {
        guard isOpportunistic, !failure.isEncrypted, report.capabilities.offers(.startTLS) else { return false }
        return changeTerms(of: link) { $0.demandTLS(link.candidate) }
    }

    func withhold(_ parameters: SentParameters, from link: Link) -> Bool {
        changeTerms(of: link) { $0.withhold(parameters, from: link.candidate) }
    }

    /// Changes the terms of a link's host, and ends the link; true when the next one is made on other terms.
    func changeTerms(of link: Link, _ change: (inout HostRound) -> Bool) -> Bool {
        guard isNow(link) else { return false }
        // Another recipient of this transaction may have brought the change about already.
        guard link.terms == round[link.candidate].terms else { return true }
        guard change(&round) else { return false }
        link.connection?.close()
        return true
    }

    /// Whether it failed for octets above 127 that could be encoded, and were not.
    func isConvertible(_ work: Work, _ judgement: Judgement, _ failure: ClientFailure) -> Bool {
        guard judgement.finding.cause == .conversionUnsupported, work.converted == nil else { return false }
        return failure.stage == .conversion || work.item.message.envelope.body != .sevenBit
    }

    func judgement(_ failure: ClientFailure, _ work: Work, _ place: Int, _ link: Link) -> Judgement {
        judgement(failure, work, place, link.remote, provider: link.provider, parameters: [])
    }

    func judgement(
        _ failure: ClientFailure,
        _ work: Work,
        _ place: Int,
        _ remote: String,
        provider: Provider?,
        parameters: SentParameters
    ) -> Judgement {
        Judgement(
            failure,
            nextHop: nextHop,
            provider: provider,
            parties: delivery.parties(work, place, remote: remote),
            parameters: parameters,
            nullReversePath: work.item.message.isReport,
            by: delivery.decisions
        )
    }

    var nextHop: Evidence.NextHop {
        if case .hosts = route?.target { return .smartHost }
        return .mx
    }

    func relayed(
        _ work: Work,
        _ place: Int,
        _ report: TransactionReport,
        _ reply: PeerReply,
        _ link: Link,
        _ began: NIODeadline
    ) {
        let recipient = work.recipient(place)
        delivery.outcome(
            DeliveryOutcome(
                ticket: recipient.ticket,
                result: .relayed(notifiesSuccess: report.capabilities.offers(.dsn)),
                provider: link.provider,
                announcedRecipients: report.capabilities.maximumRecipients
            )
        )
        delivery.logRelayed(
            work,
            recipient,
            remote: link.remote,
            reply: reply,
            tls: report.isEncrypted,
            connect: report.transactionsBefore == 0 ? link.connectTime : .zero,
            began: began
        )
    }

    func emit(_ work: Work, _ place: Int, _ judgement: Judgement, remote: String, announced: Int? = nil) {
        var outcome = judgement.outcome(work.recipient(place).ticket, at: delivery.clock.now, remote: remote)
        outcome.announcedRecipients = announced
        delivery.outcome(outcome)
    }
}
