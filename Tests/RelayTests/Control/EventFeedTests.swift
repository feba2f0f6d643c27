import Delivery
import MailFormat
import Relay
import StatusCodes
import Synchronization
import Testing

@Suite struct `Event feed` {
    private static func attempt(_ status: EnhancedStatusCode, at seconds: Int64) -> AttemptRecord {
        AttemptRecord(
            at: Timestamp(seconds: seconds),
            remote: "mx.example.net[192.0.2.1]:25",
            status: status,
            reply: "the reply",
            condition: "5.1.1-user-unknown",
            cause: "user-unknown",
            rule: "x.1.1",
            stage: "rcpt"
        )
    }

    private static func failed(_ number: Int64, _ status: StatusClass = .permanentFailure) -> QueueEvent {
        QueueEvent(
            number: number,
            at: Timestamp(seconds: number),
            kind: .recipientFailed,
            message: MessageID(rawValue: 1 << 21),
            recipient: 0,
            subject: "you@example.net",
            attempt: attempt(EnhancedStatusCode(status, 1, 1), at: number)
        )
    }

    private func read(_ reader: EventList, after: Int64 = 0, since: Timestamp? = nil) async throws -> ([Int64], Int64) {
        var numbers: [Int64] = []
        let position = try await EventFeed(after: after, since: since).forEach(in: reader) { numbers.append($0.number) }
        return (numbers, position)
    }

    @Test func `Every event comes once, in order, in pages of bounded size`() async throws {
        let reader = EventList((1...1203).map { Self.failed($0) })
        let (numbers, position) = try await read(reader)
        #expect(numbers == Array(1...1203))
        #expect(position == 1203)
        #expect(reader.largestPage == 500)
    }

    @Test func `It goes on where it was`() async throws {
        let reader = EventList((1...10).map { Self.failed($0) })
        let (numbers, position) = try await read(reader, after: 8)
        #expect(numbers == [9, 10] && position == 10)
        let (none, same) = try await read(reader, after: position)
        #expect(none.isEmpty && same == 10)
    }

    @Test func `Older events are passed over, and looked at only once`() async throws {
        let reader = EventList((1...10).map { Self.failed($0) })
        let (numbers, position) = try await read(reader, since: Timestamp(seconds: 8))
        #expect(numbers == [8, 9, 10] && position == 10)
        let (none, last) = try await read(reader, since: Timestamp(seconds: 99))
        #expect(none.isEmpty && last == 10)
    }

    @Test func `A refusal, an expiry and a deletion are told apart`() {
        let failed = EventItem(Self.failed(1))
        #expect(failed.name == "recipient.failed" && failed.recipient == "you@example.net" && failed.by == nil)
        #expect(failed.attempt?.status == "5.1.1" && failed.message == MessageID(rawValue: 1 << 21).description)
        #expect(EventItem(Self.failed(2, .persistentTransientFailure)).name == "recipient.expired")
        let deletion = EventItem(
            QueueEvent(
                number: 3,
                at: Timestamp(seconds: 3),
                kind: .messageDeleted,
                message: MessageID(rawValue: 1 << 21),
                recipient: nil,
                subject: "root",
                attempt: nil
            )
        )
        #expect(deletion.name == "message.deleted" && deletion.by == "root" && deletion.recipient == nil)
    }
}

/// A reader that has events and nothing else.
private final class EventList: QueueReader {
    private let all: [QueueEvent]
    private let largest = Mutex(0)
    var largestPage: Int { largest.withLock { $0 } }

    init(_ all: [QueueEvent]) { self.all = all }

    func events(after: Int64, limit: Int) throws(StoreError) -> [QueueEvent] {
        largest.withLock { $0 = max($0, limit) }
        return Array(all.filter { $0.number > after }.prefix(limit))
    }

    func content(of message: MessageID) throws(StoreError) -> any MessageContent { ResidentContent([]) }
    func page(after: MessageID?, limit: Int) throws(StoreError) -> [QueuedMessage] { [] }
    func message(_ id: MessageID) throws(StoreError) -> QueuedMessage? { nil }
    func past(of message: MessageID) throws(StoreError) -> MessagePast { MessagePast() }
    func check() throws(StoreError) -> [String] { [] }
    func dispatch(of recipient: RecipientID) throws(StoreError) -> Dispatch? { nil }
    func suppression(of subject: SuppressionSubject) throws(StoreError) -> SuppressionRecord? { nil }
    func suppressions(after: SuppressionSubject?, limit: Int) throws(StoreError) -> [SuppressionRecord] { [] }
    func sightings(
        since: Timestamp,
        after: SightedSubject?,
        limit: Int
    ) throws(StoreError) -> [SightedSubject] { [] }
}
