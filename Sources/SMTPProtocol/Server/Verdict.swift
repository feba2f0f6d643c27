public import StatusCodes

/// What the world outside a session decided about a sender or a recipient.
public enum Verdict: Hashable, Sendable {
    /// Taken, with the ordinary reply.
    case accepted
    /// Taken, and the reply says more (251 2.1.5, 250 2.3.6).
    case acceptedWith(Reply)
    /// Refused with this reply; a 421 also ends the session.
    case refused(Reply)
}
