import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes

/// What one attempt showed for one recipient, and what the decision table made of it.
struct Judgement {
    /// What is known.
    let evidence: Evidence
    /// What is concluded.
    let finding: Finding
    /// What the peer or the system said, for people.
    let printed: String

    /// Judges evidence by rules.
    init(_ evidence: Evidence, printed: String, by rules: DecisionRules) {
        self.evidence = evidence
        self.finding = rules.decide(evidence)
        self.printed = printed
    }

    /// Judges what a connection saw.
    init(
        _ failure: ClientFailure,
        nextHop: Evidence.NextHop,
        provider: Provider?,
        parties: Evidence.Parties,
        parameters: SentParameters,
        nullReversePath: Bool,
        by rules: DecisionRules
    ) {
        switch failure.cause {
        case .reply(let reply):
            self.init(
                Evidence(
                    stage: failure.stage,
                    reply: reply,
                    nextHop: nextHop,
                    provider: provider,
                    acceptedRecipients: failure.acceptedRecipients,
                    parameters: parameters,
                    tls: failure.isEncrypted,
                    nullReversePath: nullReversePath,
                    parties: parties
                ),
                printed: reply.description,
                by: rules
            )
        case .condition(let condition, let detail):
            self.init(
                Evidence(
                    condition,
                    stage: failure.stage,
                    nextHop: nextHop,
                    acceptedRecipients: failure.acceptedRecipients,
                    parties: parties
                ),
                printed: detail.isEmpty ? condition.text : detail,
                by: rules
            )
        }
    }

    /// The outcome that the planner hears of.
    func outcome(_ ticket: Ticket, at time: Timestamp, remote: String) -> DeliveryOutcome {
        DeliveryOutcome(
            ticket: ticket,
            result: .refused(Ruling(finding, evidence)),
            attempt: AttemptRecord(
                at: time,
                remote: remote,
                status: finding.status,
                reply: printed,
                condition: finding.condition?.id ?? "",
                cause: finding.cause.name,
                rule: finding.rule.description,
                stage: evidence.stage.rawValue,
                outcomeKnown: finding.outcomeKnown
            ),
            provider: evidence.provider
        )
    }
}
