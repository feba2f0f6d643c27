extension Mailbox {
    /// Appends the form by which two spellings of one mailbox are equal: the local part as it is, without quotes and
    /// escapes that it does not need (RFC 5321 §4.1.2), the domain in lower case (RFC 5321 §2.4).
    ///
    /// Case of the local part is kept: only its own host may interpret it.
    public func appendCanonical(_ bytes: Span<UInt8>, to canonical: inout [UInt8]) {
        switch localPartForm {
        case .dotString: canonical.append(bytes, localPart)
        case .quotedString: appendUnquoted(bytes, to: &canonical)
        }
        guard domainForm != .none else { return }
        canonical.append(UInt8(ascii: "@"))
        DomainFolding.append(bytes, domain, to: &canonical)
    }

    /// Whether two mailboxes are the same one.
    public func isSame(_ bytes: Span<UInt8>, as other: Self, _ otherBytes: Span<UInt8>) -> Bool {
        var left: [UInt8] = []
        var right: [UInt8] = []
        appendCanonical(bytes, to: &left)
        other.appendCanonical(otherBytes, to: &right)
        return left == right
    }

    private func appendUnquoted(_ bytes: Span<UInt8>, to canonical: inout [UInt8]) {
        var plain: [UInt8] = []
        var offset = Int(localPart.start) + 1
        let end = Int(localPart.end) - 1
        while offset < end {
            if bytes[offset] == UInt8(ascii: "\\") { offset += 1 }
            plain.append(bytes[offset])
            offset += 1
        }
        if Self.isDotString(plain) {
            canonical.append(contentsOf: plain)
            return
        }
        canonical.append(UInt8(ascii: "\""))
        for byte in plain {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { canonical.append(UInt8(ascii: "\\")) }
            canonical.append(byte)
        }
        canonical.append(UInt8(ascii: "\""))
    }

    private static func isDotString(_ bytes: [UInt8]) -> Bool {
        var previous = UInt8(ascii: ".")
        for byte in bytes {
            let isDot = byte == UInt8(ascii: ".")
            guard isDot ? previous != byte : (ASCII.isAtomText(byte) || byte >= 0x80) else { return false }
            previous = byte
        }
        return previous != UInt8(ascii: ".")
    }
}

/// Domains in the case by which they are compared (RFC 5321 §2.4: "not case sensitive").
public enum DomainFolding {
    /// Appends a domain with A…Z folded to a…z.
    ///
    /// Letters beyond US-ASCII are left: IDNA maps them (RFC 5895 §2).
    public static func append(_ bytes: Span<UInt8>, _ range: ByteRange, to folded: inout [UInt8]) {
        for offset in range.offsets { folded.append(ASCII.lowered(bytes[offset])) }
    }

    /// Whether two domains differ at most in the case of US-ASCII letters.
    public static func isSame(
        _ bytes: Span<UInt8>,
        _ range: ByteRange,
        as otherBytes: Span<UInt8>,
        _ otherRange: ByteRange
    ) -> Bool {
        guard range.count == otherRange.count else { return false }
        for index in 0..<range.count
        where ASCII.lowered(bytes[Int(range.start) + index]) != ASCII.lowered(otherBytes[Int(otherRange.start) + index])
        {
            return false
        }
        return true
    }
}
