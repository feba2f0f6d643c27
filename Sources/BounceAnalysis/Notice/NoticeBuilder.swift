import MailFormat

/// Gathers the part for people of a mail: its text parts up to the first message within it.
enum NoticeBuilder {
    /// How many bytes of text are looked at.
    ///
    /// A notice with the longest header quoted behind it fits many times over.
    static let longestText = 1 << 18
    /// How many bytes of one part are decoded: HTML has a few times the size of its text.
    static let longestPart = 1 << 19

    /// Gathers the text; `within` names the part whose children are looked at, 0 for the whole message.
    static func notice(_ bytes: Span<UInt8>, _ structure: MIMEStructure, within root: Int = 0) -> Notice {
        var notice = Notice()
        let parts = structure.parts
        var html: [Int] = []
        var index = root
        while index < parts.count, notice.text.count < longestText {
            let part = parts[index]
            guard index == root || isInside(parts, index, root) else { break }
            if index > root, part.contentType.type == "message" || part.contentType.isType("text", "rfc822-headers") {
                if part.contentType.subtype != "delivery-status" { break }
                index = behind(parts, index)
                continue
            }
            if part.contentType.type == "text" || (index == root && part.contentType.type != "multipart") {
                if part.contentType.subtype == "html" {
                    html.append(index)
                } else {
                    append(bytes, part, to: &notice)
                }
            } else if part.contentType.type == "multipart", !structure.hasChildren(of: index) {
                // Boundaries that never come: what is there is shown as it is.
                append(bytes, part, to: &notice)
            }
            index += 1
        }
        // Only what has no words otherwise is read as HTML.
        if notice.text.allSatisfy({ $0 <= ASCII.space }) {
            for index in html where notice.text.count < longestText { append(bytes, parts[index], to: &notice) }
        }
        return notice
    }

    /// Appends the text of one part.
    static func append(_ bytes: Span<UInt8>, _ part: MIMEPart, to notice: inout Notice) {
        let isHTML = part.contentType.subtype == "html"
        let room = isHTML ? longestPart : max(0, longestText - notice.text.count)
        let charset = part.contentType.parameter("charset")
        // Most parts are not encoded, and are looked at where they are.
        if part.encoding == .identity {
            if part.body.count > room { notice.isCut = true }
            append(bytes.extracting(part.body.prefix(room)), charset, isHTML: isHTML, to: &notice.text)
            return
        }
        var content: [UInt8] = []
        if !part.encoding.decode(bytes, part.body, limit: room, to: &content) { notice.isCut = true }
        append(content.span, charset, isHTML: isHTML, to: &notice.text)
    }

    private static func append(_ content: Span<UInt8>, _ charset: [UInt8]?, isHTML: Bool, to text: inout [UInt8]) {
        guard isHTML else { return PlainTextCopy.append(content, charset: charset, to: &text) }
        var plain: [UInt8] = []
        PlainTextCopy.append(content, charset: charset, to: &plain)
        HTMLText.append(plain.span, to: &text)
    }

    private static func isInside(_ parts: [MIMEPart], _ index: Int, _ root: Int) -> Bool {
        var current = parts[index].parent
        while let parent = current {
            if parent == root { return true }
            current = parts[parent].parent
        }
        return false
    }

    /// The index behind a part and all within it.
    private static func behind(_ parts: [MIMEPart], _ index: Int) -> Int {
        var next = index + 1
        while next < parts.count, parts[next].depth > parts[index].depth { next += 1 }
        return next
    }
}
