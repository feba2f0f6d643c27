import ArgumentParser
import Foundation
import MailFormat
import Relay

/// `martlet events`: what ended badly or by hand, from the store, which keeps it after the message is gone.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "What ended badly or by hand: failed and expired recipients, deleted messages.",
        discussion: """
            The store keeps the latest 100,000 of these, oldest first:
              recipient.failed     refused for good, with the attempt that decided it
              recipient.expired    given up while the last word was still "try again"
              recipient.suppressed not tried: the address is on the suppression list
              recipient.bounced    failed after another system had taken it, says a report
              recipient.complained the recipient complained about it
              message.deleted      removed by an operator, with who did it
            What went well, deferrals, and what an operator failed by hand are in the log, not here. It works also while \
            the service is down.

            Examples:
              martlet events --since 2h
              martlet events --follow --since 0s --format json | jq -r .recipient
            """
    )
    @OptionGroup var service: ServiceOptions
    @Flag(help: "Go on as new ones come.") var follow = false
    @Option(help: "Only since then: 2026-01-31T08:00:00Z (RFC 3339), or how long ago: 2h, 1d12h.") var since: String?
    @Option(help: "text or json (one object a line).") var format: OutputFormat = .text

    /// How long to wait between two looks for new ones.
    private static let pause: Duration = .seconds(1)

    func run() async throws {
        let now = Moment.now
        let since = try since.map { text throws(CommandFailure) in try Since.read(text, now: now) }
        var position = try await show(after: 0, since)
        var isWaiting = false
        while follow {
            try await Task.sleep(for: Self.pause)
            do {
                position = try await show(after: position, since)
                isWaiting = false
            } catch let failure as CommandFailure where failure.status == CommandFailure.Status.unavailable.rawValue {
                // Whoever follows wants to go on after a restart of the service.
                if !isWaiting { Standard.error("\(failure.description); waiting for it") }
                isWaiting = true
            }
        }
    }

    /// Prints what came after a number; returns where to go on.
    private func show(after position: Int64, _ since: Timestamp?) async throws -> Int64 {
        try await service.events(after: position, since: since) { event in
            Standard.output(format == .json ? event.json : event.text)
        }
    }
}
