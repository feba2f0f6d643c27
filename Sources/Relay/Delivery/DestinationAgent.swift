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
    final class Link {
        let candidate: Int
        let round: Int
        let remote: String
        let provider: Provider?
        let terms: ConnectionTerms
        let began: NIODeadline
        var connection: ClientConnection?
        var isReady = false
        var connectTime: TimeAmount = .zero

        init(_ index: Int, of round: HostRound, began: NIODeadline) {
            let candidate = round[index]
            self.candidate = index
            self.round = round.number
            self.remote = candidate.remote
            self.provider = candidate.host.name.flatMap { Provider(mxHost: $0.text) }
            self.terms = candidate.terms
            self.began = began
        }
    }

    enum Hosts {
        case unknown
        case asking
        case known(until: NIODeadline)
    }

    let delivery: LoopDelivery
    let name: DestinationRoute
    var route: Route?
    var limits: LoopLimits
    var hosts = Hosts.unknown
    var round = HostRound([], number: 0)
    /// First come, first served; at most the window that the planner keeps to.
    var works: [Work] = []
    var links: [Link] = []
    var isReading = 0
    var isStopping = false

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
        for item in assignment.items { add(Work(item, now: now)) }
        pump()
    }

    /// Puts work behind the others, as one transaction or one for each recipient.
    ///
    /// Those are made when the content is there, so that it is read once and they share it.
    private func add(_ work: Work) {
        if work.content != nil, delivery.sendsSingly(work) { works += work.single } else { works.append(work) }
    }

    func stop() {
        isStopping = true
        works.removeAll()
        for link in links { link.connection?.close() }
    }

    /// Hosts are looked up anew, and connections end with what they carry: the next one is made as the route says now.
    func settingsChanged() {
        route = delivery.route(of: name)
        if case .known = hosts { hosts = .unknown }
        for index in works.indices { works[index].startOver() }
        for link in links { link.connection?.close() }
        pump()
    }

    // MARK: Work to connections

    func pump() {
        guard !works.isEmpty, !isStopping else { return }
        if isRouteGone { return giveBack() }
        switch hosts {
        case .asking: return
        case .unknown: return look()
        case .known(let until) where until < .now():
            if links.isEmpty { return look() }
            lookAgain()
        case .known: break
        }
        place()
    }

    /// Whether a reload took the route away; the planner learns of that a moment later, and then sends work elsewhere.
    var isRouteGone: Bool { if case .fixed = name { route == nil } else { false } }

    /// How long work without a route rests, so that it does not come back before the planner knows.
    static let restWithoutRoute: Duration = .seconds(1)

    func giveBack() {
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
    func place() {
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
    static let mostPassedOver = 16

    enum Placement { case read, send(Link), open(Int), giveUp, failEverything, wait }

    func placement(of work: Work) -> Placement {
        guard work.content != nil else { return .read }
        if let link = freeLink(for: work) { return .send(link) }
        let opening = links.count { !$0.isReady }
        guard links.count < limits.connections, opening < works.count else { return .wait }
        if let candidate = round.named(work.firstHost) ?? round.next(from: work.firstCandidate) {
            return .open(candidate)
        }
        // Every host that this message has not tried yet has failed.
        if work.firstCandidate > 0, !links.isEmpty || round.next(from: 0) != nil { return .giveUp }
        return links.isEmpty ? .failEverything : .wait
    }

    /// A connection that can take a transaction now: an idle one, else one whose peer takes the next while it works
    /// and no further connection may be opened.
    func freeLink(for work: Work) -> Link? {
        var second: Link?
        let wanted = round.named(work.firstHost)
        for link in links where link.isReady && suits(link, work, wanted) {
            guard let connection = link.connection, connection.canTakeTransaction else { continue }
            if connection.isIdle { return link }
            if connection.capabilities?.offers(.pipelining) == true { second = second ?? link }
        }
        return links.count >= limits.connections || works.count <= links.count ? second : nil
    }

    /// A link of an earlier round is as good as any; one of this round must lead to a host that the message may try,
    /// on the terms that hold for it now.
    func suits(_ link: Link, _ work: Work, _ wanted: Int?) -> Bool {
        guard link.round == round.number else { return wanted == nil || link.remote == work.firstHost }
        guard link.terms == round[link.candidate].terms else { return false }
        return wanted.map { $0 == link.candidate } ?? (link.candidate >= work.firstCandidate)
    }

    func send(_ work: Work, on link: Link) {
        guard let connection = link.connection, let content = work.content else { return }
        let transaction = ClientTransaction(
            envelope: delivery.envelope(of: work),
            recipients: work.transactionRecipients,
            content: work.needs(of: content)
        )
        let began = NIODeadline.now()
        connection.send(transaction, content: content) { [self] report in
            finish(work, report, link, began: began)
        }
    }

    func read(_ work: Work) {
        isReading += 1
        delivery.read(work.item.message.id) { [self] result in
            isReading -= 1
            switch result {
            case .success(let content):
                var work = work
                work.content = content
                add(work)
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
    func giveUp(_ work: Work) {
        let failure = round.mostTelling.failure
        guard let host = work.narrowHost, work.converted == nil else { return fail(work, with: failure, remote: "") }
        convert(work, from: host) { [self] _ in fail(work, with: failure, remote: "") }
    }

    /// Makes 7-bit content of a message and sends that, to the hosts from a candidate on; where there is an obstacle
    /// the caller says what becomes of it.
    func convert(_ work: Work, from candidate: Int, else refuse: @escaping (ConversionObstacle) -> Void) {
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
}
