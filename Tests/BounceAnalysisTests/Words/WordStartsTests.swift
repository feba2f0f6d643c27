@testable import BounceAnalysis
import MailFormat
import Testing

@Suite
struct WordStartsTests {
    private static func starts(_ bytes: [UInt8], from first: Int = 0) -> [Int] {
        var words = WordStarts(ByteRange(first, bytes.count))
        var found: [Int] = []
        while let offset = words.next(bytes.span) { found.append(offset) }
        return found
    }

    /// The same, one octet at a time.
    private static func plain(_ bytes: [UInt8], from first: Int = 0) -> [Int] {
        (first..<bytes.count).filter { offset in
            let byte = bytes[offset]
            guard byte < 0x80 else { return byte >= 0xC0 }
            let isBehindWord =
                offset > first && bytes[offset - 1] < 0x80 && ASCII.isLetterOrDigit(bytes[offset - 1])
            return ASCII.isLetterOrDigit(byte) && !isBehindWord
        }
    }

    @Test(arguments: ["", "a", "ab cd", "  word-by-word 12,34", "über Straße, 配信できません x", "a b c d e f g h i j k"])
    func `words and characters beyond US-ASCII begin where they do`(_ text: String) {
        let bytes = Array(text.utf8)
        for first in 0...min(bytes.count, 9) {
            #expect(Self.starts(bytes, from: first) == Self.plain(bytes, from: first))
        }
    }

    @Test(arguments: 50..<150)
    func `words begin alike on both sides of a block`(_ length: Int) {
        let text = Array("Grüße an bob@example.net, 550 5.1.1 (配信できません) a b cc d3 ".utf8)
        let bytes = (0..<length).map { text[$0 % text.count] }
        for first in [0, 1, 7, 30] { #expect(Self.starts(bytes, from: first) == Self.plain(bytes, from: first)) }
        // What stands behind the range is not looked at.
        var words = WordStarts(ByteRange(3, 40))
        var found: [Int] = []
        while let offset = words.next(bytes.span) { found.append(offset) }
        #expect(found == Self.plain(Array(bytes[..<40]), from: 3))
    }

    @Test
    func `every pair of octets is read alike at every place`() {
        for first in UInt8.min...UInt8.max {
            for second in stride(from: UInt8(0), through: 0xF8, by: 3) {
                let bytes = [0x20, first, second, 0x20, 0x20, 0x20, second, first, second, 0x41]
                #expect(Self.starts(bytes) == Self.plain(bytes))
            }
        }
    }
}
