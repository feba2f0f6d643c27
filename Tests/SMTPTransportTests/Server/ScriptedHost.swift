import Delivery
import Foundation
import MailFormat
import NIOCore
import SMTPProtocol
import SMTPTesting
import SMTPTransport
import StatusCodes
import Synchronization

/// A host that answers by a scripted world, at once or from another thread, and keeps account of what it lent.
final class ScriptedHost: SessionHost {
    let world: ScriptedWorld
    private let manner: Manner
    private let book = Mutex(Book())

    /// How answers come.
    enum Manner: Sendable {
        case atOnce
        /// From another thread, as from a store or a directory.
        case fromAnotherThread
        /// Only when the test gives them.
        case byHand
    }

    struct Book: Sendable {
        var opened = 0
        var closed: [SessionSummary] = []
        var reserved = 0
        var nextID: Int64 = 1
        var notes: [SessionNote] = []
        var messages: [ReceivedMessage] = []
        var sinks: [ScriptedSink] = []
        var verdicts: [LaterAnswer<Verdict>] = []
        var commits: [LaterAnswer<Reply>] = []
        var budget = Int.max
        var sessions: [SessionInfo] = []
    }

    init(_ world: ScriptedWorld, _ manner: Manner = .atOnce, budget: Int = .max) {
        self.world = world
        self.manner = manner
        book.withLock { $0.budget = budget }
    }

    var account: Book { book.withLock { $0 } }

    func sessionOpened(_ peer: PeerInfo) -> Reply? {
        book.withLock { $0.opened += 1 }
        return world.greetingRefusal
    }

    func sessionClosed(_ session: SessionInfo, summary: SessionSummary) {
        book.withLock {
            $0.closed.append(summary)
            $0.sessions.append(session)
        }
    }

    func mailVerdict(_ question: MailQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        answer(world.judgeSender(question.envelope), later) { $0.verdicts.append(later) }
    }

    func recipientVerdict(_ question: RecipientQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        let verdict = world.judge(question.recipient, of: question.envelope, account: question.session.account)
        return answer(verdict, later) { $0.verdicts.append(later) }
    }

    func authenticate(
        _ question: AuthenticationQuestion,
        session: SessionInfo,
        later: LaterAnswer<AuthenticationAnswer>
    ) -> AuthenticationAnswer? {
        answer(world.answer(question), later) { _ in }
    }

    func reserveContent(bytes: Int, session: SessionInfo) -> ContentReservation {
        if let refusal = world.contentRefusal { return .refused(refusal) }
        return book.withLock { book in
            guard book.reserved + bytes <= book.budget else { return .refused(Reply(.diskFull)) }
            book.reserved += bytes
            book.nextID += 1
            return .granted(MessageID(rawValue: book.nextID))
        }
    }

    func extendReservation(bytes: Int) -> Reply? {
        book.withLock { book in
            guard book.reserved + bytes <= book.budget else { return Reply(.diskFull) }
            book.reserved += bytes
            return nil
        }
    }

    func releaseReservation(bytes: Int) { book.withLock { $0.reserved -= bytes } }

    func contentSink(for message: MessageID, session: SessionInfo, ownOctets: Int) -> any ContentSink {
        let sink = ScriptedSink(isByHand: manner == .byHand, ownOctets: ownOctets)
        book.withLock { $0.sinks.append(sink) }
        return sink
    }

    func submit(_ message: ReceivedMessage, later: LaterAnswer<Reply>) {
        book.withLock { book in
            // From here on the reservation is ours: this host gives it back at once.
            book.reserved -= message.reservedBytes
            book.messages.append(message)
            if manner == .byHand { book.commits.append(later) }
        }
        let content = Trace.withoutOurField(message.content.bytes)
        guard let reply = world.commit(message.envelope, content, account: message.session.account) else { return }
        switch manner {
        case .atOnce: later.fulfilOnLoop(reply)
        case .fromAnotherThread: DispatchQueue.global().async { later.fulfil(reply) }
        case .byHand: break
        }
    }

    func sessionNoted(_ note: SessionNote, session: SessionInfo) { book.withLock { $0.notes.append(note) } }

    private func answer<Value: SessionAnswer>(
        _ value: Value?,
        _ later: LaterAnswer<Value>,
        _ keep: (inout Book) -> Void
    ) -> Value? {
        switch manner {
        case .atOnce: return value
        case .fromAnotherThread:
            if let value { DispatchQueue.global().async { later.fulfil(value) } }
            return nil
        case .byHand:
            book.withLock { keep(&$0) }
            return nil
        }
    }
}

/// A sink in memory.
final class ScriptedSink: ContentSink {
    private let state = Mutex(State())
    private let isByHand: Bool
    /// Octets at the beginning that the server wrote.
    let ownOctets: Int

    struct State: Sendable {
        var bytes: [UInt8] = []
        var chunks: [Int] = []
        var isAborted = false
        var isFinished = false
        var waiting: LaterAnswer<SinkProgress>?
        var finishing: LaterAnswer<SinkOutcome>?
    }

    init(isByHand: Bool, ownOctets: Int) {
        self.isByHand = isByHand
        self.ownOctets = ownOctets
    }

    var now: State { state.withLock { $0 } }

    func append(_ bytes: ByteBuffer, later: LaterAnswer<SinkProgress>) -> SinkProgress? {
        state.withLock { state in
            state.bytes += Array(bytes.readableBytesView)
            state.chunks.append(bytes.readableBytes)
            state.waiting = later
        }
        return isByHand ? nil : .ready
    }

    func finish(later: LaterAnswer<SinkOutcome>) {
        let content = state.withLock { state in
            state.isFinished = true
            state.finishing = later
            return ByteBuffer(bytes: state.bytes)
        }
        guard !isByHand else { return }
        DispatchQueue.global().async { later.fulfil(.stored(BufferContent(content))) }
    }

    func abort() { state.withLock { $0.isAborted = true } }
}

enum Trace {
    /// A message behind the `Received` field that the server put in front.
    static func withoutOurField(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.starts(with: Array("Received: ".utf8)) else { return bytes }
        var offset = 0
        repeat {
            while offset < bytes.count, bytes[offset] != 0x0A { offset += 1 }
            offset += 1
        } while offset < bytes.count && bytes[offset] == 0x09
        return Array(bytes[min(offset, bytes.count)...])
    }
}

extension MessageContent {
    /// All of it.
    var bytes: [UInt8] {
        var copied: [UInt8] = []
        do {
            try withBytes(in: 0..<byteCount) { span in for offset in span.indices { copied.append(span[offset]) } }
        } catch {
            return Array("unreadable: \(error)".utf8)
        }
        return copied
    }
}
