import Foundation
import FuzzTargets

/// The files under `Fuzzing/` that the fuzzer starts from, and those that once crashed a target.
enum KeptInputs {
    /// The folder of the fuzzing package.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzzing")

    /// The kept inputs of one target, `Corpus` or `FailCases`.
    static func files(of target: FuzzTarget, in kind: String) throws -> [URL] {
        let place = folder.appending(path: kind).appending(path: target.rawValue)
        guard FileManager.default.fileExists(atPath: place.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
    }
}
