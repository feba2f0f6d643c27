import Configuration
import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import Relay
import ResolverUnbound
import SMTPProtocol
import SMTPTransport
import StoreSQLite
import Synchronization

/// A relay made from a configuration: the one place that names concrete adapters.
final class Service: Sendable {
    let relay: RelayService
    private let store: SQLiteStore
    let log: EventLog
    let clock: RelayClock
    let group: MultiThreadedEventLoopGroup
    let files: NIOThreadPool
    /// What is in force; its lock is held while a reload changes it.
    let current: Mutex<Settings>
    let mechanisms: ServerMechanisms

    /// Threads that read and write files, and check passwords.
    private static let fileThreads = 4

    /// Makes a relay; nothing listens yet, but the store is open and its folder locked.
    init(_ settings: Settings) throws {
        current = Mutex(settings)
        let relaySettings = try Self.relaySettings(settings)
        clock = RelayClock()
        let output = try Self.logOutput(settings)
        log = EventLog(descriptor: output.descriptor, format: output.format, hostname: settings.hostname)
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(System.coreCount, 8)))
        files = NIOThreadPool(numberOfThreads: Self.fileThreads)
        files.start()
        try Self.makeFolders(settings)
        let storeConfiguration = try settings.storeConfiguration()
        do throws(StoreError) {
            store = try SQLiteStore(storeConfiguration)
        } catch {
            throw CommandFailure(.inputOutput, "the queue cannot be opened: \(error.detail)").exit()
        }
        let log = log
        let clock = clock
        let primitives = CryptoPrimitives()
        let accounts: Accounts
        do {
            accounts = try Accounts(file: AccountFile(path: settings.accounts), primitives: primitives) { problem in
                log.note("accounts.problem", at: clock.wall, problem)
            }
        } catch {
            throw CommandFailure(.configuration, "the accounts cannot be used: \(error)").exit()
        }
        mechanisms = accounts.mechanisms()
        relay = RelayService(
            parts: RelayService.Parts(
                configuration: relaySettings.configuration,
                planner: relaySettings.planner,
                reports: relaySettings.reports,
                store: store,
                spool: store.spool,
                resolver: try UnboundResolver(try settings.resolver()),
                encoder: IDNEncoder(),
                accounts: accounts,
                logins: relaySettings.logins,
                opportunisticTLS: relaySettings.opportunisticTLS,
                verifiedTLS: relaySettings.verifiedTLS,
                log: log,
                group: group,
                files: files
            ),
            clock: clock,
            onFatal: { error in
                // Waiting sessions were told 451 4.3.0; they get a moment to read it (`docs/design/rulings.md` §4).
                log.note("process.ends", at: clock.wall, "exit 74: \(error.detail)")
                log.flush()
                Standard.error("the store failed (\(error.detail)); the process ends, acknowledged mail is on disk")
                Thread.sleep(forTimeInterval: 1)
                exit(CommandFailure.Status.inputOutput.rawValue)
            }
        )
        noteWarnings(relaySettings)
    }

    /// Opens the listeners; returns where each is.
    func start() async throws -> [(name: String, address: SocketAddress)] {
        let plans = try current.withLock { try $0.listeners(clock, mechanisms: mechanisms) }
        giveBackMemory()
        lengthenLog()
        return try await relay.start(plans)
    }

    /// Makes the log of the store as long as it will become, piece by piece, so that an end need not wait for all of it.
    private func lengthenLog() {
        files.submit { [weak self] state in
            guard case .active = state, let self, store.lengthenLog() else { return }
            lengthenLog()
        }
    }

    /// Stops everything within the deadline.
    func stop(within limit: TimeAmount) async {
        await relay.stop(within: limit)
        try? await group.shutdownGracefully()
        try? await files.shutdownGracefully()
    }

    private static func makeFolders(_ settings: Settings) throws {
        let manager = FileManager.default
        for folder in [
            try settings.storeFolder(), settings.spool,
            URL(fileURLWithPath: settings.control).deletingLastPathComponent().path,
        ] {
            do {
                try manager.createDirectory(
                    atPath: folder,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o750]
                )
            } catch {
                throw CommandFailure(.inputOutput, "the folder \(folder) cannot be made: \(error.localizedDescription)")
                    .exit()
            }
        }
    }
}
