import DeliveryReports
import MailFormat
import StatusCodes

/// What is known about one recipient before it becomes evidence: from the part for programs, the notice, or both.
struct Verdict {
    var recipient: String?
    var originalRecipient: String?
    var action: ReportAction = .failed
    var isActionPrinted = false
    var reportedStatus: EnhancedStatusCode?
    var remoteMTA: String?
    var diagnosticType = ""
    /// A reply, with digits or at least a status.
    var reply: PrintedReply?
    /// A status within the reply's words, in the manner of qmail: `(#5.1.1)`.
    var hint: EnhancedStatusCode?
    /// What is said where no reply is.
    var sentence = ""
    /// What else may tell the cause, for when the sentence gives none: the line that names the recipient, and what the
    /// notice calls the reason.
    var frames: [String] = []
    var stage: Stage?
    /// What the reporter says of itself: time ran out, no connection, a program failed.
    var condition: Condition?
    /// A reply that the notice has for all recipients; what it says of this one alone comes first.
    var shared: Shared?

    /// A reply that stands for all recipients of a notice.
    struct Shared {
        var reply: PrintedReply
        var hint: EnhancedStatusCode?
        var stage: Stage?
        var remoteMTA: String?
    }

    /// Whether it tells more than that something happened.
    var saysWhy: Bool { reply != nil || hint != nil || !sentence.isEmpty || condition != nil }

    /// The result: evidence for the decision table, and what that concludes.
    func result(_ context: Context) -> RecipientResult {
        if let shared, agrees(shared), !explainsItself(context) { return joined(shared).result(context) }
        var result = RecipientResult()
        result.recipient = recipient
        result.originalRecipient = originalRecipient == recipient ? nil : originalRecipient
        result.action = action
        result.isActionPrinted = isActionPrinted
        result.reportedStatus = reportedStatus
        result.remoteMTA = remoteMTA
        result.diagnosticType = diagnosticType
        result.diagnostic = reply.map(\.description) ?? (sentence.isEmpty ? nil : sentence)
        var evidence = evidence(context)
        var finding = context.rules.decide(evidence)
        if reply == nil, finding.cause == .unexplained, let framed = framed(context) {
            result.diagnostic = framed.text
            (evidence, finding) = (framed.evidence, framed.finding)
        }
        // What the reporter says of its own attempts counts where no attempt gave a cause of its own.
        if reply == nil, let condition, finding.cause == .unexplained {
            evidence = Evidence(condition, stage: stage, source: .dsn, parties: evidence.parties)
            finding = context.rules.decide(evidence)
            // A status of the report's own, other than X.0.0, stays the status.
            if let reportedStatus, reportedStatus.status != EnumeratedStatus(0, 0) { finding.status = reportedStatus }
        }
        // Given up with a transient code: the last real code stands (`docs/design/rulings.md` §1, expiry).
        if action == .failed, finding.status.statusClass == .persistentTransientFailure {
            finding = finding.expired(source: .dsn)
        }
        var printed = evidence
        printed.reply = reply
        finding.printed = reply
        result.printedStatus = printedStatus
        result.evidence = printed
        result.finding = finding
        return result
    }

    /// Whether a reply that stands for all may be this recipient's: its own status says nothing else.
    private func agrees(_ shared: Shared) -> Bool {
        guard let own = reportedStatus, own.status != EnumeratedStatus(0, 0), let other = shared.reply.status else {
            return true
        }
        return own == other
    }

    /// Whether the words about this recipient give a cause.
    private func explainsItself(_ context: Context) -> Bool {
        condition != nil || (!sentence.isEmpty && context.rules.decide(evidence(context)).cause != .unexplained)
    }

    /// The verdict with a reply that stands for all.
    private func joined(_ shared: Shared) -> Self {
        var joined = self
        joined.shared = nil
        joined.reply = shared.reply
        joined.hint = shared.hint
        joined.stage = stage ?? shared.stage
        joined.remoteMTA = remoteMTA ?? shared.remoteMTA
        return joined
    }

    /// What the frames tell, the first that gives a cause; nil when none does.
    private func framed(_ context: Context) -> (text: String, evidence: Evidence, finding: Finding)? {
        var wider = self
        for frame in frames where !frame.isEmpty {
            wider.sentence = frame
            let evidence = wider.evidence(context)
            let finding = context.rules.decide(evidence)
            if finding.cause != .unexplained { return (frame, evidence, finding) }
        }
        return nil
    }

    /// The status that was printed: with the reply, or in the report's own field where that says more.
    private var printedStatus: EnhancedStatusCode? {
        guard let reportedStatus else { return reply?.status ?? hint }
        guard let status = reply?.status else { return reportedStatus }
        return status.status == EnumeratedStatus(0, 0) ? reportedStatus : status
    }

    /// What all recipients of a report share.
    struct Context {
        var reversePath = ""
        var messageID = ""
        var reportingMTA: String?
        /// What replies mean.
        var rules = DecisionRules.builtIn
    }

    /// The evidence; where nothing was printed, the class is the action's, and the words decide.
    private func evidence(_ context: Context) -> Evidence {
        var parties = Evidence.Parties()
        parties.recipient = recipient ?? ""
        if let recipient, let sign = recipient.utf8.lastIndex(of: UInt8(ascii: "@")) {
            parties.recipientDomain = String(recipient[recipient.utf8.index(after: sign)...])
        }
        parties.host = remoteMTA ?? ""
        parties.reversePath = context.reversePath
        parties.message = context.messageID
        let known = known
        return Evidence(
            stage: stage ?? (diagnosticType == "x-unix" ? .local : .report),
            reply: known,
            source: .dsn,
            provider: ProviderHint.provider(
                remoteMTA,
                context.reportingMTA,
                known,
                domain: isQuotation ? parties.recipientDomain : ""
            ),
            parties: parties
        )
    }

    /// Whether the reply is another host's: reporters that write replies themselves put a status into them.
    private var isQuotation: Bool { reply?.code != nil && reply?.status == nil }

    /// The reply with what the report's own fields add to it.
    private var known: PrintedReply {
        let text = reply?.text ?? sentence
        guard action == .failed || action == .delayed else {
            let status = reportedStatus?.statusClass == .success ? reportedStatus : EnhancedStatusCode(.success, 0, 0)
            return PrintedReply(code: reply?.code, status: reply?.status ?? status, text: text)
        }
        let assumed: StatusClass = action == .delayed ? .persistentTransientFailure : .permanentFailure
        let statusClass = reply?.code?.statusClass
        // The reporter's own status says more than a reply without one, or than X.0.0; so do the reply's words.
        var status = Self.surer(Self.surer(nil, reply?.status, of: statusClass), reportedStatus, of: statusClass)
        status = Self.surer(status, hint, of: statusClass)
        if reply?.code == nil, status == nil { status = EnhancedStatusCode(assumed, 0, 0) }
        return PrintedReply(code: reply?.code, status: status, text: text)
    }

    /// Which of two statuses tells more, of equals the first: one of the class that is known, and no X.0.0.
    private static func surer(
        _ first: EnhancedStatusCode?,
        _ second: EnhancedStatusCode?,
        of statusClass: StatusClass?
    ) -> EnhancedStatusCode? {
        rank(second, statusClass) > rank(first, statusClass) ? second : first
    }

    private static func rank(_ status: EnhancedStatusCode?, _ statusClass: StatusClass?) -> Int {
        guard let status, status.statusClass != .success else { return 0 }
        guard statusClass == nil || status.statusClass == statusClass else { return 1 }
        return status.status == EnumeratedStatus(0, 0) ? 2 : 3
    }
}
