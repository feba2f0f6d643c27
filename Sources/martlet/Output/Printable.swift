/// What others said, as a terminal may show it.
enum Printable {
    /// A text without what moves the cursor, changes colours or ends the line: a peer must not write on our terminal.
    static func text(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map(shown)))
    }

    /// A reply on one line.
    static func reply(_ reply: String) -> String { text(reply.split(separator: "\n").joined(separator: " / ")) }

    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.properties.generalCategory {
        // Format characters can turn the rest of the line around.
        case .control, .format, .lineSeparator, .paragraphSeparator: "?"
        default: scalar
        }
    }
}
