/// A character set that can be turned into UTF-8 without tables from elsewhere.
///
/// Others are told by their name only; text in them is left as it came.
public enum Charset: Hashable, Sendable {
    /// UTF-8, and US-ASCII as its part.
    case utf8
    /// ISO 8859-1.
    case latin1
    /// Windows-1252, which is also what many call ISO 8859-1.
    case windows1252

    /// Finds a character set by its name (RFC 2978 §2.3: in any case of letters).
    public init?(_ bytes: Span<UInt8>, _ name: ByteRange) {
        if bytes.equals("utf-8", in: name) || bytes.equals("utf8", in: name) || bytes.equals("us-ascii", in: name)
            || bytes.equals("ascii", in: name)
        {
            self = .utf8
        } else if bytes.equals("iso-8859-1", in: name) || bytes.equals("latin1", in: name) {
            self = .latin1
        } else if bytes.equals("windows-1252", in: name) || bytes.equals("cp1252", in: name) {
            self = .windows1252
        } else {
            return nil
        }
    }

    /// Appends bytes of this character set as UTF-8; what is malformed becomes U+FFFD.
    public func append(_ source: [UInt8], to utf8: inout [UInt8]) {
        switch self {
        case .utf8:
            utf8.append(contentsOf: String(decoding: source, as: UTF8.self).utf8)
        case .latin1:
            for byte in source { Self.append(UInt32(byte), to: &utf8) }
        case .windows1252:
            for byte in source {
                Self.append((0x80...0x9F).contains(byte) ? Self.high[Int(byte - 0x80)] : UInt32(byte), to: &utf8)
            }
        }
    }

    private static func append(_ scalar: UInt32, to utf8: inout [UInt8]) {
        utf8.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
    }

    // 0x80…0x9F of windows-1252; the five unassigned ones are U+FFFD.
    private static let high: [UInt32] = [
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD,
        0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0xFFFD, 0x017E, 0x0178,
    ]
}
