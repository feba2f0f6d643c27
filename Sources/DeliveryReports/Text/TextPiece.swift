/// A piece of a paragraph that stays on one line.
///
/// Latin text breaks at blanks. Chinese and Japanese have none: there a line may end behind each character, but not
/// before what closes and not behind what opens (the heart of the line-breaking rules of both scripts).
struct TextPiece {
    private(set) var text: String.UnicodeScalarView
    /// Columns in a terminal: characters of those scripts take two.
    private(set) var width: Int
    /// Whether a blank stood before it.
    let followsBlank: Bool

    /// The pieces of a paragraph in their order.
    static func pieces(of paragraph: String) -> [TextPiece] {
        var pieces: [TextPiece] = []
        for word in paragraph.split(separator: " ") {
            var last: Unicode.Scalar?
            for scalar in word.unicodeScalars {
                if let before = last, !breaks(between: before, and: scalar) {
                    pieces[pieces.count - 1].append(scalar)
                } else {
                    pieces.append(TextPiece(scalar, followsBlank: last == nil))
                }
                last = scalar
            }
        }
        return pieces
    }

    private init(_ scalar: Unicode.Scalar, followsBlank: Bool) {
        self.text = String.UnicodeScalarView()
        self.width = 0
        self.followsBlank = followsBlank
        append(scalar)
    }

    private mutating func append(_ scalar: Unicode.Scalar) {
        text.append(scalar)
        width += Self.isWide(scalar) ? 2 : 1
    }

    private static func breaks(between left: Unicode.Scalar, and right: Unicode.Scalar) -> Bool {
        (isWide(left) || isWide(right)) && !closing.contains(right) && !opening.contains(left)
    }

    private static let closing = Set("、。，．・：；？！）」』】》〉”’ーっゃゅょッャュョ々,.:;?!)]%".unicodeScalars)
    private static let opening = Set("（「『【《〈“‘([<".unicodeScalars)

    /// Ideographs, kana, hangul and the full-width forms.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x20000...0x3FFFD:
            true
        default: false
        }
    }
}
