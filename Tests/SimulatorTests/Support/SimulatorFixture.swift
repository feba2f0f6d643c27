import Delivery
import DeliveryReports
import MailFormat
import NIOPosix
import SMTPProtocol
import SMTPTransport
import Simulator
import StatusCodes
import Testing

/// A mail that a simulator took.
struct TakenMail: Sendable {
    let sender: String
    let recipients: [String]
    let bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The delivery status in it.
    var report: DeliveryReport? { DeliveryReport(bytes.span) }
    /// A field of its header, unfolded.
    func field(_ name: StaticString) -> String? {
        HeaderBlock(bytes.span).first(name, bytes.span).map { Unfolding.text(bytes.span, $0.value) }
    }
}

/// What a simulator took, for one reader.
final class TakenMails: Sendable {
    private let stream: AsyncStream<TakenMail>
    private let continuation: AsyncStream<TakenMail>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func take(_ message: ReceivedMessage) -> Reply {
        var bytes: [UInt8] = []
        do {
            try message.content.withBytes(in: 0..<message.content.byteCount) { span in
                bytes = span.copy(ByteRange(0, span.count))
            }
        } catch {
            return Reply(.localError)
        }
        let envelope = message.envelope
        continuation.yield(
            TakenMail(
                sender: envelope.text(envelope.reversePath),
                recipients: envelope.recipients.map { envelope.text($0.address) },
                bytes: bytes
            )
        )
        return Reply(.queued)
    }

    /// The next one, as soon as it is there.
    func next() async throws -> TakenMail {
        var iterator = stream.makeAsyncIterator()
        return try #require(await iterator.next())
    }
}

/// How long a test may take: one that waits for a reply which never comes has failed.
///
/// Long enough for a machine that runs everything at once, where some took three minutes.
let patience: any SuiteTrait = .timeLimit(.minutes(5))

/// 2026-01-01T00:00:00Z.
let newYear = Timestamp(seconds: 1_767_225_600)

/// Starts a simulator on a free port, and stops it afterwards.
func withSimulator(
    opening: StagedReply? = nil,
    answers: AnswerRoute = .nowhere,
    noted: @escaping @Sendable (String) -> Void = { _ in },
    _ body: (SimulatorService, TakenMails) async throws -> Void
) async throws {
    let mails = TakenMails()
    let simulator = try await SimulatorService.start(
        host: "127.0.0.1",
        port: 0,
        name: "sim.test",
        group: MultiThreadedEventLoopGroup.singleton,
        opening: opening,
        answers: answers,
        wallClock: { newYear },
        noted: noted,
        taken: { mails.take($0) }
    )
    do { try await body(simulator, mails) } catch {
        try await simulator.stop()
        throw error
    }
    try await simulator.stop()
}

/// Starts a simulator and a client that has said EHLO.
func withSession(
    _ name: String = "client.test",
    _ body: (SimulatorProbe, TakenMails) async throws -> Void
) async throws {
    try await withSimulator { simulator, mails in
        let probe = try await SimulatorProbe.connect(to: simulator)
        #expect(await probe.reply()?.code == 220)
        #expect(await probe.say("EHLO \(name)")?.code == 250)
        try await body(probe, mails)
        await probe.close()
    }
}

extension SimulatorProbe {
    /// Begins a transaction and gives the reply to RCPT.
    func recipient(_ local: String, from sender: String = "me") async -> HeardReply? {
        #expect(await say("MAIL FROM:<\(sender)@client.test>")?.code == 250)
        return await say("RCPT TO:<\(local)@example.net>")
    }

    /// Sends a small message behind an accepted RCPT and gives the reply to its final dot.
    func message(_ text: String = "Subject: hello\r\n\r\nhello\r\n") async -> HeardReply? {
        #expect(await say("DATA")?.code == 354)
        return await say("\(text).")
    }
}
