import DeliveryReports
import Foundation
import MailFormat
import Testing

@Suite
struct ReportTextTests {
    static let catalogue = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/DeliveryReports/Catalogues/report.en.txt")

    private static func error(_ text: String) -> ReportTextError? {
        let bytes = Array(text.utf8)
        do throws(ReportTextError) {
            _ = try ReportText(catalogue: bytes.span)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ["en", "de", "fr", "es", "ja", "zh-Hans"])
    func `the built-in texts are those of the catalogue`(language: String) throws {
        let url = Self.catalogue.deletingLastPathComponent().appending(path: "report.\(language).txt")
        let bytes = Array(try Data(contentsOf: url))
        let read = try ReportText(catalogue: bytes.span)
        #expect(ReportText(language: language) == read)
        #expect(ReportText.languages.contains(language))
        #expect(ReportText(language: "tlh") == nil)
        guard language != "en" else { return }
        let untranslated = ReportText.Key.allCases.filter { read[$0] == ReportText.english[$0] }
        #expect(untranslated.isEmpty)
    }

    @Test(arguments: ["ja", "zh-Hans"])
    func `a report in a script without blanks is wrapped all the same`(language: String) throws {
        let words = try #require(ReportText(language: language))
        let request = ReportScenario.request([ReportScenario.unknownUser])
        let content = Array(ReportScenario.letter.utf8)
        let writer = ReportWriter(words: words)
        let report = writer.write(request, content: content.span, byteCount: content.count)
        let structure = MIMEStructure(report.bytes.span)
        let human = try #require(structure.parts.first { $0.depth == 1 })
        var text: [UInt8] = []
        _ = human.encoding.decode(report.bytes.span, human.body, limit: 100_000, to: &text)
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
        let widest = lines.map { $0.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x2E80 ? 2 : 1) } }.max() ?? 0
        #expect(lines.count > 20)
        #expect(widest <= 76)
        #expect(!lines.contains { "。、」】".contains($0.first { $0 != " " } ?? " ") })
    }

    @Test
    func `each mistake in a catalogue is named with its line`() throws {
        let english = try String(contentsOf: Self.catalogue, encoding: .utf8)
        #expect(Self.error(english) == nil)
        #expect(Self.error(english.replacing("\n", with: "\r\n")) == nil)
        #expect(Self.error("nonsense\n" + english)?.code == .noEntry)
        #expect(Self.error("no-such-key = x\n" + english)?.code == .unknownKey)
        let repeated = Self.error("from-name = x\n" + english)
        #expect(repeated?.code == .repeatedKey)
        #expect((repeated?.line ?? 0) > 1)
        let placed = Self.error("from-name = {recipient}\n" + english)
        #expect(placed?.code == .unknownPlaceholder)
        #expect(placed?.line == 1)
        let missing = Self.error(english.replacing("from-name =", with: "# from-name ="))
        #expect(missing?.code == .missingKey)
        #expect(missing?.subject == "from-name")
    }

    @Test
    func `another language's words are used`() throws {
        let english = try String(contentsOf: Self.catalogue, encoding: .utf8)
        let bytes = Array(
            english.replacing(
                "from-name = Mail Delivery System",
                with: "from-name = Système de distribution du courrier"
            ).utf8
        )
        let words = try ReportText(catalogue: bytes.span)
        let request = ReportScenario.request([ReportScenario.unknownUser])
        let content = Array(ReportScenario.letter.utf8)
        let report = ReportWriter(words: words).write(request, content: content.span, byteCount: content.count)
        let text = String(decoding: report.bytes, as: UTF8.self)
        #expect(text.contains("From: =?utf-8?Q?Syst=C3=A8me_de_distribution_du_courrier?=\r\n <mailer-daemon@"))
        #expect(!report.smtpUTF8)
    }
}
