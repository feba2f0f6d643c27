import Delivery
import StoreSQLite
import StoreTesting

/// A store in a directory of its own.
final class SQLiteFixture: StoreFixture {
    let scratch: ScratchDirectory
    let configuration: SQLiteStore.Configuration
    private var current: SQLiteStore?

    init(_ configure: (inout SQLiteStore.Configuration) -> Void = { _ in }) throws {
        scratch = try ScratchDirectory()
        var configuration = SQLiteStore.Configuration(directory: "\(scratch.path)/queue")
        // Tests make many queues: each reserves no more than it needs to show that it does.
        configuration.reserve = 1 << 20
        configure(&configuration)
        self.configuration = configuration
        current = try SQLiteStore(configuration)
    }

    var store: any QueueStore { sqlite }

    var sqlite: SQLiteStore {
        guard let current else { preconditionFailure("the store could not be opened again") }
        return current
    }

    func reopen() throws {
        // The lock goes with the last reference.
        current = nil
        current = try SQLiteStore(configuration)
    }

    func close() { current = nil }
}
