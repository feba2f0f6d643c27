import SMTPProtocol
import Testing

@Suite struct `Verbs` {
    @Test(arguments: [
        ("HELO", Verb.helo), ("ehlo x", .ehlo), ("LhLo", .lhlo), ("MAIL FROM:<>", .mail), ("rcpt", .rcpt),
        ("DATA", .data), ("BDAT 1", .bdat), ("RSET", .rset), ("VRFY", .vrfy), ("EXPN", .expn), ("HELP", .help),
        ("NOOP", .noop), ("QUIT", .quit), ("STARTTLS", .startTLS), ("AUTH PLAIN", .auth), ("TURN", .notImplemented),
        ("ETRN x", .notImplemented), ("DATA\tx", .data),
    ])
    func `known words are found in any case`(line: String, verb: Verb) {
        let bytes = Array(line.utf8)
        let (read, end) = Verb.read(bytes.span, bytes.count)
        #expect(read == verb)
        #expect(end == line.prefix { $0 != " " && $0 != "\t" }.utf8.count)
    }

    @Test(arguments: ["", " NOOP", "NOO", "NOOPS", "MAIL:", "STARTTLSX", "N00P", "ÄBCD", "\0NOOP", "HELO\0"])
    func `everything else is unknown`(line: String) {
        let bytes = Array(line.utf8)
        #expect(Verb.read(bytes.span, bytes.count).verb == .unknown)
    }

    @Test func `only the line is read, not what lies behind it`() {
        #expect(Verb.read(Array("NOOPS".utf8).span, 4).verb == .noop)
    }
}
