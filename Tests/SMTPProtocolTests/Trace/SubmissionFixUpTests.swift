import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `Submission fix-ups` {
    private func examine(
        _ header: String,
        sender: String? = nil,
        needsWholeHeader: Bool = false
    ) -> SubmissionFixUp.Outcome {
        let fixUp = SubmissionFixUp(
            hostname: "mx.example.net",
            id: "0123",
            date: Timestamp(seconds: 1_767_225_600),
            sender: sender
        )
        let bytes = Array(("Received: ours\r\n" + header).utf8)
        return fixUp.examine(bytes.span, from: 16, needsWholeHeader: needsWholeHeader)
    }

    private func prepended(_ header: String, sender: String? = nil) -> String? {
        guard case .prepend(let lines) = examine(header, sender: sender) else { return nil }
        return String(decoding: lines, as: UTF8.self)
    }

    @Test func `what is there stays`() {
        #expect(prepended("From: a@b.example\r\nDATE: then\r\nmessage-id: <1@b>\r\n\r\n") == "")
    }

    @Test func `Date and Message-ID are added`() {
        #expect(
            prepended("From: a@b.example\r\n\r\nDate: in the body\r\n")
                == "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <0123@mx.example.net>\r\n"
        )
    }

    @Test(arguments: [
        "Subject: x\r\n\r\n", "From: a@b\r\nFrom: c@d\r\n\r\n", "no header at all\r\n", "\r\nFrom: a@b\r\n",
    ])
    func `one From or none at all is refused`(header: String) {
        guard case .refuse(let reply) = examine(header) else {
            Issue.record("it has not one From")
            return
        }
        #expect(reply.condition == .contentMalformed)
    }

    @Test(arguments: [
        ("From: Alice <alice@example.net>", false), ("From: ALICE@Example.NET", false),
        ("From: boss@example.net", true), ("From: malice@example.net", true),
        ("From: alice@example.net.evil.example", true),
        ("From: b@x.example, alice@example.net", false), ("From: b@x.example\r\nSender: c@x.example", false),
    ])
    func `Sender is added when From does not name the account`(header: String, isAdded: Bool) {
        let lines = prepended(header + "\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\n", sender: "alice@example.net")
        #expect(lines == (isAdded ? "Sender: <alice@example.net>\r\n" : ""))
    }

    @Test func `an account that is no address is not shown`() {
        let header = "From: b@example.net\r\nDate: x\r\nMessage-ID: <x@y>\r\n\r\n"
        #expect(prepended(header, sender: "alice") == "")
        #expect(prepended(header, sender: "a@b>\r\nX: <y") == "")
    }

    @Test func `a header that does not end in time is refused`() {
        guard case .refuse(let reply) = examine("From: a@b\r\nX: y\r\n", needsWholeHeader: true) else {
            Issue.record("the header goes on behind what memory holds")
            return
        }
        #expect(reply.condition == .contentMalformed)
        guard case .prepend = examine("From: a@b\r\nX: y\r\n\r\nbody", needsWholeHeader: true) else {
            Issue.record("this one is whole")
            return
        }
    }
}
