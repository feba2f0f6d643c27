import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

/// RFC 3461 §5.2.7.3: a recipient whose place others have taken.
@Suite struct ExpandedRecipientTests {
    private func envelope() -> Envelope {
        var envelope = Envelope.sample(from: "a@example.org", to: ["b@example.net", "team@ours.test"])
        envelope.recipients[0].notify = .never
        envelope.recipients[1].notify = .success
        envelope.recipients[1].isExpanded = true
        return envelope
    }

    @Test func `Nothing is sent to it, and its report is due at once`() throws {
        let relay = VirtualRelay()
        relay.audits = true
        let id = relay.submit(envelope())
        relay.run(for: .seconds(1))
        #expect(relay.transactions.map(\.recipients) == [[0]])
        #expect(relay.transactions.map(\.destination) == ["example.net"])
        #expect(relay.fates(of: id).contains(.expanded))
        let report = try #require(relay.reports(of: id).first)
        #expect(report.action == .expanded)
        #expect(report.audience == .sender)
        #expect(report.status == EnhancedStatusCode(.success, 0, 0))
        #expect(relay.reports(of: id).count == 1)
        #expect(relay.planner.statistics.expanded == 1)
        #expect(relay.queue.openRecipients == 0)
    }

    @Test func `It is expanded also when the message comes out of the store, however old`() {
        var configuration = PlannerConfiguration()
        configuration.memory.recipients = 0
        let relay = VirtualRelay(configuration)
        let id = relay.submit(envelope())
        relay.run(for: .seconds(1))
        #expect(relay.transactions.isEmpty)
        #expect(relay.queue.openRecipients == 2)

        let next = VirtualRelay()
        guard let stored = relay.queue.message(id) else {
            Issue.record("not stored")
            return
        }
        var late = stored
        late.recipients = late.recipients.map { recipient in
            var leased = recipient
            leased.state = .leased(next.planner.newLease(now: next.now))
            return leased
        }
        let now = VirtualRelay.start.advanced(by: .seconds(6 * 24 * 3600))
        next.planner.loaded([late], now: now)
        let fates = next.planner.decide([], now: now).conclusions.map(\.fate)
        #expect(fates.count == 2)
        #expect(fates.contains(.expanded))
    }

    @Test func `Without NOTIFY=SUCCESS there is nothing to report`() {
        var silent = envelope()
        silent.recipients[1].notify = .failure
        let relay = VirtualRelay()
        let id = relay.submit(silent)
        relay.run(for: .seconds(1))
        #expect(relay.fates(of: id).contains(.expanded))
        #expect(relay.reports(of: id).isEmpty)
    }
}
