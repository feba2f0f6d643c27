import Foundation
import StatusCodes

/// The reference of status codes as a tree of files: an index, a page a code, a style sheet.
///
/// Every word comes from the tables that the relay itself works by: registry, conditions, decision table, catalogues.
/// The pages need no script and no network, and link to one another by relative names.
struct ReferenceSite {
    /// One file of the tree.
    struct File {
        /// Its name, without folders.
        let name: String
        /// What is in it.
        let text: String
    }

    /// The dialogues that examples are taken from; nil when there are none at hand.
    let dialogues: DialogueShelf?

    /// Every file, the index first.
    var files: [File] {
        let pages = Catalogue.codes.map { code in
            File(name: PageFrame.fileName(of: code), text: CodePage(code: code, dialogues: dialogues).html.text)
        }
        return [File(name: PageFrame.indexName, text: IndexPage().html.text)] + pages
            + [File(name: PageFrame.styleName, text: ReferenceStyle.sheet)]
    }

    /// Writes the files into a folder, which is made when it is not there; how many they were.
    func write(into folder: URL) throws -> Int {
        let files = files
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in files { try Data(file.text.utf8).write(to: folder.appending(path: file.name), options: .atomic) }
        return files.count
    }
}

/// What all pages have around them.
enum PageFrame {
    static let indexName = "index.html"
    static let styleName = "style.css"

    /// The page of a code.
    static func fileName(of code: EnhancedStatusCode) -> String { "\(code).html" }

    /// A link to the page of a code; the bare code when it has none.
    static func link(to code: EnhancedStatusCode) -> HTML {
        guard Catalogue.en.entry(of: code) != nil else { return "<code>\(code)</code>" }
        return "<a href=\"\(fileName(of: code))\"><code>\(code)</code></a>"
    }

    /// A whole page.
    static func page(title: String, _ content: HTML) -> HTML {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title)</title>
        <link rel="stylesheet" href="\(styleName)">
        </head>
        <body>
        <nav aria-label="Reference"><a href="\(indexName)">Martlet: all status codes</a></nav>
        <main>
        \(content)
        </main>
        </body>
        </html>

        """
    }

    /// A list of terms and what belongs to them.
    static func terms(_ pairs: [(term: String, content: HTML)]) -> HTML {
        let rows = pairs.map { pair -> HTML in "<dt>\(pair.term)</dt><dd>\(pair.content)</dd>" }
        return "<dl>\n\(rows)\n</dl>"
    }

    /// A table with a heading row.
    static func table(_ columns: [String], rows: [[HTML]]) -> HTML {
        let heads = columns.map { column -> HTML in "<th scope=\"col\">\(column)</th>" }
        let body = rows.map { cells -> HTML in
            let cells = cells.map { cell -> HTML in "<td>\(cell)</td>" }
            return "<tr>\(HTML(cells, separator: ""))</tr>"
        }
        return """
            <table>
            <thead><tr>\(HTML(heads, separator: ""))</tr></thead>
            <tbody>
            \(body)
            </tbody>
            </table>
            """
    }

    /// The RFCs of a column of the registry, separated by semicolons, each a link; anything else as it is written.
    static func references(_ text: String) -> HTML {
        let pieces = text.split(separator: ";").map { reference -> HTML in
            let word = reference.prefix { $0 != " " }
            guard word.hasPrefix("RFC"), let number = UInt16(word.dropFirst(3)) else { return "\(String(reference))" }
            let rest = String(reference.dropFirst(word.count))
            return "<a href=\"https://www.rfc-editor.org/rfc/rfc\(number)\">RFC \(number)</a>\(rest)"
        }
        return HTML(pieces, separator: ", ")
    }
}
