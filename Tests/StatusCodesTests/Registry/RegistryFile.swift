import Foundation

/// A data file of `Registry/`, read as the generator reads it.
struct RegistryFile {
    let rows: [[String: String]]

    init(_ name: String) throws {
        let folder = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: folder.appending(path: "Registry/\(name).csv"), encoding: .utf8)
        var lines = Self.records(text)
        let header = lines.removeFirst()
        rows = lines.map { Dictionary(uniqueKeysWithValues: zip(header, $0)) }
    }

    /// Records of RFC 4180: quoted fields may hold commas, quotes and line breaks.
    private static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var field = ""
        var quoted = false
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch (scalar, quoted) {
            case ("\"", true) where scalars.first == "\"":
                field.append("\"")
                scalars.removeFirst()
            case ("\"", _): quoted.toggle()
            case (",", false):
                record.append(field)
                field = ""
            case ("\r", false): break
            case ("\n", false):
                records.append(record + [field])
                record = []
                field = ""
            default: field.unicodeScalars.append(scalar)
            }
        }
        return field.isEmpty && record.isEmpty ? records : records + [record + [field]]
    }
}
