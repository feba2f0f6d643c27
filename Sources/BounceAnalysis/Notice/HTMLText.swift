import MailFormat

/// The words of an HTML part: enough to find addresses and replies in it, no more.
enum HTMLText {
    /// Appends the text of HTML; tags that begin a block become line ends, other tags and comments vanish.
    static func append(_ html: Span<UInt8>, to text: inout [UInt8]) {
        var offset = 0
        while offset < html.count {
            let byte = html[offset]
            if byte == UInt8(ascii: "<"), let behind = tag(html, at: offset, &text) {
                offset = behind
            } else if byte == UInt8(ascii: "&") {
                offset = entity(html, at: offset, &text)
            } else if byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab {
                // White space only separates words in HTML.
                if text.last != ASCII.space, text.last != ASCII.lineFeed { text.append(ASCII.space) }
                offset += 1
            } else {
                let start = offset
                repeat { offset += 1 } while offset < html.count && !isSpecial(html[offset])
                text.append(html, ByteRange(start, offset))
            }
        }
        text.append(ASCII.lineFeed)
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "<") || byte == UInt8(ascii: "&") || byte == ASCII.lineFeed
            || byte == ASCII.carriageReturn || byte == ASCII.tab
    }

    /// The offset behind a tag; nil when the angle bracket begins none, as around an address that nobody escaped.
    private static func tag(_ html: Span<UInt8>, at start: Int, _ text: inout [UInt8]) -> Int? {
        if html.matches("<!--", at: start) { return end(of: "-->", html, from: start + 4) }
        let isClosing = start + 1 < html.count && html[start + 1] == UInt8(ascii: "/")
        let nameStart = isClosing ? start + 2 : start + 1
        var nameEnd = nameStart
        while nameEnd < html.count, ASCII.isLetterOrDigit(html[nameEnd]) { nameEnd += 1 }
        let isDeclaration = nameStart < html.count && (html[nameStart] == 0x21 || html[nameStart] == 0x3F)
        if !isDeclaration {
            guard nameEnd > nameStart, nameEnd < html.count, endsName(html[nameEnd]) else { return nil }
        }
        let name = ByteRange(nameStart, nameEnd)
        if !isClosing, html.equals("style", in: name) { return end(of: "</style", html, from: nameEnd) }
        if !isClosing, html.equals("script", in: name) { return end(of: "</script", html, from: nameEnd) }
        if !isClosing, html.equals("head", in: name) { return end(of: "</head", html, from: nameEnd) }
        if isBlock(html, name), text.last != ASCII.lineFeed || html.equals("br", in: name) {
            text.append(ASCII.lineFeed)
        }
        var offset = nameEnd
        while offset < html.count, html[offset] != UInt8(ascii: ">") { offset += 1 }
        return min(offset + 1, html.count)
    }

    private static func endsName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") || byte <= ASCII.space
    }

    private static func isBlock(_ html: Span<UInt8>, _ name: ByteRange) -> Bool {
        switch name.count {
        case 1: html.equals("p", in: name)
        case 2:
            html.equals("br", in: name) || html.equals("tr", in: name) || html.equals("td", in: name)
                || html.equals("li", in: name) || html.equals("hr", in: name) || html.equals("ul", in: name)
                || html.equals("h1", in: name) || html.equals("h2", in: name) || html.equals("h3", in: name)
        case 3: html.equals("div", in: name) || html.equals("pre", in: name)
        case 5: html.equals("table", in: name)
        default: false
        }
    }

    /// The offset behind the tag that a word begins; the end when it never comes.
    private static func end(of word: StaticString, _ html: Span<UInt8>, from start: Int) -> Int {
        var offset = start
        while offset < html.count, !html.matches(word, at: offset) { offset += 1 }
        while offset < html.count, html[offset] != UInt8(ascii: ">") { offset += 1 }
        return min(offset + 1, html.count)
    }

    private static let entities: [(name: StaticString, text: StaticString)] = [
        ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&nbsp;", " "), ("&apos;", "'"),
    ]

    private static func entity(_ html: Span<UInt8>, at start: Int, _ text: inout [UInt8]) -> Int {
        for (name, replacement) in entities where html.matches(name, at: start) {
            text.append(replacement)
            return start + name.utf8CodeUnitCount
        }
        guard start + 2 < html.count, html[start + 1] == UInt8(ascii: "#") else {
            text.append(UInt8(ascii: "&"))
            return start + 1
        }
        let isHex = html[start + 2] | 0x20 == UInt8(ascii: "x")
        var offset = start + (isHex ? 3 : 2)
        var value: UInt32 = 0
        while offset < html.count, offset < start + 10, let digit = ASCII.hexValue(html[offset]), isHex || digit < 10 {
            value = value * (isHex ? 16 : 10) + UInt32(digit)
            offset += 1
        }
        if offset < html.count, html[offset] == UInt8(ascii: ";") { offset += 1 }
        let scalar = Unicode.Scalar(value == 0xA0 ? 0x20 : value) ?? "\u{FFFD}"
        text.append(contentsOf: String(scalar).utf8)
        return offset
    }
}
