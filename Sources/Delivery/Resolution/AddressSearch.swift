import MailFormat
import StatusCodes

/// The second half of a route look-up: hosts are known, their addresses are being asked for.
///
/// Both families are asked for and used in turn (RFC 5321 §5.2).
struct AddressSearch {
    let domain: RoutingDomain
    let source: ResolvedRoute.Source
    /// Whether the operator named the hosts: then loopback and private addresses are meant.
    let isStatic: Bool
    let isSecure: Bool
    /// The lifetime of the MX answer; nil where none was needed.
    let lifetime: Duration?
    /// What all domains with these MX have in common, also while some of them have no address; nil where no MX decide.
    let site: MXSite?
    private var candidates: [CandidateHost]

    init(
        domain: RoutingDomain,
        source: ResolvedRoute.Source,
        isStatic: Bool,
        isSecure: Bool,
        lifetime: Duration? = nil,
        site: MXSite? = nil,
        candidates: [CandidateHost]
    ) {
        self.domain = domain
        self.source = source
        self.isStatic = isStatic
        self.isSecure = isSecure
        self.lifetime = lifetime
        self.site = site
        self.candidates = candidates
    }

    /// Every question that is open, each once.
    var questions: [DNSQuestion] {
        var seen: Set<DNSQuestion> = []
        return candidates.flatMap(\.questions).filter { seen.insert($0).inserted }
    }

    var isComplete: Bool { candidates.allSatisfy { !$0.v6.isWaiting && !$0.v4.isWaiting } }

    /// Takes an answer; false when nobody waits for it.
    ///
    /// Two smart hosts may share a name and differ in port.
    mutating func take(_ answer: DNSAnswer, to question: DNSQuestion) -> Bool {
        var isTaken = false
        for index in candidates.indices where candidates[index].name == question.name {
            if question.type == .aaaa, candidates[index].v6.isWaiting {
                candidates[index].v6 = .answered(answer)
                isTaken = true
            } else if question.type == .a, candidates[index].v4.isWaiting {
                candidates[index].v4 = .answered(answer)
                isTaken = true
            }
        }
        return isTaken
    }

    /// Counts every open question as timed out.
    mutating func giveUp() {
        for index in candidates.indices {
            if candidates[index].v6.isWaiting { candidates[index].v6 = .answered(DNSAnswer(.failed(.timeout))) }
            if candidates[index].v4.isWaiting { candidates[index].v4 = .answered(DNSAnswer(.failed(.timeout))) }
        }
    }

    /// The result, once every answer is there.
    func conclude(_ policy: RoutingPolicy, using generator: inout some RandomNumberGenerator) -> RouteResult {
        let remaining = withoutOwn(policy)
        guard !remaining.isEmpty else { return .failed(MXRouting.loop(domain, policy)) }
        var hosts: [MXHost] = []
        var room = policy.limits.addresses
        for candidate in remaining where room > 0 {
            let addresses = candidate.usableAddresses(isStatic: isStatic, policy: policy, using: &generator)
                .prefix(room)
            guard !addresses.isEmpty else { continue }
            room -= addresses.count
            hosts.append(
                MXHost(
                    name: candidate.name,
                    preference: candidate.preference,
                    addresses: Array(addresses),
                    port: candidate.port,
                    isSecure: candidate.isSecure
                )
            )
        }
        guard !hosts.isEmpty else { return .failed(reason(remaining, policy)) }
        // An address needs no answer, so nothing limits how long it is good.
        let shortest = (remaining.compactMap(\.lifetime) + (lifetime.map { [$0] } ?? [])).min()
        return .found(
            ResolvedRoute(
                hosts: hosts,
                source: source,
                isSecure: isSecure,
                lifetime: shortest ?? .seconds(3600),
                site: site
            )
        )
    }

    /// RFC 5321 §5.1: our own host goes, and with it every MX of the same or higher number.
    ///
    /// The order of smart hosts is the operator's and says nothing about who is nearer, so there only our own host
    /// goes.
    private func withoutOwn(_ policy: RoutingPolicy) -> [CandidateHost] {
        let own = candidates.filter { $0.isOwn(policy) }
        guard let best = own.map(\.preference).min() else { return candidates }
        return source == .smartHost
            ? candidates.filter { !$0.isOwn(policy) } : candidates.filter { $0.preference < best }
    }

    /// Why no host has an address.
    ///
    /// What may mend by itself comes first: nothing is returned while it can.
    private func reason(_ candidates: [CandidateHost], _ policy: RoutingPolicy) -> RouteFailure {
        let names = candidates.map { $0.name?.text ?? domain.description }.joined(separator: ", ")
        let lacks = candidates.map(\.lack)
        // RFC 5321 §5.1: one server that may be back tomorrow is reason enough to wait.
        let failures = lacks.compactMap { if case .temporary(let failure) = $0 { failure } else { nil } }
        if let failure = failures.first(where: { $0 != .refused }) ?? failures.first {
            return MXRouting.failure(failure, .dnsAddress, "The address look-up for \(names)", policy)
        }
        func has(_ match: (CandidateHost.Lack) -> Bool) -> Bool { lacks.contains(where: match) }
        if source == .smartHost || isStatic {
            return RouteFailure(.noRouteNow, .dnsAddress, "The configured next hop \(names) has no usable address.")
        }
        if source == .mx, has({ if case .noAddress = $0 { true } else { false } }) {
            return RouteFailure(.noRouteNow, .dnsAddress, "The MX of \(domain) has no address: \(names).")
        }
        if has({ if case .unusable = $0 { true } else { false } }) {
            return RouteFailure(
                .mxUnusable,
                .dnsAddress,
                "Mail for \(domain) leads to loopback, private or reserved addresses only: \(names)."
            )
        }
        return source == .mx
            ? RouteFailure(.noRoute, .dnsAddress, "No MX of \(domain) exists in DNS: \(names).")
            : RouteFailure(.noRoute, .dnsAddress, "The domain \(domain) has neither MX nor address records.")
    }
}
