/// The first word of a command line.
package enum Verb: Hashable, Sendable, CaseIterable {
    /// RFC 5321 §4.1.1.1
    case helo, ehlo
    /// RFC 2033 §4.1
    case lhlo
    /// RFC 5321 §4.1.1.2
    case mail
    /// RFC 5321 §4.1.1.3
    case rcpt
    /// RFC 5321 §4.1.1.4
    case data
    /// RFC 3030 §2
    case bdat
    /// RFC 5321 §4.1.1.5
    case rset
    /// RFC 5321 §4.1.1.6
    case vrfy
    /// RFC 5321 §4.1.1.7
    case expn
    /// RFC 5321 §4.1.1.8
    case help
    /// RFC 5321 §4.1.1.9
    case noop
    /// RFC 5321 §4.1.1.10
    case quit
    /// RFC 3207 §4
    case startTLS
    /// RFC 4954 §4
    case auth
    /// Known by name, not to be had here: TURN, SEND, SOML, SAML (RFC 5321 §F.1, §F.6), ETRN, ATRN, BURL.
    case notImplemented
    /// A word that nobody knows.
    case unknown

    /// Reads the verb at the start of a line; `end` is where it stops.
    ///
    /// `verb = 1*ALPHA`, in any case of letters (RFC 5321 §2.4); a space or the end of the line follows.
    package static func read(_ line: Span<UInt8>, _ length: Int) -> (verb: Self, end: Int) {
        var end = 0
        var letters: UInt64 = 0
        while end < length, line[end] != 0x20, line[end] != 0x09 {
            guard end < 8, (line[end] | 0x20) &- 0x61 < 26 else { return (.unknown, end) }
            letters = letters << 8 | UInt64(line[end] | 0x20)
            end += 1
        }
        return (named(letters), end)
    }

    private static func named(_ letters: UInt64) -> Self {
        switch letters {
        case code("helo"): .helo
        case code("ehlo"): .ehlo
        case code("lhlo"): .lhlo
        case code("mail"): .mail
        case code("rcpt"): .rcpt
        case code("data"): .data
        case code("bdat"): .bdat
        case code("rset"): .rset
        case code("vrfy"): .vrfy
        case code("expn"): .expn
        case code("help"): .help
        case code("noop"): .noop
        case code("quit"): .quit
        case code("starttls"): .startTLS
        case code("auth"): .auth
        case code("turn"), code("send"), code("soml"), code("saml"), code("etrn"), code("atrn"), code("burl"):
            .notImplemented
        default: .unknown
        }
    }

    /// Up to eight letters as one number, so that a verb is found by one comparison of words.
    private static func code(_ name: StaticString) -> UInt64 {
        var letters: UInt64 = 0
        // A StaticString's bytes live as long as the program.
        for index in 0..<name.utf8CodeUnitCount { unsafe letters = letters << 8 | UInt64(name.utf8Start[index]) }
        return letters
    }
}
