/// Asks the domain name system.
///
/// Implementations follow aliases, validate where a trust anchor is set, and bound what they keep.
public protocol Resolver: AnyObject, Sendable {
    /// Asks one question.
    ///
    /// `completion` is called exactly once, on a thread of the resolver's choice, possibly before this returns; after
    /// `limit` at the latest, with `.timeout`.
    func resolve(
        _ question: DNSQuestion,
        within limit: Duration,
        completion: @escaping @Sendable (DNSAnswer) -> Void
    )
}

/// Turns domains with letters beyond ASCII into the form that DNS keeps (RFC 5891 §5: lookup).
public protocol DomainEncoder: Sendable {
    /// The A-label form of a domain; nil when IDNA does not allow it.
    func encode(_ domain: String) -> DNSName?
}
