/// What was seen in a message's content while it passed.
public struct ContentFacts: Hashable, Sendable {
    /// Octets of content, dots unstuffed.
    public var byteCount: Int
    /// Octets of the header with the empty line behind it; nil when no empty line came.
    public var headerByteCount: Int?
    /// `Received` fields in the header (RFC 5321 §6.3).
    public var hopCount: Int
    /// Whether any octet was above 127.
    public var hasEightBit: Bool
    /// The longest line without its CRLF.
    public var longestLine: Int

    /// The facts of no content.
    public init() {
        self.byteCount = 0
        self.headerByteCount = nil
        self.hopCount = 0
        self.hasEightBit = false
        self.longestLine = 0
    }
}
