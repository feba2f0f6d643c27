import Delivery
import MailFormat
import NIOCore
import NIOSSL
import SMTPProtocol
import SMTPTransport
import StatusCodes

// Where to: looking hosts up, connecting to them, and what becomes of work when none can be talked to.
extension DestinationAgent {
    func look() {
        hosts = .asking
        ask()
    }

    /// Looks the hosts up anew while connections to the known ones are open: what waits goes on over those.
    func lookAgain() {
        hosts = .known(until: .now() + Self.timeToLookAgain)
        ask()
    }

    /// How long known hosts go on to be used while DNS does not answer and connections to them are open.
    static let timeToLookAgain = TimeAmount.seconds(60)

    private func ask() {
        let asked = delivery.epoch
        let completion: (RouteResult) -> Void = { [self] result in
            guard asked == delivery.epoch else {
                hosts = .unknown
                return pump()
            }
            switch result {
            case .found(let found): use(found)
            case .failed(let failure):
                guard !goesOn(without: failure) else { return }
                hosts = .unknown
                fail(failure)
            }
        }
        switch name {
        case .domain(let domain): delivery.routes.find(domain, route: route, completion: completion)
        case .fixed: delivery.routes.find(delivery.ownDomain, route: route, completion: completion)
        case .site(let site): look(for: site)
        }
    }

    /// Whether the known hosts do until DNS answers.
    private func goesOn(without failure: RouteFailure) -> Bool {
        if case .known = hosts, !links.isEmpty { failure.condition == .dnsFailure } else { false }
    }

    func use(_ found: ResolvedRoute) {
        round = HostRound(found.hosts, number: round.number + 1)
        for index in works.indices { works[index].startOver() }
        hosts = .known(until: .now() + TimeAmount(found.lifetime))
        pump()
    }

    /// A site has no name in DNS: its hosts are those of the domain that waits longest.
    ///
    /// What the answer says of that domain alone concerns only its own work.
    func look(for site: MXSite) {
        guard let domain = works.first?.domain else { return hosts = .unknown }
        let asked = delivery.epoch
        delivery.routes.find(domain, route: nil) { [self] result in
            guard asked == delivery.epoch else {
                hosts = .unknown
                return pump()
            }
            if case .found(let found) = result, found.site == site { return use(found) }
            if case .failed(let failure) = result, goesOn(without: failure) { return }
            hosts = .unknown
            let concerned = works.filter { $0.domain == domain }
            works.removeAll { $0.domain == domain }
            switch result {
            case .found(let found): delivery.resolved(concerned, found)
            case .failed(let failure): for work in concerned { delivery.fail(work, failure) }
            }
            // In a turn of its own, for the answer for the next domain may be there already.
            delivery.loop.assumeIsolated().execute { [self] in pump() }
            delivery.settle()
        }
    }

    func open(_ index: Int) {
        let candidate = round[index]
        guard let address = try? SocketAddress(ipAddress: candidate.address.description, port: Int(candidate.host.port))
        else {
            // An IPAddress always prints as one that the socket layer reads; if not, the host cannot be used.
            let cause = ClientFailure.Cause.condition(.networkOther, detail: candidate.address.description)
            round.failed(index, ClientFailure(stage: .connect, reach: .session, cause: cause), isOpportunistic: false)
            return
        }
        let link = Link(index, of: round, began: .now())
        links.append(link)
        let connection = ClientConnection.connect(
            to: address,
            configuration: delivery.connectionConfiguration(
                for: route,
                host: candidate.host.name,
                terms: candidate.terms
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
            ended(link, failure, offersTLS: connection.offersTLS)
        }
    }

    func ended(_ link: Link, _ failure: ClientFailure?, offersTLS: Bool) {
        links.removeAll { $0 === link }
        link.connection = nil
        if let failure, !link.isReady, link.round == round.number,
            !(offersTLS && needsTLS(failure, link) && round.demandTLS(link.candidate))
        {
            round.failed(link.candidate, failure, isOpportunistic: isOpportunistic)
        }
        pump()
        delivery.settle()
    }

    /// Whether a login was refused because it was tried in clear (538 5.7.11; `docs/design/rulings.md` §3).
    private func needsTLS(_ failure: ClientFailure, _ link: Link) -> Bool {
        guard failure.stage == .auth, isOpportunistic, !failure.isEncrypted else { return false }
        let judgement = Judgement(
            failure,
            nextHop: nextHop,
            provider: link.provider,
            parties: Evidence.Parties(),
            parameters: [],
            nullReversePath: false,
            by: delivery.decisions
        )
        return judgement.finding.actions.first == .upgrade
    }

    var isOpportunistic: Bool { route?.tls ?? .opportunistic == .opportunistic }

    func failEverything() {
        let (failure, remote) = round.mostTelling
        let failed = works
        works.removeAll()
        // What this round has taught ends with it.
        round = HostRound([], number: round.number + 1)
        hosts = .unknown
        for work in failed { fail(work, with: failure, remote: remote) }
    }

    func fail(_ failure: RouteFailure) {
        let failed = works
        works.removeAll()
        for work in failed { delivery.fail(work, failure) }
        delivery.settle()
    }

    func fail(_ work: Work, with failure: ClientFailure, remote: String) {
        for place in 0..<work.recipientCount {
            emit(work, place, judgement(failure, work, place, remote, provider: nil, parameters: []), remote: remote)
        }
        delivery.settle()
    }
}
