import ArgumentParser
import Foundation
import NIOCore
import Relay
import UnixSignals

/// `martlet serve --with-simulator`, what `make run` starts: a relay to play with.
enum TrialRun {
    /// The usual alternative port of submission, free for everybody; and the one next to it.
    private static let ports = (relay: 2525, simulator: 2526)

    static func run(folder: String, deadline: Int) async throws {
        let path = URL(fileURLWithPath: folder).path
        let log = "\(path)/mail.log"
        let trial = try await Trial.start(
            Trial.Plan(folder: path, relayPort: ports.relay, simulatorPort: ports.simulator, logFile: log)
        )
        let port = trial.relayAddress.port ?? 0
        let martlet = CommandLine.arguments.first ?? "martlet"
        Standard.output(
            """
            Martlet takes mail on 127.0.0.1:\(port). Everything goes to the simulator on 127.0.0.1:\
            \(trial.simulatorAddress.port ?? 0), nothing to the internet.

            Send a mail; the recipient's local part chooses its fate (ok, 5.1.1, defer-2-4.7.1, drop-dot, bounce-5.2.2 …):
              curl -sS --crlf smtp://127.0.0.1:\(port) --mail-from me@example.org --mail-rcpt 5.2.2@example.net -T message.txt
              swaks --server 127.0.0.1:\(port) --from me@example.org --to ok@example.net

            Follow it:
              the log       tail -f \(log)
              the queue     \(martlet) queue list --control \(trial.control)
              why           \(martlet) queue why ID --control \(trial.control)
              what arrived  ls \(trial.maildir)/new       (also the reports to senders)

            Ctrl-C stops it.
            """
        )
        await withThrowingTaskGroup(of: Void.self) { tasks in
            // Its configuration is made up at the start: there is nothing to read again.
            tasks.addTask { try await trial.service.relay.serveControl(at: trial.control, reload: {}) }
            tasks.addTask { await trial.service.relay.serveDrop(at: trial.drop) }
            tasks.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { return }
            }
            tasks.addTask {
                while !Task.isCancelled {
                    try await Task.sleep(for: .milliseconds(500))
                    trial.service.log.flush()
                }
            }
            do { _ = try await tasks.next() } catch { Standard.error("the control socket cannot be opened: \(error)") }
            tasks.cancelAll()
        }
        await trial.stop()
    }
}
