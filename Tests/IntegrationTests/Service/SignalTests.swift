import Foundation
import ResolverTesting
import SMTPTesting
import Testing

/// Signals to the executable, as early as somebody can send them.
@Suite(.timeLimit(.minutes(2))) struct Signals {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("signals") }

    private func serve() async throws -> MartletProcess {
        try await MartletProcess(MartletProcess.Plan(folder: folder.path, store: "\(folder.path)/queue"))
    }

    @Test func `a service that is told to stop as soon as it listens ends with 0`() async throws {
        #expect(try await serve().stop() == 0)
    }

    @Test func `a service that is told to reload as soon as it listens goes on`() async throws {
        let service = try await serve()
        service.signal(SIGHUP)
        try await waited { service.printed.contains("configuration.re") ? () : nil }
        let client = try await SocketClient(port: service.port)
        try await client.begin()
        #expect(await client.submit(to: "b@example.net").hasPrefix("250 2.0.0 "))
        #expect(try await service.stop() == 0)
    }
}
