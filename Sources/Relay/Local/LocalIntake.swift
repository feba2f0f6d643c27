import Crypto
package import Delivery
import Foundation
package import NIOPosix
import SMTPProtocol
package import StatusCodes

/// Hands messages of local programs to the queue: what the control socket and the drop directory have in common.
package struct LocalIntake: Sendable {
    private let intake: Intake
    private let identifiers: MessageIDSource
    private let clock: RelayClock
    private let spool: any ContentSpool
    private let files: NIOThreadPool

    /// Makes the way in.
    ///
    /// - Parameters:
    ///   - intake: the queue thread's inbox.
    ///   - identifiers: names the messages.
    ///   - clock: the queue's clock.
    ///   - spool: takes content that is too large for a row.
    ///   - files: where that is written.
    package init(
        intake: Intake,
        identifiers: MessageIDSource,
        clock: RelayClock,
        spool: any ContentSpool,
        files: NIOThreadPool
    ) {
        self.intake = intake
        self.identifiers = identifiers
        self.clock = clock
        self.spool = spool
        self.files = files
    }

    /// Content above this is a file of the spool, not a row of the queue (`docs/adr/0004-rows-and-files.md`).
    private static let memoryLimit = 65_536
    /// Whose keys make local messages safe to repeat.
    private static let keyOwner = "local"

    /// What became of a message.
    package enum Outcome: Sendable {
        /// It is durable, under this id: its own, or the one that it had the first time.
        case queued(MessageID)
        /// It is no message; a sentence says why.
        case invalid(String)
        /// It was not taken, now or ever.
        case refused(Reply)
    }

    /// Hands a message over; returns after its commit.
    package func submit(_ message: ControlRequest.Message) async -> Outcome {
        let envelope: Envelope
        do throws(LocalEnvelope.Invalid) {
            envelope = try LocalEnvelope.make(message)
        } catch {
            return .invalid(error.sentence)
        }
        let content: any MessageContent
        do {
            content = try await keep(Array(message.content))
        } catch {
            return .refused(Reply((error as? StoreError)?.code == .full ? .diskFull : .localError))
        }
        let now = clock.now
        var submission = Submission(
            id: identifiers.next(at: now),
            arrival: now,
            envelope: envelope,
            content: content,
            state: .scheduled(now),
            origin: Origin(kind: .local)
        )
        submission.idempotency = message.key.map { key in
            IdempotencyKey(owner: Self.keyOwner, key: key, digest: Self.digest(envelope, message.content))
        }
        return await commit(submission)
    }

    private func keep(_ bytes: [UInt8]) async throws -> any MessageContent {
        guard bytes.count > Self.memoryLimit else { return ResidentContent(bytes) }
        return try await files.runIfActive {
            let writer = try spool.begin()
            do {
                try writer.append(bytes.span)
                return try writer.finish()
            } catch {
                writer.discard()
                throw error
            }
        }
    }

    private func commit(_ submission: Submission) async -> Outcome {
        let reply = await withCheckedContinuation { continuation in
            intake.submit(
                PendingSubmission(
                    submission: submission,
                    reservedBytes: 0,
                    helo: "",
                    answer: .function { continuation.resume(returning: $0) }
                )
            )
        }
        guard reply.code.severity == .positiveCompletion else { return .refused(reply) }
        return .queued(Self.id(in: reply) ?? submission.id)
    }

    /// The id that the queue thread names: another than the submission's when the message came before.
    private static func id(in reply: Reply) -> MessageID? {
        guard case .line(let text) = reply.detail, let last = text.split(separator: " ").last else { return nil }
        return MessageID(last)
    }

    private static func digest(_ envelope: Envelope, _ content: Data) -> [UInt8] {
        var hash = SHA256()
        hash.update(data: envelope.arena)
        hash.update(data: content)
        return Array(hash.finalize())
    }
}
