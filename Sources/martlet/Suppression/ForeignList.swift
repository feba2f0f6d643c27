import Foundation
import MailFormat
import Relay

/// A suppression list as another service exports it: CSV of SES, SendGrid or Postmark, or JSON lines, also our own.
///
/// Columns are known by their names, however they are written: `EmailAddress`, `email`, `email_address` are one. A CSV
/// without a header is the import format of SES: the address, and perhaps a reason.
struct ForeignList {
    private enum Form {
        case unknown
        case csv(CSVReader, header: [Key?]?)
        case lines([UInt8])
    }

    /// What a column or a member says.
    private enum Key {
        case address, reason, kind, created, until, suppressed
    }

    private var form = Form.unknown
    private let defaultReason: String
    private var lineNumber = 0

    /// Rows that name a refusal that was not the recipient's fault.
    private(set) var passedOver = 0

    /// A list whose lines have this reason where they say none.
    init(reason: String) { defaultReason = reason }

    /// The longest line of JSON.
    private static let lineLimit = 1 << 20

    /// Takes more of the file, and hands over each entry with its line.
    mutating func consume(_ bytes: [UInt8], _ body: (SuppressionRequest.Entry) throws -> Void) throws {
        if case .unknown = form {
            guard let first = bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) else { return }
            form = first == UInt8(ascii: "{") ? .lines([]) : .csv(CSVReader(), header: nil)
        }
        switch form {
        case .unknown: return
        case .csv(var reader, var header):
            form = .unknown
            try reader.consume(bytes) { try row($0, line: $1, &header, body) }
            form = .csv(reader, header: header)
        case .lines(var rest):
            form = .unknown
            rest += bytes
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                try object(Array(rest[..<end]), body)
                rest.removeSubrange(...end)
            }
            guard rest.count <= Self.lineLimit else {
                throw CSVReader.Malformed(line: lineNumber + 1, sentence: "the line is too long")
            }
            form = .lines(rest)
        }
    }

    /// Ends the file.
    mutating func finish(_ body: (SuppressionRequest.Entry) throws -> Void) throws {
        switch form {
        case .unknown: return
        case .csv(var reader, var header): try reader.finish { try row($0, line: $1, &header, body) }
        case .lines(let rest): try object(rest, body)
        }
    }

    // MARK: Rows

    private mutating func row(
        _ fields: [String],
        line: Int,
        _ header: inout [Key?]?,
        _ body: (SuppressionRequest.Entry) throws -> Void
    ) throws {
        guard let known = header else {
            let keys = fields.map { Self.key($0) }
            if keys.contains(where: { $0 == .address }) {
                header = keys
            } else if fields.first?.contains("@") == true {
                // The import format of SES has no header.
                header = [.address, .reason]
                try take(Dictionary(zip([.address, .reason], fields)) { first, _ in first }, line: line, body)
            } else {
                throw CSVReader.Malformed(line: line, sentence: "no column is named email, EmailAddress or address")
            }
            return
        }
        var values: [Key: String] = [:]
        for (key, field) in zip(known, fields) { if let key, !field.isEmpty { values[key] = values[key] ?? field } }
        try take(values, line: line, body)
    }

    private mutating func object(_ bytes: [UInt8], _ body: (SuppressionRequest.Entry) throws -> Void) throws {
        lineNumber += 1
        guard bytes.contains(where: { $0 > 0x20 }) else { return }
        guard let members = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw CSVReader.Malformed(line: lineNumber, sentence: "this is no JSON object on one line")
        }
        var values: [Key: String] = [:]
        for (name, value) in members {
            guard let key = Self.key(name) else { continue }
            switch value {
            case let text as String where !text.isEmpty: values[key] = text
            case let number as NSNumber: values[key] = number.stringValue
            default: continue
            }
        }
        if values[.reason] == nil, let evidence = members["evidence"] as? [String: Any] {
            values[.reason] = [evidence["cause"], evidence["reply"]].compactMap { $0 as? String }.joined(
                separator: ": "
            )
        }
        try take(values, line: lineNumber, body)
    }

    private mutating func take(
        _ values: [Key: String],
        line: Int,
        _ body: (SuppressionRequest.Entry) throws -> Void
    ) throws {
        guard let address = values[.address]?.trimmingCharacters(in: .whitespaces), !address.isEmpty else {
            throw CSVReader.Malformed(line: line, sentence: "there is no address")
        }
        let words = [values[.kind], values[.reason]].compactMap { $0?.lowercased() }
        // SendGrid's blocks are refusals for the sender's sake: they say nothing of the recipient.
        guard values[.kind]?.lowercased() != "blocked", values[.suppressed] != "0", values[.suppressed] != "false"
        else {
            passedOver += 1
            return
        }
        let entry = SuppressionRequest.Entry(
            address: address,
            reason: values[.reason] ?? values[.kind] ?? defaultReason,
            isComplaint: words.contains { $0.contains("complaint") || $0.hasPrefix("spam") },
            at: values[.created].flatMap(Self.instant),
            until: values[.until].flatMap(Self.instant)
        )
        try body(entry)
    }

    private static func key(_ name: String) -> Key? {
        switch String(name.unicodeScalars.filter { $0.properties.isAlphabetic }).lowercased() {
        case "email", "emailaddress", "address", "recipient", "destination": .address
        case "reason", "suppressionreason": .reason
        case "type", "origin", "status": .kind
        case "created", "createdat", "lastupdatetime", "lastupdated", "since": .created
        case "until": .until
        case "suppressed": .suppressed
        default: nil
        }
    }

    private static func instant(_ text: String) -> Int64? {
        if let seconds = Int64(text) { return seconds.multipliedReportingOverflow(by: 1000).partialValue }
        return ISO8601.read(text)?.milliseconds
    }
}
