import ArgumentParser

/// By which tables a command judges: those of this release, or with what files of the operator say.
struct TableOptions: ParsableArguments {
    @Option(help: "A file of rules that are tried before the built-in ones (docs/operations/rules.md).")
    var rules: String?
    @Option(help: "A folder with a newer enhanced-status-codes.csv or reply-codes.csv.")
    var registry: String?

    /// Whether files were named.
    var areGiven: Bool { rules != nil || registry != nil }

    /// Reads the files.
    func tables() throws -> StatusTables {
        do throws(StatusTables.Problem) {
            return try StatusTables(rules: rules, registry: registry)
        } catch {
            throw CommandFailure(error.reason == .unreadable ? .inputOutput : .badData, error.description).exit()
        }
    }
}
