/// A Content-Type, or any field of the same shape: a token, then parameters (RFC 2045 §5.1, RFC 2231).
public struct ContentType: Hashable, Sendable {
    /// How many parameters are read.
    static let mostParameters = 64
    /// How long a parameter may become.
    static let longestParameter = 2048

    /// What a boundary has, most often.
    private static let usualParameter = 48

    /// The type in lower case, `text` in `text/plain`; the whole token where there is no slash.
    public let type: String
    /// The subtype in lower case; empty where there is none.
    public let subtype: String
    /// Names in lower case with values, unquoted, RFC 2231 parts joined; in the order of their first part.
    public let parameters: [(name: String, value: [UInt8])]

    /// RFC 2045 §5.2: what a part is that does not say what it is.
    public static var plainText: Self { Self(type: "text", subtype: "plain", parameters: []) }

    /// A multipart whose boundary is known from elsewhere.
    package static func multipart(boundary: [UInt8]) -> Self {
        Self(type: "multipart", subtype: "mixed", parameters: [("boundary", boundary)])
    }

    init(type: String, subtype: String, parameters: [(name: String, value: [UInt8])]) {
        self.type = type
        self.subtype = subtype
        self.parameters = parameters
    }

    /// Reads a value, leniently: what cannot be read is passed over.
    public init(_ bytes: Span<UInt8>, _ value: ByteRange) {
        let end = Int(value.end)
        var offset = StructuredText.skipCommentsAndSpace(bytes, from: Int(value.start), to: end)
        type = Self.token(bytes, at: &offset, to: end)
        offset = StructuredText.skipCommentsAndSpace(bytes, from: offset, to: end)
        if offset < end, bytes[offset] == UInt8(ascii: "/") {
            offset = StructuredText.skipCommentsAndSpace(bytes, from: offset + 1, to: end)
            subtype = Self.token(bytes, at: &offset, to: end)
        } else {
            subtype = ""
        }
        var parts = ParameterParts()
        for _ in 0..<Self.mostParameters {
            while offset < end, bytes[offset] != UInt8(ascii: ";") { offset += 1 }
            guard offset < end else { break }
            offset = StructuredText.skipCommentsAndSpace(bytes, from: offset + 1, to: end)
            let name = Self.token(bytes, at: &offset, to: end)
            offset = StructuredText.skipCommentsAndSpace(bytes, from: offset, to: end)
            guard !name.isEmpty, offset < end, bytes[offset] == UInt8(ascii: "=") else { continue }
            offset = StructuredText.skipCommentsAndSpace(bytes, from: offset + 1, to: end)
            parts.take(name, Self.parameterValue(bytes, at: &offset, to: end))
        }
        parameters = parts.joined()
    }

    /// Whether type and subtype, given in lower case, are these.
    public func isType(_ type: String, _ subtype: String) -> Bool { self.type == type && self.subtype == subtype }

    /// The value of a parameter, its name given in lower case.
    public func parameter(_ name: String) -> [UInt8]? { parameters.first { $0.name == name }?.value }

    /// The value of a parameter as a text.
    public func text(_ name: String) -> String? { parameter(name).map { String(decoding: $0, as: UTF8.self) } }

    /// Equal when type and every parameter are.
    public static func == (left: Self, right: Self) -> Bool {
        left.type == right.type && left.subtype == right.subtype
            && left.parameters.elementsEqual(right.parameters) { $0.name == $1.name && $0.value == $1.value }
    }

    /// Hashes the type.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(type)
        hasher.combine(subtype)
    }

    /// `token := 1*<any (US-ASCII) CHAR except SPACE, CTLs, or tspecials>`, in lower case.
    private static func token(_ bytes: Span<UInt8>, at offset: inout Int, to end: Int) -> String {
        let start = offset
        while offset < end, ASCII.isVisible(bytes[offset]), !isSpecial(bytes[offset]), offset - start < 128 {
            offset += 1
        }
        let token = ByteRange(start, offset)
        return usual(bytes, token) ?? String(lowering: bytes, token)
    }

    /// The tokens that nearly all mail has, which need not be made of their bytes.
    private static func usual(_ bytes: Span<UInt8>, _ token: ByteRange) -> String? {
        switch token.count {
        case 4 where bytes.equals("text", in: token): "text"
        case 4 where bytes.equals("html", in: token): "html"
        case 5 where bytes.equals("plain", in: token): "plain"
        case 5 where bytes.equals("mixed", in: token): "mixed"
        case 6 where bytes.equals("report", in: token): "report"
        case 6 where bytes.equals("rfc822", in: token): "rfc822"
        case 7 where bytes.equals("message", in: token): "message"
        case 7 where bytes.equals("charset", in: token): "charset"
        case 8 where bytes.equals("boundary", in: token): "boundary"
        case 9 where bytes.equals("multipart", in: token): "multipart"
        case 11 where bytes.equals("alternative", in: token): "alternative"
        case 11 where bytes.equals("report-type", in: token): "report-type"
        case 14 where bytes.equals("rfc822-headers", in: token): "rfc822-headers"
        case 15 where bytes.equals("delivery-status", in: token): "delivery-status"
        default: nil
        }
    }

    /// `tspecials` (RFC 2045 §5.1).
    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "@"),
            UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "\\"), UInt8(ascii: "\""),
            UInt8(ascii: "/"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// A quoted string without its quotes, or what stands up to the next semicolon or blank: careless writers leave
    /// the quotes away around slashes and equals signs.
    private static func parameterValue(_ bytes: Span<UInt8>, at offset: inout Int, to end: Int) -> [UInt8] {
        var value: [UInt8] = []
        if offset < end, bytes[offset] == UInt8(ascii: "\"") {
            offset += 1
            value.reserveCapacity(usualParameter)
            while offset < end, bytes[offset] != UInt8(ascii: "\"") {
                if bytes[offset] == UInt8(ascii: "\\"), offset + 1 < end { offset += 1 }
                let isLineEnd = bytes[offset] == ASCII.carriageReturn || bytes[offset] == ASCII.lineFeed
                if !isLineEnd, value.count < longestParameter { value.append(bytes[offset]) }
                offset += 1
            }
            if offset < end { offset += 1 }
            return value
        }
        let start = offset
        while offset < end, bytes[offset] != UInt8(ascii: ";"), bytes[offset] > ASCII.space { offset += 1 }
        value.append(bytes, ByteRange(start, min(offset, start + longestParameter)))
        return value
    }
}
