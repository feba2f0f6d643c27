package import MailFormat

/// Walks over content while it arrives: finds its end, takes stuffed dots away by offsets, and watches the rules.
///
/// In DATA, `CRLF "." CRLF` ends content and nothing else does (RFC 5321 §4.1.1.4); in BDAT the octet count ends it
/// (RFC 3030 §2). The first broken rule is kept; from then on content is passed over, no longer given out.
///
/// A bare CR or LF costs the session. Content is then also over where a sloppy receiver would have seen its end
/// (`LF.LF`, `CR.CR` and their mixtures), so that a client that knows no better gets its reply at once. That is safe
/// only because nothing behind it is ever read as a command.
package struct ContentScanner: Sendable {
    /// What was seen so far.
    package private(set) var facts = ContentFacts()
    /// The first rule that was broken.
    package private(set) var violation: ContentViolation?
    private let limits: Limits
    private var place = Place.lineStart
    private var lineLength = 0
    private var field = Field.name(matched: 0)
    private var union: UInt8 = 0

    /// The bounds that content is held to.
    package struct Limits: Hashable, Sendable {
        /// Octets of the message.
        package var size: Int
        /// Octets of a line without CRLF.
        package var line: Int
        /// `Received` fields.
        package var hops: Int
        /// Makes bounds.
        package init(size: Int, line: Int, hops: Int) {
            self.size = size
            self.line = line
            self.hops = hops
        }
    }

    /// A stretch of input that has been walked over.
    package struct Stretch: Hashable, Sendable {
        /// The content in it, offsets of the input.
        package var content: ByteRange
        /// Where the walk goes on.
        package var next: Int
        /// Whether content has ended.
        package var isLast: Bool
    }

    private enum Place: Hashable {
        case lineStart, insideLine, afterCR
        /// A dot at the start of a line, not given out (RFC 5321 §4.5.2).
        case afterDot
        case afterDotCR
        /// Behind a bare newline, where only the sloppy end counts.
        case sloppyLineStart, sloppyInsideLine, sloppyAfterDot
    }

    private enum Field: Hashable {
        /// So many letters of `received` have matched in this line of the header.
        case name(matched: Int)
        case other
        /// Behind the header.
        case body
    }

    /// Makes a scanner that stands before content.
    package init(limits: Limits) { self.limits = limits }

    /// Walks over DATA from `start` up to the end of content, a stuffed dot, or the end of the input.
    package mutating func data(_ bytes: Span<UInt8>, from start: Int) -> Stretch {
        var first = start
        var at = start
        while at < bytes.count {
            switch place {
            case .lineStart:
                if bytes[at] == UInt8(ascii: ".") {
                    // What lies before the dot goes out first; then the dot is passed over.
                    if at > first { return stretch(first, at, next: at) }
                    place = .afterDot
                    at += 1
                    first = at
                } else {
                    beginLine()
                }
            case .insideLine: at = line(bytes, at, bytes.count)
            case .afterCR: at = lineFeed(bytes[at], at, first)
            case .afterDot:
                if bytes[at] == 0x0D {
                    place = .afterDotCR
                    at += 1
                    first = at
                } else if bytes[at] == 0x0A {
                    breakRule(.bareNewline)
                    return Stretch(content: .empty, next: at + 1, isLast: true)
                } else {
                    beginLine()
                }
            case .afterDotCR:
                if bytes[at] != 0x0A { breakRule(.bareNewline) }
                let next = bytes[at] == 0x0A ? at + 1 : at
                return Stretch(content: .empty, next: next, isLast: true)
            case .sloppyLineStart, .sloppyInsideLine, .sloppyAfterDot: return sloppily(bytes, at)
            }
        }
        return stretch(first, at, next: at)
    }

    /// Walks over the octets of a BDAT chunk, `start..<limit`.
    package mutating func chunk(_ bytes: Span<UInt8>, from start: Int, to limit: Int) -> Stretch {
        var at = start
        while at < limit {
            switch place {
            case .lineStart: beginLine()
            case .insideLine: at = line(bytes, at, limit)
            case .afterCR: at = lineFeed(bytes[at], at, start)
            // Dots mean nothing here, and the octet count ends a chunk whatever is in it.
            case .afterDot, .afterDotCR, .sloppyLineStart, .sloppyInsideLine, .sloppyAfterDot: at = limit
            }
        }
        return stretch(start, at, next: at)
    }

    /// The last chunk has come: a CR at its end stands alone.
    package mutating func chunksEnded() {
        if place == .afterCR { breakRule(.bareNewline) }
    }

    /// Counts a stretch and gives it out, unless content is refused already.
    private mutating func stretch(_ start: Int, _ end: Int, next: Int) -> Stretch {
        facts.byteCount += end - start
        facts.hasEightBit = union >= 0x80
        if facts.byteCount > limits.size { breakRule(.tooBig) }
        return Stretch(content: violation == nil ? ByteRange(start, end) : .empty, next: next, isLast: false)
    }

    private mutating func breakRule(_ rule: ContentViolation) {
        // A bare newline outranks what was found before it: it must end the session.
        if violation == nil || rule == .bareNewline { violation = rule }
    }

    private mutating func beginLine() {
        place = .insideLine
        lineLength = 0
        if field != .body { field = .name(matched: 0) }
    }

    /// Walks within a line, up to its CR or another byte that matters, and returns where it stands.
    private mutating func line(_ bytes: Span<UInt8>, _ start: Int, _ limit: Int) -> Int {
        let stop = ByteScan.contentStop(bytes, from: start, to: limit, union: &union)
        if case .name(let matched) = field { matchField(bytes, start, stop, matched) }
        lineLength += stop - start
        if lineLength > limits.line { breakRule(.lineTooLong) }
        facts.longestLine = max(facts.longestLine, lineLength)
        guard stop < limit else { return stop }
        switch bytes[stop] {
        case 0x0D: place = .afterCR
        case 0x0A:
            breakRule(.bareNewline)
            place = .sloppyLineStart
        default:
            breakRule(.nul)
            lineLength += 1
        }
        return stop + 1
    }

    /// Behind CR; returns where the walk goes on.
    private mutating func lineFeed(_ byte: UInt8, _ at: Int, _ first: Int) -> Int {
        guard byte == 0x0A else {
            breakRule(.bareNewline)
            place = .sloppyLineStart
            return at
        }
        place = .lineStart
        if lineLength == 0, field != .body {
            field = .body
            facts.headerByteCount = facts.byteCount + at + 1 - first
        }
        return at + 1
    }

    /// Goes on matching the name of a header field against `Received`.
    private mutating func matchField(_ bytes: Span<UInt8>, _ start: Int, _ stop: Int, _ already: Int) {
        let word: StaticString = "received"
        var matched = already
        var at = start
        while at < stop, matched < word.utf8CodeUnitCount {
            // A StaticString's bytes live as long as the program, and `matched` is within them.
            guard unsafe bytes[at] | 0x20 == word.utf8Start[matched] else {
                field = .other
                return
            }
            matched += 1
            at += 1
        }
        field = .name(matched: matched)
        guard at < stop else { return }
        field = .other
        // RFC 5322 §4.5 (obsolete syntax): white space may stand before the colon.
        guard bytes[at] == UInt8(ascii: ":") || bytes[at] == 0x20 || bytes[at] == 0x09 else { return }
        facts.hopCount += 1
        if facts.hopCount > limits.hops { breakRule(.tooManyHops) }
    }

    /// Passes over refused content up to the end that a sloppy receiver would see.
    private mutating func sloppily(_ bytes: Span<UInt8>, _ start: Int) -> Stretch {
        var at = start
        while at < bytes.count {
            let byte = bytes[at]
            let isNewline = byte == 0x0D || byte == 0x0A
            at += 1
            switch place {
            case .sloppyAfterDot where isNewline: return Stretch(content: .empty, next: at, isLast: true)
            case .sloppyLineStart where byte == UInt8(ascii: "."): place = .sloppyAfterDot
            default: place = isNewline ? .sloppyLineStart : .sloppyInsideLine
            }
        }
        return Stretch(content: .empty, next: at, isLast: false)
    }
}
