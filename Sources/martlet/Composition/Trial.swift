import Configuration
import Delivery
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import Relay
import SMTPTransport
import Simulator

/// A relay and a simulator side by side on loopback.
///
/// everything that the relay delivers goes to the simulator, never to the internet. What `make run` and `martlet demo`
/// start.
final class Trial: Sendable {
    let service: Service
    let relayAddress: SocketAddress
    let simulatorAddress: SocketAddress
    /// The Maildir of what the simulator took.
    let maildir: String
    let control: String
    let drop: String
    private let simulator: SimulatorService

    /// Where things are and how fast they go.
    struct Plan {
        var folder: String
        /// 0 for free ports.
        var relayPort = 0
        var simulatorPort = 0
        var logFormat = "text"
        var logFile: String?
        /// The wait before the first retry.
        var firstRetry = "10s"
    }

    static func start(_ plan: Plan) async throws -> Trial {
        let group = NIOSingletons.posixEventLoopGroup
        let maildir = "\(plan.folder)/received"
        let key = CryptoPrimitives.randomOctets(ReturnPathSigner.leastKey)
        try FileManager.default.createDirectory(
            atPath: plan.folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o750]
        )
        // What comes back finds the mail that it is about. Hexadecimal: a line of the file is a key.
        let keyFile = "\(plan.folder)/bounces.key"
        if !FileManager.default.fileExists(atPath: keyFile) {
            let text = key.map { String($0, radix: 16) }.joined(separator: "-")
            _ = FileManager.default.createFile(
                atPath: keyFile,
                contents: Data(text.utf8),
                attributes: [.posixPermissions: 0o600]
            )
        }
        let store = TakenMail(maildir: maildir)
        let simulator = try await SimulatorService.start(
            host: "127.0.0.1",
            port: plan.simulatorPort,
            name: "simulator.test",
            group: group,
            wallClock: { Moment.now },
            noted: { Standard.error($0) },
            taken: { store.keep($0) }
        )
        do {
            let document = try YAMLReader.read(
                configuration(plan, simulator: simulator.address.port ?? 0),
                place: "trial"
            )
            let settings = Settings(document)
            let service = try ConfigurationFailure.translate { try Service(settings) }
            let bound = try await ConfigurationFailure.translate { try await service.start() }
            guard let relay = bound.first?.address else { throw CommandFailure(.internalError, "no listener").exit() }
            simulator.answersGo(to: .host(relay))
            return Trial(
                service: service,
                relayAddress: relay,
                simulatorAddress: simulator.address,
                maildir: maildir,
                control: settings.control,
                drop: settings.drop,
                simulator: simulator
            )
        } catch {
            try? await simulator.stop()
            throw error
        }
    }

    private init(
        service: Service,
        relayAddress: SocketAddress,
        simulatorAddress: SocketAddress,
        maildir: String,
        control: String,
        drop: String,
        simulator: SimulatorService
    ) {
        self.service = service
        self.relayAddress = relayAddress
        self.simulatorAddress = simulatorAddress
        self.maildir = maildir
        self.control = control
        self.drop = drop
        self.simulator = simulator
    }

    func stop() async {
        await service.stop(within: .seconds(5))
        try? await simulator.stop()
    }

    private static func configuration(_ plan: Plan, simulator: Int) -> String {
        """
        hostname: relay.test
        listeners:
          mx: {address: 127.0.0.1, port: \(plan.relayPort), role: mx}
        store: "sqlite:\(plan.folder)/queue"
        spool: "\(plan.folder)/spool"
        accounts: "\(plan.folder)/accounts"
        control: "\(plan.folder)/control"
        drop: "\(plan.folder)/drop"
        routes:
          simulator: {domains: ["*"], host: 127.0.0.1, port: \(simulator), tls: none}
        delivery:
          permit_addresses: [127.0.0.0/8]
          retry: {first: \(plan.firstRetry), most: 4h, greylisted: \(plan.firstRetry), network: \(plan.firstRetry)}
        bounces: {domain: bounces.relay.test, key_file: "\(plan.folder)/bounces.key"}
        log:
          format: \(plan.logFormat)
        \(plan.logFile.map { "  file: \"\($0)\"" } ?? "")
        """
    }
}
