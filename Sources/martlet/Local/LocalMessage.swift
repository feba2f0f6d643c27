import Foundation
import MailFormat

/// A message from a local program's standard input: line ends made CRLF, missing header fields added, Bcc taken out.
struct LocalMessage {
    private var fields: [Field]
    private var body: [UInt8]

    /// A header field with its folding, without the final CRLF.
    private struct Field {
        var name: String
        var raw: String
    }

    /// The largest message taken from standard input.
    static let sizeLimit = 64 << 20

    /// Reads standard input to its end, or to a line with a single dot; every line end becomes CRLF.
    static func readStandardInput(endsAtDot: Bool) throws -> [UInt8] {
        var input: [UInt8] = []
        while let chunk = try FileHandle.standardInput.read(upToCount: 1 << 16), !chunk.isEmpty {
            input.append(contentsOf: chunk)
            guard input.count <= sizeLimit else {
                throw CommandFailure(.badData, "the message is larger than \(sizeLimit >> 20) MiB").exit()
            }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count + input.count / 32)
        for line in input.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let text = line.last == 0x0D ? line.dropLast() : line
            if endsAtDot && text.elementsEqual([UInt8(ascii: ".")]) { break }
            if line.endIndex == input.endIndex && text.isEmpty { break }
            // A CR in the middle of a line would be a bare CR on the wire, which is never passed on.
            bytes.append(contentsOf: text.filter { $0 != 0x0D })
            bytes.append(contentsOf: [0x0D, 0x0A])
        }
        return bytes
    }

    /// The login name of the caller.
    static var user: String { NSUserName().isEmpty ? "postmaster" : NSUserName() }

    /// A bare name gets our host (`docs/design/interfaces.md` §5: bare names are qualified).
    static func qualified(_ address: String, host: String) -> String {
        var plain = address.trimmingCharacters(in: .whitespaces)
        if plain.hasPrefix("<"), plain.hasSuffix(">") { plain = String(plain.dropFirst().dropLast()) }
        if plain.isEmpty { return "<>" }
        return plain.contains("@") ? plain : "\(plain)@\(host)"
    }

    /// Takes a message apart at its first empty line.
    ///
    /// Text that does not begin with a field is all body.
    init(_ bytes: [UInt8]) {
        var fields: [Field] = []
        var position = 0
        while position < bytes.count {
            let end = Self.lineEnd(bytes, from: position)
            let line = bytes[position..<end]
            if line.isEmpty {
                position = min(bytes.count, end + 2)
                break
            }
            if let first = line.first, first == 0x20 || first == 0x09, !fields.isEmpty {
                fields[fields.count - 1].raw += "\r\n" + String(decoding: line, as: UTF8.self)
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[line.startIndex..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            {
                fields.append(
                    Field(
                        name: String(decoding: line[line.startIndex..<colon], as: UTF8.self),
                        raw: String(decoding: line, as: UTF8.self)
                    )
                )
            } else {
                break
            }
            position = min(bytes.count, end + 2)
        }
        self.fields = fields
        self.body = Array(bytes[position...])
    }

    private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index + 1 < bytes.count {
            if bytes[index] == 0x0D && bytes[index + 1] == 0x0A { return index }
            index += 1
        }
        return bytes.count
    }

    /// The addresses of To, Cc and Bcc; Bcc leaves the header.
    mutating func takeRecipients() -> [String] {
        let wanted = ["to", "cc", "bcc"]
        let found = fields.filter { wanted.contains($0.name.lowercased()) }
            .flatMap { AddressList.addresses(in: String($0.raw.dropFirst($0.name.count + 1))) }
        fields.removeAll { $0.name.lowercased() == "bcc" }
        return found
    }

    /// Adds From, Date and Message-ID where they are missing (RFC 5322 §3.6).
    mutating func complete(from sender: String, fullName: String?, host: String, now: Timestamp) {
        let names = Set(fields.map { $0.name.lowercased() })
        if !names.contains("from") {
            let address = sender == "<>" ? "MAILER-DAEMON@\(host)" : sender
            let name = fullName.map { "\"\($0.filter { $0 != "\"" && $0 != "\\" && !$0.isNewline })\" " } ?? ""
            fields.append(Field(name: "From", raw: "From: \(name)<\(address)>"))
        }
        if !names.contains("date") { fields.append(Field(name: "Date", raw: "Date: \(MailDate.text(now))")) }
        if !names.contains("message-id") {
            fields.append(Field(name: "Message-ID", raw: "Message-ID: <\(UUID().uuidString.lowercased())@\(host)>"))
        }
    }

    /// The whole message with CRLF line ends.
    var bytes: Data {
        var data = Data()
        for field in fields { data.append(contentsOf: (field.raw + "\r\n").utf8) }
        data.append(contentsOf: [0x0D, 0x0A])
        data.append(contentsOf: body)
        return data
    }
}

/// The addresses of a To, Cc or Bcc field: enough of RFC 5322 §3.4 for `sendmail -t`.
enum AddressList {
    static func addresses(in value: String) -> [String] {
        var found: [String] = []
        var current = ""
        var angle: String?
        var isQuoted = false
        var depth = 0
        var isEscaped = false
        func take() {
            let text = (angle ?? current).trimmingCharacters(in: .whitespacesAndNewlines)
            if !text.isEmpty { found.append(text) }
            current = ""
            angle = nil
        }
        var isInAngle = false
        for character in value {
            if isEscaped {
                isEscaped = false
                if depth == 0 { if isInAngle { angle?.append(character) } else { current.append(character) } }
                continue
            }
            switch character {
            case "\\" where isQuoted || depth > 0:
                isEscaped = true
                if depth == 0 { if isInAngle { angle?.append(character) } else { current.append(character) } }
            case "\"" where depth == 0:
                isQuoted.toggle()
                if isInAngle { angle?.append(character) } else { current.append(character) }
            case "(" where !isQuoted: depth += 1
            case ")" where !isQuoted && depth > 0: depth -= 1
            case _ where depth > 0: continue
            case "<" where !isQuoted:
                angle = ""
                isInAngle = true
            case ">" where !isQuoted: isInAngle = false
            case ":" where !isQuoted && !isInAngle: current = ""  // a group's name
            case ",", ";":
                if isQuoted || isInAngle {
                    if isInAngle { angle?.append(character) } else { current.append(character) }
                } else {
                    take()
                }
            default:
                if isInAngle { angle?.append(character) } else { current.append(character) }
            }
        }
        take()
        return found
    }
}
