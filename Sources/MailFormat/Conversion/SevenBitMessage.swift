/// A message rewritten so that it may go to a system that takes 7-bit content only (RFC 6152 §3).
///
/// Bodies of parts that are no 7bit data are encoded: a text in quoted-printable when that is not longer than base64,
/// everything else in base64. What the parts say of their encoding is mended, also where it only was too much. All
/// other octets stay, in their order. Parts that somebody has signed or encrypted are never touched; when they are in
/// the way, or anything else is that cannot be converted without loss, the conversion is refused and says why.
///
///     Content-Type: text/plain; charset=utf-8       the same
///     Content-Transfer-Encoding: 8bit               Content-Transfer-Encoding: quoted-printable
///
///     café                                          caf=C3=A9
public struct SevenBitMessage: Hashable, Sendable {
    /// The message: no octet above 127, and CRLF line ends.
    public private(set) var bytes: [UInt8] = []
    /// Whether anything is different now.
    public let isChanged: Bool
    /// Whether the message carries a DKIM signature, which a change breaks (RFC 6376 §5.3).
    public let hasDKIMSignature: Bool

    /// Converts a message.
    public init(converting source: Span<UInt8>, limits: MIMELimits = MIMELimits()) throws(ConversionRefusal) {
        let structure = MIMEStructure(source, limits: limits)
        let plan = try ConversionPlan(source, structure)
        isChanged = !plan.changes.isEmpty
        hasDKIMSignature = plan.hasDKIMSignature
        bytes.reserveCapacity(source.count + source.count / 2)
        var position = 0
        for change in plan.changes { try write(change, source, structure, &position) }
        try copy(source, to: source.count, structure, &position)
        if isChanged { try mustShowTheParts(of: structure, limits) }
    }

    /// What was converted is read once more: a message so broken that a reader would find other parts in it than before
    /// is not passed on.
    private func mustShowTheParts(of structure: MIMEStructure, _ limits: MIMELimits) throws(ConversionRefusal) {
        let parts = structure.comparableParts
        let converted = MIMEStructure(bytes.span, limits: limits).comparableParts
        for (old, new) in zip(parts, converted) where !old.isLike(new) {
            throw ConversionRefusal(.ambiguous, at: old.header.lowerBound)
        }
        guard parts.count == converted.count else { throw ConversionRefusal(.ambiguous, at: 0) }
    }

    private mutating func write(
        _ change: ConversionPlan.Change,
        _ source: Span<UInt8>,
        _ structure: MIMEStructure,
        _ position: inout Int
    ) throws(ConversionRefusal) {
        if let label = change.label, let target = change.target {
            try copy(source, to: Int(label.start), structure, &position)
            bytes.append(target.name)
            position = Int(label.end)
        }
        try copy(source, to: change.header.upperBound, structure, &position)
        bytes += change.additions
        guard let target = change.target else { return }
        if change.label == nil {
            bytes.append("Content-Transfer-Encoding: ")
            bytes.append(target.name)
            bytes.append("\r\n")
        }
        guard target != .sevenBit else { return }
        try copy(source, to: change.body.lowerBound, structure, &position)
        encode(source, change.body, target)
        position = change.body.upperBound
    }

    /// Copies what stays as it is, up to an offset; all of it must be 7bit data.
    private mutating func copy(
        _ source: Span<UInt8>,
        to end: Int,
        _ structure: MIMEStructure,
        _ position: inout Int
    ) throws(ConversionRefusal) {
        if let offset = SevenBitData.firstForeign(source, position..<end) {
            guard source[offset] >= 0x80 else { throw ConversionRefusal(.bareLineEnd, at: offset) }
            let isInHeader = structure.parts.contains { $0.header.contains(offset) }
            throw ConversionRefusal(isInHeader ? .eightBitHeader : .outsideParts, at: offset)
        }
        bytes.append(source, ByteRange(position, end))
        position = end
    }

    private mutating func encode(_ source: Span<UInt8>, _ body: Range<Int>, _ target: ConversionPlan.Target) {
        let content = source.extracting(body)
        if target == .quotedPrintable { return QuotedPrintable.encode(content, to: &bytes) }
        Base64.encodeLines(content, to: &bytes)
        // The line end before a boundary belongs to it (RFC 2046 §5.1.1) and is there already.
        if body.upperBound < source.count { bytes.removeLast(2) }
    }
}

extension MIMEStructure {
    /// The parts, but for those in a message that is encoded as a whole, which nobody sees afterwards.
    fileprivate var comparableParts: [MIMEPart] {
        var isHidden = [Bool](repeating: false, count: parts.count)
        return parts.indices.compactMap { index in
            let part = parts[index]
            if let parent = part.parent, isHidden[parent] || parts[parent].contentType.isEncodableMessage {
                isHidden[index] = true
            }
            return isHidden[index] ? nil : part
        }
    }
}

extension MIMEPart {
    /// Whether another part stands in the same place and holds the same kind of thing.
    fileprivate func isLike(_ other: MIMEPart) -> Bool {
        depth == other.depth && contentType.type == other.contentType.type
            && contentType.subtype == other.contentType.subtype
    }
}
