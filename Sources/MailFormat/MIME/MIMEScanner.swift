/// Finds the parts of a message while it streams by (RFC 2045, RFC 2046).
///
/// It never fails: whatever comes is a message, and what is broken is body.
///
/// Only headers and the beginning of a line are kept, so that memory stays small however large the message is.
public struct MIMEScanner: Sendable {
    /// A boundary has at most 70 characters (RFC 2046 §5.1.1); longer ones are written all the same.
    static let longestBoundary = 256
    /// How long a delimiter line may be: hyphens, boundary, hyphens, and a few blanks of padding (RFC 2046 §5.1.1).
    ///
    /// A longer line is text, so that the beginning of a line is all that needs to be kept of a body.
    static let longestDelimiterLine = longestBoundary + 8

    /// A report has a part for people, one for programs, the original and the message within.
    private static let usualParts = 6

    /// What the fields about the content have together, in octets.
    private static let usualHeader = 192

    private let limits: MIMELimits
    private var parts: [MIMEPart] = []
    private var isCut = false
    /// The parts that are open, outermost first.
    private var open: [OpenPart] = []
    /// What a line that is no boundary means for the innermost open part.
    private var isInHeader = true
    /// The fields Content-Type and Content-Transfer-Encoding in the header of the innermost part.
    private var header: [UInt8] = []
    /// The length of all its fields so far, as far as they are within the limit.
    private var headerLength = 0
    /// The field that comes is one of those: what continues it belongs to it.
    private var isKeepingField = false
    /// A field did not fit into the kept header: what continues it is passed over, too.
    private var isSkippingField = false
    /// The beginning of a line that was cut by the end of a chunk, and its length so far.
    private var pending: [UInt8] = []
    private var pendingLength = 0
    private var pendingEndsWithReturn = false
    /// What takes the place of the message's own Content-Type.
    private let assumed: ContentType?
    /// The offset of the line that comes next.
    private var offset = 0
    /// The length of the line end before it, which belongs to a boundary line (RFC 2046 §5.1.1).
    ///
    /// 0 behind a line that has had its meaning: another boundary, or the empty line that ends a header.
    private var lastLineEnd = 0

    private struct OpenPart {
        let index: Int
        /// `--` and the boundary of a multipart whose parts are looked for.
        let delimiter: [UInt8]?
    }

    /// Starts at the beginning of a message; one whose header is known to be wrong may be read as something else.
    public init(limits: MIMELimits = MIMELimits(), assuming type: ContentType? = nil) {
        self.limits = limits
        assumed = type
        // As many as a report has, so that they are made once.
        parts.reserveCapacity(Self.usualParts)
        open.reserveCapacity(Self.usualParts)
        begin(parent: nil, at: 0, type: .plainText)
    }

    /// Takes the next bytes of the message.
    public mutating func consume(_ bytes: Span<UInt8>) {
        var start = 0
        while start < bytes.count {
            if !isInHeader, pendingLength == 0, bytes[start] != UInt8(ascii: "-") {
                start = passBody(bytes, from: start)
                if start == bytes.count { return }
            }
            // A CR alone ends no line.
            let end = ByteScan.lineFeed(bytes, from: start)
            guard end < bytes.count else {
                keep(bytes, ByteRange(start, end))
                return
            }
            if pendingLength > 0 {
                keep(bytes, ByteRange(start, end))
                takePending(hasLineFeed: true)
            } else {
                let hasReturn = end > start && bytes[end - 1] == ASCII.carriageReturn
                take(bytes, ByteRange(start, hasReturn ? end - 1 : end), lineEnd: hasReturn ? 2 : 1)
            }
            start = end + 1
        }
    }

    /// Passes lines of a body that do not begin as a delimiter does, and gives the offset behind them: that of a line
    /// which has no end yet, or which does.
    private mutating func passBody(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var next = ByteScan.line(bytes, beginningWith: UInt8(ascii: "-"), from: start + 1)
        if next == bytes.count {
            while next > start, bytes[next - 1] != ASCII.lineFeed { next -= 1 }
            guard next > start else { return start }
        }
        offset += next - start
        lastLineEnd = next - 2 >= start && bytes[next - 2] == ASCII.carriageReturn ? 2 : 1
        return next
    }

    /// Ends the message and gives its structure.
    public consuming func finish() -> MIMEStructure {
        if pendingLength > 0 { takePending(hasLineFeed: false) }
        if isInHeader { endHeader(at: offset, bodyAt: offset) }
        close(to: 0, at: offset)
        return MIMEStructure(parts: parts, isCut: isCut)
    }

    // MARK: Lines

    private mutating func keep(_ bytes: Span<UInt8>, _ range: ByteRange) {
        guard !range.isEmpty else { return }
        let room = keptLength - pending.count
        if room > 0 { pending.append(bytes, ByteRange(Int(range.start), Int(range.start) + min(room, range.count))) }
        pendingLength += range.count
        pendingEndsWithReturn = bytes[Int(range.end) - 1] == ASCII.carriageReturn
    }

    /// How much of a line is looked at.
    ///
    /// A header line is needed whole, within the header's limit; of a body line only what a boundary may take.
    private var keptLength: Int {
        isInHeader ? max(limits.header, Self.longestDelimiterLine) : Self.longestDelimiterLine
    }

    private mutating func takePending(hasLineFeed: Bool) {
        let line = pending
        let hasReturn = hasLineFeed && pendingEndsWithReturn
        let textLength = pendingLength - (hasReturn ? 1 : 0)
        let lineEnd = (hasLineFeed ? 1 : 0) + (hasReturn ? 1 : 0)
        pending.removeAll(keepingCapacity: true)
        (pendingLength, pendingEndsWithReturn) = (0, false)
        take(line.span, ByteRange(0, min(line.count, textLength)), length: textLength, lineEnd: lineEnd)
    }

    private mutating func take(_ bytes: Span<UInt8>, _ text: ByteRange, lineEnd: Int) {
        // As much as is kept of a line that comes in pieces, so that it means the same.
        let kept = ByteRange(Int(text.start), Int(text.start) + min(text.count, keptLength))
        take(bytes, kept, length: text.count, lineEnd: lineEnd)
    }

    /// Takes a line of which `text` is there.
    private mutating func take(_ bytes: Span<UInt8>, _ text: ByteRange, length: Int, lineEnd: Int) {
        let start = offset
        offset += length + lineEnd
        if let (level, isClosing) = delimiter(bytes, text, length) {
            takeDelimiter(level, isClosing: isClosing, at: start)
            return
        }
        lastLineEnd = lineEnd
        if isInHeader { takeHeaderLine(bytes, text, length: length, at: start) }
    }

    /// The open part whose delimiter a line is, innermost first, and whether it is the closing one.
    private func delimiter(
        _ bytes: Span<UInt8>,
        _ text: ByteRange,
        _ length: Int
    ) -> (level: Int, isClosing: Bool)? {
        let start = Int(text.start)
        guard (3...Self.longestDelimiterLine).contains(length), bytes[start] == UInt8(ascii: "-"),
            bytes[start + 1] == UInt8(ascii: "-")
        else { return nil }
        for level in open.indices.reversed() {
            guard let delimiter = open[level].delimiter, delimiter.count <= text.count else { continue }
            var length = 2
            while length < delimiter.count, bytes[start + length] == delimiter[length] { length += 1 }
            guard length == delimiter.count else { continue }
            let behind = start + length
            let isClosing =
                behind + 2 <= Int(text.end) && bytes[behind] == UInt8(ascii: "-")
                && bytes[behind + 1] == UInt8(ascii: "-")
            // RFC 2046 §5.1.1: only blanks may follow. Something else makes it another, longer boundary.
            let rest = ByteRange(isClosing ? behind + 2 : behind, Int(text.end))
            if StructuredText.trimmed(bytes, rest).isEmpty { return (level, isClosing) }
        }
        return nil
    }

    private mutating func takeDelimiter(_ level: Int, isClosing: Bool, at start: Int) {
        let end = start - lastLineEnd
        lastLineEnd = 0
        if isInHeader { endHeader(at: end, bodyAt: end) }
        close(to: level + 1, at: end)
        // A message that began with its container's last line is closed by now, and its header with it.
        isInHeader = false
        if isClosing {
            // The epilogue belongs to the multipart, which a further delimiter line would not reopen.
            open[level] = OpenPart(index: open[level].index, delimiter: nil)
            return
        }
        let parent = open[level].index
        guard parts.count < limits.parts else {
            isCut = true
            return
        }
        // RFC 2046 §5.1.5: the parts of a digest are messages unless they say otherwise.
        let isDigest = parts[parent].contentType.isType("multipart", "digest")
        begin(parent: parent, at: offset, type: isDigest ? .message : .plainText)
    }

    private mutating func takeHeaderLine(_ bytes: Span<UInt8>, _ text: ByteRange, length: Int, at start: Int) {
        if length == 0 {
            lastLineEnd = 0
            endHeader(at: start, bodyAt: offset)
            return
        }
        let isEnvelopeLine = start == 0 && bytes.matches("from ", at: Int(text.start))
        let isContinuation = (headerLength > 0 || isSkippingField) && ASCII.isBlank(bytes[Int(text.start)])
        guard isEnvelopeLine || isContinuation || HeaderReader.isField(bytes, text) else {
            // No field: the empty line is missing, and this is body.
            endHeader(at: start, bodyAt: start)
            // A message within begins with this very line; at most `limits.depth` times in a row.
            if isInHeader {
                takeHeaderLine(bytes, text, length: length, at: start)
            } else if let (level, isClosing) = delimiter(bytes, text, length) {
                takeDelimiter(level, isClosing: isClosing, at: start)
            }
            return
        }
        isSkippingField = isSkippingField && isContinuation
        guard !isSkippingField, headerLength + length <= limits.header else {
            (isCut, isSkippingField) = (true, true)
            return
        }
        headerLength += length + 1
        if !isContinuation { isKeepingField = bytes.matches("content-t", at: Int(text.start)) }
        guard isKeepingField else { return }
        if header.isEmpty { header.reserveCapacity(Self.usualHeader) }
        header.append(bytes, text)
        header.append(ASCII.lineFeed)
    }

    // MARK: Parts

    private mutating func begin(parent: Int?, at start: Int, type: ContentType) {
        let depth = parent.map { parts[$0].depth + 1 } ?? 0
        open.append(OpenPart(index: parts.count, delimiter: nil))
        parts.append(
            MIMEPart(
                parent: parent,
                depth: depth,
                header: start..<start,
                body: start..<start,
                contentType: type,
                encoding: .identity
            )
        )
        (isInHeader, isSkippingField, isKeepingField) = (true, false, false)
        header.removeAll(keepingCapacity: true)
        headerLength = 0
    }

    /// Ends the header of the innermost part and looks what its body is.
    private mutating func endHeader(at end: Int, bodyAt bodyStart: Int) {
        isInHeader = false
        let index = open[open.count - 1].index
        let start = parts[index].header.lowerBound
        parts[index].header = start..<max(start, end)
        parts[index].body = max(start, bodyStart)..<max(start, bodyStart)
        readHeader(of: index)
        switch parts[index].contentType.type {
        case "multipart":
            // RFC 2045 §6.4: it is never encoded; a header that says so is copied from elsewhere.
            parts[index].encoding = .identity
            openMultipart(index)
        case "message" where Self.isWhole(parts[index].contentType.subtype):
            // RFC 2045 §6.4: neither is a message, but some are; what is encoded is not to be looked into here.
            guard parts[index].encoding == .identity else { return }
            guard parts[index].depth < limits.depth, parts.count < limits.parts else {
                isCut = true
                return
            }
            begin(parent: index, at: parts[index].body.lowerBound, type: .plainText)
        default: break
        }
    }

    /// Whether a message of this subtype is a whole one.
    private static func isWhole(_ subtype: String) -> Bool {
        subtype == "rfc822" || subtype == "global" || subtype == "news"
    }

    private mutating func openMultipart(_ index: Int) {
        guard let boundary = parts[index].contentType.parameter("boundary"), !boundary.isEmpty,
            boundary.count <= Self.longestBoundary
        else { return }
        guard parts[index].depth < limits.depth else {
            isCut = true
            return
        }
        let delimiter = [UInt8(ascii: "-"), UInt8(ascii: "-")] + boundary
        open[open.count - 1] = OpenPart(index: index, delimiter: delimiter)
    }

    private mutating func readHeader(of index: Int) {
        defer { if index == 0, let assumed { parts[0].contentType = assumed } }
        var reader = HeaderReader()
        var hasType = false
        var hasEncoding = false
        while let field = reader.next(header.span) {
            if !hasType, header.span.equals("content-type", in: field.name) {
                let type = ContentType(header.span, field.value)
                if !type.type.isEmpty { parts[index].contentType = type }
                hasType = true
            } else if !hasEncoding, header.span.equals("content-transfer-encoding", in: field.name) {
                parts[index].encoding = TransferEncoding(header.span, field.value)
                hasEncoding = true
            }
        }
    }

    /// Closes every open part from a level on.
    private mutating func close(to level: Int, at end: Int) {
        while open.count > level, let last = open.popLast() {
            let start = parts[last.index].body.lowerBound
            parts[last.index].body = start..<max(start, end)
        }
    }
}

extension ContentType {
    /// What a part of a digest is.
    static var message: Self { Self(type: "message", subtype: "rfc822", parameters: []) }
}

extension HeaderReader {
    /// Whether a line, which may be the beginning of a longer one, begins a field.
    static func isField(_ bytes: Span<UInt8>, _ line: ByteRange) -> Bool {
        guard let colon = colon(bytes, from: Int(line.start)) else { return false }
        return colon < Int(line.end)
    }
}
