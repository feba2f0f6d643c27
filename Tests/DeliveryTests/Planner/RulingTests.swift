import StatusCodes
import Testing

@testable import Delivery

@Suite struct RulingTests {
    private static let signs: [(Ruling, Ruling.Sign)] = [
        (.userUnknown, .unknownRecipient), (.mailboxFull, .answered), (.greylisted, .answered),
        (.unreachable, .unreachable), (.resolverSilent, .resolverSilent), (.lostReply, .answered),
        (.ownCredentials, .ownRouteRefuses), (.judged(Evidence(.contentUnreadable)), .none),
        (.judged(Evidence(.noSuchUserLate, source: .ownPolicy)), .none),
        (.judged(Evidence(.noSuchDomain, source: .ownDNS)), .none),
        (.reply("451 4.1.2 The recipient's domain cannot be looked up"), .answered),
    ]

    @Test(arguments: signs) func `A finding hints at what is wrong beyond its recipient`(
        ruling: Ruling,
        sign: Ruling.Sign
    ) {
        #expect(ruling.sign == sign)
    }

    private static let troubles: [(Ruling, Bool)] = [
        (.unreachable, true), (.resolverSilent, true), (.lostReply, true),
        (.reply("421 4.3.2 Down", at: .greeting), true),
        (.userUnknown, false), (.mailboxFull, false), (.unclearAfterDot, false), (.tooMany(after: 3), false),
        (.judged(Evidence(.noSuchDomain, source: .ownDNS)), false),
    ]

    @Test(arguments: troubles) func `Only what reaches beyond the message and is retried means trouble`(
        ruling: Ruling,
        isTrouble: Bool
    ) {
        #expect(ruling.isTrouble == isTrouble)
    }

    @Test func `At RCPT the accepted count splits, after the dot everybody goes alone`() {
        #expect(Ruling.tooMany(after: 7).split == .upTo(7))
        #expect(Ruling.tooMany(after: 7).actions.contains(.split))
        #expect(Ruling.unclearAfterDot.split == .single)
        #expect(Ruling.unclearAfterDot.actions.contains(.split))
        #expect(!Ruling.mailboxFull.actions.contains(.split))
    }
}
