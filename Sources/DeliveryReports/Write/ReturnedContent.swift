import MailFormat
import SMTPProtocol

/// What a report gives back of the message, and in which form (RFC 3461 §4.3, RFC 6522 §3, RFC 6533 §4.2, §4.3).
struct ReturnedContent: Hashable {
    /// What is given back.
    enum Form: Hashable {
        /// Nothing: the content could not be read.
        case nothing
        /// The whole message.
        case full
        /// Its header.
        case headers
        /// Its header, though the sender wanted the whole.
        case headersInsteadOfAll
    }

    /// How the part is encoded.
    enum Encoding: String, Hashable {
        case sevenBit = "7bit"
        case eightBit = "8bit"
        case quotedPrintable = "quoted-printable"
        case base64
    }

    let form: Form
    let encoding: Encoding
    /// Whether the part has a type of RFC 6533.
    let isGlobal: Bool
    let range: ByteRange

    /// Decides for a message of `byteCount` bytes, of which `content` holds the beginning or all.
    init(
        _ request: ReportRequest,
        _ options: ReportOptions,
        content: Span<UInt8>,
        byteCount: Int,
        mayBeWhole: Bool = true
    ) {
        let header = Self.header(content, limit: options.headerLimit)
        guard !header.isEmpty else {
            (form, encoding, isGlobal, range) = (.nothing, .sevenBit, false, .empty)
            return
        }
        let wantsFull = Self.wantsFull(request, options)
        let whole = ByteRange(0, content.count)
        if wantsFull, mayBeWhole, content.count == byteCount, byteCount <= options.fullLimit,
            let encoding = Self.fullEncoding(ByteClasses(content, whole), request.original.smtpUTF8, options.transfer)
        {
            form = .full
            self.encoding = encoding.0
            isGlobal = encoding.isGlobal
            range = whole
            return
        }
        let classes = ByteClasses(content, header)
        form = wantsFull ? .headersInsteadOfAll : .headers
        // RFC 6533 §4.3: the header of an internationalized message.
        isGlobal = request.original.smtpUTF8 && classes.hasHighBytes
        range = header
        // RFC 6522 §4: 7bit suffices for text/rfc822-headers, and what is broken is quoted-printable; RFC 6533 §4.3: 8bit
        // for its global relative.
        let mayBeEightBit = isGlobal && options.transfer == .eightBit
        if classes.hasBinary || classes.hasLongLines || (classes.hasHighBytes && !mayBeEightBit) {
            encoding = .quotedPrintable
        } else {
            encoding = classes.hasHighBytes ? .eightBit : .sevenBit
        }
    }

    /// RFC 3461 §4.3: RET speaks of reports of failure; all others return the header only.
    static func wantsFull(_ request: ReportRequest, _ options: ReportOptions) -> Bool {
        request.recipients.contains { $0.action == .failed }
            && (request.original.returned ?? options.defaultReturn) == .full
    }

    /// How a whole message travels; nil when it cannot.
    private static func fullEncoding(
        _ classes: ByteClasses,
        _ isInternationalized: Bool,
        _ transfer: ReportOptions.Transfer
    ) -> (Encoding, isGlobal: Bool)? {
        // RFC 6532 §3.7: message/global may be encoded in any way.
        let isGlobal = isInternationalized && classes.hasHighBytes
        if isGlobal {
            let needsEncoding = transfer == .sevenBit || classes.hasBinary || classes.hasLongLines
            return (needsEncoding ? .base64 : .eightBit, true)
        }
        // RFC 2046 §5.2.1: message/rfc822 may only be 7bit, 8bit or binary.
        guard !classes.hasBinary, !classes.hasLongLines else { return nil }
        guard classes.hasHighBytes else { return (.sevenBit, false) }
        return transfer == .eightBit ? (.eightBit, false) : nil
    }

    /// The header, up to a field that would exceed the limit, without the empty line.
    private static func header(_ content: Span<UInt8>, limit: Int) -> ByteRange {
        var reader = HeaderReader()
        var end = 0
        while let field = reader.next(content), Int(field.whole.end) <= limit { end = Int(field.whole.end) }
        return ByteRange(0, end)
    }

    /// `message/rfc822`, `text/rfc822-headers` and their relatives.
    var contentType: String {
        switch (form, isGlobal) {
        case (.full, false): "message/rfc822"
        case (.full, true): "message/global"
        case (_, false): "text/rfc822-headers"
        case (_, true): "message/global-headers"
        }
    }

    /// Appends the part's body.
    func append(_ content: Span<UInt8>, to multipart: inout MultipartWriter) {
        switch encoding {
        case .sevenBit, .eightBit:
            multipart.append(content, range)
        case .quotedPrintable:
            var encoded: [UInt8] = []
            QuotedPrintable.encode(content.extracting(range.offsets), to: &encoded)
            multipart.append(encoded)
        case .base64:
            var encoded: [UInt8] = []
            Base64.encodeLines(content.extracting(range.offsets), to: &encoded)
            multipart.append(encoded)
        }
    }
}
