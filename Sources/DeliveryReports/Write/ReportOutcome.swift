import StatusCodes

/// The groups in which a report tells its recipients: the actions, and what is not known.
enum ReportOutcome: CaseIterable {
    case failed, unknown, delayed, delivered, relayed, expanded

    init(_ recipient: ReportRecipient) {
        self =
            switch recipient.action {
            case .failed: recipient.outcomeKnown ? .failed : .unknown
            case .delayed: .delayed
            case .delivered: .delivered
            case .relayed: .relayed
            case .expanded: .expanded
            }
    }

    /// Subject and first sentence, for one recipient and for many.
    var keys: (subjectOne: ReportText.Key, subjectMany: ReportText.Key, one: ReportText.Key, many: ReportText.Key) {
        switch self {
        case .failed: (.subjectFailedOne, .subjectFailedMany, .introFailedOne, .introFailedMany)
        case .unknown: (.subjectUnknownOne, .subjectUnknownMany, .introUnknownOne, .introUnknownMany)
        case .delayed: (.subjectDelayedOne, .subjectDelayedMany, .introDelayedOne, .introDelayedMany)
        case .delivered: (.subjectDeliveredOne, .subjectDeliveredMany, .introDeliveredOne, .introDeliveredMany)
        case .relayed: (.subjectRelayedOne, .subjectRelayedMany, .introRelayedOne, .introRelayedMany)
        case .expanded: (.subjectExpandedOne, .subjectExpandedMany, .introExpandedOne, .introExpandedMany)
        }
    }

    /// What is said where the finding has no words.
    func fallback(_ recipient: ReportRecipient) -> ReportText.Key {
        switch self {
        case .failed, .unknown:
            // A failure of class 4 is one that lasted until the message expired.
            recipient.status.statusClass == .persistentTransientFailure ? .fallbackExpired : .fallbackFailed
        case .delayed: .fallbackDelayed
        case .delivered: .fallbackDelivered
        case .relayed: .fallbackRelayed
        case .expanded: .fallbackExpanded
        }
    }
}
