import BounceAnalysis
import Testing

@Suite
struct FixtureTests {
    @Test
    func `there are fixtures`() { #expect(Fixture.all.count >= 40) }

    @Test(arguments: Fixture.all)
    func `what a mail tells is found`(_ fixture: Fixture) throws {
        let analysis = MailAnalyzer.analyze(fixture.bytes.span)
        #expect(analysis.kind.rawValue == fixture.expectedKind)
        #expect(!analysis.isCut)
        try #require(analysis.results.count == fixture.expected.count)
        for (result, expected) in zip(analysis.results, fixture.expected) {
            try check(result, expected, in: fixture.name)
        }
    }

    @Test(arguments: Fixture.all)
    func `line ends make no difference, nor does an envelope line`(_ fixture: Fixture) {
        let analysis = MailAnalyzer.analyze(fixture.bytes.span)
        #expect(MailAnalyzer.analyze(fixture.withCRLF.span) == analysis)
        let enveloped = Array("From MAILER-DAEMON Mon Jan  5 10:00:05 2026\n".utf8) + fixture.bytes
        #expect(MailAnalyzer.analyze(enveloped.span) == analysis)
    }

    @Test(arguments: Fixture.all)
    func `a mail in pieces is the same mail`(_ fixture: Fixture) {
        var analyzer = MailAnalyzer()
        for byte in fixture.bytes { analyzer.consume([byte].span) }
        #expect(analyzer.finish() == MailAnalyzer.analyze(fixture.bytes.span))
    }

    @Test(arguments: Fixture.all)
    func `a mail that is cut anywhere is still read`(_ fixture: Fixture) {
        for length in stride(from: 0, to: fixture.bytes.count, by: 101) {
            let cut = Array(fixture.bytes[..<length])
            let analysis = MailAnalyzer.analyze(cut.span)
            #expect(analysis.results.count <= max(8, fixture.expected.count))
        }
    }
}
