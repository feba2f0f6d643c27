import MailFormat

/// A host of a route while its addresses are being looked up.
struct CandidateHost {
    /// The look-up of one family.
    enum Lookup {
        case unneeded
        case waiting
        case answered(DNSAnswer)

        var addresses: [IPAddress] {
            guard case .answered(let answer) = self, case .records(let records) = answer.outcome else { return [] }
            return records.compactMap { if case .address(let address) = $0 { address } else { nil } }
        }

        var isWaiting: Bool { if case .waiting = self { true } else { false } }
        var isInsecure: Bool { if case .answered(let answer) = self { !answer.isSecure } else { false } }
    }

    /// Why a host gives no address.
    enum Lack {
        case temporary(DNSFailure)
        case noAddress
        case unusable
        case noSuchName
    }

    var name: DNSName?
    var preference: UInt16
    var port: UInt16
    var v6: Lookup
    var v4: Lookup
    /// Set where the operator or the recipient named an address instead of a host.
    var fixed: IPAddress?

    init(name: DNSName, preference: UInt16, port: UInt16, families: RoutingPolicy.Families) {
        self.name = name
        self.preference = preference
        self.port = port
        self.v6 = families == .onlyV4 ? .unneeded : .waiting
        self.v4 = families == .onlyV6 ? .unneeded : .waiting
    }

    init(address: IPAddress, preference: UInt16, port: UInt16) {
        self.preference = preference
        self.port = port
        self.v6 = .unneeded
        self.v4 = .unneeded
        self.fixed = address
    }

    /// What must be asked for it.
    var questions: [DNSQuestion] {
        guard let name else { return [] }
        return (v6.isWaiting ? [DNSQuestion(name, .aaaa)] : []) + (v4.isWaiting ? [DNSQuestion(name, .a)] : [])
    }

    /// Everything it resolves to, usable or not.
    var everyAddress: [IPAddress] { fixed.map { [$0] } ?? v6.addresses + v4.addresses }

    /// Whether DNSSEC proved what is known of it; an address that needed no look-up is as sure as its source.
    var isSecure: Bool { !v6.isInsecure && !v4.isInsecure }

    /// The shortest lifetime of its answers.
    var lifetime: Duration? {
        [v6, v4].compactMap { if case .answered(let answer) = $0 { answer.lifetime } else { nil } }.min()
    }

    /// Whether it is this very host.
    func isOwn(_ policy: RoutingPolicy) -> Bool {
        if let name, policy.ownNames.contains(name), port == policy.port { return true }
        return everyAddress.contains { policy.ownEndpoints.contains(IPEndpoint($0.unmapped, port: port)) }
    }

    /// Its usable addresses, IPv6 and IPv4 in turn, so that a family that does not work costs one attempt, not all.
    func usableAddresses(
        isStatic: Bool,
        policy: RoutingPolicy,
        using generator: inout some RandomNumberGenerator
    ) -> [IPAddress] {
        func usable(_ addresses: [IPAddress]) -> [IPAddress] {
            var seen: Set<IPAddress> = []
            let fit = addresses.filter {
                Self.isUsable($0, isStatic: isStatic, policy: policy) && seen.insert($0).inserted
            }
            return Array(fit.shuffled(using: &generator).prefix(policy.limits.addressesPerFamily))
        }
        if let fixed { return usable([fixed]) }
        let (first, second) = (usable(v6.addresses), usable(v4.addresses))
        var ordered: [IPAddress] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { ordered.append(first[index]) }
            if index < second.count { ordered.append(second[index]) }
        }
        return ordered
    }

    /// RFC 5321 §5.1 leaves it open; `docs/operations/dns.md`: mail of strangers must not make us connect to
    /// ourselves or into our own network.
    private static func isUsable(_ address: IPAddress, isStatic: Bool, policy: RoutingPolicy) -> Bool {
        if policy.permittedNetworks.contains(where: { $0.contains(address) }) { return true }
        return switch address.scope {
        case .global: true
        case .private, .loopback: isStatic
        case .unspecified, .multicast, .reserved: false
        }
    }

    /// Why there is no usable address; asked only when there is none.
    var lack: Lack {
        if !everyAddress.isEmpty { return .unusable }
        let outcomes = [v6, v4].compactMap { if case .answered(let answer) = $0 { answer.outcome } else { nil } }
        for case .failed(let failure) in outcomes { return .temporary(failure) }
        return outcomes.allSatisfy { $0 == .noSuchName } ? .noSuchName : .noAddress
    }
}
