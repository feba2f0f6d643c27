import StatusCodes

/// One transaction on its way: what was said, what was answered so far.
struct ClientExchange: ~Copyable {
    /// The reply that comes next; while content is on its way, none.
    enum Expected: Hashable { case mail, rcpt(Int), data, strayDot, content, end }

    /// What was or will be said for a transaction.
    struct Flight: Hashable {
        /// How many recipients are offered; the peer's limits may leave out the last ones (RFC 9422 §4).
        let offeredCount: Int
        /// All commands up to DATA go out at once (RFC 2920).
        let isPipelined: Bool
        /// How the content will go.
        let form: ContentForm

        /// DATA is the last command of the group; BDAT waits for an accepted recipient (RFC 3030 §2).
        var includesData: Bool { isPipelined && form == .dotStuffed }
    }

    let transaction: ClientTransaction
    let flight: Flight
    var expected = Expected.mail
    var acceptedCount = 0
    /// The first refusal that concerns all recipients.
    var common: ClientFailure?
    /// Recipients with a refusal of their own, in ascending order.
    var refusals: [(position: Int, failure: ClientFailure)] = []
    /// What LMTP said for the accepted recipients so far (RFC 2033 §4.2).
    var finals: [RecipientOutcome] = []
    /// It rode behind a BDAT that was refused: a 503 to its MAIL follows only from that.
    var isSuspect = false
    /// It got that 503 and has to be said again after RSET.
    var isSpoiled = false

    init(_ transaction: ClientTransaction, flight: Flight) {
        self.transaction = transaction
        self.flight = flight
    }

    /// RFC 2920 §3.1, RFC 3030 §2: content goes only to a peer that took at least one recipient.
    var mayCarryContent: Bool { common == nil && acceptedCount > 0 }

    /// First refusal counts: what follows from it is recorded beside it (`docs/design/rulings.md` §1).
    mutating func noteDerived(_ reply: PrintedReply) {
        if common != nil {
            if common?.derived == nil { common?.derived = reply }
            return
        }
        for index in refusals.indices where refusals[index].failure.derived == nil {
            refusals[index].failure.derived = reply
        }
    }

    /// The fates when those without one of their own share this one; recipients never offered share it only when it
    /// ends the session.
    consuming func outcomes(_ shared: RecipientOutcome) -> TransactionReport.Outcomes {
        let count = transaction.recipientCount
        if let common { return .uniform(.failed(common)) }
        let isForAll = shared.endsSession || flight.offeredCount == count
        if refusals.isEmpty, finals.isEmpty, isForAll { return .uniform(shared) }
        var all: [RecipientOutcome] = []
        all.reserveCapacity(count)
        var refused = refusals.makeIterator()
        var nextRefused = refused.next()
        var answered = finals.makeIterator()
        for position in 0..<flight.offeredCount {
            if let refusal = nextRefused, refusal.position == position {
                all.append(.failed(refusal.failure))
                nextRefused = refused.next()
            } else {
                all.append(answered.next() ?? shared)
            }
        }
        let rest: RecipientOutcome = shared.endsSession ? shared : .notAttempted
        while all.count < count { all.append(rest) }
        return .individual(all)
    }
}

extension RecipientOutcome {
    fileprivate var endsSession: Bool {
        if case .failed(let failure) = self { return failure.reach == .session }
        return false
    }
}
