/// What is wrong with a data file that was loaded at run time, and where.
public struct DataFileError: Error, Hashable, Sendable {
    /// What kind of thing is wrong.
    public let code: Code
    /// The line, from 1; 0 when it is about the whole file.
    public let line: Int
    /// What was found or expected, for people.
    public let detail: String

    /// What kind of thing is wrong.
    public enum Code: Hashable, Sendable {
        /// The file is longer, or has more rows, than is read.
        case tooLarge
        /// Octets that are no UTF-8.
        case notUTF8
        /// The header names a column that there is not, or lacks one that there must be.
        case columns
        /// A row has more or fewer fields than the header, or a quoted field does not end.
        case fields
        /// A field says something that its column does not know.
        case value
    }

    init(_ code: Code, line: Int, _ detail: String) {
        self.code = code
        self.line = line
        self.detail = detail
    }
}

extension DataFileError: CustomStringConvertible {
    /// `line 3: cause: there is no user-unknwon`.
    public var description: String { line == 0 ? detail : "line \(line): \(detail)" }
}

/// A file of comma-separated values whose first line names the columns (RFC 4180 §2): how the registry is written, and how
/// operators write rules.
///
///     file   = header CRLF *(record CRLF)
///     record = field *("," field)
///     field  = DQUOTE *(TEXTDATA / "," / CR / LF / 2DQUOTE) DQUOTE / *TEXTDATA
///
/// LF alone ends a line too, and empty lines are nothing.
struct DataFile {
    /// The most octets that are read: the registry has a tenth of it.
    static let maximumSize = 1 << 20
    /// The most rows: the longest file of the registry, the phrases, has three quarters of it.
    static let maximumRows = 8192

    /// One row by column.
    struct Row {
        let line: Int
        private let fields: [String]
        /// The places of the columns, which all rows of a file share.
        private let places: [String: Int]

        fileprivate init(line: Int, fields: [String], places: [String: Int]) {
            self.line = line
            self.fields = fields
            self.places = places
        }

        /// The field of a column; empty where the file does not have the column.
        subscript(_ column: String) -> String { places[column].map { fields[$0] } ?? "" }

        /// The words of a field, separated by spaces.
        func words(_ column: String) -> [Substring] { self[column].split(separator: " ") }

        /// What is wrong with a field of this row.
        func error(_ column: String, _ detail: String) -> DataFileError {
            DataFileError(.value, line: line, "\(column): \(detail)")
        }
    }

    let rows: [Row]

    /// Reads a file whose columns are among those known and include those required.
    init(parsing file: Span<UInt8>, columns known: [String], required: [String]) throws(DataFileError) {
        guard file.count <= Self.maximumSize else {
            throw DataFileError(.tooLarge, line: 0, "the file has more than \(Self.maximumSize) octets")
        }
        var reader = Reader()
        let header = try reader.record(file) ?? []
        if let unknown = header.first(where: { !known.contains($0) }) {
            throw DataFileError(.columns, line: 1, "there is no column \(unknown)")
        }
        if let missing = required.first(where: { !header.contains($0) }) {
            throw DataFileError(.columns, line: 1, "the column \(missing) is missing")
        }
        guard Set(header).count == header.count else {
            throw DataFileError(.columns, line: 1, "a column is named twice")
        }
        let places = Dictionary(uniqueKeysWithValues: zip(header, header.indices))
        var rows: [Row] = []
        while let record = try reader.record(file) {
            guard record.count == header.count else {
                let detail = "\(record.count) fields where the header has \(header.count)"
                throw DataFileError(.fields, line: reader.start, detail)
            }
            guard rows.count < Self.maximumRows else {
                throw DataFileError(.tooLarge, line: reader.start, "more than \(Self.maximumRows) rows")
            }
            rows.append(Row(line: reader.start, fields: record, places: places))
        }
        self.rows = rows
    }

    /// Where in the file the next record begins.
    private struct Reader {
        private var index = 0
        private var line = 1
        /// The line on which the last record began.
        private(set) var start = 1

        /// The next record; nil at the end.
        mutating func record(_ file: Span<UInt8>) throws(DataFileError) -> [String]? {
            skipEmptyLines(file)
            guard index < file.count else { return nil }
            start = line
            var fields: [String] = []
            while true {
                fields.append(try field(file))
                guard index < file.count, file[index] == UInt8(ascii: ",") else { break }
                index += 1
            }
            guard endLine(file) || index == file.count else {
                throw DataFileError(.fields, line: line, "something stands behind a closing quote")
            }
            return fields
        }

        private mutating func skipEmptyLines(_ file: Span<UInt8>) {
            while endLine(file) {}
        }

        private mutating func endLine(_ file: Span<UInt8>) -> Bool {
            var end = index
            if end < file.count, file[end] == 0x0D { end += 1 }
            guard end < file.count, file[end] == 0x0A else { return false }
            index = end + 1
            line += 1
            return true
        }

        private mutating func field(_ file: Span<UInt8>) throws(DataFileError) -> String {
            guard index < file.count, file[index] == UInt8(ascii: "\"") else { return try plain(file) }
            index += 1
            var octets: [UInt8] = []
            while index < file.count {
                let octet = file[index]
                index += 1
                if octet == UInt8(ascii: "\"") {
                    guard index < file.count, file[index] == octet else { return try text(octets) }
                    index += 1
                }
                if octet == 0x0A { line += 1 }
                octets.append(octet)
            }
            throw DataFileError(.fields, line: start, "a quoted field does not end")
        }

        private mutating func plain(_ file: Span<UInt8>) throws(DataFileError) -> String {
            var octets: [UInt8] = []
            while index < file.count, file[index] != UInt8(ascii: ","), file[index] != 0x0A {
                if file[index] == 0x0D, index + 1 < file.count, file[index + 1] == 0x0A { break }
                octets.append(file[index])
                index += 1
            }
            return try text(octets)
        }

        private func text(_ octets: [UInt8]) throws(DataFileError) -> String {
            guard let text = String(validating: octets, as: UTF8.self) else {
                throw DataFileError(.notUTF8, line: start, "the text is not UTF-8")
            }
            return text
        }
    }
}
