import BounceAnalysis
import Delivery
import DeliveryReports
import MailFormat
import SMTPProtocol
import StatusCodes

/// Reads mail that comes to our return-paths and joins it to the message that it is about.
///
/// Runs on the I/O threads. What cannot be joined is put aside for a person, never dropped, and suppresses nobody.
struct BounceDesk: Sendable {
    let addresses: BounceAddresses
    let reader: any QueueReader
    let spool: any ContentSpool
    /// What replies mean, the operator's rules among them.
    let rules: DecisionRules
    let now: Timestamp
    /// How many reports each sender has got.
    var allowance = ReportAllowance()
    /// How many he may get in an hour.
    var share = ReportComposer.Settings.usualShare

    /// The message that a report is about is still being delivered: its end is stored in a moment.
    struct NotYet: Error {}

    /// What becomes of such a mail.
    enum Decision: Sendable {
        /// It is about a message of ours.
        case joined(LateReport)
        /// It stays in the queue, held for a person, who finds this reason there.
        case putAside(String)
    }

    /// The mail with what its envelope said.
    struct Mail: Sendable {
        let address: String
        let content: any MessageContent
        let body: BodyType
        let smtpUTF8: Bool
    }

    /// Whether an address is for late reports.
    func isFor(_ address: String) -> Bool { addresses.kind(of: address, at: now) != nil }

    /// Reads a mail and decides.
    func read(_ mail: Mail) throws -> Decision {
        guard let kind = addresses.kind(of: mail.address, at: now) else {
            return .putAside("\(mail.address) is no address for reports any more")
        }
        let analysis = try analyze(mail.content)
        switch kind {
        case .returnPath(let token): return try join(token, analysis, mail)
        case .expired(let token):
            let made = ISO8601.text(Timestamp(seconds: token.day * 86_400)).prefix(10)
            return .putAside("the return-path was made on \(made), more than \(ReturnPathSigner.lifetimeDays) days ago")
        case .forged: return .putAside("the return-path was not made by us")
        case .feedback:
            guard let token = try token(in: mail.content) else {
                return .putAside("it names no message of ours: no return-path of ours stands in it")
            }
            return try join(token, analysis, mail)
        }
    }

    private func analyze(_ content: any MessageContent) throws(ContentError) -> MailAnalysis {
        var analyzer = MailAnalyzer(rules: rules)
        try Self.forEachPiece(of: content) { analyzer.consume($0) }
        return analyzer.finish()
    }

    private static func forEachPiece(
        of content: any MessageContent,
        _ body: (Span<UInt8>) -> Void
    ) throws(ContentError) {
        var offset = 0
        while offset < content.byteCount {
            var count = 0
            try content.withBytes(in: offset..<content.byteCount) { part in
                body(part)
                count = part.count
            }
            guard count > 0 else { throw ContentError(code: .damaged) }
            offset += count
        }
    }

    /// Octets of a mail in which a return-path is looked for: reports name it early.
    private static let searchedOctets = 256 << 10

    /// The return-path of ours that stands in a mail; one that is too old proves nothing.
    private func token(in content: any MessageContent) throws(ContentError) -> ReturnPathToken? {
        var bytes: [UInt8] = []
        try Self.forEachPiece(of: content) { part in
            for index in part.indices where bytes.count < Self.searchedOctets { bytes.append(part[index]) }
        }
        return addresses.signer.token(in: bytes.span, at: now)
    }

    private func join(_ token: ReturnPathToken, _ analysis: MailAnalysis, _ mail: Mail) throws -> Decision {
        guard let dispatch = try dispatch(of: token.recipient) else {
            return .putAside(
                "nothing is known any more of recipient \(token.recipient.index) of \(token.recipient.message)"
            )
        }
        switch analysis.kind {
        case .bounce: return try bounced(dispatch, analysis, mail)
        case .feedback: return complained(dispatch, analysis)
        case .delay, .delivered, .relayed, .expanded, .autoReply, .receipt:
            return try passedOn(dispatch, mail)
        case .notAReport: return .putAside("it is no report, and nobody reads what is sent to a return-path")
        }
    }

    private func dispatch(of recipient: RecipientID) throws -> Dispatch? {
        if let known = try reader.dispatch(of: recipient) { return known }
        let message = try reader.message(recipient.message)
        guard message?.recipients.contains(where: { $0.index == recipient.index }) != true else { throw NotYet() }
        // Its end may have been stored between the two looks.
        return try reader.dispatch(of: recipient)
    }

    /// Told apart, and no bounce: its sender may want to know.
    ///
    /// What came to the feedback address was handed in by somebody who has it: a copy might reach the mailbox that it was
    /// taken from, and come back for ever.
    private func passedOn(_ dispatch: Dispatch, _ mail: Mail) throws -> Decision {
        let isHandedIn = mail.address.lowercased() == addresses.feedbackAddress
        let isWithheld = !isHandedIn && !mayPassOn(dispatch)
        let copy = isHandedIn || isWithheld ? nil : try copy(of: mail)
        return .joined(
            LateReport(dispatch: dispatch, event: nil, suppression: nil, copy: copy, isWithheld: isWithheld)
        )
    }

    // MARK: Bounces

    private func bounced(_ dispatch: Dispatch, _ analysis: MailAnalysis, _ mail: Mail) throws -> Decision {
        // A message fails once for a recipient. Whatever says so again is the same report on another way, and no further
        // finding: a mailbox that is read again, the copy for the sender, a token in the hands of a stranger.
        guard dispatch.outcome == .relayed else {
            return .joined(LateReport(dispatch: dispatch, event: nil, suppression: nil, copy: nil))
        }
        let wanted = SuppressionSubject(address: dispatch.address)
        let own = analysis.results.filter { Self.names($0, wanted) }
        let results = (own.isEmpty ? analysis.results : own).filter { $0.action == .failed }
        guard own.isEmpty || !results.isEmpty else { return try passedOn(dispatch, mail) }
        let exact = results.first { Self.isFinal($0, wanted) }
        guard let result = exact ?? results.first, let finding = result.finding, let evidence = result.evidence else {
            return .putAside("it says that delivery failed, and not why")
        }
        let attempt = AttemptRecord(
            at: now,
            remote: result.remoteMTA ?? analysis.reportingMTA ?? "",
            status: finding.status,
            reply: result.diagnostic ?? "",
            condition: finding.condition?.id ?? "",
            cause: finding.cause.name,
            rule: finding.rule.description,
            stage: evidence.stage.rawValue,
            outcomeKnown: true
        )
        var corrected = dispatch
        corrected.outcome = .bounced
        let isWithheld = !mayPassOn(dispatch)
        return .joined(
            LateReport(
                dispatch: corrected,
                event: event(.recipientBounced, dispatch, attempt),
                suppression: exact == nil ? nil : suppression(of: dispatch, finding, attempt),
                copy: isWithheld ? nil : try copy(of: mail),
                isWithheld: isWithheld
            )
        )
    }

    /// Whether a report speaks of our recipient, under whatever name.
    ///
    /// Where it speaks only of others, such as a member of a list, it is about our recipient all the same: the return-path
    /// is ours alone.
    private static func names(_ result: RecipientResult, _ wanted: SuppressionSubject?) -> Bool {
        isFinal(result, wanted) || isSame(result.originalRecipient, wanted)
    }

    /// Whether the address that failed is the one that we wrote to.
    ///
    /// What failed behind it, at whom it was forwarded to, says nothing against it: twenty members of a list must not lose
    /// their mail for one who has left.
    private static func isFinal(_ result: RecipientResult, _ wanted: SuppressionSubject?) -> Bool {
        isSame(result.recipient, wanted)
    }

    private static func isSame(_ name: String?, _ wanted: SuppressionSubject?) -> Bool {
        guard let name, let wanted else { return false }
        return SuppressionSubject(address: name) == wanted
    }

    private func suppression(
        of dispatch: Dispatch,
        _ finding: Finding,
        _ attempt: AttemptRecord
    ) -> SuppressionChange? {
        guard finding.suppression.length != .none, let subject = SuppressionSubject(address: dispatch.address) else {
            return nil
        }
        let sighting = Sighting(
            attempt: attempt,
            recipient: dispatch.recipient,
            source: .dsn,
            provider: dispatch.provider
        )
        return SuppressionChange(subject, .sighted(sighting))
    }

    // MARK: Complaints

    /// The kinds of feedback by which a recipient says that he wants no more mail (RFC 5965 §7.3).
    private static let complaints: Set<String> = ["abuse", "opt-out", "opt-out-list"]

    private func complained(_ dispatch: Dispatch, _ analysis: MailAnalysis) -> Decision {
        let type = analysis.results.lazy.compactMap(\.feedbackType).first ?? "other"
        guard Self.complaints.contains(type) else { return .putAside("feedback of the kind \(type) is for a person") }
        guard !Self.isOfAnother(analysis, than: dispatch) else {
            return .putAside(
                "it names another recipient than \(dispatch.address): somebody behind that address complains"
            )
        }
        // Told already: whoever has lifted it since is not overruled by the same complaint.
        guard dispatch.outcome != .complained else {
            return .joined(LateReport(dispatch: dispatch, event: nil, suppression: nil, copy: nil))
        }
        var corrected = dispatch
        corrected.outcome = .complained
        let entry = SuppressionEntry(
            origin: .complaint,
            at: now,
            by: analysis.reportingMTA ?? dispatch.provider,
            reason: "the recipient complained (\(type)) about \(dispatch.recipient.message)"
        )
        return .joined(
            LateReport(
                dispatch: corrected,
                event: event(.recipientComplained, dispatch, nil),
                suppression: SuppressionSubject(address: dispatch.address).map {
                    SuppressionChange($0, .listed(entry))
                },
                // Who complains about a sender must not be named to him by the complaint.
                copy: nil
            )
        )
    }

    /// Whether a complaint names who complains, and that is not our recipient.
    private static func isOfAnother(_ analysis: MailAnalysis, than dispatch: Dispatch) -> Bool {
        let named = analysis.results.compactMap(\.recipient)
        // What is only in the To field of the mail names its addressees, and nobody who complains.
        guard !named.isEmpty, named != analysis.original.recipients else { return false }
        let wanted = SuppressionSubject(address: dispatch.address)
        return !named.contains { isSame($0, wanted) }
    }

    private func event(_ kind: QueueEvent.Kind, _ dispatch: Dispatch, _ attempt: AttemptRecord?) -> QueueEvent {
        QueueEvent(
            number: 0,
            at: now,
            kind: kind,
            message: dispatch.recipient.message,
            recipient: dispatch.recipient.index,
            subject: dispatch.address,
            attempt: attempt
        )
    }

    // MARK: The mail itself

    /// Content above this is a file of the spool, not a row (`docs/adr/0004-rows-and-files.md`).
    private static let memoryLimit = 65_536

    /// Whether the sender of the message gets another report in this hour.
    ///
    /// Asked before a copy is made: whoever has a return-path could have the disk written to without end. Taken from his
    /// share when the report is stored.
    private func mayPassOn(_ dispatch: Dispatch) -> Bool {
        allowance.hasLeft(dispatch.sender, of: share, now: now)
    }

    /// The mail for the sender of the message; a spooled one gets a file of its own, for its file goes with it.
    private func copy(of mail: Mail) throws -> LateReport.Copy {
        guard mail.content.byteCount > Self.memoryLimit else {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(mail.content.byteCount)
            try Self.forEachPiece(of: mail.content) { part in
                for index in part.indices { bytes.append(part[index]) }
            }
            return LateReport.Copy(content: ResidentContent(bytes), body: mail.body, smtpUTF8: mail.smtpUTF8)
        }
        let writer = try spool.begin()
        do {
            var failure: StoreError?
            try Self.forEachPiece(of: mail.content) { part in
                guard failure == nil else { return }
                do throws(StoreError) { try writer.append(part) } catch { failure = error }
            }
            if let failure { throw failure }
            return LateReport.Copy(content: try writer.finish(), body: mail.body, smtpUTF8: mail.smtpUTF8)
        } catch {
            writer.discard()
            throw error
        }
    }
}
