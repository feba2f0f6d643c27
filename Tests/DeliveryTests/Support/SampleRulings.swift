import Delivery
import StatusCodes

// What peers say, judged by the decision table: the planner is tested with what it will meet.
extension Ruling {
    /// The ruling on a reply of a peer.
    static func reply(
        _ text: String,
        at stage: Stage = .rcpt,
        accepted: Int = 0,
        nextHop: Evidence.NextHop = .mx
    ) -> Self {
        judged(
            Evidence(
                stage: stage,
                reply: PrintedReply(parsing: text),
                nextHop: nextHop,
                acceptedRecipients: accepted
            )
        )
    }

    /// The ruling on evidence.
    static func judged(_ evidence: Evidence) -> Self { Self(DecisionTable.decide(evidence), evidence) }

    static var mailboxFull: Self { reply("452 4.2.2 Mailbox full") }
    static var greylisted: Self { reply("450 4.7.1 Greylisted") }
    static var userUnknown: Self { reply("550 5.1.1 No such user") }
    static var unexplained: Self { reply("451 4.0.0 No") }
    static var flood: Self { reply("421 4.7.28 Too much mail from you", at: .mail) }
    static var ownCredentials: Self { reply("535 5.7.8 Bad credentials", at: .auth, nextHop: .smartHost) }
    static var unreachable: Self { judged(Evidence(.noAnswer)) }
    static var resolverSilent: Self { judged(Evidence(.dnsFailure, source: .ownDNS)) }
    static var lostReply: Self { judged(Evidence(.outcomeUnknown)) }
    static var unclearAfterDot: Self { reply("550 5.2.1 Mailbox disabled", at: .dot, accepted: 4) }
    static func tooMany(after accepted: Int) -> Self { reply("452 4.5.3 Too many recipients", accepted: accepted) }
}
