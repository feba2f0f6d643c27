import BounceAnalysis
import Foundation
import StatusCodes
import Testing

/// A mail whose first fields say what is expected of it: `X-Expect-Kind`, and `X-Expect` for each recipient, with
/// address, printed or concluded status, reply code, cause and bounce kind; `-` where nothing is, or nothing is asked.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    static let all: [Fixture] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().filter { $0.hasSuffix(".eml") }.compactMap { name in
            (try? Data(contentsOf: folder.appendingPathComponent(name))).map { Fixture(name: name, bytes: Array($0)) }
        }
    }()

    private var fields: [(name: Substring, value: Substring)] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix { $0.hasPrefix("X-Expect") }.compactMap {
            guard let colon = $0.firstIndex(of: ":") else { return nil }
            return ($0[..<colon], $0[$0.index(after: colon)...].drop { $0 == " " })
        }
    }

    var expectedKind: String? { fields.first { $0.name == "X-Expect-Kind" }.map { String($0.value) } }

    var expected: [[String]] {
        fields.filter { $0.name == "X-Expect" }.map { field in
            field.value.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// The same mail with the other kind of line ends.
    var withCRLF: [UInt8] { bytes.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] } }
}

/// Compares a result with what is expected of it.
func check(_ result: RecipientResult, _ expected: [String], in name: String) throws {
    try #require(expected.count == 5, "\(name): an expectation has five columns")
    #expect((result.recipient ?? "-") == expected[0], "\(name)")
    if expected[1] != "-" {
        #expect((result.printedStatus ?? result.finding?.status)?.description == expected[1], "\(name)")
    }
    if expected[2] != "-" { #expect(result.reply?.description == expected[2], "\(name)") }
    if expected[3] != "-" { #expect(result.finding?.cause.name == expected[3], "\(name)") }
    if expected[4] != "-" { #expect((result.finding?.bounce ?? .none).rawValue == expected[4], "\(name)") }
}
