package import MailFormat
import StatusCodes

/// A parameter of MAIL or RCPT (RFC 5321 §4.1.2, errors §4.1.1.11) as offsets into its line.
package struct ESMTPParameter: Hashable, Sendable {
    /// The `esmtp-keyword`.
    package var keyword: ByteRange
    /// The `esmtp-value`; nil without `=`.
    package var value: ByteRange?

    /// Reads the next parameter at `position`; nil at the end of the line.
    ///
    /// ```text
    /// Mail-parameters = esmtp-param *(SP esmtp-param)
    /// esmtp-param     = esmtp-keyword ["=" esmtp-value]
    /// esmtp-keyword   = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
    /// esmtp-value     = 1*(%d33-60 / %d62-126), and UTF-8 beyond ASCII (RFC 6531 §3.3)
    /// ```
    ///
    /// More spaces than one between parameters are passed over.
    package static func next(
        _ line: Span<UInt8>,
        _ length: Int,
        at position: inout Int
    ) throws(CommandSyntaxError) -> Self? {
        guard position < length else { return nil }
        guard line[position] == 0x20 else { throw CommandSyntaxError(.badArgument) }
        var start = position
        while start < length, line[start] == 0x20 { start += 1 }
        guard start < length else {
            position = length
            return nil
        }
        var end = start
        while end < length, isKeyword(line[end], isFirst: end == start) { end += 1 }
        guard end > start else { throw CommandSyntaxError(.badArgument) }
        let keyword = ByteRange(start, end)
        guard end < length, line[end] == UInt8(ascii: "=") else {
            position = end
            return Self(keyword: keyword, value: nil)
        }
        var stop = end + 1
        while stop < length, isValue(line[stop]) { stop += 1 }
        guard stop > end + 1 else { throw CommandSyntaxError(.badArgument) }
        position = stop
        return Self(keyword: keyword, value: ByteRange(end + 1, stop))
    }

    private static func isKeyword(_ byte: UInt8, isFirst: Bool) -> Bool {
        ASCII.isLetterOrDigit(byte) || (byte == UInt8(ascii: "-") && !isFirst)
    }

    private static func isValue(_ byte: UInt8) -> Bool {
        // RFC 3461 §4 puts `=` into no value; AUTH=<> and ORCPT=rfc822;a are within the range.
        (ASCII.isVisible(byte) && byte != UInt8(ascii: "=")) || byte >= 0x80
    }
}
