/// What a conversion must know of one part's header.
struct PartFields {
    /// The value of Content-Transfer-Encoding.
    private(set) var encoding: ByteRange?
    /// Whether that is `8bit` or `binary`.
    private(set) var isLabelledWide = false
    /// Whether Content-Type is there.
    private(set) var hasType = false
    /// Whether MIME-Version is there.
    private(set) var hasVersion = false
    /// Whether DKIM-Signature is there.
    private(set) var hasDKIMSignature = false
    /// Whether other readers might take the header for something else than the scanner did.
    private(set) var isAmbiguous = false

    init(_ bytes: Span<UInt8>, of part: MIMEPart) {
        var reader = HeaderReader(at: part.header.lowerBound)
        while reader.position < part.header.upperBound, let field = reader.next(bytes) { take(field, bytes) }
        // The line end of the last field belongs to a boundary where that follows at once.
        let isWhole = part.body.isEmpty && reader.position >= part.header.upperBound
        if reader.position != part.header.upperBound, !isWhole { isAmbiguous = true }
    }

    private mutating func take(_ field: HeaderField, _ bytes: Span<UInt8>) {
        if bytes.equals("content-transfer-encoding", in: field.name) {
            if encoding != nil { isAmbiguous = true }
            encoding = field.value
            let name = TransferEncoding.name(bytes, field.value)
            isLabelledWide = bytes.equals("8bit", in: name) || bytes.equals("binary", in: name)
        } else if bytes.equals("content-type", in: field.name) {
            if hasType { isAmbiguous = true }
            hasType = true
        } else if bytes.equals("mime-version", in: field.name) {
            hasVersion = true
        } else if bytes.equals("dkim-signature", in: field.name) {
            hasDKIMSignature = true
        }
    }
}
