/// The one table: evidence in, finding out.
///
/// The delivery agent, the reader of late reports, the writer of reports and `explain` all use `decide`; none has a
/// table of its own. Rows are data (`Registry/decisions.csv`), tried in order, the first that fits wins; the last row
/// fits everything, so that the function is total. It is pure, looks at one piece of evidence, and allocates nothing
/// (the finding shares the evidence's strings).
public enum DecisionTable {
    /// What a row asks of the evidence; empty sets ask nothing.
    struct Match: Sendable {
        let providers: ProviderSet
        let nextHops: UInt8
        let sources: UInt8
        let isOwn: Bool
        let classes: StatusClassSet
        let replies: UInt64
        let stages: StageSet
        let circumstances: Circumstances
        let features: TextFeatures
        /// A second list: the text must speak of one of these too.
        let also: TextFeatures
        let pattern: Pattern
    }

    /// What a row asks of the printed code.
    enum Pattern: Sendable {
        /// Anything.
        case any
        /// No code was printed.
        case none
        /// No code was printed, or X.0.Y.
        case bare
        /// No code was printed, or one that leaves the cause open: X.Y.0, X.7.1, or a detail that nobody registered.
        case vague
        /// One code.
        case exact(EnumeratedStatus)
        /// One of two codes.
        case either(EnumeratedStatus, EnumeratedStatus)
        /// Any code of a subject.
        case subject(UInt16)
        /// A subject that nobody registered.
        case other
    }

    /// What a row concludes.
    struct Outcome: Sendable {
        let cause: Cause
        let conclusion: Conclusion
        let condition: Condition?
        let scope: FailureScope?
        let affected: Affected.Kind?
        let fault: Fault?
        let actions: RemedialActions?
        let confidence: Confidence
        let alert: Bool?
    }

    /// Which status a row concludes.
    enum Conclusion: Sendable {
        /// The printed one; class.0.0 when there was none.
        case printed
        /// The cause's, in the class of the evidence.
        case cause
        /// The printed one where it says more than the cause, which a detail of a provider's own does; else the cause's.
        case finer
        /// Another one, in the class of the evidence.
        case status(EnumeratedStatus)
        /// Another one, class and all.
        case code(EnhancedStatusCode)
    }

    /// Circumstances that a row may ask for.
    struct Circumstances: OptionSet, Sendable {
        let rawValue: UInt16
        /// Never met by a look-up.
        static let coded = Self(rawValue: 1)
        /// No recipient was accepted before.
        static let first = Self(rawValue: 2)
        /// A recipient was accepted before.
        static let accepted = Self(rawValue: 4)
        /// After RCPT, with no more than one recipient.
        static let single = Self(rawValue: 8)
        /// The session is in clear.
        static let clear = Self(rawValue: 16)
        /// The session is under TLS.
        static let tls = Self(rawValue: 32)
        /// The text names our reverse-path.
        static let namesSender = Self(rawValue: 64)
        /// HOLDFOR or HOLDUNTIL was sent.
        static let sentFutureRelease = Self(rawValue: 128)
        /// The text names the recipient.
        static let namesRecipient = Self(rawValue: 256)
    }

    /// What follows from a piece of evidence, by the built-in rows.
    public static func decide(_ evidence: Evidence) -> Finding { decide(evidence, in: .builtIn) }

    /// What follows from a piece of evidence by the rows of a table.
    static func decide(_ evidence: Evidence, in table: RuleTable) -> Finding {
        if let condition = evidence.condition { return decide(evidence, own: condition, in: table) }
        guard let reply = evidence.reply else { return malformed(evidence) }
        guard let statusClass = statusClass(of: reply) else {
            return evidence.source == .live ? malformed(evidence) : hearsay(evidence, reply, in: table)
        }
        if statusClass == .success { return success(evidence, reply) }
        let text = reply.text.utf8
        let known = Known(evidence, reply, statusClass, text.span, in: table)
        return finding(evidence, known, rule: table.rule(for: known), in: table)
    }

    /// What a report says in words alone, without digits and without a code.
    ///
    /// The words decide, read as a failure and then as a delay. There is no class that could be kept: the status is the
    /// one that says the cause best.
    private static func hearsay(_ evidence: Evidence, _ reply: PrintedReply, in table: RuleTable) -> Finding {
        let text = reply.text.utf8
        var known = Known(evidence, reply, .permanentFailure, text.span, in: table)
        var rule = table.rule(for: known)
        if table.isFallback(rule) {
            known.statusClass = .persistentTransientFailure
            rule = table.rule(for: known)
            if table.isFallback(rule) { return malformed(evidence) }
        }
        known.statusClass = table.outcomes[Int(rule.index)].cause.status.statusClass
        return finding(evidence, known, rule: rule, in: table)
    }

    /// The finding of a 2yz to the final dot, for the hot path: nothing is looked up.
    public static func success(
        _ status: EnhancedStatusCode? = nil,
        nextHop: Evidence.NextHop = .mx,
        printed: PrintedReply? = nil
    ) -> Finding {
        let isLocal = nextHop == .lmtp
        let rule: DecisionRule = isLocal ? .successDelivered : .successRelayed
        return Finding(
            status: status ?? EnhancedStatusCode(.success, 0, 0),
            printed: printed,
            condition: nil,
            cause: isLocal ? .delivered : .relayed,
            fault: .none,
            scope: .recipient,
            affected: Affected(.address),
            actions: RemedialActions(isLocal ? .delivered : .relayed),
            retryAfter: nil,
            suppression: .none,
            outcomeKnown: true,
            confidence: .certain,
            alert: false,
            rule: rule
        )
    }

    // MARK: Reading the evidence

    /// What is worked out once and asked by many rows.
    struct Known {
        var statusClass: StatusClass
        let printed: EnumeratedStatus?
        let isVague: Bool
        let reply: UInt64
        let stage: StageSet
        let nextHop: UInt8
        let source: UInt8
        let providers: ProviderSet
        let circumstances: Circumstances
        let features: TextFeatures
        let contradicts: Bool

        init(
            _ evidence: Evidence,
            _ reply: PrintedReply,
            _ statusClass: StatusClass,
            _ text: Span<UInt8>,
            in table: RuleTable
        ) {
            self.statusClass = statusClass
            self.printed = reply.status?.status
            self.isVague = reply.status.map { table.registered.isVague($0.status) } ?? true
            self.reply = UInt64(reply.code?.rawValue ?? 0)
            self.stage = StageSet(evidence.stage)
            self.nextHop = 1 << evidence.nextHop.ordinal
            self.source = 1 << evidence.source.ordinal
            let hint = table.phrases.hint(in: text, domain: evidence.parties.recipientDomain)
            self.providers = table.providers(evidence.provider, hint.providers)
            self.features = hint.features
            self.circumstances = DecisionTable.circumstances(of: evidence, text)
            // The digit gives the class; subject and detail of another class stay as a hint.
            self.contradicts = reply.status.map { $0.statusClass != statusClass } ?? false
        }
    }

    /// The digit decides; without digits the class of the code.
    ///
    /// 3yz is an intermediate step.
    private static func statusClass(of reply: PrintedReply) -> StatusClass? {
        guard let code = reply.code else { return reply.status?.statusClass }
        return code.statusClass ?? .success
    }

    private static func circumstances(of evidence: Evidence, _ text: Span<UInt8>) -> Circumstances {
        var found: Circumstances = evidence.acceptedRecipients > 0 ? .accepted : .first
        found.insert(evidence.tls ? .tls : .clear)
        if evidence.stage.isAfterRecipients, evidence.acceptedRecipients <= 1 { found.insert(.single) }
        if evidence.parameters.contains(.futureRelease) { found.insert(.sentFutureRelease) }
        if namesSender(evidence.parties, text) { found.insert(.namesSender) }
        if names(evidence.parties.recipient, text) { found.insert(.namesRecipient) }
        return found
    }

    /// Whether the text quotes our reverse-path; a mail to oneself tells nothing.
    private static func namesSender(_ parties: Evidence.Parties, _ text: Span<UInt8>) -> Bool {
        parties.reversePath != parties.recipient && names(parties.reversePath, text)
    }

    private static func names(_ address: String, _ text: Span<UInt8>) -> Bool {
        let octets = address.utf8
        guard octets.count > 2, octets.count <= text.count else { return false }
        return contains(octets.span, in: text)
    }

    private static func contains(_ needle: Span<UInt8>, in text: Span<UInt8>) -> Bool {
        let first = TextFeatures.lowercased(needle[0])
        for start in 0...(text.count - needle.count) where TextFeatures.lowercased(text[start]) == first {
            var length = 1
            while length < needle.count,
                TextFeatures.lowercased(needle[length]) == TextFeatures.lowercased(text[start + length])
            {
                length += 1
            }
            if length == needle.count { return true }
        }
        return false
    }
}
