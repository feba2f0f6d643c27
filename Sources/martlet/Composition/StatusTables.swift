import Foundation
import StatusCodes

/// The decision table and the registry: those of this release, or with what files of the operator say.
struct StatusTables {
    /// Rules that know the registry beside them.
    private(set) var rules = DecisionRules.builtIn
    private(set) var registry = StatusRegistry.builtIn

    /// A file that cannot be used, and why.
    struct Problem: Error, CustomStringConvertible {
        /// Which of the two was asked for.
        let subject: Subject
        let reason: Reason
        /// The path, with the line where one is wrong.
        let description: String

        enum Subject: String { case rules, registry }
        enum Reason { case unreadable, wrong }
    }

    /// Those of this release.
    init() {}

    /// Reads a file of rules and a folder with newer files of the registry (`docs/operations/rules.md`), where given.
    init(rules path: String?, registry folder: String?) throws(Problem) {
        if let path {
            rules = try Self.read(path, .rules) { (file) throws(DataFileError) in try DecisionRules(adding: file.span) }
        }
        guard let folder else { return }
        let statuses = "\(folder)/enhanced-status-codes.csv"
        let replies = "\(folder)/reply-codes.csv"
        let present = [statuses, replies].filter { FileManager.default.fileExists(atPath: $0) }
        guard !present.isEmpty else {
            throw Problem(
                subject: .registry,
                reason: .wrong,
                description: "\(folder) has neither enhanced-status-codes.csv nor reply-codes.csv"
            )
        }
        for path in present {
            let before = registry
            registry = try Self.read(path, .registry) { (file) throws(DataFileError) in
                path == statuses
                    ? try before.replacingStatuses(with: file.span) : try before.replacingReplies(with: file.span)
            }
        }
        rules = rules.following(registry)
    }

    private static func read<Table>(
        _ path: String,
        _ subject: Problem.Subject,
        _ parse: ([UInt8]) throws(DataFileError) -> Table
    ) throws(Problem) -> Table {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Problem(subject: subject, reason: .unreadable, description: "\(path) cannot be read")
        }
        do {
            return try parse([UInt8](data))
        } catch {
            throw Problem(subject: subject, reason: .wrong, description: "\(path): \(error)")
        }
    }
}
