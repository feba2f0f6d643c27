/// Takes the mails of an mbox apart while it streams by: each begins with a `From ` line behind an empty one.
///
/// Nothing is kept but the beginning of a line, so that a mailbox may be larger than memory.
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
        var start = 0
        var offset = 0
        while offset < chunk.count {
            if !pending.isEmpty || (isAtLineStart && isBehindEmptyLine && chunk[offset] == UInt8(ascii: "F")) {
                give(start..<offset, take)
                offset = gather(chunk, from: offset, take)
                start = offset
                continue
            }
            let end = ByteScan.lineFeed(chunk.span, from: offset)
            hasText = hasText || chunk[offset..<end].contains { $0 != ASCII.carriageReturn }
            if end < chunk.count {
                (isBehindEmptyLine, isAtLineStart, hasText) = (!hasText, true, false)
            } else {
                isAtLineStart = false
            }
            offset = min(end + 1, chunk.count)
        }
        give(start..<offset, take)
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

    /// Gathers a line that may begin a mail; the offset behind what was taken.
    private mutating func gather(_ chunk: [UInt8], from start: Int, _ take: (Piece) -> Void) -> Int {
        var offset = start
        while offset < chunk.count, pending.count < Self.longestStart {
            pending.append(chunk[offset])
            offset += 1
            if chunk[offset - 1] == ASCII.lineFeed { break }
        }
        if pending.last == ASCII.lineFeed || pending.count >= Self.longestStart { decide(take) }
        return offset
    }

    private mutating func decide(_ take: (Piece) -> Void) {
        if Self.isSeparator(pending), hasMail { take(.next) }
        take(.kept(pending))
        hasMail = true
        let hasEnd = pending.last == ASCII.lineFeed
        (isAtLineStart, hasText, isBehindEmptyLine) = (hasEnd, !hasEnd, false)
        pending.removeAll(keepingCapacity: true)
    }

    /// `From `, something, and a time of day: a sentence that begins with "From" has none.
    package static func isSeparator(_ line: [UInt8]) -> Bool {
        guard line.starts(with: "From ".utf8) else { return false }
        for index in line.indices.dropFirst(8) where line[index] == UInt8(ascii: ":") && index + 2 < line.count {
            let around = [line[index - 2], line[index - 1], line[index + 1], line[index + 2]]
            if around.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x20 }), (0x30...0x39).contains(around[1]) {
                return true
            }
        }
        return false
    }
}
