package import MailFormat
import StatusCodes

/// RCPT, read: offsets into its line (with DSN parameters by RFC 3461 §5.1).
package struct RecipientCommand: Hashable, Sendable {
    /// Who gets the message.
    package var path: ForwardPath
    /// NOTIFY= (RFC 3461 §4.1).
    package var notify: Notify?
    /// ORCPT= (RFC 3461 §4.2), `type;address` with the address still encoded; empty when absent.
    package var originalRecipient = ByteRange.empty

    /// Octets that ORCPT may have (RFC 3461 §4.2).
    private static let maximumOriginalRecipient = 500

    /// Reads what follows the verb.
    ///
    /// ```text
    /// rcpt = "RCPT TO:" ( "<Postmaster@" Domain ">" / "<Postmaster>" / Forward-path ) [SP Rcpt-parameters] CRLF
    /// ```
    /// (RFC 5321 §4.1.1.3)
    package static func read(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int,
        offered: OfferedParameters,
        smtpUTF8: Bool
    ) throws(CommandSyntaxError) -> Self {
        var position = try Keyword.path("to:", line, length, from: start, or: .recipientSyntax)
        let path: ForwardPath
        do throws(AddressError) {
            path = try AddressGrammar(smtpUTF8 ? .utf8 : .ascii).forwardPath(line, at: &position)
        } catch {
            throw CommandSyntaxError(error.code == .notASCII ? .eaiRecipient : .recipientSyntax)
        }
        guard position <= length else { throw CommandSyntaxError(.recipientSyntax) }
        var command = Self(path: path)
        while let parameter = try ESMTPParameter.next(line, length, at: &position) {
            try command.take(parameter, line, offered)
        }
        return command
    }

    private mutating func take(
        _ parameter: ESMTPParameter,
        _ line: Span<UInt8>,
        _ offered: OfferedParameters
    ) throws(CommandSyntaxError) {
        if offered.contains(.standard), line.equals("notify", in: parameter.keyword) {
            guard notify == nil else { throw CommandSyntaxError(.badArgument) }
            notify = try Self.notify(parameter.value, line)
        } else if offered.contains(.standard), line.equals("orcpt", in: parameter.keyword) {
            guard originalRecipient.isEmpty else { throw CommandSyntaxError(.badArgument) }
            originalRecipient = try Self.originalRecipient(parameter.value, line)
        } else {
            throw CommandSyntaxError(.unknownParameter, parameter.keyword)
        }
    }

    /// Reads the conditions of a report.
    ///
    /// ```text
    /// notify-value = "NEVER" / notify-list-element *( "," notify-list-element )
    /// notify-list-element = "SUCCESS" / "FAILURE" / "DELAY"
    /// ```
    private static func notify(_ value: ByteRange?, _ line: Span<UInt8>) throws(CommandSyntaxError) -> Notify {
        guard let value else { throw CommandSyntaxError(.badArgument) }
        // RFC 3461 §4.1: NEVER stands alone.
        if line.equals("never", in: value) { return .never }
        var notify: Notify = []
        var start = Int(value.start)
        while start <= Int(value.end) {
            var end = start
            while end < Int(value.end), line[end] != UInt8(ascii: ",") { end += 1 }
            let element = ByteRange(start, end)
            if line.equals("success", in: element) {
                notify.insert(.success)
            } else if line.equals("failure", in: element) {
                notify.insert(.failure)
            } else if line.equals("delay", in: element) {
                notify.insert(.delay)
            } else {
                throw CommandSyntaxError(.badArgument)
            }
            start = end + 1
        }
        return notify
    }

    /// Reads the recipient as the sender knew it.
    ///
    /// ```text
    /// original-recipient-address = addr-type ";" xtext
    /// ```
    /// `addr-type` is an atom (RFC 3461 §4.2); for `utf-8` the address may be UTF-8 (RFC 6533 §3).
    private static func originalRecipient(
        _ value: ByteRange?,
        _ line: Span<UInt8>
    ) throws(CommandSyntaxError) -> ByteRange {
        guard let value, value.count <= maximumOriginalRecipient else { throw CommandSyntaxError(.badArgument) }
        var semicolon = Int(value.start)
        while semicolon < Int(value.end), ASCII.isAtomText(line[semicolon]) { semicolon += 1 }
        guard semicolon > Int(value.start), semicolon + 1 < Int(value.end), line[semicolon] == UInt8(ascii: ";") else {
            throw CommandSyntaxError(.badArgument)
        }
        let isUTF8 = line.equals("utf-8", in: ByteRange(Int(value.start), semicolon))
        let address = ByteRange(semicolon + 1, Int(value.end))
        guard Keyword.isXText(line, address, allowsUTF8: isUTF8) else { throw CommandSyntaxError(.badArgument) }
        return value
    }
}
