import DeliveryReports
import MailFormat
import StatusCodes

/// One mail while it is read: its structure and header, and the steps from there to a result.
struct MailReading {
    let structure: MIMEStructure
    let header: ReportHeader
    let kind: MailKind
    private let rules: DecisionRules

    init(_ bytes: Span<UInt8>, _ limits: AnalysisLimits, _ rules: DecisionRules) {
        self.rules = rules
        structure = BoundaryRepair.structure(bytes, limits.structure)
        header = ReportHeader(bytes)
        kind = MailKind(bytes, header)
    }

    /// What the mail is.
    func analysis(_ bytes: Span<UInt8>) -> MailAnalysis {
        var analysis = read(bytes)
        let isFull = analysis.results.count >= AnalysisLimits.recipients
        analysis.isCut = analysis.isCut || structure.isCut || isFull
        return analysis
    }

    private func read(_ bytes: Span<UInt8>) -> MailAnalysis {
        if let feedback = FeedbackReport(bytes, structure) { return self.feedback(bytes, feedback) }
        if let complaint = ComplaintForward(bytes, structure, header) { return complaint.analysis(bytes, structure) }
        let report = DeliveryReport(bytes, structure)
        let receipt = report == nil ? DispositionNotification(bytes, structure) : nil
        if let receipt, receipt.disposition != "deleted" { return self.receipt(bytes, receipt) }
        var notice = NoticeBuilder.notice(bytes, structure)
        if let notification = CloudNotification(notice.text.span) { return notification.analysis(rules) }
        PlainPunctuation.apply(to: &notice.text)
        // A person forwards a notice behind quotation marks; a mail system returns the original so.
        let isDiscussion = header.isAnswer && !kind.isFromSystem && !kind.isFromNobody
        if !kind.isFromSystem, !kind.isFromNobody, !isDiscussion { ForwardedNotice.unquote(&notice) }
        notice.read()
        // A recipient's filter may refuse a message so: its words tell that from a mail deleted unread.
        if let receipt, !notice.marks.contains(.failure) { return self.receipt(bytes, receipt) }
        // What comes behind the notice, the original above all, may be as long as it likes.
        let isCut = notice.isCut && notice.original == nil && notice.end == notice.text.count
        let original = original(bytes, notice)
        let reader = NoticeReader(notice, strangers: strangers(bytes, original), known: known(bytes, report))
        var results: [RecipientResult] = []
        let context = context(original, report)
        let fields =
            report.flatMap { $0.recipients.isEmpty ? nil : $0 }
            ?? (isDiscussion ? nil : EmbeddedFields.report(notice))
        if let fields {
            results = self.results(fields, reader, context)
        } else if !isDiscussion, let action = action(reader, hasReport: report != nil) {
            results = self.results(bytes, action, reader, original, context)
        } else if isAnswer(bytes, notice) {
            return answer(bytes, original)
        } else {
            return .ordinary(isCut: isCut)
        }
        // Some challenges come as reports of failure: the recipient has the message, and asks who sent it.
        if notice.marks.contains(.challenge), !kind.isFromSystem { return answer(bytes, original) }
        if results.allSatisfy({ $0.recipient == nil }), isAnswer(bytes, notice), kind.subject.contains(.absence) {
            return answer(bytes, original)
        }
        return MailAnalysis(
            kind: MailAnalysis.kind(of: results),
            reportingMTA: fields?.reportingMTA ?? report?.reportingMTA,
            arrival: fields?.arrival ?? report?.arrival,
            original: original,
            results: results,
            isCut: isCut
        )
    }

    // MARK: Reports on delivery

    private func results(
        _ report: DeliveryReport,
        _ reader: NoticeReader,
        _ context: Verdict.Context
    ) -> [RecipientResult] {
        let verdicts = StatusReader.verdicts(report)
        return verdicts.map { read in
            var verdict = read
            reader.complete(&verdict, isOnly: verdicts.count == 1)
            return verdict.result(context)
        }
    }

    /// The results of a notice without a part for programs.
    private func results(
        _ bytes: Span<UInt8>,
        _ action: ReportAction,
        _ reader: NoticeReader,
        _ original: OriginalMessage,
        _ context: Verdict.Context
    ) -> [RecipientResult] {
        var verdicts: [Verdict] = []
        var listed: [String] = []
        for field in header.failedRecipients {
            listed += AddressList.addresses(bytes, field, most: AnalysisLimits.recipients - listed.count)
        }
        if !listed.isEmpty {
            verdicts = listed.map { reader.verdict($0, action) }
        } else {
            verdicts = reader.verdicts(action)
        }
        if verdicts.isEmpty {
            // The notice names nobody: whom the original was for, when that was one.
            let only = original.recipients.count == 1 ? original.recipients.first : original.deliveredTo
            verdicts = [reader.verdict(only ?? named(bytes, original), action)]
        }
        return verdicts.map { $0.result(context) }
    }

    /// The only address in the subject of a report, other than the original's sender: `Undeliverable: bob@example.net`.
    private func named(_ bytes: Span<UInt8>, _ original: OriginalMessage) -> String? {
        guard kind.subject.contains(.failure), let field = header.subject else { return nil }
        var decoded: [UInt8] = []
        EncodedWord.decode(bytes, field, to: &decoded)
        let addresses = AddressList.addresses(decoded.span, ByteRange(0, decoded.count), most: 2)
        guard addresses.count == 1, let address = addresses.first else { return nil }
        let utf8 = address.utf8
        return strangers(bytes, original).contains(utf8.span, ByteRange(0, utf8.count)) ? nil : address
    }

    /// What a notice reports; nil when it is none.
    private func action(_ reader: NoticeReader, hasReport: Bool) -> ReportAction? {
        let parts = structure.parts
        let hasReturned = parts.indices.contains { index in
            parts[index].depth > 0
                && (parts[index].contentType.type == "message"
                    || parts[index].contentType.isType("text", "rfc822-headers"))
        }
        let total = kind.total(reader.notice, reader.text, hasReturned: hasReturned) + (hasReport ? 2 : 0)
        guard total >= MailKind.enough else { return nil }
        let marks = reader.notice.marks
        // A person's program speaks of what cannot be delivered, and quotes nothing of any delivery.
        let isAutomatic = header.isAutomatic && !kind.subject.contains(.failure)
        let acknowledges = header.answers && header.autoSubmitted != nil && reader.text.role == .mentioned
        if isAutomatic || acknowledges, !kind.isFromSystem, !hasReport, !hasReturned, reader.text.replies.isEmpty {
            return nil
        }
        if kind.subject.contains(.delay) { return .delayed }
        if kind.subject.contains(.success), !marks.contains(.failure) { return .delivered }
        if kind.subject.contains(.absence), !kind.isFromSystem, !kind.subject.contains(.failure) { return nil }
        if marks.contains(.delay), !kind.subject.contains(.failure), !marks.contains(.expired) { return .delayed }
        if marks.contains(.failure) || kind.subject.contains(.failure) || hasReport { return .failed }
        if marks.contains(.success) { return .delivered }
        return marks.contains(.delay) ? .delayed : .failed
    }

    // MARK: The original

    private func original(_ bytes: Span<UInt8>, _ notice: Notice) -> OriginalMessage {
        for index in structure.parts.indices where Self.returnsOriginal(structure.parts[index]) {
            let part = structure.parts[index]
            if part.encoding == .identity {
                let original = OriginalMessage(bytes, at: part.body.lowerBound, to: part.body.upperBound)
                if !original.isEmpty { return original }
            } else {
                var content: [UInt8] = []
                part.encoding.decode(bytes, part.body, limit: 1 << 16, to: &content)
                let original = OriginalMessage(content.span, at: 0)
                if !original.isEmpty { return original }
            }
        }
        return notice.original.map { OriginalMessage(notice.text.span, at: $0) } ?? OriginalMessage()
    }

    /// How many recipients that the report itself names are looked for in its notice.
    private static let mostKnown = 64

    /// Whom the report itself names, in its part for programs or in its header.
    private func known(_ bytes: Span<UInt8>, _ report: DeliveryReport?) -> FoldedAddresses {
        var known = FoldedAddresses()
        let recipients = report?.recipients ?? []
        guard recipients.count + header.failedRecipients.count <= Self.mostKnown else { return known }
        for recipient in recipients {
            if let address = recipient.finalRecipient { known.insert(address) }
            if let address = recipient.originalRecipient { known.insert(address) }
        }
        for field in header.failedRecipients {
            AddressList.visit(bytes, field, most: Self.mostKnown) { known.insert(bytes, $0) }
        }
        return known
    }

    /// Whether a part within the mail is a message, or the header of one.
    private static func returnsOriginal(_ part: MIMEPart) -> Bool {
        guard part.depth > 0 else { return false }
        return switch (part.contentType.type, part.contentType.subtype) {
        case ("message", "rfc822"), ("message", "global"), ("message", "global-headers"), ("message", "partial"),
            ("text", "rfc822-headers"):
            true
        default: false
        }
    }

    /// Addresses that are not the failed recipient's: the original's sender and the reporter.
    ///
    /// A few.
    private func strangers(_ bytes: Span<UInt8>, _ original: OriginalMessage) -> FoldedAddresses {
        var addresses = FoldedAddresses()
        if let from = header.from { AddressList.visit(bytes, from, most: 1) { addresses.insert(bytes, $0) } }
        for field in header.destinations.prefix(4) {
            AddressList.visit(bytes, field, most: 4) { addresses.insert(bytes, $0) }
        }
        // A mail to oneself: then the sender may well be the recipient.
        for recipient in original.recipients { addresses.remove(recipient) }
        if let from = original.from, !original.recipients.contains(from) { addresses.insert(from) }
        if let path = original.returnPath, path != original.from, !original.recipients.contains(path) {
            addresses.insert(path)
        }
        return addresses
    }

    private func context(_ original: OriginalMessage, _ report: DeliveryReport?) -> Verdict.Context {
        Verdict.Context(
            reversePath: original.returnPath ?? original.from ?? "",
            messageID: original.messageID ?? "",
            reportingMTA: report?.reportingMTA,
            rules: rules
        )
    }

    // MARK: Other mail about mail

    /// Whether the mail is an answer that nobody wrote, or a challenge.
    private func isAnswer(_ bytes: Span<UInt8>, _ notice: Notice) -> Bool {
        if MailKind.isAutomatic(bytes, header, isAbsent: notice.marks.contains(.absence)) { return true }
        // A person's subject may speak of holidays, and an advertisement's; a program's begins with them, answers, or
        // says it again below.
        if kind.subject.contains(.absence), !header.isBulk,
            kind.isAbsenceFirst || header.answers || notice.marks.contains(.absence)
        {
            return true
        }
        if header.isFromList || header.isBulk { return false }
        // RFC 3834 §3.3: an answer that nobody wrote has a null reverse-path; a person's mail never has.
        return kind.isFromNobody
            || (notice.marks.contains(.challenge) && (header.answers || notice.original != nil))
    }

    private func answer(_ bytes: Span<UInt8>, _ original: OriginalMessage) -> MailAnalysis {
        var result = RecipientResult()
        result.recipient = header.from.flatMap { AddressList.first(bytes, $0) }
        return MailAnalysis(
            kind: .autoReply,
            reportingMTA: nil,
            arrival: nil,
            original: original,
            results: [result],
            isCut: false
        )
    }

    private func receipt(_ bytes: Span<UInt8>, _ receipt: DispositionNotification) -> MailAnalysis {
        var analysis = MailAnalysis.ordinary()
        analysis.kind = .receipt
        analysis.original.messageID = receipt.originalMessageID
        return analysis
    }

    private func feedback(_ bytes: Span<UInt8>, _ feedback: FeedbackReport) -> MailAnalysis {
        let original = original(bytes, Notice())
        let addresses = feedback.originalRecipients.isEmpty ? original.recipients : feedback.originalRecipients
        let results = (addresses.isEmpty ? [nil] : addresses.map(Optional.some)).map { address in
            var result = RecipientResult()
            result.recipient = address
            result.feedbackType = feedback.type.isEmpty ? "other" : feedback.type
            return result
        }
        return MailAnalysis(
            kind: .feedback,
            reportingMTA: feedback.reportingMTA,
            arrival: feedback.arrival,
            original: original,
            results: results,
            isCut: false
        )
    }
}
