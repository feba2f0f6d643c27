/// Why a message stays as it is: what a conversion to 7 bits would have to touch and must not, or cannot.
public struct ConversionRefusal: Error, Hashable, Sendable {
    /// What stands in the way.
    public enum Code: Hashable, Sendable {
        /// A part with such octets is signed; any change breaks the signature (RFC 1847 §2.1, RFC 8551 §3.1).
        case signed
        /// A part with such octets is encrypted (RFC 1847 §2.2, RFC 3156 §3).
        case encrypted
        /// A header field holds an octet above 127: that needs another conversion (RFC 6857), which may lose something.
        case eightBitHeader
        /// Such octets stand before, between or behind the parts of a multipart, where nothing says how they are encoded.
        case outsideParts
        /// Such octets stand in a part that claims to be encoded already.
        case mislabelled
        /// Such octets stand in a part that must not be encoded (RFC 2045 §6.4): a multipart without parts, or a kind of
        /// message that is not looked into.
        case unencodable
        /// A header can be read in two ways: no empty line behind it, or a field twice that may be there once.
        case ambiguous
        /// A bare CR or LF stands outside the bodies of parts.
        case bareLineEnd
        /// More parts, deeper ones or longer headers than are followed.
        case tooComplex
    }

    /// What stands in the way.
    public let code: Code
    /// Where it was noticed; for people only, hence not part of equality.
    public let offset: Int

    init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// Whether somebody has seen to it that the message is not changed.
    public var isProtection: Bool { code == .signed || code == .encrypted }

    /// A few words for an attempt's record.
    public var text: String {
        switch code {
        case .signed: "a part is signed"
        case .encrypted: "a part is encrypted"
        case .eightBitHeader: "a header field has octets above 127"
        case .outsideParts: "octets above 127 stand outside of all parts"
        case .mislabelled: "a part claims an encoding that it does not have"
        case .unencodable: "a composite part with octets above 127 has no parts"
        case .ambiguous: "a header can be read in two ways"
        case .bareLineEnd: "a line of the structure does not end with CRLF"
        case .tooComplex: "it has too many parts"
        }
    }

    /// Refusals of one code are equal.
    public static func == (left: Self, right: Self) -> Bool { left.code == right.code }

    /// Hashes the code.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
