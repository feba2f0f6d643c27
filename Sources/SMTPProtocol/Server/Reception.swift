import MailFormat
import StatusCodes

/// Content on its way in: the rules it is held to, and a refusal by somebody else.
struct Reception: Sendable {
    /// Walks over the octets.
    var scanner: ContentScanner
    /// Why the host cannot take it (452 4.3.1 when memory or disk ran out on the way).
    private(set) var hostRefusal: Reply?
    /// A chunk was refused: nothing but RSET helps (RFC 3030 §2).
    private(set) var isBroken = false
    /// Whether the driver was told to drop what it has.
    private(set) var wasDropped = false

    init(_ limits: ServerLimits) {
        self.scanner = ContentScanner(
            limits: .init(size: limits.messageSize, line: limits.textLine, hops: limits.hops)
        )
    }

    /// The reply that refuses it; nil while it is acceptable.
    var refusal: Reply? {
        if let violation = scanner.violation { return Reply(violation.condition) }
        return hostRefusal
    }

    /// Whether the session must end with the refusal: a bare newline says that the two sides disagree on framing.
    var endsSession: Bool { scanner.violation == .bareNewline }

    /// Somebody else cannot keep it; the rest is passed over.
    mutating func refuse(_ reply: Reply) -> ServerAction {
        if hostRefusal == nil { hostRefusal = reply }
        return mustDrop() ? .dropContent : .read
    }

    mutating func markBroken() { isBroken = true }

    /// What becomes of a stretch of content: kept, or nothing once content is refused.
    mutating func give(_ content: ByteRange) -> ServerAction {
        if mustDrop() { return .dropContent }
        return content.isEmpty || wasDropped ? .read : .content(content)
    }

    /// True once, when content that the driver collected has become useless.
    private mutating func mustDrop() -> Bool {
        guard refusal != nil, !wasDropped else { return false }
        wasDropped = true
        return true
    }
}
