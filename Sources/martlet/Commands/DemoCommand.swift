import ArgumentParser
import Foundation
import MailFormat
import NIOCore
import Relay
import StatusCodes

/// `martlet demo`: one mail, several fates, in a temporary folder that is gone afterwards.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A tour: send one mail to recipients with different fates and see what Martlet makes of it.",
        discussion: "It uses a temporary folder and loopback only, and leaves nothing behind."
    )

    /// The recipients and what each is there to show.
    private static let cast: [(address: String, role: String)] = [
        ("ok@example.net", "is taken at once"),
        ("5.1.1@example.net", "does not exist"),
        ("defer-1-4.7.1@example.net", "is greylisted once, then taken"),
        ("552-5.2.2@example.org", "has a full mailbox"),
        ("dot-5.7.1-spam@example.com", "is at a system that calls the content spam"),
        ("bounce-exchange-5.1.10@example.edu", "is taken, and comes back later in the words of Exchange"),
    ]

    func run() async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("martlet-demo-\(UUID().uuidString.prefix(8).lowercased())").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = "\(folder)/events.json"
        let trial = try await Trial.start(
            Trial.Plan(folder: folder, logFormat: "json", logFile: log, firstRetry: "2s")
        )
        do {
            try await tour(trial, log: log)
        } catch {
            await trial.stop()
            throw error
        }
        await trial.stop()
    }

    private func tour(_ trial: Trial, log: String) async throws {
        Standard.output(
            "One mail from you@example.org to \(Self.cast.count) recipients, through a relay and a simulator on loopback:\n"
        )
        for (address, role) in Self.cast { Standard.output("  \(address) \(role)") }
        let message = ControlRequest.Message(
            sender: "you@example.org",
            recipients: Self.cast.map(\.address),
            content: Data(Self.message.utf8)
        )
        try await submit(message, trial)
        Standard.output("\nWhat happened:\n")
        try await follow(trial, log: log)
        Standard.output("\nThe report that you@example.org got:\n")
        try showReport(trial)
        Standard.output(
            "\nNext: martlet explain \"550 5.1.1 no such user\", or make run for a relay that stays. Nothing of this tour was left behind."
        )
    }

    private func submit(_ message: ControlRequest.Message, _ trial: Trial) async throws {
        let (ready, opened) = AsyncThrowingStream<Void, any Error>.makeStream()
        let control = Task {
            do {
                try await trial.service.relay.serveControl(at: trial.control, reload: {}, ready: { opened.finish() })
            } catch {
                opened.finish(throwing: error)
            }
        }
        defer { control.cancel() }
        for try await _ in ready {}
        try await ControlClient(path: trial.control).ask(ControlRequest(.submit, message: message)) { answer in
            if case .failure(let sentence, let status) = answer {
                throw CommandFailure(exit: status, sentence).exit()
            }
        }
    }

    private struct Event: Decodable {
        var time: String
        var event: String
        var to: String?
        var from: String?
        var status: String?
        var remote: String?
        var reply: Reply?
        var text: String?
        var cause: String?
        var rule: String?
        var next: String?

        /// A number for successes, the whole reply for failures.
        enum Reply: Decodable {
            case code(Int)
            case text(String)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                self =
                    if let code = try? container.decode(Int.self) { .code(code) } else {
                        .text(try container.decode(String.self))
                    }
            }
        }
    }

    /// How long the tour waits for the last recipient.
    private static let patience = 20.0

    private func follow(_ trial: Trial, log: String) async throws {
        var shown = 0
        var settled: Set<String> = []
        let end = Date().addingTimeInterval(Self.patience)
        while settled.count < Self.cast.count, Date() < end {
            trial.service.log.flush()
            let lines = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self).split(
                separator: "\n"
            )
            for line in lines.dropFirst(shown) {
                shown += 1
                guard let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)),
                    let to = event.to, Self.cast.contains(where: { $0.address == to })
                else { continue }
                Standard.output(Self.line(event, to))
                // Whose report comes later is settled by that, not by the 250 before it.
                let isLate = to.hasPrefix("bounce-") && event.event != "recipient.bounced"
                if event.event != "recipient.deferred", !isLate { settled.insert(to) }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        Standard.output(
            "\nWhat still waits is tried again for five days: martlet queue list shows it, martlet queue why ID says why."
        )
    }

    private static func line(_ event: Event, _ to: String) -> String {
        let clock = event.time.dropFirst(11).prefix(8)
        let what = event.event.split(separator: ".").last.map(String.init) ?? event.event
        var line = "  \(clock)  \(what.uppercased())  \(to)"
        if let status = event.status {
            line += "\n            status \(status), cause \(event.cause ?? "?"), rule \(event.rule ?? "?")"
        }
        switch event.reply {
        case .text(let reply)?: line += "\n            said: \(Printable.reply(reply))"
        case .code(let code)?: line += "\n            said: \(code) \(event.text ?? "")"
        case nil: break
        }
        if let next = event.next { line += "\n            next attempt \(next)" }
        return line
    }

    private func showReport(_ trial: Trial) throws {
        let new = "\(trial.maildir)/new"
        let files = try FileManager.default.contentsOfDirectory(atPath: new).sorted()
        let reports = files.compactMap { FileManager.default.contents(atPath: "\(new)/\($0)") }
            .map { String(decoding: $0, as: UTF8.self) }
            // Ours, not the one that came later from elsewhere and was passed on.
            .filter { $0.contains("multipart/report") && $0.contains("Reporting-MTA: dns; relay.test") }
        guard let report = reports.first else { return Standard.output("  (none yet)") }
        // A line ends with CR LF, which is one Character.
        for line in report.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            Standard.output("  | \(line)")
        }
    }

    private static let message = [
        "From: You <you@example.org>", "To: six recipients:;", "Subject: A tour of Martlet",
        "Date: \(MailDate.text(Moment.now))", "Message-ID: <tour@example.org>", "", "Hello to all of you.", "",
    ].joined(separator: "\r\n")
}
