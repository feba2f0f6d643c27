import Foundation
import MailFormat

/// A message from a local program: line ends made CRLF, bare names given our domain, missing header fields added, Bcc
/// taken out.
///
/// What the program wrote otherwise stays as it is, byte by byte.
struct LocalMessage {
    private let bytes: [UInt8]
    private let header: HeaderBlock

    /// The largest message taken from a local program.
    static let sizeLimit = 64 << 20

    /// Takes a message apart.
    ///
    /// Text that does not begin with a field is all body.
    init(_ bytes: [UInt8]) throws(CommandFailure) {
        self.bytes = bytes
        header = HeaderBlock(bytes.span)
        // Behind the limit a Bcc would go unseen.
        guard header.ending != .limit else {
            throw CommandFailure(.badData, "the header is larger than any mail system passes on")
        }
    }

    /// What a program wrote, with CRLF at the end of each line.
    ///
    /// - Parameters:
    ///   - input: lines that end in LF or CRLF; the last one may lack it.
    ///   - endsAtDot: a line with a single dot ends the message.
    /// - Returns: The same lines. A CR within a line is dropped: it would be a bare CR on the wire.
    static func lines(_ input: [UInt8], endsAtDot: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(input.count + input.count / 32)
        var start = 0
        func isDot() -> Bool { endsAtDot && bytes.count == start + 1 && bytes[start] == UInt8(ascii: ".") }
        for byte in input where byte != ASCII.carriageReturn {
            guard byte == ASCII.lineFeed else {
                bytes.append(byte)
                continue
            }
            if isDot() { return Array(bytes[..<start]) }
            bytes.append(contentsOf: [ASCII.carriageReturn, ASCII.lineFeed])
            start = bytes.count
        }
        if isDot() { return Array(bytes[..<start]) }
        if bytes.count > start { bytes.append(contentsOf: [ASCII.carriageReturn, ASCII.lineFeed]) }
        return bytes
    }

    // MARK: Recipients

    /// The addresses of To, Cc and Bcc; of their Resent- twins alone where the message has some (RFC 5322 §3.6.6).
    var recipients: [AddressList.Found] {
        let resent = addresses(in: ["resent-to", "resent-cc", "resent-bcc"])
        return resent.isEmpty ? addresses(in: ["to", "cc", "bcc"]) : resent
    }

    private func addresses(in names: [StaticString]) -> [AddressList.Found] {
        header.fields.filter { isOne(of: names, $0) }
            .flatMap { AddressList.addresses(bytes.span, in: $0.value) }
    }

    private func isOne(of names: [StaticString], _ field: HeaderField) -> Bool {
        for name in names where bytes.span.equals(name, in: field.name) { return true }
        return false
    }

    // MARK: Content

    /// What a message of this machine gets before it goes.
    struct Completion {
        /// The reverse-path, for a missing From; empty for the null reverse-path.
        var sender: String
        /// The sender's name, for a missing From.
        var fullName: String?
        /// Our name: the domain of bare names.
        var host: String
        /// For a missing Date.
        var now: Timestamp
        /// For a missing Message-ID.
        var id: String
        /// Bcc and Resent-Bcc leave the header (RFC 5322 §3.6.3).
        var dropsBlindCopies = false
        /// The message came through a gateway: it is another system's, and nothing is added to it.
        var isForeign = false
        /// Lines for the top of the header, each with its CRLF.
        var trace: [UInt8] = []
    }

    /// The whole message, complete.
    func content(_ completion: Completion) -> [UInt8] {
        var content = completion.trace
        content.reserveCapacity(bytes.count + 1024)
        for field in header.fields where !isDropped(field, completion) {
            if completion.isForeign {
                content.append(bytes.span, field.whole)
            } else {
                append(field, host: completion.host, to: &content)
            }
        }
        if !completion.isForeign { content.append(contentsOf: missingFields(completion)) }
        content.append(contentsOf: [ASCII.carriageReturn, ASCII.lineFeed])
        content.append(contentsOf: bytes[header.bodyStart...])
        return content
    }

    private func isDropped(_ field: HeaderField, _ completion: Completion) -> Bool {
        completion.dropsBlindCopies && isOne(of: ["bcc", "resent-bcc"], field)
    }

    private static let addressFields: [StaticString] = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-to", "resent-cc",
        "resent-bcc",
    ]

    /// Appends a field, with our domain behind each bare name in it: elsewhere it would mean somebody else.
    private func append(_ field: HeaderField, host: String, to content: inout [UInt8]) {
        guard isOne(of: Self.addressFields, field) else {
            return content.append(bytes.span, field.whole)
        }
        var copied = Int(field.whole.start)
        for found in AddressList.addresses(bytes.span, in: field.value) where found.isBare && !found.text.contains(" ")
        {
            content.append(bytes.span, ByteRange(copied, found.end))
            content.append("@\(host)")
            copied = found.end
        }
        content.append(bytes.span, ByteRange(copied, Int(field.whole.end)))
    }

    /// From, Date and Message-ID where they are missing (RFC 5322 §3.6).
    private func missingFields(_ completion: Completion) -> [UInt8] {
        var lines: [UInt8] = []
        if header.first("from", bytes.span) == nil {
            let address = completion.sender.isEmpty ? "MAILER-DAEMON@\(completion.host)" : completion.sender
            lines.append("From: ")
            if let name = completion.fullName?.filter({ !$0.isNewline }), !name.isEmpty {
                lines.append(contentsOf: Phrase.encode(name))
                lines.append(" ")
            }
            lines.append("<\(address)>\r\n")
        }
        if header.first("date", bytes.span) == nil { lines.append("Date: \(MailDate.text(completion.now))\r\n") }
        if header.first("message-id", bytes.span) == nil {
            lines.append("Message-ID: <\(completion.id)@\(completion.host)>\r\n")
        }
        return lines
    }
}
