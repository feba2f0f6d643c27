import Delivery
import StoreSQLite
import StoreTesting

/// A store in a directory of its own.
final class SQLiteFixture: StoreFixture {
    let scratch: ScratchDirectory
    let configuration: SQLiteStore.Configuration
    private var current: SQLiteStore?

    /// The file layer below it; it must outlive the store.
    private let layer: FaultLayer?

    init(on layer: FaultLayer? = nil, _ configure: (inout SQLiteStore.Configuration) -> Void = { _ in }) throws {
        scratch = try ScratchDirectory()
        var configuration = SQLiteStore.Configuration(directory: "\(scratch.path)/queue")
        // Tests make many queues: each reserves no more than it needs to show that it does.
        configuration.reserve = 1 << 20
        configuration.vfs = layer?.name
        configure(&configuration)
        self.layer = layer
        self.configuration = configuration
        current = try SQLiteStore(configuration)
    }

    deinit { current = nil }

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

    /// Opens it on SQLite's own file layer, as the next process would.
    func reopenOnSystem() throws {
        current = nil
        var configuration = configuration
        configuration.vfs = nil
        configuration.calls = .system
        configuration.committed = nil
        current = try SQLiteStore(configuration)
    }
}
