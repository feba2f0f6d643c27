/// Reads a page of the reference as strictly as a validator would, as far as its elements go.
///
/// It knows the elements that the reference is made of and refuses any other; every element that is not void must be
/// closed, in order.
struct MarkupCheck {
    private(set) var problems: [String] = []
    private(set) var links: [String] = []
    private(set) var anchors: Set<String> = []
    private var open: [String] = []

    private static let void: Set<String> = ["meta", "link"]
    /// Where an element may stand directly; nil: wherever flow or phrasing content may.
    private static let parents: [String: Set<String>] = [
        "head": ["html"], "body": ["html"], "meta": ["head"], "title": ["head"], "link": ["head"], "li": ["ul", "ol"],
        "dt": ["dl"], "dd": ["dl"], "thead": ["table"], "tbody": ["table"], "tr": ["thead", "tbody"], "th": ["tr"],
        "td": ["tr"], "main": ["body"], "h1": ["main"],
    ]
    private static let flow: Set<String> = ["nav", "section", "p", "h2", "h3", "ul", "ol", "dl", "table", "pre"]
    private static let phrasing: Set<String> = ["a", "code", "strong"]
    /// What holds phrasing content only.
    private static let holdsPhrasing: Set<String> = [
        "p", "h1", "h2", "h3", "pre", "dt", "a", "code", "strong", "title",
    ]
    private static let attributes: [String: Set<String>] = [
        "html": ["lang"], "meta": ["charset", "name", "content"], "link": ["rel", "href"], "nav": ["aria-label"],
        "a": ["href", "lang", "hreflang"], "section": ["id", "lang"], "h2": ["id"], "h3": ["id"], "th": ["scope"],
        "strong": ["aria-current"],
    ]

    init(_ page: String) {
        let start = "<!DOCTYPE html>\n"
        guard page.hasPrefix(start) else {
            problems.append("no doctype")
            return
        }
        var rest = page.dropFirst(start.count)
        while let bracket = rest.firstIndex(of: "<") {
            text(rest[..<bracket])
            guard let end = rest[bracket...].firstIndex(of: ">") else {
                problems.append("a tag without end")
                return
            }
            tag(String(rest[rest.index(after: bracket)..<end]))
            rest = rest[rest.index(after: end)...]
        }
        text(rest)
        if !open.isEmpty { problems.append("not closed: \(open)") }
    }

    private mutating func text(_ text: Substring) {
        if text.contains(">") { problems.append("a bare > in \(text)") }
        for piece in text.split(separator: "&", omittingEmptySubsequences: false).dropFirst()
        where !["amp;", "lt;", "gt;", "quot;"].contains(where: piece.hasPrefix) {
            problems.append("a bare & before \(piece.prefix(10))")
        }
        if ["ul", "ol", "dl", "table", "thead", "tbody", "tr", "html", "head"].contains(open.last ?? "html"),
            !text.allSatisfy(\.isWhitespace)
        {
            problems.append("text directly in \(open.last ?? "the document"): \(text)")
        }
    }

    private mutating func tag(_ tag: String) {
        if tag.hasPrefix("/") {
            let last = open.popLast()
            if last != String(tag.dropFirst()) { problems.append("<\(tag)> closes \(last ?? "nothing")") }
            return
        }
        let name = String(tag.prefix { $0 != " " })
        stands(name)
        for (attribute, value) in read(tag.dropFirst(name.count)) {
            if Self.attributes[name]?.contains(attribute) != true { problems.append("\(name) has no \(attribute)") }
            if attribute == "href" { links.append(value) }
            if attribute == "id", !anchors.insert(value).inserted { problems.append("two of id \(value)") }
        }
        if !Self.void.contains(name) { open.append(name) }
    }

    private mutating func stands(_ name: String) {
        if let parents = Self.parents[name] {
            if !parents.contains(open.last ?? "") { problems.append("\(name) in \(open.last ?? "nothing")") }
        } else if Self.flow.contains(name) {
            if open.contains(where: Self.holdsPhrasing.contains) { problems.append("\(name) in \(open)") }
            if !["body", "main", "section", "nav", "dd", "li"].contains(open.last ?? "") {
                problems.append("\(name) in \(open.last ?? "nothing")")
            }
        } else if !Self.phrasing.contains(name), name != "html" {
            problems.append("an unknown element: \(name)")
        }
        if name == "a", open.contains("a") { problems.append("a link in a link") }
    }

    /// ` name="value"` any number of times.
    private mutating func read(_ text: Substring) -> [(String, String)] {
        var found: [(String, String)] = []
        var rest = text
        while !rest.isEmpty {
            guard rest.first == " ", let equals = rest.firstIndex(of: "="),
                rest[rest.index(after: equals)...].first == "\"",
                let end = rest[rest.index(equals, offsetBy: 2)...].firstIndex(of: "\"")
            else {
                problems.append("malformed attributes: \(text)")
                return found
            }
            let name = String(rest[rest.index(after: rest.startIndex)..<equals])
            if found.contains(where: { $0.0 == name }) { problems.append("two of \(name)") }
            found.append((name, String(rest[rest.index(equals, offsetBy: 2)..<end])))
            rest = rest[rest.index(after: end)...]
        }
        return found
    }
}
