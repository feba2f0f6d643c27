import Foundation
import MailFormat
import NIOCore
import SMTPProtocol
import StatusCodes
import Testing

@testable import Delivery
@testable import Relay

/// What is logged about mail: as JSON, and in the form that tools for Postfix read.
@Suite struct `Mail log` {
    private let arrival = Timestamp(milliseconds: 1_795_399_500_000)
    private var now: Timestamp { arrival.advanced(by: .milliseconds(65_250)) }
    private let id = Mail.id(1)

    private func message(from sender: String = "a@example.org", to recipient: String = "b@example.net")
        -> DeliveryMessage
    {
        DeliveryMessage(Mail.submission(1, from: sender, to: [recipient], at: arrival))
    }

    private func delays() -> Delays {
        Delays(before: arrival, now: now, queued: .milliseconds(100), connect: .zero, transmit: .milliseconds(50))
    }

    private func attempt(_ reply: String, _ status: EnhancedStatusCode, remote: String = "mx.example.net[192.0.2.1]:25")
        -> AttemptRecord
    {
        AttemptRecord(
            at: now,
            remote: remote,
            status: status,
            reply: reply,
            condition: "",
            cause: "mailbox-full",
            rule: "generic/1",
            stage: "rcpt"
        )
    }

    private func conclusion(_ fate: Conclusion.Fate, to recipient: String = "b@example.net") -> Conclusion {
        Conclusion(message: message(to: recipient), index: 0, outcome: 0, fate: fate, report: nil)
    }

    private static let full = EnhancedStatusCode(.persistentTransientFailure, 2, 2)
    private static let unknown = EnhancedStatusCode(.permanentFailure, 1, 1)

    /// What pflogsumm and its like look for: who, where, how long, with which status.
    private func delivery(_ line: String) throws -> (
        id: String, to: String, relay: String, delay: String, dsn: String, status: String, text: String
    ) {
        let pattern =
            /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ martlet\/\w+\[\d+\]: (\w+): to=<([^>]*)>, relay=([^,]+), delay=([\d.]+), (?:delays=[\d.\/]+, )?dsn=(\d\.\d+\.\d+), status=(\w+) \((.*)\)/
        let match = try #require(try pattern.wholeMatch(in: line), "\(line)").output
        return (
            String(match.1), String(match.2), String(match.3), String(match.4), String(match.5), String(match.6),
            String(match.7)
        )
    }

    private func lines(_ write: (EventLog) -> Void) -> [String] {
        let file = LogFile(.text)
        write(file.log)
        return file.text.split(separator: "\n").map(String.init)
    }

    @Test func `a message that is taken names its client, sender, size and recipients`() throws {
        let submission = Mail.submission(1, to: ["b@example.net", "c@example.net"], at: arrival)
        let line = try #require(lines { $0.accepted(submission, helo: "client.example", at: arrival) }.first)
        #expect(line.hasPrefix("Nov 23 02:05:00 mx.example.net martlet/smtpd["))
        #expect(line.hasSuffix("]: \(id): client=192.0.2.7, from=<a@example.org>, size=18, nrcpt=2"))
        let file = LogFile()
        file.log.accepted(submission, helo: "client.example", at: arrival)
        let object = try #require(try file.objects().first)
        #expect(object["event"] as? String == "message.accepted")
        #expect(object["message"] as? String == id.description)
        #expect(object["from"] as? String == "a@example.org")
        #expect(object["recipients"] as? Int == 2)
        #expect(object["size"] as? Int == 18)
        #expect(object["helo"] as? String == "client.example")
    }

    @Test func `a message that is relayed is a line of Postfix's`() throws {
        let reply = PeerReply(parsing: "250 2.0.0 Ok: queued as 1")
        let found = lines {
            $0.relayed(
                message(),
                0,
                at: now,
                remote: "mx.example.net[192.0.2.1]:25",
                reply: reply,
                tls: false,
                conversion: nil,
                delays: delays()
            )
        }
        let line = try #require(found.first)
        #expect(line.contains(", delay=65.25, delays=65.1/0.1/0/0.05, "))
        let read = try delivery(line)
        #expect(read.id == id.description)
        #expect(read.to == "b@example.net")
        #expect(read.relay == "mx.example.net[192.0.2.1]:25")
        #expect(read.delay == "65.25")
        #expect(read.dsn == "2.0.0")
        #expect(read.status == "sent")
        #expect(read.text == "250 2.0.0 Ok: queued as 1")
    }

    @Test func `a message in a mailbox of ours is a line of Postfix's`() throws {
        let line = try #require(lines { $0.delivered(message(), 0, at: now, path: "/var/mail/b") }.first)
        let read = try delivery(line)
        #expect(read.relay == "local")
        #expect(read.delay == "65.25")
        #expect(read.status == "sent")
        #expect(read.text == "delivered to maildir")
    }

    @Test(arguments: [
        (Conclusion.Fate.deferred(until: Timestamp(seconds: 0)), "deferred", full),
        (.held, "deferred", full), (.failed(unknown), "bounced", unknown), (.expired(full), "expired", full),
    ])
    func `what is not delivered is a line of Postfix's`(
        fate: Conclusion.Fate,
        word: String,
        status: EnhancedStatusCode
    ) throws {
        let attempt = attempt("452 4.2.2 Mailbox full", status)
        let read = try delivery(try #require(lines { $0.concluded(conclusion(fate), attempt, at: now) }.first))
        #expect(read.id == id.description)
        #expect(read.to == "b@example.net")
        #expect(read.relay == "mx.example.net[192.0.2.1]:25")
        #expect(read.delay == "65.25")
        #expect(read.dsn == status.description)
        #expect(read.status == word)
        #expect(read.text == "452 4.2.2 Mailbox full")
    }

    @Test func `without a host the relay is none, as in Postfix's lines`() throws {
        let attempt = attempt("no answer", Self.full, remote: "")
        let fate = Conclusion.Fate.deferred(until: now)
        let read = try delivery(try #require(lines { $0.concluded(conclusion(fate), attempt, at: now) }.first))
        #expect(read.relay == "none")
    }

    @Test(arguments: [Conclusion.Fate.relayed, .delivered, .regrouped, .returned(until: Timestamp(seconds: 0))])
    func `what was said elsewhere, or says nothing, is no line`(fate: Conclusion.Fate) {
        #expect(lines { $0.concluded(conclusion(fate), nil, at: now) }.isEmpty)
    }

    @Test func `a conclusion carries its finding as fields`() throws {
        let file = LogFile()
        file.log.concluded(
            conclusion(.deferred(until: arrival.advanced(by: .seconds(1800)))),
            attempt("452 4.2.2 full\n452 4.2.2 \"really\"", Self.full),
            at: now
        )
        let object = try #require(try file.objects().first)
        #expect(object["event"] as? String == "recipient.deferred")
        #expect(object["status"] as? String == "4.2.2")
        #expect(object["reply"] as? String == "452 4.2.2 full\n452 4.2.2 \"really\"")
        #expect(object["cause"] as? String == "mailbox-full")
        #expect(object["rule"] as? String == "generic/1")
        #expect(object["stage"] as? String == "rcpt")
        #expect(object["next"] as? String == ISO8601.text(arrival.advanced(by: .seconds(1800))))
        #expect(object["outcome_known"] == nil)
    }

    @Test func `a peer's words and a client's addresses never begin a line of their own`() throws {
        let forged = "550 5.1.1 no\r\nNov 23 01:56:04 mx martlet/smtp[1]: forged: to=<x>, status=sent (250 ok)"
        let address = "\"a\nb\"@example.net"
        let found = lines {
            $0.concluded(conclusion(.failed(Self.unknown), to: address), attempt(forged, Self.unknown), at: now)
        }
        #expect(found.count == 1)
        let read = try delivery(try #require(found.first))
        #expect(read.to == "\"a b\"@example.net")
        #expect(read.status == "bounced")
    }

    @Test func `a refusal names its condition, its client and what it said`() throws {
        let line = try #require(
            lines {
                $0.refused(Reply(.noSuchUser), at: arrival, client: "192.0.2.7", helo: "client.example", listener: "mx")
            }.first
        )
        #expect(line.hasSuffix("NOQUEUE: reject: from 192.0.2.7: 550 5.1.1 5.1.1-no-such-user; helo=<client.example>"))
        let file = LogFile()
        file.log.refused(Reply(.noSuchUser), at: arrival, client: "192.0.2.7", helo: "", listener: "mx")
        let object = try #require(try file.objects().first)
        #expect(object["condition"] as? String == "5.1.1-no-such-user")
        #expect(object["reply"] as? Int == 550)
        #expect(object["status"] as? String == "5.1.1")
        #expect(object["helo"] == nil)
    }
}
