import StatusCodes

/// A finding in words, for people who do not know the names in it.
enum FindingWords {
    /// Everything that a finding says, as a list of terms.
    static func terms(_ finding: Finding, when scenes: String) -> HTML {
        let pairs: [(term: String, content: HTML)] = [
            ("When", "\(scenes)"),
            ("Concluded", "\(PageFrame.link(to: finding.status)), \(certainty(finding.confidence))"),
            ("Cause", "<code>\(finding.cause.name)</code>: \(Catalogue.en.entry(of: finding.cause).what)"),
            ("Fault", "<code>\(finding.fault.rawValue)</code>: \(Catalogue.en.turn(of: finding.fault))"),
            ("Reaches", "<code>\(finding.scope.rawValue)</code>: \(reach(finding.scope))"),
            ("Actions", actions(finding.actions)),
            ("Suppression", "\(suppression(finding.suppression))"),
            ("Operator", finding.alert ? "is told" : "is not told"),
            ("Rule", "<code>\(finding.rule.name)</code>: \(finding.rule.basis)"),
        ]
        return PageFrame.terms(pairs)
    }

    /// Actions in the order in which they are tried.
    static func actions(_ actions: RemedialActions) -> HTML {
        guard !actions.isEmpty else { return "none: the session goes on" }
        let rows = actions.map { action -> HTML in "<li><code>\(action.name)</code>: \(meaning(of: action))</li>" }
        return "<ol>\n\(rows)\n</ol>"
    }

    /// Who finds a condition of this kind.
    static func finder(_ place: Condition.Place) -> String {
        switch place {
        case .serverSession: "the server"
        case .localDelivery: "delivery into a mailbox"
        case .deliveryAgent: "the delivery agent"
        case .reportOnly: "the queue and the writer of reports"
        case .trackingStatus: "message tracking"
        }
    }

    private static func certainty(_ confidence: Confidence) -> String {
        switch confidence {
        case .certain: "for certain"
        case .likely: "likely"
        case .guess: "as the best guess"
        }
    }

    private static func reach(_ scope: FailureScope) -> String {
        switch scope {
        case .session: "this session"
        case .host: "this host"
        case .source: "everything sent from this address of ours"
        case .destination: "everything for this destination"
        case .sender: "everything from this sender"
        case .message: "this message"
        case .recipient: "this recipient"
        }
    }

    private static func suppression(_ term: SuppressionTerm) -> String {
        let subject =
            switch term.scope {
            case .address: "the address"
            case .recipientDomain: "every address of the domain"
            }
        let length: String
        switch term.length {
        case .none: return "none"
        case .days(let days): length = "for \(days) days"
        case .permanent: length = "until somebody lifts it"
        }
        let hours = term.needs.apart.components.seconds / 3600
        let needs =
            term.needs.count <= 1 ? "at the first failure" : "after \(term.needs.count) failures, \(hours) hours apart"
        return "\(subject), \(length), \(needs)"
    }

    private static func meaning(of action: RemedialAction) -> String {
        switch action {
        case .delivered: "done; it lies in the mailbox"
        case .relayed: "done; the next system has taken responsibility"
        case .retry(let curve): "try again later\(pace(curve))"
        case .nextHost: "try the next server of the destination"
        case .otherFamily: "try the server's other kind of address, IPv4 or IPv6"
        case .otherSource: "try from another address of ours, where rules allow"
        case .reconnect: "open a new session to the same server"
        case .split: "send it again with fewer recipients at a time"
        case .withoutParameter: "send it again without the parameter that was refused, where nothing asked for is lost"
        case .upgrade: "start TLS or use a stronger mechanism, and try again"
        case .downgrade: "convert the content for a server that takes less"
        case .slowDown: "lower connections and rate for the destination"
        case .hold: "stop until somebody acts"
        case .fail: "give up and return it to the sender"
        case .expire: "give up because its time is over, and return it to the sender"
        }
    }

    private static func pace(_ curve: RetryCurve) -> String {
        switch curve {
        case .standard: ""
        case .greylisting: ", soon and then often, as for greylisting"
        case .network: ", at the pace for trouble of the network"
        case .mailbox: ", at the pace for full mailboxes, which stay full for hours"
        case .rate: ", slowly, as after a limit was reached"
        case .tls: ", at the pace for trouble with TLS"
        case .own: ", soon, since the trouble is our own or our smart host's"
        case .immediate: ", at once"
        }
    }
}
