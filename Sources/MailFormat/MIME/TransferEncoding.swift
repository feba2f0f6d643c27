/// How a part's body is encoded (RFC 2045 §6.1).
public enum TransferEncoding: Hashable, Sendable {
    /// 7bit, 8bit, binary, or nothing said: the bytes are the content.
    case identity
    /// quoted-printable.
    case quotedPrintable
    /// base64.
    case base64
    /// uuencode in one of its names; not decoded here.
    case uuencode
    /// Another name; the bytes are shown as they are.
    case unknown

    /// The name that stands in a Content-Transfer-Encoding.
    static func name(_ bytes: Span<UInt8>, _ value: ByteRange) -> ByteRange {
        let start = StructuredText.skipCommentsAndSpace(bytes, from: Int(value.start), to: Int(value.end))
        var end = start
        while end < Int(value.end), ASCII.isVisible(bytes[end]), bytes[end] != UInt8(ascii: ";"),
            bytes[end] != UInt8(ascii: "(")
        { end += 1 }
        return ByteRange(start, end)
    }

    init(_ bytes: Span<UInt8>, _ value: ByteRange) {
        let name = Self.name(bytes, value)
        if bytes.equals("quoted-printable", in: name) {
            self = .quotedPrintable
        } else if bytes.equals("base64", in: name) {
            self = .base64
        } else if bytes.equals("7bit", in: name) || bytes.equals("8bit", in: name) || bytes.equals("binary", in: name) {
            self = .identity
        } else if bytes.equals("x-uuencode", in: name) || bytes.equals("uuencode", in: name)
            || bytes.equals("x-uue", in: name)
        {
            self = .uuencode
        } else {
            self = name.isEmpty ? .identity : .unknown
        }
    }

    /// Appends at most `limit` bytes of content; true when that was all of it.
    @discardableResult
    public func decode(_ bytes: Span<UInt8>, _ body: Range<Int>, limit: Int, to content: inout [UInt8]) -> Bool {
        // Decoding never makes more bytes than it reads, so more than the body has is never wanted.
        let wanted = min(limit, body.count)
        // Base64 makes three of four, and has a line end after each 57.
        let readable = self == .base64 ? min(body.count, wanted / 3 * 4 + wanted / 57 * 2 + 4) : wanted
        let range = ByteRange(body.lowerBound, body.lowerBound + readable)
        let start = content.count
        switch self {
        case .identity, .uuencode, .unknown: content.append(bytes, range)
        case .quotedPrintable: QuotedPrintable.decode(bytes, range, to: &content)
        case .base64: Base64.decode(bytes, range, to: &content)
        }
        // Base64 without line ends makes a little more of what was read.
        let surplus = max(0, content.count - start - limit)
        content.removeLast(surplus)
        return range.count == body.count && surplus == 0
    }
}
