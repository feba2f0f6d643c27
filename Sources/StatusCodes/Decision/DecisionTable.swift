/// The one table: evidence in, finding out.
///
/// The delivery agent, the reader of late reports, the writer of reports and `explain` all use `decide`; none has a
/// table of its own. Rows are data (`Registry/decisions.csv`), tried in order, the first that fits wins; the last row
/// fits everything, so that the function is total. It is pure, looks at one piece of evidence, and allocates nothing
/// (the finding shares the evidence's strings).
public enum DecisionTable {
    /// What a row asks of the evidence; empty sets ask nothing.
    struct Match: Sendable {
        let provider: UInt8
        let nextHops: UInt8
        let sources: UInt8
        let isOwn: Bool
        let classes: StatusClassSet
        let replies: UInt64
        let stages: StageSet
        let circumstances: Circumstances
        let features: TextFeatures
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
        /// Another one, in the class of the evidence.
        case status(EnumeratedStatus)
        /// Another one, class and all.
        case code(EnhancedStatusCode)
    }

    /// Circumstances that a row may ask for.
    struct Circumstances: OptionSet, Sendable {
        let rawValue: UInt8
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
    }

    /// What follows from a piece of evidence.
    public static func decide(_ evidence: Evidence) -> Finding {
        if let condition = evidence.condition { return decide(evidence, own: condition) }
        guard let reply = evidence.reply, let statusClass = statusClass(of: reply) else {
            return malformed(evidence)
        }
        if statusClass == .success { return success(evidence, reply) }
        let text = reply.text.utf8
        let known = Known(evidence, reply, statusClass, text.span)
        let index = row(for: known, text.span)
        return finding(evidence, known, rule: DecisionRule(index: index))
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
        let statusClass: StatusClass
        let printed: EnumeratedStatus?
        let reply: UInt64
        let stage: StageSet
        let nextHop: UInt8
        let source: UInt8
        let provider: UInt8
        let circumstances: Circumstances
        let features: TextFeatures
        let contradicts: Bool

        init(_ evidence: Evidence, _ reply: PrintedReply, _ statusClass: StatusClass, _ text: Span<UInt8>) {
            self.statusClass = statusClass
            self.printed = reply.status?.status
            self.reply = UInt64(reply.code?.rawValue ?? 0)
            self.stage = StageSet(evidence.stage)
            self.nextHop = 1 << evidence.nextHop.ordinal
            self.source = 1 << evidence.source.ordinal
            self.provider = DecisionTable.number(of: evidence.provider)
            self.features = TextFeatures(of: text)
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

    private static func number(of provider: Provider?) -> UInt8 {
        guard let provider, let index = providers.firstIndex(of: provider.name) else { return 0 }
        return UInt8(index + 1)
    }

    private static func circumstances(of evidence: Evidence, _ text: Span<UInt8>) -> Circumstances {
        var found: Circumstances = evidence.acceptedRecipients > 0 ? .accepted : .first
        found.insert(evidence.tls ? .tls : .clear)
        if evidence.stage.isAfterRecipients, evidence.acceptedRecipients <= 1 { found.insert(.single) }
        if evidence.parameters.contains(.futureRelease) { found.insert(.sentFutureRelease) }
        if namesSender(evidence.parties, text) { found.insert(.namesSender) }
        return found
    }

    /// Whether the text quotes our reverse-path; a mail to oneself tells nothing.
    private static func namesSender(_ parties: Evidence.Parties, _ text: Span<UInt8>) -> Bool {
        let sender = parties.reversePath.utf8
        guard sender.count > 2, sender.count <= text.count, parties.reversePath != parties.recipient else {
            return false
        }
        return contains(sender.span, in: text)
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

    // MARK: Looking up

    private static func row(for known: Known, _ text: Span<UInt8>) -> UInt16 {
        for index in buckets[bucket(of: known.printed)] where fits(matches[Int(index)], known) { return index }
        return UInt16(matches.count - 1)
    }

    private static func fits(_ match: Match, _ known: Known) -> Bool {
        (match.classes.isEmpty || match.classes.contains(known.statusClass))
            && match.stages.rawValue & known.stage.rawValue != 0
            && (match.features.isEmpty || !match.features.isDisjoint(with: known.features))
            && match.circumstances.isSubset(of: known.circumstances)
            && (match.replies == 0 || has(match.replies, known.reply))
            && (match.nextHops == 0 || match.nextHops & known.nextHop != 0)
            && (match.sources == 0 || match.sources & known.source != 0)
            && (match.provider == 0 || match.provider == known.provider)
            && fits(match.pattern, known.printed)
    }

    private static func has(_ replies: UInt64, _ code: UInt64) -> Bool {
        var rest = replies
        while rest != 0 {
            if rest & 0xFFFF == code { return true }
            rest >>= 16
        }
        return false
    }

    private static func fits(_ pattern: Pattern, _ printed: EnumeratedStatus?) -> Bool {
        switch pattern {
        case .any: true
        case .none: printed == nil
        case .bare: printed.map { $0.subject == 0 } ?? true
        case .exact(let status): printed == status
        case .either(let one, let other): printed == one || printed == other
        case .subject(let subject): printed?.subject == subject
        case .other: printed.map { $0.subject > 7 } ?? false
        }
    }

    /// Subjects 0…7, 8 for any other, 9 for no code.
    private static func bucket(of printed: EnumeratedStatus?) -> Int { printed.map { min(Int($0.subject), 8) } ?? 9 }

    /// The rows that can fit a subject, in order, so that a look-up touches a fifth of the table.
    private static let buckets: [[UInt16]] = (0...9).map { bucket in
        matches.indices.filter { index in
            let match = matches[index]
            guard !match.isOwn, !match.circumstances.contains(.coded) else { return false }
            switch match.pattern {
            case .any: return true
            case .none: return bucket == 9
            case .bare: return bucket == 9 || bucket == 0
            case .exact(let status): return Self.bucket(of: status) == bucket
            case .either(let one, let other):
                return Self.bucket(of: one) == bucket || Self.bucket(of: other) == bucket
            case .subject(let subject): return Int(subject) == bucket
            case .other: return bucket == 8
            }
        }.map { UInt16($0) }
    }
}
