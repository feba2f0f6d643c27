import Delivery
import NIOCore
import SMTPTesting
import StatusCodes
import Synchronization
import Testing

@testable import Relay

/// The queue thread's inbox.
@Suite(.timeLimit(.minutes(1))) struct IntakeTests {
    private let intake = Intake()
    private let past = NIODeadline.now() - .seconds(1)

    private func request() -> OperatorRequest { OperatorRequest(.command(.retry), []) { _ in } }

    private func submission(_ number: Int) -> PendingSubmission {
        PendingSubmission(
            submission: Mail.submission(number, at: RelayClock().now),
            reservedBytes: 0,
            helo: "",
            answer: .function { _ in }
        )
    }

    private func next() async -> Intake.Batch? { intake.next(until: .now() + .minutes(10)) }

    @Test func `all that has gathered comes at once, in order`() throws {
        for number in 1...3 { intake.submit(submission(number)) }
        intake.request(request())
        intake.wake()
        let batch = try #require(intake.next(until: past))
        #expect(batch.submissions.map(\.submission.id) == (1...3).map(Mail.id))
        #expect(batch.requests.count == 1)
        #expect(batch.isWoken)
        #expect(try #require(intake.next(until: past)).isEmpty)
    }

    @Test func `no outcomes are no reason to wake`() throws {
        intake.report([])
        #expect(try #require(intake.next(until: past)).isEmpty)
    }

    @Test func `whoever sleeps is woken`() async throws {
        async let sleeper = next()
        intake.submit(submission(1))
        #expect(await sleeper?.submissions.count == 1)
    }

    @Test func `what was handed over before the end is given out, and then nothing`() async throws {
        intake.submit(submission(1))
        intake.close()
        #expect(await next()?.submissions.count == 1)
        #expect(await next() == nil)
    }

    @Test func `whoever comes after the end is answered at once`() async throws {
        intake.close()
        #expect(await next() == nil)
        let replies = Mutex<[Reply]>([])
        let refusals = Mutex<[CommandRefusal]>([])
        var late = submission(1)
        late.answer = .function { reply in replies.withLock { $0.append(reply) } }
        intake.submit(late)
        intake.request(
            OperatorRequest(.command(.retry), []) { result in
                if case .failure(let refusal) = result { refusals.withLock { $0.append(refusal) } }
            }
        )
        #expect(replies.withLock { $0 } == [Reply(.localError)])
        #expect(refusals.withLock { $0 } == [.serviceEnds])
        #expect(await next() == nil)
    }
}
