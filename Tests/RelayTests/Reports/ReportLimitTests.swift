import Delivery
import MailFormat
import Relay
import SMTPProtocol
import StatusCodes
import StoreTesting
import Testing

/// How many reports are written (`docs/design/rulings.md` §5, "Limits on reports").
@Suite struct `Limits on reports` {
    private let store = WatchedStore()
    private let file = LogFile()
    private let now = Timestamp(seconds: 1_800_000_000)
    private var anHourLater: Timestamp { now.advanced(by: .seconds(3600)) }

    private func composer() -> ReportComposer {
        var settings = ReportComposer.Settings(hostname: "mx.example.net")
        settings.perSenderAndHour = 3
        settings.doubleBouncesPerHour = 2
        return ReportComposer(
            settings: settings,
            reader: store,
            identifiers: MessageIDSource(node: 0),
            clock: RelayClock { [now] in now },
            log: file.log
        )
    }

    /// Stores these messages, gives them up, and returns who gets a report.
    private func addressees(
        _ composer: inout ReportComposer,
        _ messages: [(sender: String, recipient: String)],
        from number: Int = 1,
        at now: Timestamp
    ) throws -> [String] {
        var stored: [QueuedMessage] = []
        for (place, message) in messages.enumerated() {
            let submission = Mail.submission(
                number + place,
                from: message.sender,
                to: [message.recipient],
                at: now
            )
            _ = try store.write(.submitting(submission))
            stored.append(try #require(try store.message(submission.id)))
        }
        var planner = DeliveryPlanner(PlannerConfiguration())
        let decisions = planner.command(.fail, on: stored, now: now)
        let reports = composer.compose(decisions.conclusions, now: now)
        #expect(reports.allSatisfy { $0.envelope.reversePath.isEmpty && $0.origin.kind == .report })
        return reports.flatMap { report in report.envelope.recipients.map { report.envelope.text($0.address) } }
    }

    @Test func `a sender gets so many reports in an hour, others and the next hour are not concerned`() throws {
        var composer = composer()
        let flood = Array(repeating: (sender: "a@example.org", recipient: "b@example.net"), count: 5)
        let first = try addressees(&composer, flood + [(sender: "c@example.org", recipient: "b@example.net")], at: now)
        #expect(first == ["a@example.org", "a@example.org", "a@example.org", "c@example.org"])
        let lines = try file.objects()
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0["event"] as? String == "report.suppressed" })
        #expect(lines.allSatisfy { $0["addressee"] as? String == "a@example.org" })
        let one = [(sender: "a@example.org", recipient: "b@example.net")]
        let second = try addressees(&composer, one, from: 11, at: anHourLater)
        #expect(second == ["a@example.org"])
    }

    @Test func `postmaster gets so many copies of lost reports in an hour`() throws {
        var composer = composer()
        let lost = (1...4).map { (sender: "", recipient: "sender\($0)@example.org") }
        let copies = try addressees(&composer, lost, at: now)
        #expect(copies == ["postmaster@mx.example.net", "postmaster@mx.example.net"])
        #expect(try file.events() == ["report.suppressed", "report.suppressed"])
        // His limit is no limit for senders.
        let one = [(sender: "a@example.org", recipient: "b@example.net")]
        let other = try addressees(&composer, one, from: 11, at: now)
        #expect(other == ["a@example.org"])
        #expect(try addressees(&composer, lost, from: 21, at: anHourLater).count == 2)
    }

    @Test(arguments: ["postmaster@mx.example.net", "Postmaster@MX.example.net"])
    func `the loss of a copy for postmaster is never another report`(postmaster: String) throws {
        var composer = composer()
        #expect(try addressees(&composer, [(sender: "", recipient: postmaster)], at: now).isEmpty)
        #expect(try file.events() == ["report.suppressed"])
    }
}
