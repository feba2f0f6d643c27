import MailFormat
import StatusCodes

/// The rules of RFC 5321 §5.1 and RFC 7505, from answers to hosts: pure functions.
enum MXRouting {
    /// An MX record that survived.
    struct Exchange: Hashable {
        var name: DNSName
        var preference: UInt16
    }

    /// What an answer to the MX question leads to.
    enum Selection: Hashable {
        /// Look up the addresses of these, best first; of which site the domain is by all of its usable MX.
        case exchanges([Exchange], MXSite?)
        /// No MX: the domain's own addresses (RFC 5321 §5.1).
        case implicit
        /// Nowhere.
        case failed(RouteFailure)
    }

    /// Chooses among the MX of a domain.
    static func select(
        _ answer: DNSAnswer,
        domain: DNSName,
        isOurs: Bool,
        policy: RoutingPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> Selection {
        switch answer.outcome {
        case .records(let records):
            select(records, domain: domain, policy: policy, using: &generator)
        case .noData:
            // RFC 5321 §5.1: only a proven absence of MX lets the addresses speak.
            policy.ownNames.contains(domain) ? .failed(loop(domain, policy)) : .implicit
        case .noSuchName where isOurs:
            .failed(RouteFailure(.noRouteNow, .dnsMX, "The route names \(domain), which does not exist in DNS."))
        case .noSuchName:
            .failed(RouteFailure(.noSuchDomain, .dnsMX, "The domain \(domain) does not exist in DNS."))
        case .failed(let failure):
            .failed(self.failure(failure, .dnsMX, "The MX look-up for \(domain)", policy))
        }
    }

    private static func select(
        _ records: [DNSRecord],
        domain: DNSName,
        policy: RoutingPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> Selection {
        var exchanges: [DNSName: UInt16] = [:]
        var isNull = false
        var isNamed = false
        for case .mx(let preference, let exchange) in records {
            isNamed = true
            guard let exchange else { continue }
            // RFC 7505 §3, §4.1: "." is no exchange; beside others it is a mistake and the others count.
            if exchange == .root { isNull = true; continue }
            // An address in place of a name is against RFC 5321 §5.1 and RFC 2181 §10.3.
            if IPAddress(exchange.text) != nil { continue }
            exchanges[exchange] = min(preference, exchanges[exchange] ?? .max)
        }
        guard isNamed else {
            let detail = "The MX records of \(domain) cannot be read."
            return .failed(RouteFailure(policy.refusalsAreFinal ? .directoryFailedFinal : .dnsFailure, .dnsMX, detail))
        }
        guard !exchanges.isEmpty else {
            return .failed(
                isNull
                    ? RouteFailure(
                        .recipientNullMx,
                        .dnsMX,
                        "The domain \(domain) says that it takes no mail (null MX)."
                    )
                    : RouteFailure(.mxUnusable, .dnsMX, "No MX record of \(domain) names a host.")
            )
        }
        // RFC 5321 §5.1: this host and every MX of the same or higher number are discarded.
        let own = exchanges.filter { policy.ownNames.contains($0.key) }.map(\.value).min()
        let remaining = own.map { own in exchanges.filter { $0.value < own } } ?? exchanges
        guard !remaining.isEmpty else { return .failed(loop(domain, policy)) }
        // By all of them: chance decides who is behind the limit, and must not decide about the site.
        let site = MXSite(remaining.map { ($0.key, $0.value) })
        // Sorted first, so that one seed gives one order; then shuffled, so that equals share (RFC 5321 §5.1).
        var ordered = remaining.map { Exchange(name: $0.key, preference: $0.value) }.sorted {
            $0.name.text < $1.name.text
        }
        ordered.shuffle(using: &generator)
        ordered = ordered.enumerated()
            .sorted { ($0.element.preference, $0.offset) < ($1.element.preference, $1.offset) }
            .map(\.element)
        return .exchanges(Array(ordered.prefix(policy.limits.hosts)), site)
    }

    /// What a failed look-up means for the recipient.
    static func failure(
        _ failure: DNSFailure,
        _ stage: Stage,
        _ question: String,
        _ policy: RoutingPolicy
    ) -> RouteFailure {
        switch failure {
        case .serverFailure:
            RouteFailure(.dnsFailure, stage, "\(question) failed: the servers of the zone gave no answer (SERVFAIL).")
        case .bogus(let reason):
            RouteFailure(.dnsFailure, stage, "\(question) failed: the answer did not validate with DNSSEC: \(reason)")
        case .timeout:
            RouteFailure(.dnsFailure, stage, "\(question) failed: no answer in time.")
        case .unavailable:
            RouteFailure(.dnsFailure, stage, "\(question) failed: the resolver takes no more questions now.")
        case .refused:
            RouteFailure(
                policy.refusalsAreFinal ? .directoryFailedFinal : .dnsFailure,
                stage,
                "\(question) failed: the name server refused to answer."
            )
        }
    }

    /// Mail that would come back to us.
    static func loop(_ domain: some CustomStringConvertible, _ policy: RoutingPolicy) -> RouteFailure {
        RouteFailure(
            policy.loopsAreTemporary ? .loopSoft : .loopsToSelf,
            .routing,
            "Mail for \(domain) leads back to this host, and no better host is left."
        )
    }
}
