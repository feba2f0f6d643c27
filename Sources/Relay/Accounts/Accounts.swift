package import MailFormat
package import SMTPProtocol
import StatusCodes
import Synchronization

/// The accounts of a file, as SASL mechanisms ask for them.
///
/// Every answer is made on a thread of its own, because a password hash takes tens of milliseconds and the file may have
/// changed. A change of the file is seen at the next question.
package final class Accounts: AccountDirectory {
    /// What may be set.
    package struct Settings: Sendable {
        /// What a password hash costs.
        package var cost = PasswordHash.Cost()
        /// When a client is locked out.
        package var throttle = LoginThrottle.Limits()
        /// Passwords that are checked at once; each takes `cost.memory`.
        package var threads = 2
        /// Questions that wait; beyond that the answer is 454 4.7.0.
        package var queue = 128
        /// Makes the default settings.
        package init() {}
    }

    private struct State {
        var book: AccountBook
        var version: AccountFile.Version?
        var throttle: LoginThrottle
    }

    private let file: AccountFile
    private let settings: Settings
    private let primitives: any AuthenticationPrimitives
    private let workers: PasswordWorkers
    private let state: Mutex<State>
    /// A hash of nothing that anybody knows, so that an unknown name takes as long as a known one.
    private let decoy: PasswordHash
    private let onProblem: @Sendable (String) -> Void

    /// Opens the accounts; `onProblem` hears of a file that cannot be read or written later, one sentence each.
    package init(
        file: AccountFile,
        primitives: any AuthenticationPrimitives,
        settings: Settings = Settings(),
        onProblem: @escaping @Sendable (String) -> Void
    ) throws {
        self.file = file
        self.settings = settings
        self.primitives = primitives
        self.workers = PasswordWorkers(threads: settings.threads, queueLimit: settings.queue)
        self.onProblem = onProblem
        let version = try file.version()
        let book = try file.read()
        self.decoy = try PasswordHash(of: primitives.nonce(), cost: settings.cost)
        self.state = Mutex(State(book: book, version: version, throttle: LoginThrottle(limits: settings.throttle)))
    }

    /// Makes the server's half of the mechanisms that ask here.
    package func mechanisms() -> ServerMechanisms {
        ServerMechanisms(primitives: primitives, secret: state.withLock(\.book.secret))
    }

    /// Whether an account may use a reverse-path (5.7.1-sender-not-authorised); what is known without a look at the file.
    package func may(_ account: String, sendAs reversePath: String) -> Bool {
        state.withLock { $0.book[account] }?.maySend(as: reversePath) ?? false
    }

    /// Answers what a mechanism asks, from a thread of its own.
    package func answer(
        _ question: AuthenticationQuestion,
        client: String,
        now: Timestamp,
        completion: @escaping @Sendable (AuthenticationAnswer) -> Void
    ) {
        let isTaken = workers.submit { [self] in completion(answer(question, client: client, now: now)) }
        if !isTaken { completion(.refused(AuthenticationRefusal(.authBackendDown))) }
    }

    private func answer(_ question: AuthenticationQuestion, client: String, now: Timestamp) -> AuthenticationAnswer {
        let identity = question.identity
        let isLocked = state.withLock { $0.throttle.isLocked(account: identity, client: client, now: now) }
        guard !isLocked else { return .refused(AuthenticationRefusal(.authLockedOut)) }
        do {
            let account = try find(identity)
            switch question {
            case .password(let question):
                return try check(question, account, client: client, now: now)
            case .scramVerifier:
                guard let account else { return .refused(AuthenticationRefusal(.credentialsInvalid)) }
                guard let verifier = account.verifier else {
                    return .refused(AuthenticationRefusal(.passwordTransition))
                }
                return .verifier(verifier)
            case .scramProof(_, let isRight):
                guard let account, isRight else { return fail(identity, client, now) }
                return admit(account, .scramSHA256, client)
            }
        } catch {
            onProblem("accounts: \(error)")
            return .refused(AuthenticationRefusal(.authBackendDown))
        }
    }

    /// The account as the file has it now.
    private func find(_ identity: String) throws -> Account? {
        let version = try file.version()
        if let known = state.withLock({ $0.version == version ? $0.book : nil }) { return known[identity] }
        // An absent file has no secret of its own: the one in use stays, so that invented salts do too.
        let read = try file.read()
        return state.withLock { state in
            state.book = AccountBook(secret: state.book.secret, accounts: read.all)
            state.version = version
            return state.book[identity]
        }
    }

    private func check(
        _ question: PasswordQuestion,
        _ account: Account?,
        client: String,
        now: Timestamp
    ) throws -> AuthenticationAnswer {
        // RFC 4616 §2: acting for others is nobody's right here.
        let isSelf = question.authorization.isEmpty || question.authorization == question.identity
        let isRight = try (account?.password ?? decoy).matches(question.password)
        guard let account, isRight, isSelf else { return fail(question.identity, client, now) }
        let answer = admit(account, question.mechanism, client)
        if case .accepted = answer { renew(account, question.password) }
        return answer
    }

    /// The proof is right; what the operator said of the account decides.
    private func admit(
        _ account: Account,
        _ mechanism: AuthenticationMechanism,
        _ client: String
    ) -> AuthenticationAnswer {
        guard !account.isDisabled else { return .refused(AuthenticationRefusal(.accountDisabled)) }
        guard account.permits(mechanism) else { return .refused(AuthenticationRefusal(.mechanismTooWeak)) }
        state.withLock { $0.throttle.succeeded(account: account.name, client: client) }
        return .accepted(account: account.name)
    }

    private func fail(_ identity: String, _ client: String, _ now: Timestamp) -> AuthenticationAnswer {
        state.withLock { $0.throttle.failed(account: identity, client: client, now: now) }
        return .refused(AuthenticationRefusal(.credentialsInvalid))
    }

    /// A login shows the password once: the SCRAM verifier that was missing is made of it, and a hash of another cost.
    ///
    /// The login succeeds whether or not this can be written.
    private func renew(_ account: Account, _ password: [UInt8]) {
        guard account.verifier == nil || !account.password.isCurrent(settings.cost) else { return }
        do {
            let salt = (0..<SCRAMVerifier.saltLength).map { _ in UInt8.random(in: .min ... .max) }
            let fresh = try Account.make(
                name: account.name,
                password: password,
                now: account.created,
                cost: settings.cost,
                primitives: primitives,
                salt: salt
            )
            guard let fresh else { return }
            try file.update { book in
                // Only what this login has seen: the password may have been changed meanwhile.
                guard var stored = book[account.name], stored.password == account.password else { return }
                stored.password = fresh.password
                stored.verifier = stored.verifier ?? fresh.verifier
                book[account.name] = stored
            }
        } catch {
            onProblem("accounts: \(error)")
        }
    }
}

extension AuthenticationQuestion {
    /// Whom it is about.
    var identity: String {
        switch self {
        case .password(let question): question.identity
        case .scramVerifier(let identity), .scramProof(let identity, _): identity
        }
    }
}
