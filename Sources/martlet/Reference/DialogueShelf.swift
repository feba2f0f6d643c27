import Foundation
import StatusCodes

/// The dialogues of the test suite, found by the condition that they show: it stands in the file's name.
///
/// A file shows the condition whose id is its name, or begins it (`5.5.2-bare-newline-lf-dot-lf`); the longest such id
/// counts. One file a condition is enough for a reader: the one named exactly so, else the first by name.
struct DialogueShelf {
    private let byCondition: [String: SampleDialogue]

    /// Reads every `.txt` below a folder.
    init(folder: URL) throws {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
        let ids = Condition.all.map(\.id)
        var found: [String: SampleDialogue] = [:]
        for path in paths.sorted() {
            let file = folder.appending(path: path)
            let name = file.deletingPathExtension().lastPathComponent
            let fitting = ids.filter { name == $0 || name.hasPrefix("\($0)-") }
            guard let id = fitting.max(by: { $0.utf8.count < $1.utf8.count }), found[id] == nil || name == id else {
                continue
            }
            found[id] = SampleDialogue(name: name, text: try String(contentsOf: file, encoding: .utf8))
        }
        byCondition = found
    }

    /// The dialogue that shows a condition best.
    func dialogue(_ condition: Condition) -> SampleDialogue? { byCondition[condition.id] }
}

/// One dialogue as a reader sees it: what is said, and what happens besides; the tests' own lines are left out.
struct SampleDialogue {
    /// The file's name.
    let title: String
    /// What it shows, and by which rule.
    let caption: String
    /// What is said and what happens.
    let lines: [String]

    init(name: String, text: String) {
        let all = text.split(separator: "\n").map(String.init)
        title = name
        caption = all.filter { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }.joined(separator: " ")
        lines = all.compactMap(Self.shown)
    }

    /// A line of the fixture grammar (`Tests/Support/SMTPTesting/Dialogues/Dialogue.swift`) for people; nil for comments,
    /// the scripted world and assertions.
    private static func shown(_ line: String) -> String? {
        let rest = String(line.dropFirst(2).drop { $0 == " " })
        switch line.prefix(2) {
        case "S:", "C:": return "\(line.prefix(2)) \(withoutPlaceholders(rest))"
        case "S~": return "S: \(rest) …"
        case "S|", "C|": return "\(line.prefix(1)): \(rest)"
        case "@ ": return "[\(rest.drop { $0 == "+" }) pass]"
        case "= ": return rest == "tls" ? "[the TLS handshake]" : "[the server is told to stop]"
        case "x ": return "[the \(rest) closes the connection]"
        default: return nil
        }
    }

    /// `{text}` stands for any text.
    private static func withoutPlaceholders(_ line: String) -> String {
        var out = ""
        var rest = line[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            out += rest[..<open] + "…"
            rest = rest[rest.index(after: close)...]
        }
        return out + rest
    }
}
