@testable import BounceAnalysis
import Testing

@Suite
struct PlainPunctuationTests {
    private static func plain(_ text: String) -> String {
        var bytes = Array(text.utf8)
        PlainPunctuation.apply(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("don\u{2019}t \u{201C}x\u{201D}", "don't \"x\""), ("Grund\u{A0}: y", "Grund : y"),
        ("a\u{2014}b\u{2026}", "a-b..."),
        ("宛先：a@b.example、c", "宛先: a@b.example, c"), ("（a@b.example）は。", "(a@b.example)は."),
        ("\u{AB}\u{A0}x\u{A0}\u{BB}", "\" x \""), ("x\u{200B}y\u{FF20}z", "xy@z"),
    ])
    func `each mark is one of US-ASCII`(_ text: String, _ plain: String) { #expect(Self.plain(text) == plain) }

    @Test(arguments: ["", "plain", "Zürich, Øre, Łódź", "日本語の文字", "\u{1F600}", "ß\u{2022}"])
    func `letters and signs stay`(_ text: String) { #expect(Self.plain(text) == text) }

    @Test
    func `octets that are no character stay`() {
        for broken: [UInt8] in [[0xE2], [0xE2, 0x80], [0xC2], [0xEF, 0xBC], [0x41, 0xFF, 0xE3, 0x80]] {
            var bytes = broken
            PlainPunctuation.apply(to: &bytes)
            #expect(bytes == broken)
        }
    }
}
