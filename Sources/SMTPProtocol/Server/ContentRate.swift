/// How fast content comes, judged once per span: a bound on clients that hold a session by dripping octets.
struct ContentRate: Hashable, Sendable {
    private var latest: SessionInstant
    private var spanStart: SessionInstant
    private var octets = 0

    enum Judgement: Hashable {
        case fastEnough
        case silent
        case tooSlow
    }

    init(at now: SessionInstant) {
        self.latest = now
        self.spanStart = now
    }

    mutating func count(_ octets: Int, at now: SessionInstant) {
        guard octets > 0 else { return }
        self.octets += octets
        latest = now
    }

    func deadline(_ limits: ServerLimits) -> SessionInstant {
        min(latest.advanced(by: limits.contentTimeout), spanStart.advanced(by: limits.contentRateSpan))
    }

    /// A client that sent nothing at all is given the whole time-out of RFC 5321 §4.5.3.2.7; one that drips is not.
    mutating func judge(at now: SessionInstant, _ limits: ServerLimits) -> Judgement {
        if now >= latest.advanced(by: limits.contentTimeout) { return .silent }
        guard now >= spanStart.advanced(by: limits.contentRateSpan) else { return .fastEnough }
        if octets > 0, octets < limits.minimumContent { return .tooSlow }
        spanStart = now
        octets = 0
        return .fastEnough
    }
}
