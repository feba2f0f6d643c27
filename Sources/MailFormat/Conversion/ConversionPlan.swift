/// What has to change in a message so that all of it is 7bit data (RFC 2045 §2.7), part by part in their order.
struct ConversionPlan {
    /// The encoding that a part gets.
    enum Target {
        /// It is 7bit data and only says something else.
        case sevenBit
        case quotedPrintable
        case base64

        /// Its name (RFC 2045 §6.1).
        var name: StaticString {
            switch self {
            case .sevenBit: "7bit"
            case .quotedPrintable: "quoted-printable"
            case .base64: "base64"
            }
        }
    }

    /// What changes in one part.
    struct Change {
        /// Its header, and its body.
        let header: Range<Int>
        let body: Range<Int>
        /// The value of its Content-Transfer-Encoding; nil when that has to be added.
        let label: ByteRange?
        /// What it is encoded to; nil when only fields are added.
        let target: Target?
        /// Fields that its header lacks.
        var additions: [UInt8] = []
    }

    /// The changes, in the order of the message.
    private(set) var changes: [Change] = []
    /// Whether the message carries a DKIM signature.
    private(set) var hasDKIMSignature = false

    private let parts: [MIMEPart]
    private var fields: [PartFields] = []
    private var changesByPart: [Change?]
    /// Parts that are kept, or encoded, as a whole: what lies in them is not looked at.
    private var isSealed: [Bool]

    init(_ bytes: Span<UInt8>, _ structure: MIMEStructure) throws(ConversionRefusal) {
        guard !structure.isCut, bytes.count <= Int32.max else { throw ConversionRefusal(.tooComplex, at: 0) }
        parts = structure.parts
        changesByPart = [Change?](repeating: nil, count: parts.count)
        isSealed = [Bool](repeating: false, count: parts.count)
        for part in parts { fields.append(PartFields(bytes, of: part)) }
        hasDKIMSignature = fields[0].hasDKIMSignature
        for index in parts.indices { try examine(index, bytes) }
        try addVersions(bytes)
        changes = changesByPart.compactMap(\.self)
    }

    // MARK: Parts

    private mutating func examine(_ index: Int, _ bytes: Span<UInt8>) throws(ConversionRefusal) {
        let part = parts[index]
        if let parent = part.parent, isSealed[parent] {
            isSealed[index] = true
            return
        }
        if let protection = PartProtection(part.contentType) {
            isSealed[index] = true
            try mustBeSevenBit(bytes, part.body, else: protection.refusal)
            return
        }
        guard !fields[index].isAmbiguous else {
            throw ConversionRefusal(.ambiguous, at: part.header.lowerBound)
        }
        let holdsParts = index + 1 < parts.count && parts[index + 1].parent == index
        if holdsParts, !part.contentType.isEncodableMessage {
            // RFC 2045 §6.4: a composite says what its parts are, and all of them will be 7bit.
            if fields[index].isLabelledWide { change(index, to: .sevenBit) }
            return
        }
        isSealed[index] = true
        try examine(leaf: index, bytes)
    }

    private mutating func examine(leaf index: Int, _ bytes: Span<UInt8>) throws(ConversionRefusal) {
        let part = parts[index]
        let isText = part.contentType.type == "text"
        guard part.encoding == .identity else {
            try mustBeSevenBit(bytes, part.body, else: .mislabelled)
            return
        }
        if isText, let protection = PartProtection(bytes, part.body) {
            try mustBeSevenBit(bytes, part.body, else: protection.refusal)
            return
        }
        let classes = ByteClasses(bytes, ByteRange(part.body.lowerBound, part.body.upperBound))
        guard classes.hasHighBytes || classes.hasBinary || classes.hasLongLines else {
            if fields[index].isLabelledWide { change(index, to: .sevenBit) }
            return
        }
        guard part.contentType.isEncodable else {
            try mustBeSevenBit(bytes, part.body, else: .unencodable)
            return
        }
        // Without the empty line nobody could tell an added field from the body.
        guard part.header.upperBound < part.body.lowerBound else {
            throw ConversionRefusal(.ambiguous, at: part.body.lowerBound)
        }
        let isReadable = isText && !classes.hasBinary && Self.isShorterQuoted(bytes, part.body)
        change(index, to: isReadable ? .quotedPrintable : .base64)
    }

    private mutating func change(_ index: Int, to target: Target) {
        changesByPart[index] = Change(
            header: parts[index].header,
            body: parts[index].body,
            label: fields[index].encoding,
            target: target
        )
    }

    private func mustBeSevenBit(
        _ bytes: Span<UInt8>,
        _ range: Range<Int>,
        else code: ConversionRefusal.Code
    ) throws(ConversionRefusal) {
        if let offset = SevenBitData.firstForeign(bytes, range) { throw ConversionRefusal(code, at: offset) }
    }

    /// Whether quoted-printable takes no more room than base64, which nobody can read: every third octet more against
    /// two more for each octet that has to be written in digits.
    private static func isShorterQuoted(_ bytes: Span<UInt8>, _ body: Range<Int>) -> Bool {
        var special = 0
        var previous = ASCII.lineFeed
        for offset in body {
            let byte = bytes[offset]
            switch byte {
            case ASCII.lineFeed: break
            // A blank must not end a line, and a dot or an F does not begin one.
            case ASCII.carriageReturn: if ASCII.isBlank(previous) { special += 1 }
            case UInt8(ascii: "."), UInt8(ascii: "F"): if previous == ASCII.lineFeed { special += 1 }
            case ASCII.tab, 0x20..<0x3D, 0x3E..<0x7F: break
            default: special += 1
            }
            previous = byte
        }
        return special * 6 <= body.count
    }

    // MARK: Messages

    /// RFC 2045 §4: a message, and a message within, that has an encoded part must say that it is MIME.
    private mutating func addVersions(_ bytes: Span<UInt8>) throws(ConversionRefusal) {
        var roots: [Int] = []
        for (index, part) in parts.enumerated() {
            let isRoot = part.parent.map { parts[$0].contentType.type == "message" } ?? true
            roots.append(isRoot ? index : part.parent.map { roots[$0] } ?? index)
            guard let target = changesByPart[index]?.target, target != .sevenBit, !fields[roots[index]].hasVersion
            else { continue }
            try addVersion(roots[index], bytes)
        }
    }

    private mutating func addVersion(_ root: Int, _ bytes: Span<UInt8>) throws(ConversionRefusal) {
        let part = parts[root]
        guard part.header.upperBound < part.body.lowerBound else {
            throw ConversionRefusal(.ambiguous, at: part.body.lowerBound)
        }
        var change =
            changesByPart[root] ?? Change(header: part.header, body: part.body, label: nil, target: nil)
        guard change.additions.isEmpty else { return }
        change.additions.append("MIME-Version: 1.0\r\n")
        if !fields[root].hasType, part.contentType == .plainText, change.target != nil {
            // RFC 1428: a text that was no MIME gets the charset it evidently has, or none that anybody knows.
            let body = ByteRange(part.body.lowerBound, part.body.upperBound)
            change.additions.append("Content-Type: text/plain; charset=")
            change.additions.append(UTF8Form.isWellFormed(bytes, body) ? "utf-8\r\n" : "unknown-8bit\r\n")
        }
        changesByPart[root] = change
    }
}

extension ContentType {
    /// A message whose whole body may be encoded, unlike any other (RFC 6532 §3.5, RFC 6533 §6).
    var isEncodableMessage: Bool { type == "message" && subtype.hasPrefix("global") }

    /// RFC 2045 §6.4: composite types are never encoded.
    fileprivate var isEncodable: Bool { type != "multipart" && (type != "message" || isEncodableMessage) }
}
