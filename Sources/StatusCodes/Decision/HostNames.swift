/// Names of hosts and domains among the words of a reply.
enum HostNames {
    /// The name that a run without blanks consists of, but for punctuation around it; `dot` is the run's last one.
    static func name(_ text: Span<UInt8>, from first: Int, dot: Int, to limit: Int) -> Range<Int>? {
        var start = first
        var end = limit
        while start < end, !isLetterOrDigit(text[start]) { start += 1 }
        while end > start, !isLetterOrDigit(text[end - 1]) { end -= 1 }
        guard start < dot, dot + 2 < end else { return nil }
        for index in start..<end {
            let octet = text[index]
            guard isLetterOrDigit(octet) || octet == UInt8(ascii: "-") || octet == UInt8(ascii: ".") else { return nil }
        }
        // A number ends with a digit, and so does an address of the Internet.
        for index in dot + 1..<end where text[index] < UInt8(ascii: "A") && text[index] != UInt8(ascii: "-") {
            return nil
        }
        return start..<end
    }

    /// Whether a name can only be a domain's: it ends with a country's letters, or one of the old generic top-level
    /// domains.
    static func isDomain(_ name: Range<Int>, in text: Span<UInt8>) -> Bool {
        var start = name.upperBound
        while start > name.lowerBound, text[start - 1] != UInt8(ascii: ".") { start -= 1 }
        let count = name.upperBound - start
        guard count <= 4 else { return false }
        return count == 2 || generic.contains { isSame($0.utf8, start..<name.upperBound, in: text) }
    }

    private static let generic = ["com", "net", "org", "edu", "gov", "mil", "int", "info", "biz"]

    /// Whether a name is a domain's, or one of a host or a domain below or above it.
    static func isRelated(_ name: Range<Int>, in text: Span<UInt8>, to domain: String) -> Bool {
        let octets = domain.utf8
        let excess = name.count - octets.count
        if excess > 0 {
            let start = name.lowerBound + excess
            return text[start - 1] == UInt8(ascii: ".") && isSame(octets, start..<name.upperBound, in: text)
        }
        let rest = octets.dropFirst(-excess)
        if excess < 0, octets.dropFirst(-excess - 1).first != UInt8(ascii: ".") { return false }
        return isSame(rest, name, in: text)
    }

    private static func isSame(
        _ word: some Sequence<UInt8>,
        _ range: Range<Int>,
        in text: Span<UInt8>
    ) -> Bool {
        var index = range.lowerBound
        for octet in word {
            guard index < range.upperBound, TextFeatures.lowercased(text[index]) == TextFeatures.lowercased(octet)
            else {
                return false
            }
            index += 1
        }
        return index == range.upperBound
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool { TextFeatures.isWord(octet) && octet < 0x80 }
}
