import Foundation
import MailFormat
import Relay
import SMTPProtocol
import Testing

@Suite struct `Local envelope` {
    private func message(
        _ sender: String = "me@example.org",
        _ recipients: [String] = ["you@example.net"],
        _ content: String = "Subject: x\r\n\r\n"
    ) -> ControlRequest.Message { .init(sender: sender, recipients: recipients, content: Data(content.utf8)) }

    @Test func `Everything that was said is in the envelope`() throws {
        var message = message("me@example.org", ["you@example.net", "them@[192.0.2.1]"])
        message.notify = "failure,delay"
        message.returned = "HDRS"
        message.envelopeID = "QQ 1+2"
        message.details = [.init(index: 1, notify: "never", originalRecipient: "rfc822;old@example.net")]
        let envelope = try LocalEnvelope.make(message)
        #expect(envelope.text(envelope.reversePath) == "me@example.org")
        #expect(envelope.recipients.map { envelope.text($0.address) } == ["you@example.net", "them@[192.0.2.1]"])
        #expect(envelope.recipients.map { envelope.text($0.domain) } == ["example.net", "[192.0.2.1]"])
        #expect(envelope.recipients.map(\.notify) == [[.failure, .delay], Notify.never])
        #expect(envelope.recipients.map { envelope.text($0.originalRecipient) } == ["", "rfc822;old@example.net"])
        #expect(envelope.returned == .headers)
        #expect(envelope.text(envelope.envelopeID) == "QQ 1+2")
        #expect(envelope.body == .sevenBit && !envelope.smtpUTF8)
    }

    @Test func `No sender is the null reverse-path`() throws {
        #expect(try LocalEnvelope.make(message("")).reversePath.isEmpty)
    }

    @Test func `Octets above 127 in content, and in addresses, are said`() throws {
        #expect(try LocalEnvelope.make(message("", ["a@example.net"], "\r\né")).body == .eightBitMIME)
        #expect(try LocalEnvelope.make(message("", ["é@example.net"])).smtpUTF8)
        var asked = message()
        asked.needsUTF8 = true
        #expect(try LocalEnvelope.make(asked).smtpUTF8)
    }

    @Test(arguments: [
        "nobody", "a@", "@example.net", "a b@example.net", "a@example.net>", "a@example.net\r\nRCPT TO:<b@example.net>",
    ])
    func `What is no address is refused, as sender and as recipient`(_ text: String) {
        #expect(throws: LocalEnvelope.Invalid.self) { try LocalEnvelope.make(message(text)) }
        #expect(throws: LocalEnvelope.Invalid.self) { try LocalEnvelope.make(message("", [text])) }
    }

    @Test func `Parameters that are none are refused`() {
        let changes: [(inout ControlRequest.Message) -> Void] = [
            { $0.recipients = [] },
            { $0.recipients = Array(repeating: "a@example.net", count: LocalEnvelope.mostRecipients + 1) },
            { $0.notify = "sometimes" }, { $0.notify = "" }, { $0.notify = "never,success" }, { $0.returned = "half" },
            { $0.envelopeID = "" }, { $0.envelopeID = "a\nb" }, { $0.envelopeID = String(repeating: "x", count: 101) },
            { $0.key = String(repeating: "x", count: 257) },
            { $0.details = [.init(index: 1, notify: nil, originalRecipient: nil)] },
            { $0.details = [.init(index: 0, notify: nil, originalRecipient: "no type")] },
        ]
        for (place, change) in changes.enumerated() {
            var message = message()
            change(&message)
            #expect(throws: LocalEnvelope.Invalid.self, "change \(place)") { try LocalEnvelope.make(message) }
        }
    }

    @Test func `An envelope that came by SMTP is the same after its way through a file`() throws {
        var first = message("me@example.org", ["you@example.net", "them@example.net"])
        first.returned = "full"
        first.envelopeID = "Q"
        first.details = [.init(index: 1, notify: "success,failure,delay", originalRecipient: "rfc822;x@example.net")]
        let envelope = try LocalEnvelope.make(first)
        let again = ControlRequest.Message(envelope, content: first.content, host: "host.example")
        #expect(try LocalEnvelope.make(again) == envelope)
    }

    @Test func `Postmaster without a domain is ours`() {
        let envelope = Envelope(
            arena: Array("postmaster".utf8),
            reversePath: .empty,
            recipients: [.init(address: .init(0, 10), domain: .empty)]
        )
        let message = ControlRequest.Message(envelope, content: Data(), host: "host.example")
        #expect(message.recipients == ["postmaster@host.example"])
        #expect(message.sender.isEmpty)
    }
}
