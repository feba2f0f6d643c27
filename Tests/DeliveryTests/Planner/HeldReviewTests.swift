import Delivery
import MailFormat
import StatusCodes
import Testing

/// Held mail is looked through every hour: what has come to its time goes on or ends, everything else is left alone.
@Suite struct HeldReviewTests {
    private let fiveDays = Duration.seconds(5 * 24 * 3600)

    private func relay() -> VirtualRelay {
        let relay = VirtualRelay()
        relay.heldReview = HeldReview(startingAt: relay.now)
        relay.peer = { _, _, _ in .refuses(.mailboxFull) }
        return relay
    }

    private func hold(reviewAt: Timestamp? = nil, stopsExpiry: Bool = false) -> QueueCommand {
        .hold(by: "operator", reason: "asked to", reviewAt: reviewAt, stopsExpiry: stopsExpiry)
    }

    private func isHeld(_ relay: VirtualRelay, _ id: MessageID) -> Bool {
        if case .held? = relay.queue.state(RecipientID(message: id, index: 0)) { true } else { false }
    }

    @Test func `Held mail is given up within the hour after its age, with its last real code and a report`() throws {
        let relay = relay()
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        relay.command(hold(), on: [id])
        relay.run(until: VirtualRelay.start.advanced(by: fiveDays - .milliseconds(1)))
        #expect(isHeld(relay, id))
        relay.run(for: HeldReview.pause)
        let status = EnhancedStatusCode(.persistentTransientFailure, 2, 2)
        #expect(relay.fates(of: id).last == .expired(status))
        let report = try #require(relay.reports(of: id).last)
        #expect(report.action == .failed)
        #expect(report.status == status)
        #expect(relay.attempts(of: id).count == 1)
        #expect(relay.queue.openRecipients == 0)
        let end = try #require(relay.conclusions.last?.at)
        #expect(VirtualRelay.start.duration(to: end) >= fiveDays)
        #expect(VirtualRelay.start.duration(to: end) <= fiveDays + HeldReview.pause)
    }

    @Test func `A hold until an instant ends within the hour after it, not before`() {
        let relay = relay()
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        let review = VirtualRelay.start.advanced(by: .seconds(90 * 60))
        relay.command(hold(reviewAt: review), on: [id])
        relay.run(until: review)
        #expect(isHeld(relay, id))
        #expect(relay.attempts(of: id).count == 1)
        relay.run(for: HeldReview.pause)
        #expect(!isHeld(relay, id))
        #expect(relay.attempts(of: id).count == 2)
    }

    @Test func `A hold that stops the clock is never touched`() {
        let relay = relay()
        let id = relay.submit(to: ["u@example.net"])
        relay.run(for: .seconds(1))
        relay.command(hold(stopsExpiry: true), on: [id])
        relay.run(for: fiveDays + fiveDays)
        #expect(isHeld(relay, id))
        #expect(relay.attempts(of: id).count == 1)
        #expect(relay.reviewedPages.count > 200)
    }

    @Test func `A long queue is looked through page by page, and nobody is left out`() {
        let relay = relay()
        let ids = (0..<450).map { relay.submit(to: ["u\($0)@example.net"]) }
        relay.run(for: .seconds(10))
        relay.command(hold(reviewAt: relay.now.advanced(by: .seconds(60))), on: ids)
        #expect(ids.allSatisfy { isHeld(relay, $0) })
        relay.run(until: VirtualRelay.start.advanced(by: HeldReview.pause + .seconds(1)))
        #expect(relay.reviewedPages == [200, 200, 50])
        #expect(!ids.contains { isHeld(relay, $0) })
    }

    @Test func `Pages follow one another at a short rest, looks at a long one`() {
        let start = VirtualRelay.start
        var review = HeldReview(startingAt: start)
        #expect(!review.isDue(at: start))
        let first = start.advanced(by: HeldReview.pause)
        #expect(review.isDue(at: first))
        let page = (1...Int64(HeldReview.pageSize)).map { number in
            QueuedMessage(
                id: MessageID(rawValue: number),
                arrival: start,
                envelope: .sample(from: "a@example.org", to: ["b@example.net"]),
                byteCount: 1,
                origin: Origin(kind: .mx),
                recipients: []
            )
        }
        review.looked(at: page, now: first)
        #expect(review.position == page.last?.id)
        #expect(!review.isDue(at: first))
        #expect(review.nextLook == first.advanced(by: HeldReview.rest))
        review.looked(at: Array(page.dropLast()), now: review.nextLook)
        #expect(review.position == nil)
        #expect(review.nextLook == first.advanced(by: HeldReview.rest + HeldReview.pause))
    }
}
