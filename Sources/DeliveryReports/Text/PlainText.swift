/// Lines of text for people, wrapped.
struct PlainText {
    /// Where lines are wrapped: short enough to be quoted in an answer.
    static let width = 72

    private(set) var text = ""

    /// Appends a paragraph, wrapped where its script allows; later lines are indented by `hanging` more.
    mutating func paragraph(_ paragraph: String, indent: Int = 0, hanging: Int = 0) {
        var line = String(repeating: " ", count: indent)
        var column = indent
        var isEmpty = true
        for piece in TextPiece.pieces(of: paragraph) {
            let blank = piece.followsBlank && !isEmpty ? 1 : 0
            if !isEmpty, column + blank + piece.width > Self.width {
                text += line + "\r\n"
                line = String(repeating: " ", count: indent + hanging)
                column = indent + hanging
                isEmpty = true
            }
            if !isEmpty, blank > 0 { line += " " }
            line.unicodeScalars += piece.text
            column += (isEmpty ? 0 : blank) + piece.width
            isEmpty = false
        }
        text += line + "\r\n"
    }

    /// Appends a line as it is.
    mutating func line(_ line: String = "", indent: Int = 0) {
        text += String(repeating: " ", count: line.isEmpty ? 0 : indent) + line + "\r\n"
    }
}

/// Text from others, made fit to be shown.
enum Shown {
    /// A text on one line without control characters and without marks that turn the direction of writing (with which
    /// a sender could make an address look like another one), cut to a length.
    static func safely(_ text: String, limit: Int = 500) -> String {
        var shown = String.UnicodeScalarView()
        var isCut = false
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if index >= limit {
                isCut = true
                break
            }
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029: shown.append(" ")
            case 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: continue
            default: shown.append(scalar)
            }
        }
        return String(shown) + (isCut ? "…" : "")
    }
}
