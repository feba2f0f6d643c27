package import SMTPProtocol
import StatusCodes

/// What came of the messages of a scenario, in the words that a fixture compares.
package struct ClientLedger {
    private var reports: [TransactionReport] = []
    private var counts: [Int]

    /// A ledger for the messages of a scenario.
    package init(_ scenario: ClientScenario) { self.counts = scenario.messages.map(\.transaction.recipientCount) }

    /// How many reports came.
    package var reportCount: Int { reports.count }
    /// Whether every message has its report.
    package var isComplete: Bool { reports.count == counts.count }

    /// Takes the next message's report.
    package mutating func add(_ report: TransactionReport) { reports.append(report) }

    /// The words of the messages, of the end and of the state.
    package func words(state: String, end: ClientFailure?, isEncrypted: Bool) -> [String: String] {
        var words = ["state": state, "tls": isEncrypted ? "yes" : "no", "end": end.map(Self.text) ?? "none"]
        for (index, report) in reports.enumerated() {
            words["m\(index + 1)"] = (0..<counts[index]).map { Self.text(report[$0]) }.joined(separator: "; ")
            words["dsn\(index + 1)"] = report.capabilities.offers(.dsn) ? "passed-on" : "not-offered"
        }
        return words
    }

    private static func text(_ outcome: RecipientOutcome) -> String {
        switch outcome {
        case .relayed(let reply): "relayed \(reply.code.map(\.description) ?? "?")"
        case .failed(let failure): text(failure)
        case .notAttempted: "not attempted"
        }
    }

    /// `rcpt 550 5.1.1`, `dot 4.4.2-outcome-unknown`, and what else is not usual.
    private static func text(_ failure: ClientFailure) -> String {
        var text = failure.stage.rawValue
        switch failure.cause {
        case .reply(let reply):
            if let code = reply.code { text += " \(code)" }
            if let status = reply.status { text += " \(status)" }
        case .condition(let condition, _): text += " \(condition.id)"
        }
        if failure.acceptedRecipients > 0 { text += " after \(failure.acceptedRecipients)" }
        if let derived = failure.derived?.code { text += " derived \(derived)" }
        return text
    }
}
