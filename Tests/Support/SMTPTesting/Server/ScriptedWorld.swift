package import SMTPProtocol
package import StatusCodes
import Synchronization

/// The world around a server session, as the `?` lines of a fixture describe it.
///
/// ```text
/// ? hostname mx.example.net                  our name (the default)
/// ? role submission                          mx is the default
/// ? tls starttls                             none, starttls, implicit
/// ? certificate none                         TLS is configured and cannot be begun
/// ? demands nothing                          submission without AUTH and TLS
/// ? mechanisms PLAIN LOGIN SCRAM-SHA-256     what AUTH offers
/// ? clear-passwords                          PLAIN and LOGIN are offered without TLS, too
/// ? adds-sender                              submission names the account in Sender
/// ? user alice secret                        an account
/// ? directory 4.7.0-auth-backend-down        what the directory answers instead
/// ? domains example.net                      ours; other domains are refused with 5.7.1-relay-denied
/// ? recipients alice@example.net             who lives there; without this line everybody does
/// ? sender a@example.org 5.7.1-…             the verdict on a sender
/// ? recipient b@example.net 2.1.5-will-…     the verdict on a recipient
/// ? limit recipients 3                       a bound of the session, by its name
/// ? greeting 4.3.2-overloaded                how the session is greeted
/// ? content 4.3.1-disk-full                  there is no room for content
/// ? commit 4.3.1-disk-full                   what comes of the final dot
/// ? silent recipient                         nobody ever answers: sender, recipient, directory, commit
/// ? sockets never                            runs on the pure machine alone, with the reason in a comment
/// ```
package final class ScriptedWorld: Sendable {
    /// The listener's settings.
    package let configuration: ServerConfiguration
    /// What is said in place of the greeting.
    package let greetingRefusal: Reply?
    /// Why no content may come.
    package let contentRefusal: Reply?
    /// Whether there is a certificate.
    package let hasCertificate: Bool
    private let script: Script
    private let messages = Mutex<[QueuedMessage]>([])

    /// What was committed.
    package struct QueuedMessage: Sendable {
        /// Sender and recipients.
        package var envelope: Envelope
        /// Header and body, without our trace field.
        package var content: [UInt8]
        /// Who was logged in.
        package var account: String?
    }

    private struct Script: Sendable {
        var domains: [String] = ["example.net"]
        var recipients: [String]?
        var verdicts: [String: Condition] = [:]
        var users: [String: String] = [:]
        var directory: Condition?
        var commit: Condition?
        var silent: Set<String> = []
    }

    /// Reads a dialogue's world.
    package init(_ dialogue: Dialogue, primitives: any AuthenticationPrimitives = TestPrimitives()) throws {
        for entry in dialogue.world where !Self.known.contains(entry.word) { throw Unscriptable(entry.word) }
        var script = Script()
        if let domains = dialogue.value(of: "domains") { script.domains = Self.words(domains) }
        script.recipients = dialogue.value(of: "recipients").map(Self.words)
        for line in dialogue.values(of: "sender") + dialogue.values(of: "recipient") {
            let words = Self.words(line)
            guard words.count == 2 else { throw Unscriptable(line) }
            script.verdicts[words[0]] = try Self.condition(words[1])
        }
        for line in dialogue.values(of: "user") {
            let words = Self.words(line)
            guard words.count == 2 else { throw Unscriptable(line) }
            script.users[words[0]] = words[1]
        }
        script.directory = try dialogue.value(of: "directory").map(Self.condition)
        script.commit = try dialogue.value(of: "commit").map(Self.condition)
        script.silent = Set(dialogue.values(of: "silent").flatMap(Self.words))
        self.script = script
        self.configuration = try Self.configuration(dialogue, primitives)
        self.greetingRefusal = try dialogue.value(of: "greeting").map { Reply(try Self.condition($0)) }
        self.contentRefusal = try dialogue.value(of: "content").map { Reply(try Self.condition($0)) }
        self.hasCertificate = dialogue.value(of: "certificate") != "none"
    }

    /// A `?` line that nobody understands.
    package struct Unscriptable: Error, CustomStringConvertible {
        /// The line.
        package let description: String
        init(_ line: String) { self.description = "the world has no `\(line)`" }
    }

    private static let known: Set<String> = [
        "hostname", "role", "tls", "certificate", "demands", "mechanisms", "clear-passwords", "adds-sender", "user",
        "directory", "domains", "recipients", "sender", "recipient", "limit", "greeting", "content", "commit", "silent",
        "sockets",
    ]

    // MARK: What the session asks

    /// The verdict on a sender; nil when it never comes.
    package func judgeSender(_ envelope: Envelope) -> Verdict? {
        guard !script.silent.contains("sender") else { return nil }
        let sender = envelope.text(envelope.reversePath)
        return script.verdicts[sender].map(Self.verdict) ?? .accepted
    }

    /// The verdict on a recipient; nil when it never comes.
    package func judge(_ recipient: Envelope.Recipient, of envelope: Envelope, account: String?) -> Verdict? {
        guard !script.silent.contains("recipient") else { return nil }
        let address = envelope.text(recipient.address)
        if let condition = script.verdicts[address] { return Self.verdict(condition) }
        let domain = envelope.text(recipient.domain).lowercased()
        // RFC 5321 §4.5.1: postmaster without a domain.
        guard !domain.isEmpty, account == nil else { return .accepted }
        guard script.domains.contains(domain) else { return .refused(Reply(.relayDenied)) }
        guard script.recipients?.contains(address) ?? true else { return .refused(Reply(.noSuchUser)) }
        return .accepted
    }

    /// The directory's answer; nil when it never comes.
    package func answer(_ question: AuthenticationQuestion) -> AuthenticationAnswer? {
        guard !script.silent.contains("directory") else { return nil }
        if let refusal = script.directory { return .refused(AuthenticationRefusal(refusal)) }
        switch question {
        case .password(let asked):
            let isRight = script.users[asked.identity].map { Array($0.utf8) == asked.password } ?? false
            return isRight ? .accepted(account: asked.identity) : .refused(AuthenticationRefusal(.credentialsInvalid))
        case .scramVerifier(let identity):
            let verifier = script.users[identity].flatMap { Self.verifier(identity, password: $0) }
            guard let verifier else { return .refused(AuthenticationRefusal(.credentialsInvalid)) }
            return .verifier(verifier)
        case .scramProof(let identity, let isRight):
            return isRight ? .accepted(account: identity) : .refused(AuthenticationRefusal(.credentialsInvalid))
        }
    }

    /// 4096 rounds are slow without optimisation, and every dialogue asks for the same few: worked out once.
    private static let verifiers = Mutex<[String: SCRAMVerifier]>([:])

    private static func verifier(_ identity: String, password: String) -> SCRAMVerifier? {
        verifiers.withLock { known in
            if let verifier = known["\(identity) \(password)"] { return verifier }
            let verifier = SCRAMVerifier(
                account: identity,
                password: Array(password.utf8),
                salt: Array("0123456789abcdef".utf8),
                iterations: 4096,
                primitives: TestPrimitives()
            )
            known["\(identity) \(password)"] = verifier
            return verifier
        }
    }

    /// Takes a message; nil when no reply ever comes.
    package func commit(_ envelope: Envelope, _ content: [UInt8], account: String?) -> Reply? {
        guard !script.silent.contains("commit") else { return nil }
        if let refusal = script.commit { return Reply(refusal) }
        return messages.withLock { messages in
            messages.append(QueuedMessage(envelope: envelope, content: content, account: account))
            return Reply(.queued, "queued as \(messages.count)")
        }
    }

    /// What was committed so far.
    package var queued: [QueuedMessage] { messages.withLock { $0 } }

    /// What `!` lines may ask of the world: `queued`, and of the latest message `from`, `to`, `content`, `octets`, `body`.
    package var state: [String: String] {
        var words = ["queued": "\(queued.count)"]
        guard let last = queued.last else { return words }
        let envelope = last.envelope
        words["from"] = "<\(envelope.text(envelope.reversePath))>"
        words["to"] = envelope.recipients.map { envelope.text($0.address) }.joined(separator: " ")
        words["content"] = Visible.text(last.content)
        words["octets"] = "\(last.content.count)"
        words["envid"] = envelope.text(envelope.envelopeID)
        words["orcpt"] = envelope.recipients.map { envelope.text($0.originalRecipient) }.joined(separator: " ")
        words["notify"] = envelope.recipients.map { $0.notify.map { "\($0.rawValue)" } ?? "-" }.joined(separator: " ")
        words["ret"] = envelope.returned.map { "\($0)" } ?? "-"
        words["body"] = "\(envelope.body)"
        words["smtputf8"] = "\(envelope.smtpUTF8)"
        words["account"] = last.account ?? "-"
        return words
    }

    // MARK: Reading the script

    private static func words(_ line: String) -> [String] { line.split(separator: " ").map(String.init) }

    private static func condition(_ id: String) throws -> Condition {
        guard let condition = Condition(id: id) else { throw Unscriptable(id) }
        return condition
    }

    private static func verdict(_ condition: Condition) -> Verdict {
        switch condition.replyCode.severity {
        case .positiveCompletion, .positiveIntermediate: .acceptedWith(Reply(condition))
        case .transientNegative, .permanentNegative: .refused(Reply(condition))
        }
    }

    private static func configuration(
        _ dialogue: Dialogue,
        _ primitives: any AuthenticationPrimitives
    ) throws -> ServerConfiguration {
        let role: ServerRole = dialogue.value(of: "role") == "submission" ? .submission : .mx
        let tls: TLSMode =
            switch dialogue.value(of: "tls") {
            case "starttls": .startTLS
            case "implicit": .implicit
            default: .none
            }
        let names = dialogue.value(of: "mechanisms").map(words) ?? []
        var configuration = ServerConfiguration(
            hostname: dialogue.value(of: "hostname") ?? "mx.example.net",
            role: role,
            tls: tls,
            mechanisms: AuthenticationMechanism.allCases.filter { names.contains($0.name) },
            mechanismSource: ServerMechanisms(primitives: primitives, secret: Array("a secret of tests".utf8)),
            limits: try limits(dialogue)
        )
        if dialogue.value(of: "demands") == "nothing" {
            configuration.demandsTLS = false
            configuration.demandsAuthentication = false
        }
        if dialogue.value(of: "clear-passwords") != nil { configuration.protectsPasswords = false }
        if dialogue.value(of: "adds-sender") != nil { configuration.addsSender = true }
        return configuration
    }

    private static let bounds: [String: any WritableKeyPath<ServerLimits, Int> & Sendable] = [
        "commandLine": \.commandLine,
        "authenticationLine": \.authenticationLine,
        "discardedLine": \.discardedLine,
        "textLine": \.textLine,
        "messageSize": \.messageSize,
        "recipients": \.recipients,
        "transactions": \.transactions,
        "commands": \.commands,
        "idleCommands": \.idleCommands,
        "errors": \.errors,
        "refusedRecipients": \.refusedRecipients,
        "authenticationFailures": \.authenticationFailures,
        "authenticationRounds": \.authenticationRounds,
        "hops": \.hops,
        "minimumContent": \.minimumContent,
    ]

    private static func limits(_ dialogue: Dialogue) throws -> ServerLimits {
        var limits = ServerLimits()
        for line in dialogue.values(of: "limit") {
            let words = words(line)
            guard words.count == 2, let bound = bounds[words[0]], let value = Int(words[1]) else {
                throw Unscriptable("limit \(line)")
            }
            limits[keyPath: bound] = value
        }
        return limits
    }
}
