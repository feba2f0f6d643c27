/// Finds the modules that a Swift file imports, without a compiler.
enum ImportScanner {
    private static let levels: Set<Substring> = ["public", "package", "internal", "fileprivate", "private"]
    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]

    /// One import and the line it stands in, counted from 1.
    struct Import: Hashable {
        let module: String
        let line: Int
    }

    /// The imports of a file; those in comments and in text literals of several lines are none.
    static func imports(in text: String) -> [Import] {
        var found: [Import] = []
        var commentDepth = 0
        var isInLiteral = false
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let wasOutside = commentDepth == 0 && !isInLiteral
            if line.count(of: "\"\"\"").isMultiple(of: 2) == false { isInLiteral.toggle() }
            if !isInLiteral { commentDepth += line.count(of: "/*") - line.count(of: "*/") }
            if wasOutside, let module = module(importedBy: line) {
                found.append(Import(module: module, line: index + 1))
            }
        }
        return found
    }

    private static func module(importedBy line: Substring) -> String? {
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        var words = code.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == ";" })[...]
        while let first = words.first, first.hasPrefix("@") || levels.contains(first) { words.removeFirst() }
        guard words.popFirst() == "import" else { return nil }
        if let kind = words.first, kinds.contains(kind), words.count > 1 { words.removeFirst() }
        return words.first.flatMap { $0.split(separator: ".").first }.map(String.init)
    }
}

extension Substring {
    /// How often a text occurs, not counting overlaps.
    fileprivate func count(of part: String) -> Int { ranges(of: part).count }
}
