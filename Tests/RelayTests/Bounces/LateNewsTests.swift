import Delivery
import MailFormat
import StoreTesting
import Testing

@testable import Relay

/// Reports that were read at the same time.
@Suite struct `News in late reports` {
    private let store = MemoryStore()

    private static func late(_ outcome: Dispatch.Outcome, _ kind: QueueEvent.Kind?, index: Int32 = 0) -> LateReport {
        let recipient = RecipientID(message: Mail.id(1), index: index)
        return LateReport(
            dispatch: Dispatch(
                recipient: recipient,
                at: Timestamp(seconds: 1_800_000_000),
                address: "anna@example.net",
                sender: "boss@example.org",
                outcome: outcome,
                provider: "google"
            ),
            event: kind.map { kind in
                QueueEvent(
                    number: 0,
                    at: Timestamp(seconds: 1_800_000_060),
                    kind: kind,
                    message: recipient.message,
                    recipient: index,
                    subject: "anna@example.net",
                    attempt: nil
                )
            },
            suppression: nil,
            copy: nil
        )
    }

    @Test func `of two reports in one batch that tell the same the second is none`() throws {
        let batch = [
            Self.late(.bounced, .recipientBounced), Self.late(.bounced, .recipientBounced),
            Self.late(.bounced, .recipientBounced, index: 1), Self.late(.complained, .recipientComplained),
            Self.late(.relayed, nil), Self.late(.relayed, nil),
        ]
        let news = try LateReport.news(batch, in: store)
        #expect(news.map(\.dispatch.outcome) == [.bounced, .bounced, .complained, .relayed, .relayed])
        #expect(news.map(\.dispatch.recipient.index) == [0, 1, 0, 0, 0])
    }

    @Test func `what was stored while a report was read is no news`() throws {
        var batch = StoreWrite()
        batch.dispatches = [Self.late(.bounced, nil).dispatch]
        _ = try store.write(batch)
        let read = [Self.late(.bounced, .recipientBounced), Self.late(.complained, .recipientComplained)]
        #expect(try LateReport.news(read, in: store).map(\.dispatch.outcome) == [.complained])
    }
}
