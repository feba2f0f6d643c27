import MailFormat

/// Makes content fit for DATA without copying it (RFC 5321 §4.5.2), and watches that no bare CR or LF leaves by it.
///
/// Content comes in chunks that may be cut anywhere. The caller copies each run as it is and puts a dot behind it where
/// told to; ordinary mail is one run a chunk.
///
///     var start = 0
///     while start < chunk.count {
///         switch stuffer.next(in: chunk, from: start) { case .run(let end, let dot): copy(start..<end); if dot { … }
public struct DotStuffer: Hashable, Sendable {
    /// What to do with the next octets.
    public enum Piece: Hashable, Sendable {
        /// Copy up to this offset, then add a dot when told to.
        case run(end: Int, thenDot: Bool)
        /// A CR without LF or an LF without CR: this content must not go out by DATA.
        case bareLineEnd
    }

    private enum Place: Hashable, Sendable { case lineStart, afterCR, inLine }

    private var place = Place.lineStart

    /// Makes a stuffer for one message.
    public init() {}

    /// The next run of a chunk that starts at an offset below its end.
    public mutating func next(in bytes: Span<UInt8>, from start: Int) -> Piece {
        var index = start
        if place == .lineStart, bytes[index] == 0x2E {
            // A dot is due before this one, and the run that holds it goes on behind it.
            place = .inLine
            return .run(end: start, thenDot: true)
        }
        if place == .afterCR {
            guard bytes[index] == 0x0A else { return .bareLineEnd }
            index += 1
            place = .lineStart
            if index < bytes.count, bytes[index] == 0x2E {
                place = .inLine
                return .run(end: index, thenDot: true)
            }
        }
        while true {
            let newline = ByteScan.lineEnd(bytes, from: index)
            guard newline < bytes.count else { break }
            guard bytes[newline] == 0x0D else { return .bareLineEnd }
            guard newline + 1 < bytes.count else {
                place = .afterCR
                return .run(end: bytes.count, thenDot: false)
            }
            guard bytes[newline + 1] == 0x0A else { return .bareLineEnd }
            index = newline + 2
            guard index < bytes.count else {
                place = .lineStart
                return .run(end: index, thenDot: false)
            }
            if bytes[index] == 0x2E {
                place = .inLine
                return .run(end: index, thenDot: true)
            }
        }
        if index < bytes.count { place = .inLine }
        return .run(end: bytes.count, thenDot: false)
    }

    /// What ends the content: CRLF where the last line has none, the dot, CRLF; nil when a CR stood last.
    public var terminator: StaticString? {
        switch place {
        case .lineStart: ".\r\n"
        case .inLine: "\r\n.\r\n"
        case .afterCR: nil
        }
    }
}

/// Watches content on its way into BDAT without BODY=BINARYMIME: a bare CR or LF must not leave by it either.
public struct LineEndGuard: Hashable, Sendable {
    private var isAfterCR = false

    /// Makes a guard for one message.
    public init() {}

    /// Looks at the next chunk; false when it shows a bare CR or LF.
    public mutating func permits(_ bytes: Span<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return true }
        var index = 0
        if isAfterCR {
            guard bytes[0] == 0x0A else { return false }
            isAfterCR = false
            index = 1
        }
        while true {
            let newline = ByteScan.lineEnd(bytes, from: index)
            guard newline < bytes.count else { return true }
            guard bytes[newline] == 0x0D else { return false }
            guard newline + 1 < bytes.count else {
                isAfterCR = true
                return true
            }
            guard bytes[newline + 1] == 0x0A else { return false }
            index = newline + 2
        }
    }

    /// Whether content may end here: not between CR and LF.
    public var permitsEnd: Bool { !isAfterCR }
}
