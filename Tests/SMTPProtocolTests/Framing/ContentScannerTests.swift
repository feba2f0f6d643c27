import MailFormat
import SMTPProtocol
import SMTPTesting
import Testing

@Suite struct `Content scanner` {
    private struct Outcome: Equatable {
        var content: [UInt8] = []
        var rest: [UInt8] = []
        var isComplete = false
        var facts = ContentFacts()
        var violation: ContentViolation?
    }

    private static let limits = ContentScanner.Limits(size: 10_000, line: 998, hops: 2)

    private func scan(_ pieces: [[UInt8]], _ limits: ContentScanner.Limits = Self.limits) -> Outcome {
        var scanner = ContentScanner(limits: limits)
        var outcome = Outcome()
        for piece in pieces {
            guard !outcome.isComplete else {
                outcome.rest += piece
                continue
            }
            var at = 0
            while at < piece.count, !outcome.isComplete {
                let stretch = scanner.data(piece.span, from: at)
                for offset in Int(stretch.content.start)..<Int(stretch.content.end) {
                    outcome.content.append(piece[offset])
                }
                #expect(stretch.next > at)
                at = stretch.next
                outcome.isComplete = stretch.isLast
            }
            outcome.rest += piece[at...]
        }
        outcome.facts = scanner.facts
        outcome.violation = scanner.violation
        return outcome
    }

    private func scan(_ text: String) -> Outcome { scan([Array(text.utf8)]) }

    @Test func `content ends at CRLF dot CRLF and nowhere else`() {
        let outcome = scan("a\r\n.b\r\n..\r\n\r\n.\r\nRSET\r\n")
        #expect(outcome.isComplete)
        #expect(String(decoding: outcome.content, as: UTF8.self) == "a\r\nb\r\n.\r\n\r\n")
        #expect(String(decoding: outcome.rest, as: UTF8.self) == "RSET\r\n")
        #expect(outcome.violation == nil)
        #expect(outcome.facts.byteCount == outcome.content.count)
    }

    @Test(arguments: [
        "Received: a\r\nSubject: x\r\n\r\n..hi\r\n.\r\n", ".\r\n", "\r\n.\r\n", "x\r\n..\r\n...\r\n.\r\nNOOP\r\n",
        "a\nb\r\n.\r\n", "a\r\n.\nX", "a\rb\r\n.\r\n", "n\0l\r\n.\r\n", "\r\n\r\nReceived: no\r\n.\r\n",
        "Received: a\r\nreceived : b\r\nRECEIVED:c\r\n\r\n.\r\n",
    ])
    func `cuts change nothing`(text: String) {
        let bytes = Array(text.utf8)
        let whole = scan([bytes])
        for cut in 1..<max(bytes.count, 2) {
            #expect(settled(scan([Array(bytes[..<cut]), Array(bytes[cut...])])) == settled(whole), "cut at \(cut)")
        }
        #expect(settled(scan(bytes.map { [$0] })) == settled(whole))
    }

    /// Of refused content only that it was refused, and where it ended, must not depend on cuts.
    private func settled(_ outcome: Outcome) -> Outcome {
        guard outcome.violation != nil else { return outcome }
        return Outcome(rest: outcome.rest, isComplete: outcome.isComplete, violation: outcome.violation)
    }

    @Test(arguments: ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\rX", "x\n.\r", "\n\r\n.\r\n"])
    func `what looks like an end to others ends refused content at once`(end: String) {
        let outcome = scan("a" + end + "MAIL FROM:<evil@example.org>\r\n")
        #expect(outcome.isComplete)
        #expect(outcome.violation == .bareNewline)
    }

    @Test func `content behind a bare newline is not given out, and does not end by itself`() {
        let outcome = scan("a\nb\r\nc\r\n")
        #expect(!outcome.isComplete)
        #expect(outcome.violation == .bareNewline)
        #expect(outcome.content.isEmpty)
    }

    @Test func `rules are broken one octet behind their limits`() {
        let line = String(repeating: "x", count: 998)
        #expect(scan("\(line)\r\n.\r\n").violation == nil)
        #expect(scan("\(line)x\r\n.\r\n").violation == .lineTooLong)
        let full = String(repeating: "\(line)\r\n", count: 10)
        #expect(scan("\(full).\r\n").violation == nil)
        #expect(scan("\(full)\r\n.\r\n").violation == .tooBig)
        #expect(scan("Received: a\r\nReceived: b\r\n\r\n.\r\n").violation == nil)
        #expect(scan("Received: a\r\nReceived: b\r\nReceived: c\r\n\r\n.\r\n").violation == .tooManyHops)
        #expect(scan("a\0b\r\n.\r\n").violation == .nul)
    }

    @Test func `a bare newline outranks what was found before it`() {
        #expect(scan("a\0b\nc\r\n.\r\n").violation == .bareNewline)
    }

    @Test func `facts of a message`() {
        let facts = scan("Received: a\r\n b\r\nX: Received: no\r\nreceived\t: c\r\n\r\nReceived: body\r\nä\r\n.\r\n")
            .facts
        #expect(facts.hopCount == 2)
        #expect(facts.headerByteCount == "Received: a\r\n b\r\nX: Received: no\r\nreceived\t: c\r\n\r\n".utf8.count)
        #expect(facts.hasEightBit)
        #expect(facts.longestLine == 15)
        #expect(scan("no header end\r\n.\r\n").facts.headerByteCount == nil)
        #expect(scan("\r\nbody\r\n.\r\n").facts.headerByteCount == 2)
        #expect(!scan("plain\r\n.\r\n").facts.hasEightBit)
    }

    @Test func `dots mean nothing in chunks, and a CR may wait for the next one`() {
        var scanner = ContentScanner(limits: Self.limits)
        let first = Array("a\r\n.\r\nb\r".utf8)
        let second = Array("\n..\r\n".utf8)
        #expect(scanner.chunk(first.span, from: 0, to: first.count).next == first.count)
        #expect(scanner.chunk(second.span, from: 0, to: second.count).next == second.count)
        scanner.chunksEnded()
        #expect(scanner.violation == nil)
        #expect(scanner.facts.byteCount == first.count + second.count)
    }

    @Test func `a chunk's limit is kept, whatever lies behind it`() {
        var scanner = ContentScanner(limits: Self.limits)
        let bytes = Array("abc\r\n\nQUIT\r\n".utf8)
        let stretch = scanner.chunk(bytes.span, from: 0, to: 5)
        #expect(stretch.next == 5)
        #expect(scanner.violation == nil)
    }
}
