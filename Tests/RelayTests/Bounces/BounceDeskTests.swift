import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import StoreTesting
import SMTPTransport
import Testing

@testable import Relay

/// What mail to a return-path comes to.
@Suite struct `Bounce desk` {
    private let store = MemoryStore()
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let addresses = BounceAddresses(
        signer: ReturnPathSigner(
            domain: "bounces.test",
            keys: [Array("a key of many octets".utf8)],
            primitives: CryptoPrimitives()
        ),
        feedback: "fbl"
    )
    private static let recipient = RecipientID(message: Mail.id(7), index: 2)

    private static func path(days: Int64 = 0) throws -> String {
        let made = Timestamp(seconds: now.seconds - days * 86_400)
        return try #require(addresses.signer.returnPath(of: recipient, at: made))
    }

    /// The store knows that the message went to an address.
    private func dispatch(to address: String = "anna@example.net", _ outcome: Dispatch.Outcome = .relayed) throws {
        var batch = StoreWrite()
        batch.dispatches = [
            Dispatch(
                recipient: Self.recipient,
                at: Self.now,
                address: address,
                sender: "boss@example.org",
                outcome: outcome,
                provider: "google"
            )
        ]
        _ = try store.write(batch)
    }

    private func read(_ text: String, to address: String) throws -> BounceDesk.Decision {
        let desk = BounceDesk(
            addresses: Self.addresses,
            reader: store,
            spool: MemorySpool(),
            rules: .builtIn,
            now: Self.now
        )
        let content = ResidentContent(Array(text.utf8))
        return try desk.read(BounceDesk.Mail(address: address, content: content, body: .sevenBit, smtpUTF8: false))
    }

    private func joined(_ text: String, to address: String) throws -> LateReport {
        switch try read(text, to: address) {
        case .joined(let late): return late
        case .putAside(let reason):
            Issue.record("\(reason)")
            throw CommandRefusal(reason)
        }
    }

    private func reason(_ text: String, to address: String) throws -> String {
        if case .putAside(let reason) = try read(text, to: address) { reason } else { "joined" }
    }

    private static func report(
        _ recipient: String = "anna@example.net",
        action: String = "failed",
        status: String = "5.1.1",
        diagnostic: String = "smtp; 550 5.1.1 no such user"
    ) -> String {
        """
        From: mailer-daemon@mx.example.net
        Subject: Undelivered Mail
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=delivery-status; boundary=x

        --x
        Content-Type: text/plain

        It could not be delivered.
        --x
        Content-Type: message/delivery-status

        Reporting-MTA: dns; mx.example.net

        Final-Recipient: rfc822; \(recipient)
        Action: \(action)
        Status: \(status)
        Diagnostic-Code: \(diagnostic)

        --x--

        """.replacing("\n", with: "\r\n")
    }

    private static func complaint(_ type: String, returnPath: String, of complainer: String? = nil) -> String {
        """
        From: fbl@example.net
        MIME-Version: 1.0
        Content-Type: multipart/report; report-type=feedback-report; boundary=x

        --x
        Content-Type: message/feedback-report

        Feedback-Type: \(type)
        User-Agent: X/1
        Version: 1\(complainer.map { "\nOriginal-Rcpt-To: \($0)" } ?? "")

        --x
        Content-Type: message/rfc822

        Return-Path: <\(returnPath)>
        From: boss@example.org
        To: customers@example.org
        Message-ID: <1@example.org>
        Subject: Sale

        Buy.
        --x--

        """.replacing("\n", with: "\r\n")
    }

    @Test func `a bounce corrects the outcome, joins the timeline, is evidence, and goes on to the sender`() throws {
        try dispatch()
        let late = try joined(Self.report(), to: try Self.path())
        #expect(late.dispatch.outcome == .bounced && late.dispatch.recipient == Self.recipient)
        let event = try #require(late.event)
        #expect(event.kind == .recipientBounced && event.subject == "anna@example.net" && event.recipient == 2)
        #expect(event.attempt?.cause == "user-unknown" && event.attempt?.status == EnhancedStatusCode("5.1.1"))
        #expect(event.attempt?.reply.contains("550 5.1.1 no such user") == true)
        guard case .sighted(let sighting)? = late.suppression?.kind else {
            Issue.record("\(String(describing: late.suppression))")
            return
        }
        #expect(late.suppression?.subject.text == "anna@example.net")
        #expect(sighting.source == .dsn && sighting.provider == "google" && sighting.recipient == Self.recipient)
        #expect(try late.copy?.content.bytes() == Array(Self.report().utf8))
    }

    @Test(arguments: [Dispatch.Outcome.bounced, .complained])
    func `a second report about the same recipient is no second finding, and goes to nobody`(known: Dispatch.Outcome)
        throws
    {
        try dispatch(known)
        for address in [try Self.path(), "fbl@bounces.test"] {
            let text = Self.report() + "Return-Path: <\(try Self.path())>\r\n"
            let late = try joined(text, to: address)
            #expect(late.event == nil && late.suppression == nil && late.copy == nil)
            #expect(late.dispatch.outcome == known)
        }
    }

    @Test(arguments: ["elsewhere@example.com", "elsewhere@example.com\nOriginal-Recipient: rfc822; anna@example.net"])
    func `a report that names whom it was forwarded to is about our recipient, and no evidence against it`(
        named: String
    ) throws {
        try dispatch()
        let late = try joined(Self.report(named), to: try Self.path())
        #expect(late.dispatch.outcome == .bounced && late.event?.subject == "anna@example.net")
        #expect(late.event?.attempt?.cause == "user-unknown")
        #expect(late.suppression == nil && late.copy != nil)
    }

    @Test func `what has failed for another is not our recipient's failure where the report speaks of both`() throws {
        try dispatch()
        let others = """
            elsewhere@example.com
            Action: failed
            Status: 5.1.1

            Final-Recipient: rfc822; anna@example.net
            """
        let late = try joined(Self.report(others, action: "delayed", status: "4.4.1"), to: try Self.path())
        #expect(late.dispatch.outcome == .relayed && late.event == nil && late.suppression == nil)
        #expect(late.copy != nil)
        let failed = try joined(Self.report(others), to: try Self.path())
        #expect(failed.dispatch.outcome == .bounced && failed.suppression?.subject.text == "anna@example.net")
    }

    @Test func `what was handed in and is no bounce is not passed on: it would come back`() throws {
        try dispatch()
        let text =
            Self.report(action: "delayed", status: "4.4.1", diagnostic: "smtp; 451 4.4.1 later")
            + "Return-Path: <\(try Self.path())>\r\n"
        #expect(try joined(text, to: "fbl@bounces.test").copy == nil)
        #expect(try joined(text, to: try Self.path()).copy != nil)
    }

    @Test func `a message that ends between two looks at the store is found by the third`() throws {
        let dispatch = Dispatch(
            recipient: Self.recipient,
            at: Self.now,
            address: "anna@example.net",
            sender: "boss@example.org",
            provider: "google"
        )
        let watched = WatchedStore()
        watched.dispatchAfterNextMessage(dispatch)
        let desk = BounceDesk(
            addresses: Self.addresses,
            reader: watched,
            spool: MemorySpool(),
            rules: .builtIn,
            now: Self.now
        )
        let content = ResidentContent(Array(Self.report().utf8))
        let mail = BounceDesk.Mail(address: try Self.path(), content: content, body: .sevenBit, smtpUTF8: false)
        guard case .joined = try desk.read(mail) else {
            Issue.record("it was put aside")
            return
        }
    }

    @Test func `nothing is written for a sender who has had his share of reports, and the bounce counts all the same`()
        throws
    {
        try dispatch()
        let spool = MemorySpool()
        let allowance = ReportAllowance()
        let desk = BounceDesk(
            addresses: Self.addresses,
            reader: store,
            spool: spool,
            rules: .builtIn,
            now: Self.now,
            allowance: allowance,
            share: 1
        )
        let text = Self.report() + String(repeating: "0123456789abcdef\r\n", count: 5000)
        let content = ResidentContent(Array(text.utf8))
        let mail = BounceDesk.Mail(address: try Self.path(), content: content, body: .sevenBit, smtpUTF8: false)
        for isWithheld in [false, true] {
            guard case .joined(let late) = try desk.read(mail) else {
                Issue.record("it was put aside")
                return
            }
            #expect(late.event?.kind == .recipientBounced)
            #expect(late.isWithheld == isWithheld && (late.copy == nil) == isWithheld)
            #expect(spool.written.count == 1)
            // What the queue thread does when it stores the first one.
            #expect(allowance.take("boss@example.org", of: 1, now: Self.now) == !isWithheld)
        }
    }

    @Test func `what is not the recipient's fault is no evidence`() throws {
        try dispatch()
        let words = "smtp; 550 5.7.1 message rejected as spam"
        let late = try joined(Self.report(status: "5.7.1", diagnostic: words), to: try Self.path())
        #expect(late.event?.kind == .recipientBounced && late.suppression == nil)
    }

    @Test(arguments: ["delayed", "delivered", "relayed", "expanded"])
    func `reports that are no bounces go on to the sender and change nothing`(action: String) throws {
        try dispatch()
        let status = action == "delayed" ? "4.4.1" : "2.0.0"
        let text = Self.report(action: action, status: status, diagnostic: "smtp; 250 ok")
        let late = try joined(text, to: try Self.path())
        #expect(late.event == nil && late.suppression == nil && late.dispatch.outcome == .relayed)
        #expect(late.copy != nil)
    }

    @Test func `an automatic answer is no bounce`() throws {
        try dispatch()
        let text =
            "From: anna@example.net\r\nAuto-Submitted: auto-replied\r\nSubject: Out of office\r\n\r\nI am away.\r\n"
        let late = try joined(text, to: try Self.path())
        #expect(late.event == nil && late.suppression == nil && late.copy != nil)
    }

    @Test func `what is no report is put aside`() throws {
        try dispatch()
        let text = "From: x@example.net\r\nSubject: Hello\r\n\r\nHow are you?\r\n"
        #expect(try reason(text, to: try Self.path()).hasPrefix("it is no report"))
    }

    @Test func `an expired return-path suppresses nobody: its mail is put aside`() throws {
        try dispatch()
        #expect(
            try reason(Self.report(), to: try Self.path(days: 31)).hasPrefix("the return-path was made on 2026-12-15")
        )
        #expect(try joined(Self.report(), to: try Self.path(days: 30)).suppression != nil)
    }

    @Test func `a forged return-path suppresses nobody`() throws {
        try dispatch()
        let path = try Self.path()
        let forged = path.hasPrefix("b-0") ? path.replacing("b-0", with: "b-1") : "b-0" + path.dropFirst(3)
        #expect(try reason(Self.report(), to: forged) == "the return-path was not made by us")
    }

    @Test func `a return-path of which nothing is known any more is put aside`() throws {
        #expect(try reason(Self.report(), to: try Self.path()).hasPrefix("nothing is known any more"))
    }

    @Test func `a complaint at the feedback address finds its message by the return-path that it returns`() throws {
        try dispatch()
        let late = try joined(
            Self.complaint("abuse", returnPath: try Self.path()),
            to: "FBL@bounces.test"
        )
        #expect(late.dispatch.outcome == .complained && late.event?.kind == .recipientComplained)
        guard case .listed(let entry)? = late.suppression?.kind else {
            Issue.record("\(String(describing: late.suppression))")
            return
        }
        #expect(entry.origin == .complaint && entry.until == nil && entry.reason.contains("abuse"))
        #expect(late.copy == nil)
    }

    @Test func `a complaint that is told again does not suppress again whom somebody has let go`() throws {
        try dispatch(.complained)
        let path = try Self.path()
        let late = try joined(Self.complaint("abuse", returnPath: path), to: path)
        #expect(late.event == nil && late.suppression == nil && late.dispatch.outcome == .complained)
        try dispatch(.bounced)
        #expect(try joined(Self.complaint("abuse", returnPath: path), to: path).suppression != nil)
    }

    @Test func `a complaint of somebody behind our recipient is for a person, and suppresses nobody`() throws {
        try dispatch()
        let path = try Self.path()
        let other = Self.complaint("abuse", returnPath: path, of: "member@example.com")
        #expect(try reason(other, to: path).hasPrefix("it names another recipient than anna@example.net"))
        let own = Self.complaint("abuse", returnPath: path, of: "Anna@Example.net")
        #expect(try joined(own, to: path).suppression?.subject.text == "anna@example.net")
    }

    @Test func `other feedback is for a person, and so is a complaint that names no message of ours`() throws {
        try dispatch()
        let path = try Self.path()
        for type in ["not-spam", "auth-failure", "other"] {
            let reason = try reason(Self.complaint(type, returnPath: path), to: "fbl@bounces.test")
            #expect(reason.hasPrefix("feedback of the kind \(type)"))
        }
        for other in ["boss@example.org", "b-0\(path.dropFirst(3))", try Self.path(days: 31)] where other != path {
            let reason = try reason(Self.complaint("abuse", returnPath: other), to: "fbl@bounces.test")
            #expect(reason.hasPrefix("it names no message of ours"), "\(other)")
        }
    }

    @Test func `a large report goes on as a file of its own`() throws {
        try dispatch()
        let text = Self.report() + String(repeating: "x", count: 70_000) + "\r\n"
        let copy = try #require(try joined(text, to: try Self.path()).copy)
        #expect(copy.content.byteCount == text.utf8.count)
        #expect(try copy.content.bytes() == Array(text.utf8))
    }
}
