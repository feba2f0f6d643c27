import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

/// The hosts of one look-up in their order, with what this round has taught about each.
struct HostRound {
    /// One address of one host.
    struct Candidate {
        let host: MXHost
        let address: IPAddress
        /// What went wrong when it was last tried in this round.
        var failure: ClientFailure?
        /// How sessions with it are to be made.
        var terms = ConnectionTerms()

        var name: String { host.name?.text ?? address.description }
        /// How attempt records and logs name it.
        var remote: String { "\(name)[\(address)]:\(host.port)" }
    }

    private(set) var candidates: [Candidate]
    /// Counts look-ups: a link of an earlier round says nothing about the hosts of this one.
    let number: Int

    init(_ hosts: [MXHost], number: Int) {
        self.candidates = hosts.flatMap { host in host.addresses.map { Candidate(host: host, address: $0) } }
        self.number = number
    }

    subscript(index: Int) -> Candidate { candidates[index] }

    /// The first that may still be tried, from one on.
    func next(from first: Int) -> Int? {
        candidates.indices.first { $0 >= first && candidates[$0].failure == nil }
    }

    /// The one that an attempt record names, unless it has failed in this round.
    func named(_ remote: String?) -> Int? {
        guard let remote else { return nil }
        return candidates.indices.first { candidates[$0].failure == nil && candidates[$0].remote == remote }
    }

    /// One behind a candidate with the other family of addresses: of the same host where it has one.
    func otherFamily(of index: Int) -> Int? {
        let (name, family) = (candidates[index].name, candidates[index].address.isV6)
        let others = candidates.indices.filter {
            $0 > index && candidates[$0].failure == nil && candidates[$0].address.isV6 != family
        }
        return others.first { candidates[$0].name == name } ?? others.first
    }

    /// The most telling failure, and where it happened: a host that said no tells more than one that did not answer.
    var mostTelling: (failure: ClientFailure, remote: String) {
        let failed = candidates.compactMap { candidate in candidate.failure.map { ($0, candidate.remote) } }
        let replies = failed.filter { if case .reply = $0.0.cause { true } else { false } }
        return replies.last ?? failed.last
            ?? (ClientFailure(stage: .connect, reach: .session, cause: .condition(.noAnswer, detail: "")), "")
    }

    /// No session could be made: the next try is made on other terms, or the candidate is passed over.
    mutating func failed(_ index: Int, _ failure: ClientFailure, isOpportunistic: Bool) {
        let isHandshake = failure.stage == .tls || failure.stage == .starttls
        if isHandshake, isOpportunistic, candidates[index].terms.tls == .asOffered {
            // A failed opportunistic handshake goes on in clear, on a new connection to the same host.
            candidates[index].terms.tls = .never
        } else {
            candidates[index].failure = failure
        }
    }

    /// The peer refused what was said in clear though it offers TLS: once more, and then under TLS or not at all.
    ///
    /// False when that was tried already.
    mutating func demandTLS(_ index: Int) -> Bool {
        guard candidates[index].terms.tls != .demanded else { return false }
        candidates[index].terms.tls = .demanded
        return true
    }

    /// The peer refused a parameter: once more without those that may be left out.
    ///
    /// SIZE is advice, and without DSN the relay reports in the peer's place (RFC 3461 §5.2.2): nothing that was asked for
    /// is lost. BODY and SMTPUTF8 say what the content is and stay. False when there is nothing to leave out.
    mutating func withhold(_ parameters: SentParameters, from index: Int) -> Bool {
        var more: PeerExtensions = []
        if parameters.contains(.size) { more.insert(.size) }
        if parameters.contains(.dsn) { more.insert(.dsn) }
        guard !candidates[index].terms.withheld.isSuperset(of: more) else { return false }
        candidates[index].terms.withheld.formUnion(more)
        return true
    }
}

/// How sessions with a host are made: a connection made on other terms is not used again.
struct ConnectionTerms: Hashable {
    /// What is done about TLS where the route leaves it to us.
    enum TLS: Hashable {
        /// Taken where it is offered.
        case asOffered
        /// The opportunistic handshake failed here: go on in clear (`docs/design/rulings.md` §3).
        case never
        /// The peer refuses mail in clear.
        case demanded
    }

    var tls = TLS.asOffered
    /// Extensions whose parameters the peer refused.
    var withheld: PeerExtensions = []
}
