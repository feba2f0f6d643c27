@testable import BounceAnalysis
import MailFormat
import Testing

@Suite
struct PhraseMatcherTests {
    private static let matcher = PhraseMatcher([
        (.failure, ["could not be delivered", "unzustellbar", "配信できません"]), (.original, ["original message -"]),
        (.delay, ["late", "late mail"]),
    ])

    private static func marks(_ text: String) -> [Mark] {
        let bytes = Array(text.utf8)
        return matcher.hits(in: bytes.span, ByteRange(0, bytes.count)).map(\.mark)
    }

    @Test(arguments: [
        "it could not be delivered.", "It COULD not\n  be \t delivered", "(Unzustellbar)", "このメールは配信できませんでした",
    ])
    func `a phrase is found in any case, across line ends, in any script`(_ text: String) {
        #expect(Self.marks(text) == [.failure])
    }

    @Test(arguments: ["could not be deliveredness", "xunzustellbar", "could not be", "", "couldnotbedelivered"])
    func `part of a word, or of a phrase, is none`(_ text: String) { #expect(Self.marks(text).isEmpty) }

    @Test
    func `a phrase may begin a sentence in any script`() {
        let matcher = PhraseMatcher([(.failure, ["échec de la remise", "недоставлено"])])
        for text in ["Échec de la remise", "échec de la remise", "Недоставлено: x", "недоставлено"] {
            let bytes = Array(text.utf8)
            #expect(matcher.hits(in: bytes.span, ByteRange(0, bytes.count)).count == 1, "\(text)")
        }
    }

    @Test
    func `a phrase that ends in no letter may be followed by anything`() {
        #expect(Self.marks("Original Message ---x") == [.original])
    }

    @Test(arguments: ["late", "so late", "late, but", "it is late\n", "2 late", "ü late", "ülate"])
    func `a phrase shorter than what it is found by is found, also at the end`(_ text: String) {
        #expect(Self.marks(text) == [.delay])
    }

    @Test
    func `of phrases that begin alike all are found`() {
        #expect(Self.marks("late mail") == [.delay, .delay])
        #expect(Self.marks("late  mailing") == [.delay])
    }

    @Test(arguments: [
        "mta", "ndr x", "a b c d", "to be or", "not to be", "in reply to", "in reply to x", "one two three four",
        "mail",
        "delivery to the following", "delivery to the following recipients", "delivery failed", "x-y z", "übermittelt",
    ])
    func `a phrase of any length is found wherever it is wrapped, and at the end`(_ phrase: StaticString) {
        let matcher = PhraseMatcher([(.failure, [phrase])])
        for gap in [" ", "\n", "  ", " \n\t ", "\n\n"] {
            for (before, behind) in [("", ""), ("so ", "\n"), ("é ", "."), ("delivery ", " of it"), ("\n", " \n")] {
                let written = "\(phrase)".replacing(" ", with: gap).uppercased().replacing("Ü", with: "ü")
                let bytes = Array((before + written + behind).utf8)
                let hits = matcher.hits(in: bytes.span, ByteRange(0, bytes.count))
                #expect(hits.map(\.start) == [Int32(before.utf8.count)], "\(phrase) with \(gap.debugDescription)")
                #expect(hits.map(\.end) == [Int32(before.utf8.count + written.utf8.count)])
            }
        }
    }
}
