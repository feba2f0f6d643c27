import MailFormat

/// Reads the structure of a mail whose header does not tell its boundary, or tells a wrong one.
enum BoundaryRepair {
    /// How many lines of the body are looked at for a delimiter.
    private static let farthest = 64

    /// The structure that the header tells; else, when lines look like delimiters, the one that they make.
    static func structure(_ bytes: Span<UInt8>, _ limits: MIMELimits) -> MIMEStructure {
        let told = MIMEStructure(bytes, limits: limits)
        let root = told.parts[0]
        guard told.parts.count == 1, root.encoding == .identity, let boundary = boundary(bytes, root.body) else {
            return told
        }
        let type = ContentType.multipart(boundary: boundary)
        let repaired = MIMEStructure(bytes, limits: limits, assuming: type)
        return repaired.parts.count > 1 ? repaired : told
    }

    /// What stands behind `--` on the first line that a part's header follows.
    private static func boundary(_ bytes: Span<UInt8>, _ body: Range<Int>) -> [UInt8]? {
        var offset = body.lowerBound
        for _ in 0..<farthest where offset < body.upperBound {
            let line = HeaderReader.lineEnd(bytes, from: offset)
            if line.text > offset + 4, bytes[offset] == UInt8(ascii: "-"), bytes[offset + 1] == UInt8(ascii: "-"),
                bytes.matches("content-", at: line.next)
            {
                return bytes.copy(ByteRange(offset + 2, line.text))
            }
            // A quoted message may have boundaries of its own.
            if QuotedHeader.isKnown(bytes, ByteRange(offset, line.text)) { return nil }
            offset = line.next
        }
        return nil
    }
}
