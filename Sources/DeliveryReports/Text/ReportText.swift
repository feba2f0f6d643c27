/// The words of a report in one language: the one place where its text for people comes from.
public struct ReportText: Hashable, Sendable {
    private var texts: [String]

    /// The words in English.
    public static let english = Self(texts: enTexts)

    private init(texts: [String]) { self.texts = texts }

    /// The languages that are built in, by their tags (BCP 47).
    public static var languages: [String] { builtIn.map(\.language) }

    /// The built-in words of a language; nil when there are none.
    public init?(language: String) {
        guard let found = Self.builtIn.first(where: { $0.language == language }) else { return nil }
        self.init(texts: found.texts)
    }

    /// Reads a catalogue in the form of `report.en.txt`: every key once, no `{name}` that the English text lacks.
    public init(catalogue bytes: Span<UInt8>) throws(ReportTextError) {
        var found: [Key: String] = [:]
        var lineNumber = 0
        for line in Self.lines(bytes) {
            lineNumber += 1
            guard !line.hasPrefix("#"), line.contains(where: { !$0.isWhitespace }) else { continue }
            let (key, text) = try Self.entry(line, lineNumber)
            guard found.updateValue(text, forKey: key) == nil else {
                throw ReportTextError(.repeatedKey, key.rawValue, line: lineNumber)
            }
        }
        texts = []
        for key in Key.allCases {
            guard let text = found[key] else { throw ReportTextError(.missingKey, key.rawValue, line: lineNumber) }
            texts.append(text)
        }
    }

    private static func lines(_ bytes: Span<UInt8>) -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        for offset in bytes.indices {
            if bytes[offset] == UInt8(ascii: "\n") {
                lines.append(String(decoding: line, as: UTF8.self))
                line.removeAll(keepingCapacity: true)
            } else if bytes[offset] != UInt8(ascii: "\r") {
                line.append(bytes[offset])
            }
        }
        lines.append(String(decoding: line, as: UTF8.self))
        return lines
    }

    private static func entry(_ line: String, _ number: Int) throws(ReportTextError) -> (Key, String) {
        guard let equals = line.firstIndex(of: "=") else { throw ReportTextError(.noEntry, line, line: number) }
        let name = line[..<equals].filter { $0 != " " }
        guard let key = Key(rawValue: name) else { throw ReportTextError(.unknownKey, name, line: number) }
        let text = String(line[line.index(after: equals)...].drop { $0 == " " })
        let allowed = placeholders(english[key])
        for placeholder in placeholders(text) where !allowed.contains(placeholder) {
            throw ReportTextError(.unknownPlaceholder, "{\(placeholder)}", line: number)
        }
        return (key, text)
    }

    private static func placeholders(_ text: String) -> Set<String> {
        var names: Set<String> = []
        for piece in text.split(separator: "{", omittingEmptySubsequences: false).dropFirst() {
            if let end = piece.firstIndex(of: "}") { names.insert(String(piece[..<end])) }
        }
        return names
    }

    /// The text of a key, its places open.
    public subscript(_ key: Key) -> String { texts[Key.allCases.firstIndex(of: key) ?? 0] }

    /// The text of a key with values in its places.
    ///
    /// A value is never searched for places itself.
    func filled(_ key: Key, _ values: [String: String]) -> String {
        var filled = ""
        var rest = self[key][...]
        while let open = rest.firstIndex(of: "{") {
            filled += rest[..<open]
            guard let close = rest[open...].firstIndex(of: "}") else { break }
            filled += values[String(rest[rest.index(after: open)..<close])] ?? ""
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }
}

/// Why a catalogue of report texts cannot be used.
public struct ReportTextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of mistake.
    public enum Code: Hashable, Sendable {
        /// A line that is neither comment nor entry.
        case noEntry
        /// A key that no report has.
        case unknownKey
        /// A key that occurs twice.
        case repeatedKey
        /// A key that is not there.
        case missingKey
        /// A `{name}` that has no value at this key.
        case unknownPlaceholder
    }

    /// What kind of mistake.
    public let code: Code
    /// What it is about: the line, the key, the name.
    public let subject: String
    /// The line, counted from 1; for a missing key the last one.
    public let line: Int

    init(_ code: Code, _ subject: String, line: Int) {
        self.code = code
        self.subject = subject
        self.line = line
    }

    /// One sentence for the operator.
    public var description: String {
        switch code {
        case .noEntry: "line \(line): expected KEY = TEXT, found “\(subject)”"
        case .unknownKey: "line \(line): there is no text “\(subject)” in a report"
        case .repeatedKey: "line \(line): “\(subject)” occurs twice"
        case .missingKey: "“\(subject)” is missing: copy its line from report.en.txt and translate it"
        case .unknownPlaceholder: "line \(line): \(subject) has no value here; see the line in report.en.txt"
        }
    }
}
