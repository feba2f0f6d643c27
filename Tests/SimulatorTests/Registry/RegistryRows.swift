import Foundation
import Testing

@testable import StatusCodes

/// The files of `Registry`, read by the reader that reads newer ones at run time.
enum RegistryRows {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Registry")

    /// One row, named by its first field and its line.
    struct Row: Sendable, CustomTestStringConvertible {
        let line: Int
        let columns: [String: String]
        let testDescription: String

        subscript(_ column: String) -> String { columns[column] ?? "" }

        /// The words of a field.
        func words(_ column: String, by separator: Character = " ") -> [String] {
            self[column].split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The names of all files, without `.csv`.
    static func names() throws -> Set<String> {
        Set(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".csv") }.map {
                String($0.dropLast(4))
            }
        )
    }

    /// The rows of a file, none left out.
    static func rows(_ name: String) -> [Row] {
        do {
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: "\(name).csv")))
            let header = String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
            let columns = header.split(separator: ",").map(String.init)
            return try DataFile(parsing: bytes.span, columns: columns, required: columns).rows.map { row in
                Row(
                    line: row.line,
                    columns: Dictionary(uniqueKeysWithValues: columns.map { ($0, row[$0]) }),
                    testDescription: "\(row[columns[0]]) in line \(row.line)"
                )
            }
        } catch {
            // A test asks that every file has rows.
            return []
        }
    }
}
