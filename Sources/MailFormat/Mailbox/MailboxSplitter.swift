/// Takes the mails of an mbox apart while it streams by: each begins with a `From ` line behind an empty one.
///
/// Nothing is kept but the beginning of a line that a chunk cuts, so that a mailbox may be larger than memory.
package struct MailboxSplitter {
    /// What the next bytes are.
    package enum Piece {
        /// Bytes of the current mail, by their place in the chunk.
        case bytes(Range<Int>)
        /// Kept bytes of the current mail, from the chunk before.
        case kept([UInt8])
        /// The current mail is over, another one begins.
        case next
    }

    /// Enough of a line to tell that it begins a mail: `From `, an address, a date.
    private static let longestStart = 512

    private var isAtLineStart = true
    private var isBehindEmptyLine = true
    /// The beginning of a line that may begin a mail, until its end is there.
    private var pending: [UInt8] = []
    /// Whether the line so far is more than its end.
    private var hasText = false
    private var hasMail = false

    /// A splitter at the beginning of a mailbox, or of a mail in it.
    package init() {}

    /// Takes a chunk apart.
    package mutating func split(_ chunk: [UInt8], _ take: (Piece) -> Void) {
        let bytes = chunk.span
        var start = 0
        var offset = 0
        if !pending.isEmpty, !bytes.isEmpty {
            offset = gather(bytes, from: 0, take)
            start = offset
        }
        let first = offset
        while let candidate = candidate(bytes, from: offset, first) {
            guard let beginning = Self.beginning(bytes, at: candidate) else {
                // The next chunk tells what this line is.
                give(start..<candidate, take)
                pending.append(bytes, ByteRange(candidate, bytes.count))
                return
            }
            if Self.isSeparator(bytes.extracting(beginning)) {
                give(start..<candidate, take)
                if hasMail { take(.next) }
                start = candidate
            }
            offset = beginning.upperBound
        }
        give(start..<bytes.count, take)
        endChunk(bytes, first)
    }

    /// The next line with a capital F behind an empty line.
    ///
    /// `first` is where the chunk begins that this object's own properties tell the state of.
    private func candidate(_ bytes: Span<UInt8>, from start: Int, _ first: Int) -> Int? {
        let letter = UInt8(ascii: "F")
        if start == first, start < bytes.count, isAtLineStart, isBehindEmptyLine, bytes[start] == letter {
            return start
        }
        var offset = ByteScan.line(bytes, beginningWith: letter, from: max(start, first + 1))
        while offset < bytes.count, hasText(bytes, before: offset - 1, first) {
            offset = ByteScan.line(bytes, beginningWith: letter, from: offset + 1)
        }
        return offset < bytes.count ? offset : nil
    }

    /// Whether the line that ends at an offset has more than its end.
    private func hasText(_ bytes: Span<UInt8>, before end: Int, _ first: Int) -> Bool {
        var offset = end - 1
        while offset >= first, bytes[offset] == ASCII.carriageReturn { offset -= 1 }
        return offset < first ? hasText : bytes[offset] != ASCII.lineFeed
    }

    /// Keeps in mind how the last line of a chunk ends.
    private mutating func endChunk(_ bytes: Span<UInt8>, _ first: Int) {
        guard first < bytes.count else { return }
        if bytes[bytes.count - 1] == ASCII.lineFeed {
            (isBehindEmptyLine, isAtLineStart, hasText) = (!hasText(bytes, before: bytes.count - 1, first), true, false)
        } else {
            (isAtLineStart, hasText) = (false, hasText(bytes, before: bytes.count, first))
        }
    }

    /// A line with its end, or as much of it as is looked at; nil when less is there.
    private static func beginning(_ bytes: Span<UInt8>, at start: Int) -> Range<Int>? {
        let limit = start + longestStart
        let end = ByteScan.lineFeed(bytes.extracting(..<min(limit, bytes.count)), from: start)
        if end < min(limit, bytes.count) { return start..<end + 1 }
        return limit <= bytes.count ? start..<limit : nil
    }

    private mutating func give(_ range: Range<Int>, _ take: (Piece) -> Void) {
        guard !range.isEmpty else { return }
        take(.bytes(range))
        hasMail = true
    }

    /// Gives what is still kept.
    package mutating func finish(_ take: (Piece) -> Void) {
        if !pending.isEmpty { decide(take) }
    }

    /// Goes on with a line that may begin a mail; the offset behind what was taken.
    private mutating func gather(_ bytes: Span<UInt8>, from start: Int, _ take: (Piece) -> Void) -> Int {
        var offset = start
        while offset < bytes.count, pending.count < Self.longestStart {
            pending.append(bytes[offset])
            offset += 1
            if bytes[offset - 1] == ASCII.lineFeed { break }
        }
        if pending.last == ASCII.lineFeed || pending.count >= Self.longestStart { decide(take) }
        return offset
    }

    private mutating func decide(_ take: (Piece) -> Void) {
        if Self.isSeparator(pending.span), hasMail { take(.next) }
        take(.kept(pending))
        hasMail = true
        let hasEnd = pending.last == ASCII.lineFeed
        (isAtLineStart, hasText, isBehindEmptyLine) = (hasEnd, !hasEnd, false)
        pending.removeAll(keepingCapacity: true)
    }

    /// `From `, something, and a time of day: a sentence that begins with "From" has none.
    package static func isSeparator(_ line: Span<UInt8>) -> Bool {
        guard line.count > 10, isFrom(line) else { return false }
        for index in 8..<line.count - 2 where line[index] == UInt8(ascii: ":") {
            if isTime(line[index - 2]), ASCII.isDigit(line[index - 1]), isTime(line[index + 1]), isTime(line[index + 2])
            {
                return true
            }
        }
        return false
    }

    private static func isFrom(_ line: Span<UInt8>) -> Bool {
        // `from: ` begins a header, and a sentence may begin with `from`.
        line[0] == UInt8(ascii: "F") && line[1] == UInt8(ascii: "r") && line[2] == UInt8(ascii: "o")
            && line[3] == UInt8(ascii: "m") && line[4] == ASCII.space
    }

    /// A digit of a time of day, or the blank in place of one.
    private static func isTime(_ byte: UInt8) -> Bool { ASCII.isDigit(byte) || byte == ASCII.space }
}
