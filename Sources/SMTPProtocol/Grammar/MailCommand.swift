package import MailFormat
import StatusCodes

/// MAIL, read: offsets into its line.
package struct MailCommand: Hashable, Sendable {
    /// Who wants to hear of failures.
    package var path: ReversePath
    /// SIZE= (RFC 1870 §4); `Int.max` for a number too large to keep.
    package var size: Int?
    /// BODY= (RFC 6152 §3).
    package var body = BodyType.sevenBit
    /// SMTPUTF8 (RFC 6531 §3.4).
    package var smtpUTF8 = false
    /// RET= (RFC 3461 §4.3).
    package var returned: Return?
    /// ENVID= (RFC 3461 §4.4), still xtext; empty when absent.
    package var envelopeID = ByteRange.empty

    private enum Seen {
        static let size: UInt8 = 1
        static let body: UInt8 = 2
        static let utf8: UInt8 = 4
        static let returned: UInt8 = 8
        static let envelopeID: UInt8 = 16
        static let authentication: UInt8 = 32
    }

    /// Octets that ENVID may have (RFC 3461 §4.4).
    private static let maximumEnvelopeID = 100
    /// Digits that SIZE may have (RFC 1870 §4).
    private static let maximumSizeDigits = 20

    /// Reads what follows the verb.
    ///
    /// ```text
    /// mail = "MAIL FROM:" Reverse-path [SP Mail-parameters] CRLF      (RFC 5321 §4.1.1.2)
    /// ```
    ///
    /// White space behind the colon is passed over: RFC 5321 §3.3 forbids it, widespread clients send it, and nothing
    /// can be meant by it.
    package static func read(
        _ line: Span<UInt8>,
        _ length: Int,
        from start: Int,
        offered: OfferedParameters
    ) throws(CommandSyntaxError) -> Self {
        var position = try Keyword.path("from:", line, length, from: start, or: .senderSyntax)
        let path: ReversePath
        do throws(AddressError) {
            // UTF-8 is read in any case: only the parameters behind the path say whether it was allowed.
            path = try AddressGrammar(.utf8).reversePath(line, at: &position)
        } catch {
            throw CommandSyntaxError(.senderSyntax)
        }
        guard position <= length else { throw CommandSyntaxError(.senderSyntax) }
        var command = Self(path: path)
        var seen: UInt8 = 0
        while let parameter = try ESMTPParameter.next(line, length, at: &position) {
            try command.take(parameter, line, offered, &seen)
        }
        if case .mailbox(let mailbox) = path, mailbox.isInternationalized, !command.smtpUTF8 {
            throw CommandSyntaxError(.eaiSender)
        }
        return command
    }

    private mutating func take(
        _ parameter: ESMTPParameter,
        _ line: Span<UInt8>,
        _ offered: OfferedParameters,
        _ seen: inout UInt8
    ) throws(CommandSyntaxError) {
        let keyword = parameter.keyword
        let isStandard = offered.contains(.standard)
        let bit: UInt8
        if isStandard, line.equals("size", in: keyword) {
            bit = Seen.size
            size = try Self.number(parameter.value, line)
        } else if isStandard, line.equals("body", in: keyword) {
            bit = Seen.body
            body = try Self.body(parameter.value, line)
        } else if isStandard, line.equals("smtputf8", in: keyword) {
            bit = Seen.utf8
            guard parameter.value == nil else { throw CommandSyntaxError(.badArgument) }
            smtpUTF8 = true
        } else if isStandard, line.equals("ret", in: keyword) {
            bit = Seen.returned
            returned = try Self.returned(parameter.value, line)
        } else if isStandard, line.equals("envid", in: keyword) {
            bit = Seen.envelopeID
            envelopeID = try Keyword.xtext(parameter.value, line, atMost: Self.maximumEnvelopeID)
        } else if offered.contains(.authentication), line.equals("auth", in: keyword) {
            bit = Seen.authentication
            // RFC 4954 §5: who submitted it first. We trust nobody's word for it and pass none on, as §5 allows.
            try Self.authentication(parameter.value, line)
        } else {
            throw CommandSyntaxError(.unknownParameter, keyword)
        }
        guard seen & bit == 0 else { throw CommandSyntaxError(.badArgument) }
        seen |= bit
    }

    /// Reads `size-value = 1*20DIGIT` (RFC 1870 §4).
    private static func number(_ value: ByteRange?, _ line: Span<UInt8>) throws(CommandSyntaxError) -> Int {
        guard let value, value.count <= maximumSizeDigits, let number = Decimal.read(line, value) else {
            throw CommandSyntaxError(.badArgument)
        }
        return number
    }

    /// `body-value = "7BIT" / "8BITMIME"` (RFC 6152 §3); BINARYMIME is not offered.
    private static func body(_ value: ByteRange?, _ line: Span<UInt8>) throws(CommandSyntaxError) -> BodyType {
        guard let value else { throw CommandSyntaxError(.badArgument) }
        if line.equals("7bit", in: value) { return .sevenBit }
        if line.equals("8bitmime", in: value) { return .eightBitMIME }
        if line.equals("binarymime", in: value) { throw CommandSyntaxError(.unknownParameter, value) }
        throw CommandSyntaxError(.badArgument)
    }

    /// Reads `ret-value = "FULL" / "HDRS"` (RFC 3461 §4.3).
    private static func returned(_ value: ByteRange?, _ line: Span<UInt8>) throws(CommandSyntaxError) -> Return {
        guard let value else { throw CommandSyntaxError(.badArgument) }
        if line.equals("full", in: value) { return .full }
        if line.equals("hdrs", in: value) { return .headers }
        throw CommandSyntaxError(.badArgument)
    }

    /// Checks the value of AUTH: xtext of a mailbox, or `<>` (RFC 4954 §5).
    private static func authentication(_ value: ByteRange?, _ line: Span<UInt8>) throws(CommandSyntaxError) {
        guard let value else { throw CommandSyntaxError(.badArgument) }
        if line.equals("<>", in: value) { return }
        _ = try Keyword.xtext(value, line, atMost: 500)
    }
}
