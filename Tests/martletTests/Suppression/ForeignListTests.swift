import Foundation
import MailFormat
@testable import martlet
@testable import Relay
import Testing

/// Lists of other services, read and written.
@Suite struct `Foreign suppression lists` {
    /// Reads a list whole, and byte by byte; both must give the same.
    private static func read(_ text: String) throws -> (entries: [SuppressionRequest.Entry], passedOver: Int) {
        let whole = try read(text, piece: .max)
        let split = try read(text, piece: 1)
        #expect(whole.entries == split.entries && whole.passedOver == split.passedOver)
        return whole
    }

    private static func read(
        _ text: String,
        piece: Int
    ) throws -> (entries: [SuppressionRequest.Entry], passedOver: Int) {
        var list = ForeignList(reason: "imported")
        var entries: [SuppressionRequest.Entry] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            try list.consume(Array(rest.prefix(piece))) { entries.append($0) }
            rest = rest.dropFirst(piece)
        }
        try list.finish { entries.append($0) }
        return (entries, list.passedOver)
    }

    @Test func `SES: addresses and reasons without a header`() throws {
        let list = try Self.read("a@example.net,BOUNCE\r\nb@example.net,COMPLAINT\r\nc@example.net\r\n")
        #expect(list.entries.map(\.address) == ["a@example.net", "b@example.net", "c@example.net"])
        #expect(list.entries.map(\.isComplaint) == [false, true, false])
        #expect(list.entries.map(\.reason) == ["BOUNCE", "COMPLAINT", "imported"])
    }

    @Test func `SendGrid: bounces with quoted replies; blocks are passed over`() throws {
        let list = try Self.read(
            """
            status,reason,email,created
            5.1.1,"550 5.1.1 no such user, said ""mx""
            and more",a@example.net,1443651125
            """
        )
        let entry = try #require(list.entries.first)
        #expect(list.entries.count == 1 && entry.address == "a@example.net")
        #expect(entry.reason == "550 5.1.1 no such user, said \"mx\"\nand more")
        #expect(entry.at == 1_443_651_125_000 && !entry.isComplaint)
        let blocks = try Self.read("email,type,reason\na@example.net,blocked,listed\nb@example.net,bounce,unknown\n")
        #expect(blocks.entries.map(\.address) == ["b@example.net"])
        #expect(blocks.passedOver == 1)
    }

    @Test func `Postmark: the columns of its dump`() throws {
        let list = try Self.read(
            """
            EmailAddress,SuppressionReason,Origin,CreatedAt
            a@example.net,HardBounce,Recipient,2019-12-10T08:58:33-05:00
            b@example.net,SpamComplaint,Recipient,2019-12-10T08:58:33-05:00

            c@example.net,ManualSuppression,Admin,2019-12-10T08:58:33-05:00
            """
        )
        #expect(list.entries.map(\.reason) == ["HardBounce", "SpamComplaint", "ManualSuppression"])
        #expect(list.entries.map(\.isComplaint) == [false, true, false])
        #expect(list.entries[0].at == 1_575_986_313_000)
    }

    @Test func `JSON lines: those of others, and what export prints`() throws {
        let list = try Self.read(
            """
            {"emailAddress":"a@example.net","reason":"COMPLAINT","lastUpdateTime":"2026-01-01T00:00:00Z"}
            {"address":"b@example.net","suppressed":true,"until":"2026-02-01T00:00:00Z","origin":"finding",\
            "evidence":{"cause":"mailbox-full","reply":"452 full"}}
            {"address":"c@example.net","suppressed":false,"origin":"finding"}
            """
        )
        #expect(list.entries.map(\.address) == ["a@example.net", "b@example.net"])
        #expect(list.entries.map(\.isComplaint) == [true, false])
        #expect(list.entries[1].reason == "mailbox-full: 452 full")
        #expect(list.entries[1].until == 1_769_904_000_000)
        #expect(list.passedOver == 1)
    }

    @Test(arguments: [
        ("name,city\nx,y\n", 1, "no column"), ("email,reason\r\n,x\r\n", 2, "no address"),
        ("{\"email\":\"a@example.net\"}\nnonsense\n", 2, "no JSON object"), ("a@example.net,\"open", 1, "no end"),
    ])
    func `what is no list is an error that names the line`(text: String, line: Int, words: String) {
        let error = #expect(throws: CSVReader.Malformed.self) { try Self.read(text, piece: .max) }
        #expect(error?.line == line)
        #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "")")
    }

    private static func item(_ address: String, origin: String, reply: String?) -> SuppressionItem {
        SuppressionItem(
            address: address,
            suppressed: true,
            origin: origin,
            since: "2015-09-30T22:12:05Z",
            by: reply == nil ? "root" : nil,
            reason: reply == nil ? "asked, twice" : nil,
            evidence: reply.map { reply in
                QueueItem.Attempt(
                    at: "2015-09-30T22:12:05Z",
                    remote: "mx.example.net",
                    stage: "rcpt",
                    reply: reply,
                    status: "5.1.1",
                    cause: "user-unknown",
                    condition: "5.1.1-no-such-user",
                    rule: "5.1.1@1.0",
                    outcome_known: true
                )
            }
        )
    }

    @Test(arguments: ExportFormat.allCases)
    func `what is exported can be imported`(format: ExportFormat) throws {
        let items = [
            Self.item("a@example.net", origin: "finding", reply: "550 5.1.1 no, \"never\""),
            Self.item("b@example.net", origin: "complaint", reply: nil),
            Self.item("@example.com", origin: "operator", reply: nil),
        ]
        let lines = items.compactMap { format.line($0) }
        let text = ([format.header].compactMap { $0 } + lines).joined(separator: "\n")
        let list = try Self.read(text)
        #expect(list.entries.map(\.address) == items.map(\.address).filter { format == .json || !$0.hasPrefix("@") })
        #expect(list.passedOver == 0)
        if format != .sendgrid { #expect(list.entries[1].isComplaint) }
    }

    @Test func `a reply cannot write on the terminal`() {
        let item = Self.item("a@example.net", origin: "finding", reply: "550 \u{1B}[2J\nx")
        #expect(SuppressionText.row(item).unicodeScalars.allSatisfy { $0.value >= 0x20 })
        #expect(SuppressionText.row(item).hasSuffix("550 ?[2J / x"))
    }
}
