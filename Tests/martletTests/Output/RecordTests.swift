import Delivery
import Foundation
import MailFormat
@testable import martlet
import Relay
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct `Records` {
    private static let attempt = AttemptRecord(
        at: Timestamp(seconds: 1_700_000_000),
        remote: "mx.example.net[192.0.2.1]:25",
        status: EnhancedStatusCode(.permanentFailure, 1, 1),
        reply: "550-5.1.1 no\u{1B}[2J\n550 5.1.1 \"such\" user",
        condition: "5.1.1-user-unknown",
        cause: "user-unknown",
        rule: "x.1.1",
        stage: "rcpt"
    )

    private static func event(_ attempt: AttemptRecord?) -> EventItem {
        EventItem(
            QueueEvent(
                number: 7,
                at: Timestamp(milliseconds: 1_700_000_000_042),
                kind: attempt == nil ? .messageDeleted : .recipientFailed,
                message: MessageID(rawValue: 1 << 21),
                recipient: attempt == nil ? nil : 0,
                subject: attempt == nil ? "root" : "you@example.net",
                attempt: attempt,
                reason: attempt == nil ? "spam\u{7}" : nil
            )
        )
    }

    @Test func `An event is one object with its keys in the promised order`() {
        #expect(
            Self.event(Self.attempt).json
                == #"{"id":7,"time":"2023-11-14T22:13:20.042Z","event":"recipient.failed","message":"0000000020000","#
                + #""recipient":"you@example.net","status":{"class":5,"subject":1,"detail":1,"code":"5.1.1"},"#
                + #""reply":"550-5.1.1 no\u001b[2J\n550 5.1.1 \"such\" user","cause":"user-unknown","fault":"recipient","#
                + #""condition":"5.1.1-user-unknown","rule":"x.1.1","stage":"rcpt","#
                + #""remote":"mx.example.net[192.0.2.1]:25","outcome_known":true}"#
        )
        #expect(
            Self.event(nil).json
                == #"{"id":7,"time":"2023-11-14T22:13:20.042Z","event":"message.deleted","message":"0000000020000","by":"root","reason":"spam\u0007"}"#
        )
    }

    @Test func `An event is one line for a person, whatever a peer said`() {
        #expect(
            Self.event(Self.attempt).text
                == "2023-11-14T22:13:20.042Z  recipient.failed  0000000020000  you@example.net  5.1.1 user-unknown"
                + "  mx.example.net[192.0.2.1]:25 said: 550-5.1.1 no?[2J / 550 5.1.1 \"such\" user"
        )
        #expect(Self.event(nil).text == "2023-11-14T22:13:20.042Z  message.deleted  0000000020000  by root: spam?")
    }

    @Test func `A message of the queue has the keys of postqueue first, in their order`() {
        let envelope = Envelope(
            arena: Array("a@example.orgb@example.net".utf8),
            reversePath: ByteRange(0, 13),
            recipients: [.init(address: ByteRange(13, 26), domain: ByteRange(15, 26))]
        )
        let message = QueuedMessage(
            id: MessageID(rawValue: 1 << 21),
            arrival: Timestamp(seconds: 1_700_000_000),
            envelope: envelope,
            byteCount: 42,
            origin: Origin(kind: .local),
            recipients: [
                QueuedRecipient(
                    index: 0,
                    state: .scheduled(Timestamp(seconds: 1_700_000_060)),
                    attemptCount: 1,
                    delayNoticeSent: false,
                    lastAttempt: Self.attempt,
                    attempts: [Self.attempt]
                )
            ]
        )
        let text = QueueItem(message, withHistory: true).json
        #expect(
            text.hasPrefix(
                #"{"queue_name":"deferred","queue_id":"0000000020000","arrival_time":1700000000,"message_size":42,"#
                    + #""sender":"a@example.org","recipients":[{"address":"b@example.net","delay_reason":""#
            )
        )
        #expect(
            text.hasSuffix(
                #""state":"scheduled","next":"2023-11-14T22:14:20Z","attempts":1,"status":"5.1.1","history":["#
                    + #"{"at":"2023-11-14T22:13:20Z","remote":"mx.example.net[192.0.2.1]:25","stage":"rcpt","#
                    + #""reply":"550-5.1.1 no\u001b[2J\n550 5.1.1 \"such\" user","status":"5.1.1","cause":"user-unknown","#
                    + #""condition":"5.1.1-user-unknown","rule":"x.1.1","outcome_known":true}]}]}"#
            )
        )
    }

    /// What the service answers about a message of which one recipient waits, and another has bounced.
    private static func explained() throws -> QueueItem {
        let answer = #"""
            {"queue_name":"deferred","queue_id":"0000000020000","arrival_time":1700000000,"message_size":42,"sender":"",
            "recipients":[{"address":"b@example.net","state":"scheduled","next":"2023-11-14T22:40:00Z","attempts":0,
            "history":[],"waits_for":{"limit":"pause","destination":"mx1.example>mx2.example","site_domains":3,
            "until":"2023-11-14T22:30:00Z","trouble":"destination-paused"}}],
            "ended":[{"address":"c@example.net","state":"bounced","timeline":[
            {"at":"2023-11-14T22:13:20Z","event":"recipient.relayed"},
            {"at":"2023-11-14T22:14:20Z","event":"recipient.bounced","attempt":{"at":"2023-11-14T22:14:20Z",
            "remote":"mx.example.net","stage":"report","reply":"550-5.1.1 no\u001b[2J\n550 5.1.1 such user",
            "status":"5.1.1","cause":"user-unknown","condition":"","rule":"x.1.1","outcome_known":true}}]}]}
            """#
        return try JSONDecoder().decode(QueueItem.self, from: Data(answer.utf8))
    }

    @Test func `Why a message waits and what became of the rest is one object`() throws {
        let text = try Self.explained().json
        #expect(
            text.contains(
                #""attempts":0,"history":[],"waits_for":{"limit":"pause","destination":"mx1.example>mx2.example","#
                    + #""site_domains":3,"until":"2023-11-14T22:30:00Z","trouble":"destination-paused"}}],"#
                    + #""ended":[{"address":"c@example.net","state":"bounced","timeline":["#
                    + #"{"at":"2023-11-14T22:13:20Z","event":"recipient.relayed"},"#
                    + #"{"at":"2023-11-14T22:14:20Z","event":"recipient.bounced","attempt":{"at":"2023-11-14T22:14:20Z","#
            )
        )
    }

    @Test func `Why a message waits and what became of the rest are lines for a person`() throws {
        #expect(
            QueueText.why(try Self.explained()) == [
                "b@example.net: next attempt 2023-11-14T22:40:00Z, after 0 without success",
                "  no attempt has ended yet",
                "  waits for the end of a pause until 2023-11-14T22:30:00Z (destination-paused) of the site "
                    + "mx1.example>mx2.example, which 3 domains of the queue share",
                "c@example.net: bounced",
                "  2023-11-14T22:13:20Z  another system took it",
                "  2023-11-14T22:14:20Z  a report says that it failed after that",
                "    said: 550-5.1.1 no?[2J / 550 5.1.1 such user",
                "    concluded: 5.1.1 user-unknown, rule x.1.1",
            ]
        )
    }

    @Test func `What a peer said cannot move the cursor, nor turn the line round`() {
        #expect(Printable.text("a\u{1B}[31m\u{9B}1m\u{202E}b\r\n\u{2028}é漢") == "a?[31m?1m?b???é漢")
        #expect(Printable.reply("250 a\n250 b") == "250 a / 250 b")
    }
}
