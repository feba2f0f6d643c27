/// Rows of comma-separated values (RFC 4180), as they come: a file may be larger than memory.
///
/// Lines may end in CRLF, CR or LF; a quoted field may contain all of these, and doubled quotes.
struct CSVReader {
    private var row: [String] = []
    private var field: [UInt8] = []
    private var state = State.start
    private var hasContent = false
    /// The line that the next octet is on, from 1.
    private(set) var line = 1

    private enum State { case start, plain, quoted, quoteInQuoted, carriageReturn }

    /// The largest field: more is no list of addresses.
    static let fieldLimit = 65_536
    /// The most fields of a row.
    static let columnLimit = 200

    /// A file that is no list.
    struct Malformed: Error {
        let line: Int
        let sentence: String
    }

    /// Takes more of the file, and hands over each whole row with the line on which it ends.
    mutating func consume(_ bytes: [UInt8], _ body: ([String], Int) throws -> Void) throws {
        for byte in bytes { try take(byte, body) }
    }

    /// Ends the file; the last row may have no line end.
    mutating func finish(_ body: ([String], Int) throws -> Void) throws {
        guard state != .quoted else { throw Malformed(line: line, sentence: "a quoted field has no end") }
        if hasContent { try endRow(body) }
    }

    private mutating func take(_ byte: UInt8, _ body: ([String], Int) throws -> Void) throws {
        let isLineFeed = byte == UInt8(ascii: "\n")
        if state == .carriageReturn {
            state = .start
            if isLineFeed { return }
        }
        // A CRLF in a quoted field is counted by its LF, one behind a row by its CR.
        defer { if isLineFeed || byte == UInt8(ascii: "\r") && state != .quoted { line += 1 } }
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
        case (.quoted, _): try append(byte)
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            state = .quoted
            try append(byte)
        case (_, UInt8(ascii: "\n")), (_, UInt8(ascii: "\r")):
            if hasContent { try endRow(body) }
            state = isLineFeed ? .start : .carriageReturn
        case (_, UInt8(ascii: ",")):
            hasContent = true
            try endField()
            state = .start
        case (.start, UInt8(ascii: "\"")):
            hasContent = true
            state = .quoted
        default:
            hasContent = true
            state = .plain
            try append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) throws {
        guard field.count < Self.fieldLimit else {
            throw Malformed(line: line, sentence: "a field is longer than \(Self.fieldLimit) bytes")
        }
        field.append(byte)
    }

    private mutating func endField() throws {
        guard row.count < Self.columnLimit else {
            throw Malformed(line: line, sentence: "a row has more than \(Self.columnLimit) fields")
        }
        row.append(String(decoding: field, as: UTF8.self))
        field.removeAll(keepingCapacity: true)
    }

    private mutating func endRow(_ body: ([String], Int) throws -> Void) throws {
        try endField()
        hasContent = false
        let whole = row
        row.removeAll(keepingCapacity: true)
        try body(whole, line)
    }

    /// A row as text, quoted where it must be, with its line end.
    static func row(_ fields: [String]) -> String {
        fields.map { field in
            let needsQuotes = field.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
            guard needsQuotes else { return field }
            return "\"\(field.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
        }.joined(separator: ",")
    }
}
