import MailFormat

/// Finds command lines: CRLF ends one, nothing else does (RFC 5321 §2.3.7, §2.3.8).
///
/// The bytes given to `next` begin where the latest line ended. An unfinished line stays with the caller, who never
/// keeps more of it than the limit: what is longer is passed over as it comes (RFC 5321 §4.5.3.1.9).
package struct LineFramer: Sendable {
    /// Bytes of the unfinished line that were looked at already.
    private var scanned = 0
    /// Bytes of an overlong line passed over so far; nil while the line is within its limit.
    private var dropped: Int?

    /// Makes a framer that stands before a line.
    package init() {}

    /// What the bytes begin with.
    package enum Frame: Hashable, Sendable {
        /// A line of `length` bytes and its CRLF.
        case line(length: Int)
        /// No whole line yet; `used` bytes are done with.
        case unfinished(used: Int)
        /// A CR or LF that stands alone: nothing behind it can be trusted.
        case bareNewline
        /// An overlong line has ended; `used` bytes are done with.
        case tooLong(used: Int)
    }

    /// Whether part of a line has come.
    package var isInsideLine: Bool { scanned > 0 || dropped != nil }
    /// Bytes of an overlong line passed over so far.
    package var droppedCount: Int { dropped ?? 0 }

    /// Looks for a line of at most `limit` bytes, its CRLF included.
    package mutating func next(_ bytes: Span<UInt8>, limit: Int) -> Frame {
        let stop = ByteScan.lineEnd(bytes, from: min(scanned, bytes.count))
        guard stop < bytes.count else { return unfinished(at: stop, limit) }
        guard bytes[stop] == 0x0D else { return .bareNewline }
        // CR at the very end: the next byte decides.
        guard stop + 1 < bytes.count else { return unfinished(at: stop, limit) }
        guard bytes[stop + 1] == 0x0A else { return .bareNewline }
        scanned = 0
        if dropped != nil || stop + 2 > limit {
            dropped = nil
            return .tooLong(used: stop + 2)
        }
        return .line(length: stop)
    }

    private mutating func unfinished(at stop: Int, _ limit: Int) -> Frame {
        guard dropped != nil || stop + 2 > limit else {
            scanned = stop
            return .unfinished(used: 0)
        }
        dropped = (dropped ?? 0) + stop
        scanned = 0
        return .unfinished(used: stop)
    }
}
