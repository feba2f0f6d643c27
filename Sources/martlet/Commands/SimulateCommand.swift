import ArgumentParser
import Foundation
import MailFormat
import NIOCore
import NIOPosix
import Relay
import SMTPProtocol
import Simulator
import StatusCodes
import UnixSignals

/// `martlet simulate`: a mail server whose recipients choose their fate.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run the status simulator: a sink whose recipients choose their fate by their local part.",
        discussion: """
            Local parts, at any domain:
              ok                       taken, like everything that means nothing else
              5.2.2  552  552-5.2.2    refused at RCPT with this code
              5.7.1-relay-denied       any condition of the registry, at its own stage
              mailbox-full             any cause
              data-5.6.0  dot-4.3.1    refused at that stage; mail-5.1.8 as the sender's local part
              defer-3-4.7.1            refused three times, then taken
              slow-2s  drop-rcpt  drop-dot  garbage

            Example:
              martlet simulate --listen 127.0.0.1:2526 --maildir /tmp/taken
            """
    )
    @Option(help: "HOST:PORT; port 0 takes any free one.") var listen: String = "127.0.0.1:2526"
    @Option(help: "Keep what is taken in this Maildir; without it, it is thrown away.") var maildir: String?

    func run() async throws {
        guard let endpoint = IPEndpoint(listen) else {
            throw CommandFailure(.usage, "--listen takes HOST:PORT with an address, not \(listen)").exit()
        }
        let store = maildir.map { TakenMail(maildir: $0) }
        let simulator: SimulatorService
        do {
            simulator = try await SimulatorService.start(
                host: endpoint.address.description,
                port: Int(endpoint.port),
                name: "simulator.test",
                group: NIOSingletons.posixEventLoopGroup,
                wallClock: { Moment.now },
                taken: { message in store?.keep(message) ?? Reply(.queued, "taken and thrown away") }
            )
        } catch let error as IOError {
            throw CommandFailure(.unavailable, "cannot listen on \(listen): \(error)").exit()
        }
        Standard.output("The simulator listens on \(simulator.address.ipAddress ?? ""):\(simulator.address.port ?? 0).")
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
        try await simulator.stop()
    }
}
