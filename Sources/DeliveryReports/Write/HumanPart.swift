import MailFormat

/// The part of a report that a person reads: what happened, whose turn it is, what to do, what was tried, and the
/// other system's own words beneath.
struct HumanPart {
    private let request: ReportRequest
    private let options: ReportOptions
    private let words: ReportText
    private var page = PlainText()

    /// The text, CRLF at the end of every line.
    static func text(
        _ request: ReportRequest,
        _ options: ReportOptions,
        _ words: ReportText,
        facts: OriginalFacts,
        returned: ReturnedContent.Form
    ) -> String {
        var part = Self(request: request, options: options, words: words)
        part.write(facts, returned)
        return part.page.text
    }

    private init(request: ReportRequest, options: ReportOptions, words: ReportText) {
        self.request = request
        self.options = options
        self.words = words
    }

    private mutating func write(_ facts: OriginalFacts, _ returned: ReturnedContent.Form) {
        let greeting: ReportText.Key = request.audience == .sender ? .greeting : .greetingPostmaster
        page.paragraph(words.filled(greeting, ["host": Shown.safely(request.reporter.hostname)]))
        var left = options.describedRecipients
        for outcome in ReportOutcome.allCases {
            let group = request.recipients.filter { ReportOutcome($0) == outcome }
            guard !group.isEmpty else { continue }
            let keys = outcome.keys
            page.line()
            page.paragraph(words.filled(group.count == 1 ? keys.one : keys.many, ["count": String(group.count)]))
            for recipient in group.prefix(left) { write(recipient, outcome) }
            if group.count > left {
                page.line()
                page.paragraph(words.filled(.moreRecipients, ["count": String(group.count - left)]), indent: 4)
            }
            left = max(0, left - group.count)
        }
        write(facts)
        writeEnd(returned)
    }

    private mutating func write(_ recipient: ReportRecipient, _ outcome: ReportOutcome) {
        page.line()
        page.line("<\(Shown.safely(recipient.finalRecipient))>", indent: 4)
        if let original = recipient.originalRecipient.flatMap(RecipientAddress.init),
            original.address != recipient.finalRecipient
        {
            page.line(words.filled(.recipientOriginal, ["address": Shown.safely(original.address)]), indent: 4)
        }
        writeFinding(recipient, outcome)
        writeAttempts(recipient)
        writeWords(recipient)
    }

    private mutating func writeFinding(_ recipient: ReportRecipient, _ outcome: ReportOutcome) {
        let explanation = recipient.explanation
        let sentences = [explanation.title, explanation.text].filter { !$0.isEmpty }.map(Self.sentence)
        section(.labelWhat, sentences.isEmpty ? words[outcome.fallback(recipient)] : sentences.joined(separator: " "))
        if !explanation.turn.isEmpty { section(.labelTurn, Self.sentence(explanation.turn)) }
        guard !explanation.remedy.isEmpty else { return }
        heading(words[.labelRemedy])
        for (index, step) in explanation.remedy.enumerated() {
            // One step needs no number.
            let number = explanation.remedy.count > 1 ? "\(index + 1). " : ""
            page.paragraph(number + Shown.safely(Self.sentence(step)), indent: 8, hanging: number.utf8.count)
        }
    }

    private mutating func writeAttempts(_ recipient: ReportRecipient) {
        var told = ""
        if let last = recipient.lastAttempt {
            let values = [
                "count": String(recipient.attempts), "last": MailDate.text(last),
                "remote": Shown.safely(recipient.remoteMTA ?? ""),
            ]
            let key: ReportText.Key =
                switch (recipient.attempts, recipient.remoteMTA == nil) {
                case (...0, true): .attemptsLast
                case (...0, false): .attemptsLastRemote
                case (1, true): .attemptsOne
                case (1, false): .attemptsOneRemote
                case (_, true): .attemptsMany
                case (_, false): .attemptsManyRemote
                }
            told = words.filled(key, values)
        } else if recipient.action == .failed {
            told = words[.attemptsNone]
        }
        if recipient.action == .delayed, let until = recipient.willRetryUntil {
            told += (told.isEmpty ? "" : " ") + words.filled(.retryUntil, ["until": MailDate.text(until)])
        }
        if !told.isEmpty { section(.labelTried, told) }
    }

    private mutating func writeWords(_ recipient: ReportRecipient) {
        if let diagnostic = recipient.diagnostic, !diagnostic.lines.isEmpty {
            if diagnostic.type != "smtp" {
                heading(words[.labelOwnWords])
            } else if let remote = recipient.remoteMTA {
                heading(words.filled(.labelReply, ["remote": Shown.safely(remote)]))
            } else {
                heading(words[.labelReplyUnnamed])
            }
            for line in StatusPart.bounded(diagnostic.lines) { page.line(Shown.safely(line, limit: 900), indent: 8) }
        }
        section(.labelStatus, StatusPart.text(recipient.status))
    }

    private mutating func write(_ facts: OriginalFacts) {
        page.line()
        page.line(words[.messageHeading] + ":")
        page.line()
        if let subject = facts.subject {
            page.paragraph(words.filled(.messageSubject, ["subject": subject]), indent: 4, hanging: 4)
        }
        if let date = facts.date { page.paragraph(words.filled(.messageDate, ["date": date]), indent: 4, hanging: 4) }
        if let id = facts.messageID { page.line(words.filled(.messageId, ["id": id]), indent: 4) }
        let arrival = MailDate.text(request.original.arrival)
        page.paragraph(words.filled(.messageArrival, ["date": arrival]), indent: 4, hanging: 4)
    }

    private mutating func writeEnd(_ returned: ReturnedContent.Form) {
        let key: ReportText.Key? =
            switch returned {
            case .nothing: nil
            case .full: .returnedFull
            case .headers: .returnedHeaders
            case .headersInsteadOfAll: .returnedNotWhole
            }
        page.line()
        if let key {
            page.paragraph(words[key])
            page.line()
        }
        let postmaster = Shown.safely(request.reporter.postmaster)
        if let id = request.original.queueID {
            page.paragraph(words.filled(.contactQueueId, ["postmaster": postmaster, "id": Shown.safely(id)]))
        } else {
            page.paragraph(words.filled(.contact, ["postmaster": postmaster]))
        }
    }

    private mutating func heading(_ heading: String) {
        page.line()
        page.paragraph(heading + ":", indent: 4)
    }

    private mutating func section(_ label: ReportText.Key, _ text: String) {
        heading(words[label])
        page.paragraph(Shown.safely(text, limit: 2000), indent: 8)
    }

    /// A text that ends like a sentence.
    private static func sentence(_ text: String) -> String {
        guard let last = text.unicodeScalars.last else { return text }
        return [".", "!", "?", "…", "。", "！", "？", ":"].contains(last) ? text : text + "."
    }
}
