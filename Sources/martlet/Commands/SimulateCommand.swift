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
              data-5.6.0  dot-4.3.1    the same at that stage
              defer-3-4.7.1            refused three times, then taken
              slow-2s  drop-rcpt  drop-dot  garbage
              bounce-5.1.1  bounce-gmail-5.2.2  delay  complaint  auto-reply
                                       taken, and answered by mail (bounce-exchange-…, bounce-postfix-… too)

            Before RCPT no recipient is known. There the reverse-path's local part asks (mail-5.1.8), the first label
            of EHLO (helo-5.5.2, auth-5.7.8, starttls-4.7.0, quit-4.3.2), the argument of VRFY, EXPN, ETRN, ATRN and
            NOOP, and --listen for everybody who connects (greeting-4.3.2, connect-4.4.1).

            Examples:
              martlet simulate --listen 127.0.0.1:2526 --maildir /tmp/taken
              martlet simulate --listen 127.0.0.1:2526 --listen 127.0.0.1:2527=greeting-4.3.2
            """
    )
    @Option(help: "HOST:PORT, or HOST:PORT=WHAT; port 0 takes any free one. May be given more than once.")
    var listen: [String] = ["127.0.0.1:2526"]
    @Option(help: "Keep what is taken in this Maildir; without it, it is thrown away.") var maildir: String?
    @Option(help: "Where answers by mail go: HOST:PORT, peer:PORT for the address that connected, or none.")
    var answers: String = "127.0.0.1:2525"

    func run() async throws {
        let route = try answerRoute()
        let openings = try listen.map(Self.opening)
        let store = maildir.map { TakenMail(maildir: $0) }
        var simulators: [SimulatorService] = []
        for (endpoint, what) in openings {
            let simulator: SimulatorService
            do {
                simulator = try await SimulatorService.start(
                    host: endpoint.address.description,
                    port: Int(endpoint.port),
                    name: "simulator.test",
                    group: NIOSingletons.posixEventLoopGroup,
                    opening: what,
                    answers: route,
                    wallClock: { Moment.now },
                    noted: { Standard.error($0) },
                    taken: { message in store?.keep(message) ?? Reply(.queued, "taken and thrown away") }
                )
            } catch let error as IOError {
                throw CommandFailure(.unavailable, "cannot listen on \(endpoint): \(error)").exit()
            }
            let bound = IPEndpoint(endpoint.address, port: UInt16(simulator.address.port ?? 0))
            Standard.output("The simulator listens on \(bound).")
            simulators.append(simulator)
        }
        for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { break }
        for simulator in simulators { try await simulator.stop() }
    }

    /// `127.0.0.1:2526`, `127.0.0.1:2526=greeting-4.3.2`.
    private static func opening(_ text: String) throws -> (IPEndpoint, StagedReply?) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let endpoint = IPEndpoint(parts[0]) else {
            throw CommandFailure(.usage, "--listen takes HOST:PORT with an address, not \(parts[0])").exit()
        }
        guard parts.count == 2 else { return (endpoint, nil) }
        guard let what = StagedReply(parts[1], in: .listener) else {
            throw CommandFailure(
                .usage,
                "\(parts[1]) cannot be shown to one who connects; say greeting-… or connect-… with a code or a cause"
            ).exit()
        }
        return (endpoint, what)
    }

    /// `127.0.0.1:2525`, `peer:2525`, `none`.
    private func answerRoute() throws -> AnswerRoute {
        if answers == "none" { return .nowhere }
        if answers.hasPrefix("peer:"), let port = UInt16(answers.dropFirst(5)), port > 0 {
            return .peer(port: Int(port))
        }
        guard let endpoint = IPEndpoint(answers), endpoint.port > 0 else {
            throw CommandFailure(.usage, "--answers takes HOST:PORT with an address, peer:PORT or none, not \(answers)")
                .exit()
        }
        return .host(try SocketAddress(ipAddress: endpoint.address.description, port: Int(endpoint.port)))
    }
}
