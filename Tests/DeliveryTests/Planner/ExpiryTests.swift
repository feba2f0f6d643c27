import Delivery
import MailFormat
import SMTPProtocol
import StatusCodes
import Testing

@Suite struct ExpiryTests {
    private let fiveDays = Duration.seconds(5 * 24 * 3600)

    @Test func `Expiry reports the last real code with its class`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.mailboxFull) }
        let id = relay.submit(to: ["u@example.net"], notify: .failure)
        relay.run(for: .seconds(6 * 24 * 3600))
        let end = try #require(relay.conclusions.last)
        #expect(end.1.fate == .expired(EnhancedStatusCode(.persistentTransientFailure, 2, 2)))
        #expect(VirtualRelay.start.duration(to: end.at) == fiveDays)
        let report = try #require(relay.reports(of: id).last)
        #expect(report.action == .failed)
        #expect(report.status == EnhancedStatusCode(.persistentTransientFailure, 2, 2))
        #expect(report.attempt?.reply == "printed")
        #expect(relay.queue.openRecipients == 0)
    }

    @Test func `Expiry without any attempt is 4.4.7`() throws {
        let relay = VirtualRelay()
        let id = relay.submit(to: ["u@example.net"])
        relay.peer = { _, _, _ in VirtualRelay.Reaction(takes: .zero) { _ in .untried(after: .seconds(3600)) } }
        relay.run(for: .seconds(6 * 24 * 3600))
        #expect(relay.fates(of: id).last == .expired(EnhancedStatusCode(.persistentTransientFailure, 4, 7)))
        #expect(relay.reports(of: id).last?.attempt == nil)
    }

    @Test func `Reports have a lifetime of their own, and their failure goes to postmaster`() {
        var configuration = PlannerConfiguration()
        configuration.retry.reportLifetime = .seconds(24 * 3600)
        let relay = VirtualRelay(configuration)
        relay.peer = { _, _, _ in .refuses(.mailboxFull) }
        let id = relay.submit(to: ["u@example.net"], from: "")
        relay.run(for: .seconds(2 * 24 * 3600))
        #expect(relay.fates(of: id).last == .expired(EnhancedStatusCode(.persistentTransientFailure, 2, 2)))
        #expect(relay.reports(of: id).map(\.audience) == [.postmaster])
    }

    @Test(arguments: [(Origin.Kind.report, [ReportDue.Audience.postmaster]), (.mx, [])])
    func `The loss of a report of ours is postmaster's to know although it says NOTIFY=NEVER, others' wish is kept`(
        kind: Origin.Kind,
        audiences: [ReportDue.Audience]
    ) {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.userUnknown) }
        let id = relay.submit(.sample(from: "", to: ["u@example.net"], notify: .never), origin: Origin(kind: kind))
        relay.run(for: .seconds(3600))
        #expect(relay.reports(of: id).map(\.audience) == audiences)
        #expect(relay.fates(of: id).count == 1)
    }

    @Test func `A delay notice goes out once, when the message is four hours old`() throws {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.mailboxFull, in: .zero) }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(4 * 24 * 3600))
        let notices = relay.conclusions.filter { $0.1.report?.action == .delayed }
        #expect(notices.count == 1)
        let notice = try #require(notices.first)
        #expect(VirtualRelay.start.duration(to: notice.at) == .seconds(4 * 3600))
        #expect(notice.1.report?.status == EnhancedStatusCode(.persistentTransientFailure, 2, 2))
        #expect(notice.1.report?.retryUntil == VirtualRelay.start.advanced(by: fiveDays))
        #expect(relay.attempts(of: id).count > 5)
    }

    private static let notifyCases: [(Notify, [ReportDue.Action])] = [
        (.failure, [.failed]), ([.failure, .delay], [.delayed, .failed]), (.delay, [.delayed]), (.never, []),
        (.success, []),
    ]

    @Test(arguments: notifyCases)
    func `NOTIFY decides which reports are due (RFC 3461 §4.1)`(notify: Notify, actions: [ReportDue.Action]) {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.mailboxFull) }
        let id = relay.submit(to: ["u@example.net"], notify: notify)
        relay.run(for: .seconds(6 * 24 * 3600))
        #expect(relay.reports(of: id).map(\.action) == actions)
        #expect(relay.queue.openRecipients == 0)
    }

    @Test func `A refusal for good is reported at once`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in .refuses(.userUnknown) }
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        #expect(relay.fates(of: id) == [.failed(EnhancedStatusCode(.permanentFailure, 1, 1))])
        #expect(relay.reports(of: id).map(\.action) == [.failed])
    }

    private static let successCases: [(Bool, [ReportDue.Action])] = [(true, []), (false, [.relayed])]

    @Test(arguments: successCases)
    func `NOTIFY=SUCCESS is ours to report when the next hop does not (RFC 3461 §5.2.2)`(
        passedOn: Bool,
        actions: [ReportDue.Action]
    ) {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in
            VirtualRelay.Reaction(takes: .zero) { _ in .relayed(notifiesSuccess: passedOn) }
        }
        let asked = relay.submit(to: ["u@example.net"], notify: .success)
        let silent = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        #expect(relay.reports(of: asked).map(\.action) == actions)
        #expect(relay.reports(of: silent).isEmpty)
    }

    @Test func `Final delivery with NOTIFY=SUCCESS is reported as delivered`() {
        let relay = VirtualRelay()
        relay.peer = { _, _, _ in VirtualRelay.Reaction(takes: .zero) { _ in .delivered } }
        let id = relay.submit(to: ["u@example.net"], notify: .success)
        relay.run(for: .seconds(1))
        #expect(relay.reports(of: id).map(\.action) == [.delivered])
    }

    @Test
    func `A lost reply to the final dot is counted, tried at the same host first, and shown as possible duplicate`() {
        let relay = VirtualRelay()
        var tries = 0
        relay.peer = { _, _, _ in
            tries += 1
            return tries == 1 ? .refuses(.lostReply) : .relays(in: .milliseconds(20))
        }
        relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(3600))
        #expect(relay.transactions.map(\.firstHost) == [nil, "mx.example.net[192.0.2.1]:25"])
        #expect(relay.planner.statistics.unknownOutcomes == 1)
        #expect(relay.planner.statistics.possibleDuplicates == 1)
    }
}
