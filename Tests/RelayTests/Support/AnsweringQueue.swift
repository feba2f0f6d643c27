import Delivery
import Foundation
import NIOCore
@testable import Relay
import SMTPProtocol
import StatusCodes
import Synchronization

/// In the queue thread's place: gives every submission the same reply and keeps what it took.
final class AnsweringQueue: Sendable {
    struct Taken: Sendable {
        var envelope: Envelope
        var content: any MessageContent
        var origin: Origin
        var idempotency: IdempotencyKey?
        var text: String
        var files: [String]
    }

    private let intake: Intake
    private struct State {
        var reply = Reply(.queued)
        var taken: [Taken] = []
        var limit: (count: Int, reply: Reply)?
    }

    private let state = Mutex(State())
    private let first: AsyncStream<Void>
    private let ended: AsyncStream<Void>

    var reply: Reply {
        get { state.withLock { $0.reply } }
        set { state.withLock { ($0.reply, $0.limit) = (newValue, nil) } }
    }
    var taken: [Taken] { state.withLock { $0.taken } }

    /// Refuses what comes when so many were taken, until another reply is set.
    func refuse(after count: Int, with reply: Reply) { state.withLock { $0.limit = (count, reply) } }

    init(_ intake: Intake, folder: String) {
        self.intake = intake
        let (first, one) = AsyncStream<Void>.makeStream()
        let (ended, end) = AsyncStream<Void>.makeStream()
        self.first = first
        self.ended = ended
        Thread { [self] in
            while let batch = intake.next(until: .now() + .hours(1)) {
                for pending in batch.submissions {
                    answer(pending, folder)
                    one.finish()
                }
            }
            end.finish()
        }.start()
    }

    private func answer(_ pending: PendingSubmission, _ folder: String) {
        let submission = pending.submission
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let bytes = Mutex<[UInt8]>([])
        try? submission.content.withBytes(in: 0..<submission.content.byteCount) { part in
            for index in part.indices { let byte = part[index]; bytes.withLock { $0.append(byte) } }
        }
        let taken = Taken(
            envelope: submission.envelope,
            content: submission.content,
            origin: submission.origin,
            idempotency: submission.idempotency,
            text: String(decoding: bytes.withLock { $0 }, as: UTF8.self),
            files: files
        )
        let reply = state.withLock { state in
            var reply = state.reply
            if let limit = state.limit, state.taken.count >= limit.count { reply = limit.reply }
            if reply.code.severity == .positiveCompletion { state.taken.append(taken) }
            return reply
        }
        if case .function(let function) = pending.answer { function(reply) }
    }

    /// Whether the first message's file was still there when the message was submitted.
    func wasThereAtSubmission(_ name: String) -> Bool? { taken.first.map { $0.files.contains(name) } }

    func waitForOne() async { for await _ in first {} }

    func stop() async {
        intake.close()
        for await _ in ended {}
    }
}
