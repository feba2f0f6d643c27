import Foundation

/// What the graph test needs of the package description.
struct Manifest: Decodable {
    let targets: [Target]

    struct Target: Decodable {
        let name: String
        let type: String
        let path: String?
        let dependencies: [Dependency]

        /// Where the target's files lie, by SwiftPM's convention.
        var folder: String { path ?? (type == "test" ? "Tests/\(name)" : "Sources/\(name)") }
    }

    /// `{"byName": ["StatusCodes", null]}`, `{"product": ["NIOCore", "swift-nio", …]}` or `{"target": […]}`.
    struct Dependency: Decodable {
        let name: String

        init(from decoder: any Decoder) throws {
            let kinds = try decoder.singleValueContainer().decode([String: [Part]].self)
            guard let name = kinds.values.first?.first?.text else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "a dependency without a name")
                )
            }
            self.name = name
        }

        private struct Part: Decodable {
            let text: String?
            init(from decoder: any Decoder) throws {
                text = try? decoder.singleValueContainer().decode(String.self)
            }
        }
    }

    /// Asks SwiftPM for the description.
    ///
    /// In a scratch folder of its own, since the test run holds the lock of the ordinary one.
    static func load() throws -> Manifest {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "martlet-graph-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: scratch) }
        let (status, output) = try Repository.run(
            "swift",
            ["package", "--scratch-path", scratch.path, "dump-package"]
        )
        guard status == 0 else { throw ManifestError.unreadable(status) }
        return try JSONDecoder().decode(Manifest.self, from: Data(output.utf8))
    }
}

enum ManifestError: Error {
    case unreadable(Int32)
}
