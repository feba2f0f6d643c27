import MailFormat
import SMTPProtocol
import StatusCodes

/// SMTP with the program that called us: what `sendmail -bs` speaks.
///
/// The same machine as on a listener, without sockets: octets are read when it wants some, replies are written when it
/// has nothing more to do with what there is. Whoever may run this program may send: there is nobody to log in and
/// nothing to encrypt, and nobody else waits, so that no clock is needed.
struct LocalSession: ~Copyable {
    /// The two ends of the conversation, and where its mail goes.
    struct World {
        /// The next octets; none at the end.
        var read: () throws -> [UInt8]
        /// Says something.
        var write: ([UInt8]) throws -> Void
        /// Makes a message durable; its reply.
        var submit: (Message) async -> Reply
    }

    /// A message whose last octet has come.
    struct Message {
        /// Sender and recipients.
        var envelope: Envelope
        /// What the client called itself.
        var client: String
        /// It said EHLO.
        var isExtended: Bool
        /// Header and body as sent.
        var content: [UInt8]
    }

    private let world: World
    private var session: ServerSession
    private var replies: [UInt8] = []
    private var content: [UInt8] = []
    private var isClosed = false

    /// Makes a session that has not begun.
    init(hostname: String, world: World) {
        var configuration = ServerConfiguration(hostname: hostname, role: .submission)
        configuration.demandsTLS = false
        configuration.demandsAuthentication = false
        configuration.limits.messageSize = LocalMessage.sizeLimit
        self.world = world
        session = ServerSession(configuration: configuration, isEncrypted: false, at: .zero)
    }

    /// Converses until one of the two has enough.
    consuming func run() async throws {
        var input: [UInt8] = []
        await perform(session.open(refusal: nil, at: .zero), [])
        while !isClosed {
            try flush()
            let octets = try world.read()
            guard !octets.isEmpty else { break }
            input += octets
            await workOff(&input)
        }
        try flush()
        session.peerClosed()
    }

    /// Works off what was read, as far as it goes.
    private mutating func workOff(_ input: inout [UInt8]) async {
        var used = 0
        while !isClosed {
            let step = session.received(input.span.extracting(used..<input.count), at: .zero)
            if case .read = step.action, step.used == 0 { break }
            await perform(step.action, input[used...])
            used += step.used
        }
        input.removeFirst(used)
    }

    private mutating func flush() throws {
        guard !replies.isEmpty else { return }
        try world.write(replies)
        replies = []
    }

    /// Performs an action and those that its answer leads to.
    private mutating func perform(_ first: ServerAction, _ input: ArraySlice<UInt8>) async {
        var next: ServerAction? = first
        while let action = next { next = await follow(action, input) }
    }

    private mutating func follow(_ action: ServerAction, _ input: ArraySlice<UInt8>) async -> ServerAction? {
        switch action {
        case .read: break
        case .reply(let reply): reply.render(into: &replies)
        case .replyAndDropContent(let reply):
            content = []
            reply.render(into: &replies)
        case .replyAndClose(let reply):
            reply.render(into: &replies)
            isClosed = true
        case .close: isClosed = true
        // Neither is offered.
        case .startTLS: return session.securingFailed(at: .zero)
        case .authenticate:
            return session.authenticationAnswered(.refused(AuthenticationRefusal(.credentialsInvalid)), at: .zero)
        case .judgeSender, .judgeRecipient: return session.judged(.accepted, at: .zero)
        case .reserveContent: return session.contentReserved(at: .zero)
        case .content(let range): content += input.dropFirst(Int(range.start)).prefix(range.count)
        case .dropContent: content = []
        case .commit: return await commit()
        }
        return nil
    }

    private mutating func commit() async -> ServerAction {
        guard let envelope = session.submission?.envelope else {
            return session.committed(Reply(.localError), at: .zero)
        }
        let message = Message(
            envelope: envelope,
            client: session.clientName,
            isExtended: session.isExtended,
            content: content
        )
        content = []
        return session.committed(await world.submit(message), at: .zero)
    }
}
