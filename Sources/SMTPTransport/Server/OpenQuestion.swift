import NIOCore
import SMTPProtocol
import StatusCodes

/// The question that a session asked its host last.
struct OpenQuestion {
    /// Its number; answers to older ones are dropped.
    private(set) var ticket: UInt64 = 0
    /// Whether an answer is awaited.
    private(set) var isOpen = false
    /// An answer that came while input was being worked off.
    private var early: SessionReply?
    /// When a sink has had too long; for everybody else the session has its own deadline.
    var sinkDeadline: NIODeadline?

    /// Asks anew; what was asked before is no longer of interest.
    mutating func ask() -> UInt64 {
        withdraw()
        isOpen = true
        return ticket
    }

    /// The answer came with the return of the call.
    mutating func answered() {
        isOpen = false
        early = nil
        sinkDeadline = nil
    }

    /// No answer is wanted any more.
    mutating func withdraw() {
        answered()
        ticket &+= 1
    }

    /// Whether an answer under this ticket is the one that is waited for.
    func awaits(_ ticket: UInt64) -> Bool { isOpen && early == nil && ticket == self.ticket }

    /// Keeps an answer until the input at hand is worked off.
    mutating func keep(_ answer: SessionReply) { early = answer }

    /// The answer that was kept; with it the question is settled.
    mutating func takeEarly() -> SessionReply? {
        guard let answer = early else { return nil }
        answered()
        return answer
    }
}

/// An answer of any kind on its way to the session.
enum SessionReply {
    case verdict(Verdict)
    case authentication(AuthenticationAnswer)
    case reply(Reply)
    case progress(SinkProgress)
    case outcome(SinkOutcome)
}
