import DeliveryReports
import Foundation
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

    @Test
    func `the built-in texts are those of the catalogue`() throws {
        let bytes = Array(try Data(contentsOf: Self.catalogue))
        let read = try ReportText(catalogue: bytes.span)
        #expect(read == .english)
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
