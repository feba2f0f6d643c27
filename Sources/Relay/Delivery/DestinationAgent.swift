import Delivery
import MailFormat
import NIOCore
import NIOSSL
import SMTPProtocol
import SMTPTransport
import StatusCodes

/// Carries out the work of one destination: finds its hosts, keeps connections to them, gets messages across.
///
/// Belongs to one event loop. Hosts are tried in their order: one that cannot be talked to is passed over until all
/// have failed, then everything that waits here fails with the most telling reason, and the planner decides how long
/// the destination is left alone. What a connection reports is turned into outcomes here; nothing waits for them.
final class DestinationAgent: WorkAgent {
    private struct Candidate {
        let host: MXHost
        let address: IPAddress
        /// What went wrong when it was last tried in this round.
        var failure: ClientFailure?
        /// The opportunistic handshake failed here: go on in clear (`docs/design/rulings.md` §3).
        var isInClear = false

        var name: String { host.name?.text ?? address.description }
        var endpoint: IPEndpoint { IPEndpoint(address, port: host.port) }
        /// How attempt records and logs name it.
        var remote: String { "\(name)[\(address)]:\(host.port)" }
    }

    private final class Link {
        let candidate: Int
        let round: Int
        let remote: String
        let provider: Provider?
        let began: NIODeadline
        var connection: ClientConnection?
        var isReady = false
        var connectTime: TimeAmount = .zero

        init(candidate: Int, round: Int, remote: String, provider: Provider?, began: NIODeadline) {
            self.candidate = candidate
            self.round = round
            self.remote = remote
            self.provider = provider
            self.began = began
        }
    }

    private enum Hosts {
        case unknown
        case asking
        case known(until: NIODeadline)
    }

    private let delivery: LoopDelivery
    private let name: DestinationRoute
    private var route: Route?
    private var limits: LoopLimits
    private var hosts = Hosts.unknown
    private var candidates: [Candidate] = []
    /// Counts route look-ups: a link of an earlier round says nothing about the hosts of this one.
    private var round = 0
    /// Counts changes of the settings: an answer to a question of an earlier one is not used.
    private var epoch = 0
    /// First come, first served; at most the window that the planner keeps to.
    private var works: [Work] = []
    private var links: [Link] = []
    private var isReading = 0
    private var isStopping = false

    init(_ assignment: Assignment, delivery: LoopDelivery) {
        self.delivery = delivery
        self.name = assignment.route
        self.route = delivery.route(of: assignment.route)
        self.limits = assignment.limits
    }

    var isIdle: Bool { works.isEmpty && links.isEmpty && isReading == 0 }

    func take(_ assignment: Assignment) {
        limits = assignment.limits
        let now = NIODeadline.now()
        for item in assignment.items { works.append(Work(item, now: now)) }
        pump()
    }

    func stop() {
        isStopping = true
        works.removeAll()
        for link in links { link.connection?.close() }
    }

    /// Hosts are looked up anew, and connections end with what they carry: the next one is made as the route says now.
    func settingsChanged() {
        route = delivery.route(of: name)
        epoch += 1
        if case .known = hosts { hosts = .unknown }
        for link in links { link.connection?.close() }
        pump()
    }

    // MARK: Work to connections

    private func pump() {
        guard !works.isEmpty, !isStopping else { return }
        if isRouteGone { return giveBack() }
        switch hosts {
        case .asking: return
        case .unknown: return look()
        case .known(let until):
            if links.isEmpty && until < .now() { return look() }
        }
        place()
    }

    /// Whether a reload took the route away; the planner learns of that a moment later, and then sends work elsewhere.
    private var isRouteGone: Bool { if case .fixed = name { route == nil } else { false } }

    /// How long work without a route rests, so that it does not come back before the planner knows.
    private static let restWithoutRoute: Duration = .seconds(1)

    private func giveBack() {
        let returned = works
        works.removeAll()
        for work in returned {
            for place in 0..<work.recipientCount {
                let ticket = work.recipient(place).ticket
                delivery.outcome(DeliveryOutcome(ticket: ticket, result: .untried(after: Self.restWithoutRoute)))
            }
        }
    }

    /// Finds a connection for what waits, first come first served; a message that must go to a later host does not
    /// keep those behind it from the connections that are there.
    private func place() {
        var index = 0
        var passedOver = 0
        while index < works.count, passedOver < Self.mostPassedOver {
            let work = works[index]
            switch placement(of: work) {
            case .read:
                works.remove(at: index)
                read(work)
            case .send(let link):
                works.remove(at: index)
                send(work, on: link)
            case .open(let candidate): open(candidate)
            case .giveUp:
                works.remove(at: index)
                giveUp(work)
            case .failEverything: return failEverything()
            case .wait:
                index += 1
                passedOver += 1
            }
        }
    }

    /// Work that is looked at behind one that cannot go now.
    private static let mostPassedOver = 16

    private enum Placement { case read, send(Link), open(Int), giveUp, failEverything, wait }

    private func placement(of work: Work) -> Placement {
        guard work.content != nil else { return .read }
        if let link = freeLink(for: work) { return .send(link) }
        let opening = links.count { !$0.isReady }
        guard links.count < limits.connections, opening < works.count else { return .wait }
        if let candidate = nextCandidate(from: work.firstCandidate) { return .open(candidate) }
        // Every host that this message has not tried yet has failed.
        if work.firstCandidate > 0, !links.isEmpty || nextCandidate(from: 0) != nil { return .giveUp }
        return links.isEmpty ? .failEverything : .wait
    }

    /// A connection that can take a transaction now: an idle one, else one whose peer takes the next while it works
    /// and no further connection may be opened.
    private func freeLink(for work: Work) -> Link? {
        var second: Link?
        for link in links where link.isReady {
            guard let connection = link.connection, connection.canTakeTransaction,
                link.round != round || link.candidate >= work.firstCandidate
            else { continue }
            if connection.isIdle { return link }
            if connection.capabilities?.offers(.pipelining) == true { second = second ?? link }
        }
        return links.count >= limits.connections || works.count <= links.count ? second : nil
    }

    private func nextCandidate(from first: Int) -> Int? {
        candidates.indices.first { $0 >= first && candidates[$0].failure == nil }
    }

    private func send(_ work: Work, on link: Link) {
        guard let connection = link.connection, let content = work.content else { return }
        let message = work.item.message
        let transaction = ClientTransaction(
            envelope: message.envelope,
            recipients: work.transactionRecipients,
            content: work.needs(of: content)
        )
        let began = NIODeadline.now()
        connection.send(transaction, content: content) { [self] report in
            finish(work, report, link, began: began)
        }
    }

    private func read(_ work: Work) {
        isReading += 1
        delivery.read(work.item.message.id) { [self] result in
            isReading -= 1
            switch result {
            case .success(let content):
                var work = work
                work.content = content
                works.append(work)
            case .failure(let error):
                let detail = "the stored content cannot be read: \(error.detail)"
                fail(
                    work,
                    with: ClientFailure(
                        stage: .queue,
                        reach: .transaction,
                        cause: .condition(.contentUnreadable, detail: detail)
                    ),
                    remote: ""
                )
            }
            pump()
        }
    }

    /// No later host can be talked to: what the first one takes is better than nothing.
    private func giveUp(_ work: Work) {
        let failure = lastFailure()
        guard let host = work.narrowHost, work.converted == nil else { return fail(work, with: failure, remote: "") }
        convert(work, from: host) { [self] _ in fail(work, with: failure, remote: "") }
    }

    /// Makes 7-bit content of a message and sends that, to the hosts from a candidate on; where there is an obstacle
    /// the caller says what becomes of it.
    private func convert(_ work: Work, from candidate: Int, else refuse: @escaping (ConversionObstacle) -> Void) {
        guard let content = work.content else { return }
        isReading += 1
        delivery.convert(content) { [self] result in
            isReading -= 1
            switch result {
            case .success(let converted):
                var work = work
                work.content = converted
                work.firstCandidate = candidate
                works.insert(work, at: 0)
            case .failure(let obstacle): refuse(obstacle)
            }
            pump()
            delivery.settle()
        }
    }

    // MARK: Hosts

    private func look() {
        hosts = .asking
        let asked = epoch
        let completion: (RouteResult) -> Void = { [self] result in
            guard asked == epoch else {
                hosts = .unknown
                return pump()
            }
            switch result {
            case .found(let found):
                round += 1
                candidates = found.hosts.flatMap { host in host.addresses.map { Candidate(host: host, address: $0) } }
                hosts = .known(until: .now() + TimeAmount(found.lifetime))
                pump()
            case .failed(let failure):
                hosts = .unknown
                fail(failure)
            }
        }
        switch name {
        case .domain(let domain): delivery.routes.find(domain, route: route, completion: completion)
        case .fixed: delivery.routes.find(delivery.ownDomain, route: route, completion: completion)
        }
    }

    private func open(_ index: Int) {
        let candidate = candidates[index]
        let link = Link(
            candidate: index,
            round: round,
            remote: candidate.remote,
            provider: candidate.host.name.flatMap { Provider(mxHost: $0.text) },
            began: .now()
        )
        links.append(link)
        guard let address = try? SocketAddress(ipAddress: candidate.address.description, port: Int(candidate.host.port))
        else {
            // An IPAddress always prints as one that the socket layer reads; if not, the host cannot be used.
            candidates[index].failure = ClientFailure(
                stage: .connect,
                reach: .session,
                cause: .condition(.networkOther, detail: candidate.address.description)
            )
            links.removeLast()
            return
        }
        let connection = ClientConnection.connect(
            to: address,
            configuration: delivery.connectionConfiguration(
                for: route,
                host: candidate.host.name,
                isInClear: candidate.isInClear
            ),
            on: delivery.loop
        )
        link.connection = connection
        connection.onReady = { [self] connection in
            link.isReady = true
            link.connectTime = .now() - link.began
            pump()
        }
        connection.onEnd = { [self] connection, failure in
            ended(link, failure)
        }
    }

    private func ended(_ link: Link, _ failure: ClientFailure?) {
        links.removeAll { $0 === link }
        link.connection = nil
        if let failure, !link.isReady, link.round == round {
            let isHandshake = failure.stage == .tls || failure.stage == .starttls
            if isHandshake, route?.tls ?? .opportunistic == .opportunistic, !candidates[link.candidate].isInClear {
                // A failed opportunistic handshake goes on in clear, on a new connection to the same host.
                candidates[link.candidate].isInClear = true
            } else {
                candidates[link.candidate].failure = failure
            }
        }
        pump()
        delivery.settle()
    }

    private func lastFailure() -> ClientFailure {
        // A host that said no tells more than one that did not answer.
        let failures = candidates.compactMap(\.failure)
        let replies = failures.filter { if case .reply = $0.cause { true } else { false } }
        return replies.last ?? failures.last
            ?? ClientFailure(stage: .connect, reach: .session, cause: .condition(.noAnswer, detail: ""))
    }

    private func failEverything() {
        let failure = lastFailure()
        let remote = candidates.last { $0.failure == failure }?.remote ?? ""
        let failed = works
        works.removeAll()
        for index in candidates.indices { candidates[index].failure = nil }
        hosts = .unknown
        for work in failed { fail(work, with: failure, remote: remote) }
    }

    private func fail(_ failure: RouteFailure) {
        let failed = works
        works.removeAll()
        for work in failed {
            for place in 0..<work.recipientCount {
                let evidence = Evidence(
                    failure.condition,
                    stage: failure.stage,
                    source: .ownDNS,
                    parties: parties(work, place, remote: "")
                )
                emit(work, place, Judgement(evidence, printed: failure.detail), remote: "")
            }
        }
        delivery.settle()
    }

    private func fail(_ work: Work, with failure: ClientFailure, remote: String) {
        for place in 0..<work.recipientCount {
            emit(work, place, judgement(failure, work, place, remote, provider: nil, parameters: []), remote: remote)
        }
        delivery.settle()
    }

    // MARK: Reports to outcomes

    private func finish(_ work: Work, _ report: TransactionReport, _ link: Link, began: NIODeadline) {
        if case .uniform(.relayed(let reply)) = report.outcomes {
            for place in 0..<work.recipientCount { relayed(work, place, report, reply, link, began) }
        } else {
            sort(work, report, link, began)
        }
        pump()
        delivery.settle()
    }

    private func sort(_ work: Work, _ report: TransactionReport, _ link: Link, _ began: NIODeadline) {
        var again: [Int] = []
        var elsewhere: [Int] = []
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
                    parameters: parameters(work, report)
                )
                switch next(judgement, failure, work, report, link) {
                case .sameHost: again.append(work.position(place))
                case .otherHost:
                    elsewhere.append(work.position(place))
                    if isConvertible(work, judgement, failure) { isNarrow = true }
                case .sevenBit: narrow.append((work.position(place), judgement))
                case .outcome: emit(work, place, judgement, remote: link.remote)
                }
            }
        }
        if !again.isEmpty {
            var rest = work
            rest.positions = again
            if case .uniform(.failed) = report.outcomes { rest.brokenSessions += 1 }
            works.insert(rest, at: 0)
        }
        if !elsewhere.isEmpty {
            var rest = work
            rest.positions = elsewhere
            rest.firstCandidate = link.candidate + 1
            if isNarrow, rest.narrowHost == nil { rest.narrowHost = link.candidate }
            works.insert(rest, at: 0)
        }
        if !narrow.isEmpty { convert(narrow, of: work, link) }
    }

    /// The last host of the round takes less than the content has: recipients who get it in 7 bits, or not at all.
    private func convert(_ narrow: [(position: Int, judgement: Judgement)], of work: Work, _ link: Link) {
        var rest = work
        rest.positions = narrow.map(\.position)
        let first = link.round == round ? work.narrowHost ?? link.candidate : 0
        convert(rest, from: first) { [self, rest] obstacle in
            for (place, (_, judgement)) in narrow.enumerated() {
                // What a peer said in words of its own is the better reason.
                let isOwn = judgement.evidence.reply == nil
                let reason = isOwn ? self.judgement(obstacle.failure, rest, place, link) : judgement
                emit(rest, place, reason, remote: link.remote)
            }
        }
    }

    private enum NextStep { case sameHost, otherHost, sevenBit, outcome }

    /// What the loop can still do about a failure before the planner hears of it.
    private func next(
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
            case .nextHost, .otherFamily:
                if link.round == round, nextCandidate(from: link.candidate + 1) != nil { return .otherHost }
            default:
                if action.isTerminal { return .outcome }
            }
        }
        return .outcome
    }

    /// Whether it failed for octets above 127 that could be encoded, and were not.
    private func isConvertible(_ work: Work, _ judgement: Judgement, _ failure: ClientFailure) -> Bool {
        guard judgement.finding.cause == .conversionUnsupported, work.converted == nil else { return false }
        return failure.stage == .conversion || work.item.message.envelope.body != .sevenBit
    }

    private func judgement(_ failure: ClientFailure, _ work: Work, _ place: Int, _ link: Link) -> Judgement {
        judgement(failure, work, place, link.remote, provider: link.provider, parameters: [])
    }

    private func judgement(
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
            parties: parties(work, place, remote: remote),
            parameters: parameters,
            nullReversePath: work.item.message.isReport
        )
    }

    private var nextHop: Evidence.NextHop {
        if case .hosts = route?.target { return .smartHost }
        return .mx
    }

    private func parameters(_ work: Work, _ report: TransactionReport) -> SentParameters {
        var sent: SentParameters = []
        if report.capabilities.offers(.size) { sent.insert(.size) }
        if report.capabilities.offers(.dsn) { sent.insert(.dsn) }
        if work.item.message.envelope.smtpUTF8 { sent.insert(.smtpUTF8) }
        if work.converted == nil, work.item.message.envelope.body != .sevenBit { sent.insert(.body) }
        return sent
    }

    private func parties(_ work: Work, _ place: Int, remote: String) -> Evidence.Parties {
        let envelope = work.item.message.envelope
        let recipient = envelope.recipients[Int(work.recipient(place).index)]
        var parties = Evidence.Parties()
        parties.recipient = envelope.text(recipient.address)
        parties.recipientDomain = envelope.text(recipient.domain)
        parties.host = remote
        parties.heloName = delivery.heloName
        parties.reversePath = envelope.text(envelope.reversePath)
        parties.message = work.item.message.id.description
        return parties
    }

    private func relayed(
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
                result: .relayed(notifiesSuccess: report.capabilities.offers(.dsn))
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

    private func emit(_ work: Work, _ place: Int, _ judgement: Judgement, remote: String) {
        delivery.outcome(judgement.outcome(work.recipient(place).ticket, at: delivery.clock.now, remote: remote))
    }
}
