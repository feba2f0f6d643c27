import MailFormat

/// Whom a suppression is about: exactly one address, or every address of a domain.
///
/// ASCII case is folded, in the local part too: no mail system in use tells `Anna` from `anna`, and one that did would be
/// mailed a dead address once for every spelling. Nothing else is folded: dots, `+` and what stands behind it make
/// another mailbox almost everywhere.
public struct SuppressionSubject: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// `alice@example.net`, or `@example.net` for a whole domain.
    public let text: String

    /// An address as an envelope or a person has it; nil for one without a domain, and for what is no address.
    public init?(address: some StringProtocol) {
        let bytes = Array(address.utf8)
        guard let canonical = Self.canonical(bytes.span) else { return nil }
        self.init(stored: Self.folded(canonical))
    }

    /// What a person or a file wrote: an address, or `@domain`.
    public init?(_ written: some StringProtocol) {
        guard written.first == "@" else {
            self.init(address: written)
            return
        }
        let bytes = Array(written.utf8.dropFirst())
        let grammar = AddressGrammar(.utf8)
        guard let end = try? grammar.domainName(bytes.span, from: 0), end == bytes.count else { return nil }
        self.init(stored: Self.folded([UInt8(ascii: "@")] + bytes))
    }

    /// The text of a subject that was stored.
    public init(stored text: String) { self.text = text }

    /// Whether it is a whole domain.
    public var isDomain: Bool { text.utf8.first == UInt8(ascii: "@") }

    /// The domain behind the last `@`.
    public var domain: Substring { text.lastIndex(of: "@").map { text[text.index(after: $0)...] } ?? "" }

    /// The text.
    public var description: String { text }

    /// By bytes, as every store sorts.
    public static func < (left: Self, right: Self) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    /// The form by which two spellings of a mailbox are one; nil when it has no domain.
    private static func canonical(_ bytes: Span<UInt8>) -> [UInt8]? {
        guard let mailbox = try? AddressGrammar(.utf8).wholeMailbox(bytes), mailbox.domainForm != .none else {
            return nil
        }
        var canonical: [UInt8] = []
        mailbox.appendCanonical(bytes, to: &canonical)
        return canonical
    }

    private static func folded(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.map(FoldedIndex.folded), as: UTF8.self)
    }
}
