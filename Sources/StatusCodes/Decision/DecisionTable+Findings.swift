extension DecisionTable {
    /// A condition of our own: its row, or, for one that we say as a server, the row of its code.
    static func decide(_ evidence: Evidence, own condition: Condition, in table: RuleTable) -> Finding {
        let row = table.conditionRows[Int(condition.index)]
        if row >= 0 { return own(evidence, condition, rule: table.rule(UInt16(row)), in: table) }
        var asPrinted = evidence
        asPrinted.condition = nil
        asPrinted.reply = PrintedReply(code: condition.replyCode, status: condition.status)
        var finding = decide(asPrinted, in: table)
        finding.printed = nil
        finding.condition = condition
        return finding
    }

    private static func own(
        _ evidence: Evidence,
        _ condition: Condition,
        rule: DecisionRule,
        in table: RuleTable
    ) -> Finding {
        let outcome = table.outcomes[Int(rule.index)]
        let status = condition.status ?? outcome.cause.status
        let fault = outcome.fault ?? outcome.cause.fault
        let kind = outcome.affected ?? outcome.cause.affected
        let actions = outcome.actions ?? outcome.cause.actions(for: status.statusClass)
        var finding = Finding(
            status: status,
            printed: evidence.reply,
            condition: condition,
            cause: outcome.cause,
            fault: fault,
            scope: outcome.scope ?? outcome.cause.scope,
            affected: Affected(kind, evidence.parties[kind]),
            actions: actions,
            retryAfter: nil,
            suppression: .none,
            outcomeKnown: outcome.cause != .outcomeUnknown,
            confidence: outcome.confidence,
            alert: outcome.alert ?? outcome.cause.alert,
            rule: rule
        )
        finding.suppression = suppression(finding, evidence.source)
        return finding
    }

    /// The finding of the row that fits a peer's reply.
    static func finding(_ evidence: Evidence, _ known: Known, rule: DecisionRule, in table: RuleTable) -> Finding {
        let outcome = table.outcomes[Int(rule.index)]
        let status = conclude(outcome, known)
        let kind = outcome.affected ?? outcome.cause.affected
        let scope = outcome.scope ?? outcome.cause.scope
        var finding = Finding(
            status: status,
            printed: evidence.reply,
            condition: outcome.condition ?? Condition.only(with: status, at: evidence.stage),
            cause: outcome.cause,
            fault: outcome.fault ?? outcome.cause.fault,
            scope: isBeyondSmartHost(evidence, scope, kind, status) ? .recipient : scope,
            affected: Affected(kind, evidence.parties[kind]),
            actions: outcome.actions ?? outcome.cause.actions(for: status.statusClass),
            retryAfter: retryAfter(evidence, known, status),
            suppression: .none,
            outcomeKnown: true,
            confidence: known.contradicts && outcome.confidence == .certain ? .likely : outcome.confidence,
            alert: outcome.alert ?? outcome.cause.alert,
            rule: rule
        )
        finding.suppression = suppression(finding, evidence.source)
        splitIfAmbiguous(&finding, evidence)
        return finding
    }

    /// A smart host that speaks of a domain or of the network behind it says nothing of the route to itself, which
    /// other domains share.
    private static func isBeyondSmartHost(
        _ evidence: Evidence,
        _ scope: FailureScope,
        _ kind: Affected.Kind,
        _ status: EnhancedStatusCode
    ) -> Bool {
        evidence.nextHop == .smartHost && scope == .destination
            && (kind == .recipientDomain || StatusSubject.network ~= status)
    }

    private static func conclude(_ outcome: Outcome, _ known: Known) -> EnhancedStatusCode {
        switch outcome.conclusion {
        case .printed: EnhancedStatusCode(known.statusClass, known.printed ?? .otherUndefinedStatus)
        case .cause: EnhancedStatusCode(known.statusClass, outcome.cause.status.status)
        case .finer: EnhancedStatusCode(known.statusClass, finer(known.printed, outcome.cause.status.status))
        case .status(let status): EnhancedStatusCode(known.statusClass, status)
        case .code(let code): code
        }
    }

    /// A detail of a provider's own (5.7.509) tells those who know it more than a general one; others tell less than the
    /// cause.
    private static func finer(_ printed: EnumeratedStatus?, _ cause: EnumeratedStatus) -> EnumeratedStatus {
        guard let printed, printed.detail > 1, printed.subject == cause.subject else { return cause }
        return printed
    }

    /// After the content one reply stands for all recipients: nobody can tell which of them it means (RFC 5321 §3.3).
    ///
    /// So what would concern one recipient concerns the message, suppresses nobody, and is tried with one recipient at a
    /// time. LMTP answers for each (RFC 2033 §4.2).
    private static func splitIfAmbiguous(_ finding: inout Finding, _ evidence: Evidence) {
        guard evidence.stage.isAfterRecipients, evidence.nextHop != .lmtp, evidence.acceptedRecipients > 1,
            finding.scope == .recipient
        else { return }
        finding.scope = .message
        finding.suppression = .none
        if finding.actions.first != .split { finding.actions = finding.actions.preceded(by: .split) }
    }

    /// Only a recipient's own fault suppresses, and only once the mail is given up.
    static func suppression(_ finding: Finding, _ source: Evidence.Source) -> SuppressionTerm {
        guard finding.fault == .recipient else { return .none }
        switch finding.actions.terminal {
        case .fail, .expire: break
        default: return .none
        }
        var term = finding.cause.suppression
        // Our own directory knows its users, and DNS its domains: once is enough.
        if source.isOwnKnowledge, term.length == .permanent { term.needs = .once }
        return term
    }

    private static func retryAfter(_ evidence: Evidence, _ known: Known, _ status: EnhancedStatusCode) -> Duration? {
        guard status.statusClass == .persistentTransientFailure, known.features.contains(.tryAgain),
            let text = evidence.reply?.text.utf8
        else { return nil }
        return RetryHint.wait(in: text.span)
    }

    /// A 2yz, or a 3yz, which is a step on the way.
    static func success(_ evidence: Evidence, _ reply: PrintedReply) -> Finding {
        let status = reply.status.flatMap { $0.statusClass == .success ? $0 : nil }
        let isFinal = evidence.stage == .dot || evidence.stage == .local || evidence.stage == .report
        let isStep = !isFinal || reply.code?.severity == .positiveIntermediate
        let nextHop = evidence.stage == .local ? .lmtp : evidence.nextHop
        var finding = success(status, nextHop: nextHop, printed: reply)
        finding.affected.value = evidence.parties.recipient
        if isStep {
            finding.cause = .accepted
            finding.scope = .session
            finding.affected = Affected(.mxHost, evidence.parties.host)
            finding.actions = RemedialActions()
            finding.rule = .successStep
        }
        return finding
    }

    /// Neither digits nor a code: evidence of a malformed peer.
    static func malformed(_ evidence: Evidence) -> Finding {
        let rule = DecisionRule.malformedPeer
        let cause = Cause.peerProtocolError
        let status = EnhancedStatusCode(.persistentTransientFailure, .otherOrUndefinedProtocolStatus)
        return Finding(
            status: status,
            printed: evidence.reply,
            condition: .protocolOtherTransient,
            cause: cause,
            fault: cause.fault,
            scope: cause.scope,
            affected: Affected(cause.affected, evidence.parties.host),
            actions: cause.actions(for: status.statusClass),
            retryAfter: nil,
            suppression: .none,
            outcomeKnown: true,
            confidence: .guess,
            alert: cause.alert,
            rule: rule
        )
    }
}

extension Finding {
    /// This finding when the time for delivery is over: failed with the last real code, class 4 kept.
    ///
    /// The registry's text of X.4.7 asks for the code of the actual problem; 4.4.7 (`.queueExpired`) stands only where no
    /// attempt gave a cause.
    public func expired(source: Evidence.Source = .live) -> Self {
        var finding = self
        finding.actions = RemedialActions(.expire)
        finding.retryAfter = nil
        finding.rule = .expiredLastCode
        finding.suppression = DecisionTable.suppression(finding, source)
        return finding
    }
}

extension Evidence.Parties {
    /// The name of a kind of thing, empty when it is not known.
    subscript(kind: Affected.Kind) -> String {
        switch kind {
        case .address: recipient
        case .recipientDomain: recipientDomain
        case .mxHost: host
        case .sourceAddress: sourceAddress
        case .heloName: heloName
        case .fromDomain, .dkimDomain: reversePath.split(separator: "@").last.map(String.init) ?? ""
        case .account: account
        case .message: message
        }
    }
}

extension Evidence.NextHop {
    var ordinal: UInt8 {
        switch self {
        case .mx: 0
        case .smartHost: 1
        case .lmtp: 2
        }
    }
}

extension Evidence.Source {
    var ordinal: UInt8 {
        switch self {
        case .live: 0
        case .ownDNS: 1
        case .ownPolicy: 2
        case .dsn: 3
        case .feedback: 4
        case .operator: 5
        }
    }
}

extension Stage {
    /// Whether one reply at this stage stands for all recipients of the transaction.
    var isAfterRecipients: Bool { self == .data || self == .bdat || self == .burl || self == .dot }
}

extension Condition {
    /// The condition with a code at a stage, where there is exactly one.
    static func only(with status: EnhancedStatusCode, at stage: Stage) -> Self? {
        let key = status.packed
        var low = 0
        var high = ordered.count
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].key < key { low = middle + 1 } else { high = middle }
        }
        var found: UInt16?
        while low < ordered.count, ordered[low].key == key {
            if ordered[low].stages.contains(stage) {
                guard found == nil else { return nil }
                found = ordered[low].index
            }
            low += 1
        }
        return found.map { Self(index: $0) }
    }

    /// Code, stages and index of every condition with a code, ascending by code.
    private static let ordered: [(key: UInt32, stages: StageSet, index: UInt16)] = all.compactMap { condition in
        condition.status.map { ($0.packed, condition.stages, condition.index) }
    }.sorted { ($0.0, $0.2) < ($1.0, $1.2) }
}
