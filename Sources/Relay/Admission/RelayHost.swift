package import Delivery
package import MailFormat
import NIOConcurrencyHelpers
package import NIOCore
package import NIOPosix
package import SMTPProtocol
package import SMTPTransport
package import StatusCodes

/// What server sessions ask of the relay: rules, memory, accounts, and the queue.
package final class RelayHost: SessionHost {
    private let current: NIOLockedValueBox<AdmissionRules>
    private let census: ConnectionCensus
    private let budget: ContentBudget
    private let intake: Intake
    private let identifiers: MessageIDSource
    private let clock: RelayClock
    private let log: EventLog
    private let accounts: (any AccountDirectory)?
    private let gate: SuppressionGate
    private let shelf: BounceShelf
    private let reader: any QueueReader
    private let spool: any ContentSpool
    private let spoolThreads: NIOThreadPool

    /// Makes the host of all listeners.
    package init(
        rules: AdmissionRules,
        limits: RelayConfiguration.ProcessLimits,
        intake: Intake,
        budget: ContentBudget,
        identifiers: MessageIDSource,
        clock: RelayClock,
        log: EventLog,
        accounts: (any AccountDirectory)?,
        gate: SuppressionGate,
        shelf: BounceShelf,
        reader: any QueueReader,
        spool: any ContentSpool,
        spoolThreads: NIOThreadPool
    ) {
        self.current = NIOLockedValueBox(rules)
        self.census = ConnectionCensus(limits: limits)
        self.budget = budget
        self.intake = intake
        self.identifiers = identifiers
        self.clock = clock
        self.log = log
        self.accounts = accounts
        self.gate = gate
        self.shelf = shelf
        self.reader = reader
        self.spool = spool
        self.spoolThreads = spoolThreads
    }

    private var rules: AdmissionRules { current.withLockedValue { $0 } }

    /// Judges by other rules from here on, in open sessions too.
    package func follow(_ rules: AdmissionRules, limits: RelayConfiguration.ProcessLimits) {
        current.withLockedValue { $0 = rules }
        census.follow(limits)
    }

    // MARK: Connections

    package func sessionOpened(_ peer: PeerInfo) -> Reply? {
        let address = peer.address.flatMap(IPAddress.init)
        let refusal: Condition? = census.enter(address) ?? rules.greetingRefusal(of: address, role: peer.role)
        guard let refusal else { return nil }
        let reply = Reply(refusal)
        logRefusal(reply, peer: peer, helo: "")
        return reply
    }

    package func sessionClosed(_ session: SessionInfo, summary: SessionSummary) {
        census.leave(session.peer.address.flatMap(IPAddress.init))
    }

    // MARK: Verdicts

    package func mailVerdict(_ question: MailQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        let account = question.session.account
        let role = question.session.peer.role
        let rules = rules
        if rules.takesAnySender(role) && account == nil { return .accepted }
        // RFC 6409 §6.1: an account may be bound to reverse-paths.
        if let account, let accounts,
            !accounts.may(account, sendAs: question.envelope.text(question.envelope.reversePath))
        {
            return .refused(Reply(.senderNotAuthorised))
        }
        return rules.sender(question.envelope.text(question.envelope.reversePath), role: role)
    }

    package func recipientVerdict(_ question: RecipientQuestion, later: LaterAnswer<Verdict>) -> Verdict? {
        let peer = question.session.peer
        let rules = rules
        let client = peer.address.flatMap(IPAddress.init)
        if peer.role == .mx, !rules.hasNoDenyLists, let objection = rules.objection(to: question, from: client) {
            return .refused(Reply(objection))
        }
        let isTrusted = rules.isTrusted(account: question.session.account, address: client)
        let now = clock.now
        let verdict = verdict(on: question, rules, isTrusted: isTrusted, at: now)
        guard isTrusted, case .accepted = verdict, gate.stops(question.recipient, in: question.envelope, at: now) else {
            return verdict
        }
        examine(question.address, at: now, later)
        return nil
    }

    private func verdict(
        on question: RecipientQuestion,
        _ rules: AdmissionRules,
        isTrusted: Bool,
        at now: Timestamp
    ) -> Verdict {
        if isTrusted && rules.takesAnyRecipientOfTrusted { return .accepted }
        if let verdict = rules.bounces.flatMap({ reportVerdict(on: question, $0, at: now) }) {
            return verdict
        }
        let verdict = rules.recipient(question.address, domain: question.domain, isTrusted: isTrusted)
        if case .refused(let reply) = verdict, reply.condition == .noSuchUser,
            question.domain == rules.bounces?.domain
        {
            return .refused(Reply(Self.nobody(question)))
        }
        guard case .accepted = verdict, !rules.forwards.isEmpty,
            !rules.forwards.hasRoom(for: question.address, in: question.envelope)
        else { return verdict }
        return .refused(Reply(.tooManyRcpt))
    }

    /// An address for late reports: what we made is taken, also when it is old; what we did not make is nobody
    /// (`docs/design/rulings.md` §5); nil for a person's.
    ///
    /// One in a transaction, for a report is about one recipient: a mail to a thousand spellings of an address would be
    /// read a thousand times.
    private func reportVerdict(
        on question: RecipientQuestion,
        _ bounces: BounceAddresses,
        at now: Timestamp
    ) -> Verdict? {
        guard let kind = bounces.kind(of: question.address, at: now) else { return nil }
        guard kind != .forged else { return .refused(Reply(Self.nobody(question))) }
        let isFirst = !question.envelope.recipients.contains { recipient in
            bounces.kind(of: question.envelope.text(recipient.address), at: now) != nil
        }
        guard isFirst else { return .refused(Reply(.tooManyRcpt)) }
        return shelf.takes(kind) ? .accepted : .refused(Reply(.diskFull))
    }

    /// Why an address of the bounce domain that we did not make gets nothing: a report about a message that we did not
    /// send, or mail to nobody.
    private static func nobody(_ question: RecipientQuestion) -> Condition {
        question.envelope.reversePath.isEmpty ? .bounceTokenInvalid : .noSuchUser
    }

    /// Whether a suppression of the address holds is the store's to say, off the event loop.
    ///
    /// Where it cannot be read the recipient is taken: it is looked up once more before each attempt.
    private func examine(_ address: String, at now: Timestamp, _ later: LaterAnswer<Verdict>) {
        let reader = reader
        spoolThreads.submit { state in
            guard case .active = state else { return }
            let suppression = try? reader.suppression(ofAddress: address, at: now)
            later.fulfil(
                suppression.map { .refused(Reply(.recipientSuppressed, $0.quotation)) } ?? .accepted
            )
        }
    }

    package func authenticate(
        _ question: AuthenticationQuestion,
        session: SessionInfo,
        later: LaterAnswer<AuthenticationAnswer>
    ) -> AuthenticationAnswer? {
        guard let accounts else { return .refused(AuthenticationRefusal(.credentialsInvalid)) }
        accounts.answer(question, client: session.peer.addressText, now: clock.now) { later.fulfil($0) }
        return nil
    }

    // MARK: Content

    package func reserveContent(bytes: Int, session: SessionInfo) -> ContentReservation {
        budget.reserve(bytes) ? .granted(identifiers.next(at: clock.now)) : .refused(Reply(.diskFull))
    }

    package func extendReservation(bytes: Int) -> Reply? { budget.reserve(bytes) ? nil : Reply(.diskFull) }

    package func releaseReservation(bytes: Int) { budget.release(bytes) }

    package func contentSink(for message: MessageID, session: SessionInfo, ownOctets: Int) -> any ContentSink {
        SpoolSink(
            spool: spool,
            threads: spoolThreads,
            log: log,
            clock: clock,
            scanner: isOurs(session) ? IdempotencyScanner(ownOctets: ownOctets) : nil
        )
    }

    /// Whether a client is one of our own users or machines.
    private func isOurs(_ session: SessionInfo) -> Bool {
        rules.isTrusted(account: session.account, address: session.peer.address.flatMap(IPAddress.init))
    }

    package func submit(_ message: ReceivedMessage, later: LaterAnswer<Reply>) {
        let session = message.session
        let isOurs = isOurs(session)
        let now = clock.now
        var submission = Submission(
            id: message.id,
            arrival: now,
            envelope: message.envelope,
            content: message.content,
            state: .scheduled(now),
            origin: Origin(
                kind: isOurs ? .submission : .mx,
                account: session.account ?? "",
                clientAddress: session.peer.addressText
            )
        )
        addKey(of: message, isOurs: isOurs, to: &submission)
        intake.submit(
            PendingSubmission(
                submission: submission,
                reservedBytes: message.reservedBytes,
                helo: session.helo,
                answer: .session(later)
            )
        )
    }

    /// The key that the client gave, in memory and in the spool alike; without it the submission is an ordinary one.
    private func addKey(of message: ReceivedMessage, isOurs: Bool, to submission: inout Submission) {
        let key: String
        let digest: [UInt8]
        if let keyed = message.content as? KeyedContent {
            submission.content = keyed.stored
            (key, digest) = (keyed.found.key, IdempotencyField.digest(message.envelope, keyed.found))
        } else if isOurs,
            let field = IdempotencyField(message.envelope, message.content, clientBytes: message.facts.byteCount)
        {
            submission.content = ResidentContent(field.content)
            (key, digest) = (field.key, field.digest)
        } else {
            return
        }
        let session = message.session
        let owner = session.account.map { "account \($0)" } ?? "\(session.peer.listener) \(session.peer.addressText)"
        submission.idempotency = IdempotencyKey(owner: owner, key: key, digest: digest)
    }

    // MARK: Notes

    package func sessionNoted(_ note: SessionNote, session: SessionInfo) {
        switch note {
        case .refused(let reply): logRefusal(reply, peer: session.peer, helo: session.helo)
        case .secured(let facts):
            log.session("session.secured", at: clock.wall, session, "version", facts.version)
        case .handshakeFailed(let words):
            log.session("session.handshake-failed", at: clock.wall, session, "detail", words)
        case .authenticated(let account):
            log.session("session.authenticated", at: clock.wall, session, "account", account)
        case .connectionLost(let words):
            log.session("session.lost", at: clock.wall, session, "detail", words)
        }
    }

    private func logRefusal(_ reply: Reply, peer: PeerInfo, helo: String) {
        log.refused(reply, at: clock.wall, client: peer.addressText, helo: helo, listener: peer.listener)
    }
}

/// Who may log in.
///
/// Answers come later, from any thread.
package protocol AccountDirectory: AnyObject, Sendable {
    /// Answers what a SASL mechanism asks; `client` is the client's address, for lock-out.
    func answer(
        _ question: AuthenticationQuestion,
        client: String,
        now: Timestamp,
        completion: @escaping @Sendable (AuthenticationAnswer) -> Void
    )
    /// Whether an account may use a reverse-path; asked on event loops, so it must not look at files.
    func may(_ account: String, sendAs reversePath: String) -> Bool
}

extension AdmissionRules {
    /// What the deny lists have against what a client asks at RCPT.
    fileprivate func objection(to question: RecipientQuestion, from client: IPAddress?) -> Condition? {
        objection(
            client: client,
            sender: question.envelope.text(question.envelope.reversePath),
            recipient: question.address,
            domain: question.domain
        )
    }
}

extension IPAddress {
    /// The address of a socket; nil for Unix sockets.
    package init?(_ address: SocketAddress) {
        switch address {
        case .v4, .v6:
            guard let text = address.ipAddress, let address = IPAddress(text) else { return nil }
            self = address.unmapped
        case .unixDomainSocket: return nil
        }
    }
}
