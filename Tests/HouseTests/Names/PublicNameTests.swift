import Foundation
import Testing

/// The pure modules are libraries that are used together: whoever imports several need not say which one he means.
@Suite struct `Public names` {
    /// The types that stand at the top of a library's files.
    private static func types(in text: String) -> [Substring] {
        text.matches(
            of: /(?m)^public (?:final |indirect )?(?:struct|enum|class|actor|protocol|typealias) ([A-Za-z0-9]+)/
        ).map(\.output.1)
    }

    @Test func `no two libraries have a public type of the same name`() throws {
        var owners: [String: Set<String>] = [:]
        for module in ModuleRow.pureModules {
            for path in try Repository.swiftFiles(under: "Sources/\(module)") {
                for type in Self.types(in: try Repository.text(of: path)) {
                    owners[String(type), default: []].insert(module)
                }
            }
        }
        #expect(owners["Explanation"] == ["StatusCodes"])
        #expect(owners["ReportExplanation"] == ["DeliveryReports"])
        for (type, modules) in owners where modules.count > 1 {
            Issue.record("\(type) is public in \(modules.sorted().joined(separator: " and "))")
        }
    }

    @Test(arguments: [
        ("public struct A: Hashable {", ["A"]), ("    public struct Inner {", []), ("struct Own {", []),
        ("import B\npublic final class C: D {}\npublic enum E {}", ["C", "E"]),
    ])
    func `the scan sees what is public at the top of a file`(text: String, names: [String]) {
        #expect(Self.types(in: text).map(String.init) == names)
    }
}
