import DeliveryReports
import Foundation
import MailFormat
import SMTPProtocol
import Testing

@Suite
struct ReportGoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures/Reports")

    static func write(_ scenario: ReportScenario) -> WrittenReport {
        let content = Array(scenario.content.utf8)
        return ReportWriter(options: scenario.options)
            .write(scenario.request, content: content.span, byteCount: content.count)
    }

    /// What a golden's named places stand for.
    static func places(_ scenario: ReportScenario, _ report: WrittenReport) throws -> [(name: String, value: String)] {
        let block = HeaderBlock(report.bytes.span)
        let found = block.first("content-type", report.bytes.span)
        let field = try #require(found)
        let boundary = try #require(ContentType(report.bytes.span, field.value).text("boundary"))
        return [
            ("{boundary}", boundary), ("{message-id}", scenario.request.messageID),
            ("{now}", "Date: \(MailDate.text(scenario.request.now))\r\nFrom: "),
        ]
    }

    @Test(arguments: ReportScenario.all)
    func `a report is its golden, byte by byte`(_ scenario: ReportScenario) throws {
        let report = Self.write(scenario)
        let places = try Self.places(scenario, report)
        let written = String(decoding: report.bytes, as: UTF8.self)
        let url = Self.folder.appending(path: scenario.name + ".eml")
        let actual = Self.folder.appending(path: scenario.name + ".actual")
        // Line ends are LF in the file and CRLF in the report.
        var golden = ((try? String(contentsOf: url, encoding: .utf8)) ?? "").replacing("\n", with: "\r\n")
        for place in places { golden = golden.replacing(place.name, with: place.value) }
        if golden.utf8.elementsEqual(written.utf8) {
            try? FileManager.default.removeItem(at: actual)
        } else {
            var text = written
            for place in places { text = text.replacing(place.value, with: place.name) }
            try text.replacing("\r\n", with: "\n").write(to: actual, atomically: true, encoding: .utf8)
            Issue.record("what was written lies beside the golden, as \(actual.lastPathComponent)")
        }
    }

    @Test
    func `every golden belongs to a scenario`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
            .filter { $0.hasSuffix(".eml") }
        #expect(Set(files) == Set(ReportScenario.all.map { $0.name + ".eml" }))
    }

    @Test(arguments: ReportScenario.all)
    func `a report can travel as it says`(_ scenario: ReportScenario) {
        let report = Self.write(scenario)
        let classes = ByteClasses(report.bytes.span, ByteRange(0, report.bytes.count))
        #expect(!classes.hasBinary)
        #expect(!classes.hasLongLines)
        #expect(!classes.hasHighBytes || report.body == .eightBitMIME)
        let header = HeaderBlock(report.bytes.span)
        #expect(header.ending == .blankLine)
        let headerClasses = ByteClasses(report.bytes.span, ByteRange(0, header.bodyStart))
        #expect(headerClasses.hasHighBytes == report.smtpUTF8)
        if scenario.options.transfer == .sevenBit { #expect(!classes.hasHighBytes) }
    }

    @Test(arguments: ReportScenario.all)
    func `a report can also go to a host without 8BITMIME, and says the same there`(_ scenario: ReportScenario) throws {
        let report = Self.write(scenario)
        // RFC 6531 §3.1: who takes SMTPUTF8 takes 8BITMIME.
        guard !report.smtpUTF8 else { return }
        let converted = try SevenBitMessage(converting: report.bytes.span)
        #expect(converted.isChanged == (report.body == .eightBitMIME))
        let isPlain = converted.bytes.allSatisfy { $0 < 0x80 }
        #expect(isPlain)
        let before = DeliveryReport(report.bytes.span)
        let after = DeliveryReport(converted.bytes.span)
        #expect(after?.recipients == before?.recipients)
        #expect(after?.returned?.contentType == before?.returned?.contentType)
    }

    @Test
    func `what could not be converted returns its header only, everything else all of it`() {
        func returned(_ name: String) -> String? {
            ReportScenario.all.first { $0.name == name }
                .flatMap { DeliveryReport(Self.write($0).bytes.span)?.returned?.contentType.subtype }
        }
        #expect(returned("return-full-eight-bit") == "rfc822")
        #expect(returned("return-full-signed-eight-bit") == "rfc822-headers")
        #expect(returned("return-full-eight-bit-with-raw-header") == "rfc822-headers")
    }

    @Test(arguments: ReportScenario.all)
    func `a report has every field it must have, once (RFC 5322 §3.6, RFC 3834 §5)`(_ scenario: ReportScenario) {
        let report = Self.write(scenario)
        let header = HeaderBlock(report.bytes.span)
        for name: StaticString in ["date", "from", "to", "subject", "message-id", "auto-submitted", "mime-version"] {
            #expect(header.count(name, report.bytes.span) == 1, "\(name)")
        }
        #expect(header.count("x-injected", report.bytes.span) == 0)
        #expect(MessageNature(header: report.bytes.span) == .report)
    }

    @Test(arguments: ReportScenario.all)
    func `a report is read back as what was asked for`(_ scenario: ReportScenario) throws {
        let report = Self.write(scenario)
        let parsed = DeliveryReport(report.bytes.span)
        let read = try #require(parsed)
        let isHostile = scenario.name == "hostile-words"
        #expect(read.reportingMTA == scenario.request.reporter.hostname)
        #expect(read.arrival == scenario.request.original.arrival)
        #expect(isHostile || read.originalEnvelopeID == scenario.request.original.envelopeID)
        #expect(read.notification?.contentType.isType("text", "plain") == true)
        #expect(read.recipients.count == scenario.request.recipients.count)
        for (found, asked) in zip(read.recipients, scenario.request.recipients) {
            #expect(found.finalRecipient == asked.finalRecipient)
            #expect(found.originalRecipient == Self.address(asked.originalRecipient))
            #expect(found.action == asked.action)
            #expect(found.status == asked.status)
            #expect(found.lastAttempt == asked.lastAttempt)
            #expect(found.willRetryUntil == (asked.action == .delayed ? asked.willRetryUntil : nil))
            #expect(found.outcomeKnown == asked.outcomeKnown)
            #expect(isHostile || found.remoteMTA == asked.remoteMTA)
            let isPlain = asked.diagnostic?.lines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } } ?? true
            #expect(isHostile || !isPlain || found.diagnostic == asked.diagnostic)
        }
    }

    /// The address of `type;address` as a person writes it.
    private static func address(_ typed: String?) -> String? {
        guard let typed else { return nil }
        let address = String(typed.drop { $0 != ";" }.dropFirst())
        return typed.hasPrefix("utf-8") ? UTF8Address.decode(address) : address
    }

    @Test(arguments: ReportScenario.all)
    func `what is returned is the message or its header, unchanged (RFC 3461 §4.3)`(_ scenario: ReportScenario) throws {
        let report = Self.write(scenario)
        let parsed = DeliveryReport(report.bytes.span)
        let read = try #require(parsed)
        guard let part = read.returned else {
            #expect(scenario.content.isEmpty)
            return
        }
        var content: [UInt8] = []
        #expect(part.encoding.decode(report.bytes.span, part.body, limit: 1 << 20, to: &content))
        let original = Array(scenario.content.utf8)
        let isWhole = part.contentType.subtype == "rfc822" || part.contentType.subtype == "global"
        let headerEnd = HeaderBlock(original.span).fields.last.map { Int($0.whole.end) } ?? 0
        #expect(content == Array(original[..<(isWhole ? original.count : headerEnd)]))
        let mayBeWhole =
            scenario.request.original.returned == .full
            && scenario.request.recipients.contains { $0.action == .failed }
        #expect(!isWhole || mayBeWhole)
    }

    @Test
    func `of a large message only the header is asked for, unless all of it goes back`() {
        let failed = ReportScenario.request([ReportScenario.unknownUser], returned: .full)
        let delivered = ReportScenario.request([ReportScenario.success], returned: .full)
        let writer = ReportWriter()
        #expect(writer.neededBytes(failed, byteCount: 500_000) == 500_000)
        #expect(writer.neededBytes(failed, byteCount: 50_000_000) == 65_536)
        #expect(writer.neededBytes(delivered, byteCount: 500_000) == 65_536)
        #expect(writer.neededBytes(delivered, byteCount: 100) == 100)
    }

    @Test
    func `a content that has the boundary gets another one`() throws {
        let request = ReportScenario.request([ReportScenario.unknownUser], returned: .full)
        let first = Self.write(ReportScenario("x", request))
        let boundary = try Self.places(ReportScenario("x", request), first)[0].value
        let hostile = ReportScenario("x", request, content: ReportScenario.letter + "--\(boundary)--\r\n")
        let report = Self.write(hostile)
        #expect(try Self.places(hostile, report)[0].value != boundary)
        #expect(DeliveryReport(report.bytes.span)?.returned?.contentType.subtype == "rfc822")
    }
}
