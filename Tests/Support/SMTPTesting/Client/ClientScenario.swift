import MailFormat
package import SMTPProtocol
import StatusCodes

/// The world of a client dialogue: how the session is set up, and which messages its owner hands over.
///
/// ```text
/// ? from alice@example.org              begins a message; `<>` is the null reverse-path
/// ? to bob@example.net NOTIFY=SUCCESS   a recipient, with NOTIFY= and ORCPT=type;address
/// ? mail BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=id      what the message's MAIL said
/// ? content Subject: x\n\n.dot\n        its content, \n for CRLF, \l for a bare LF, \r for a bare CR; repeated: appended
/// ? tls never | opportunistic | mandatory | implicit   default: never
/// ? login account password              a smart host; `? login-in-clear` permits PLAIN without TLS
/// ? dialect lmtp
/// ? withhold CHUNKING                   an extension that is not to be used
/// ? one-by-one                          a message is handed over only when the one before has its report
/// ? keep                                the owner does not close when all is reported
/// ```
///
/// Words that hold of it: `state`, `m1`, `m2` … (outcomes by recipient, joined by `; `), `end` and `tls`.
package struct ClientScenario: Sendable {
    /// A message to be sent.
    package struct Message: Sendable {
        /// Its envelope and needs.
        package var transaction: ClientTransaction
        /// Its octets.
        package var content: [UInt8]
    }

    /// How the session behaves.
    package var settings: ClientSettings
    /// What is to be sent.
    package var messages: [Message]
    /// Whether messages are handed over one after the other.
    package var isOneByOne: Bool
    /// Whether the owner keeps the session open.
    package var isKept: Bool

    /// Reads the world of a dialogue.
    package init(_ dialogue: Dialogue, primitives: any AuthenticationPrimitives) throws {
        self.settings = ClientSettings(heloName: dialogue.value(of: "helo") ?? "client.example.org", tls: .never)
        self.messages = []
        self.isOneByOne = dialogue.value(of: "one-by-one") != nil
        self.isKept = dialogue.value(of: "keep") != nil
        var drafts: [MessageDraft] = []
        for (word, value) in dialogue.world {
            switch word {
            case "from": drafts.append(MessageDraft(reversePath: value == "<>" ? "" : value))
            case "to", "mail", "content":
                guard !drafts.isEmpty else { throw ClientScenarioError(text: "`? \(word)` before `? from`") }
                try drafts[drafts.count - 1].read(word, value)
            default: try read(word, value, primitives)
            }
        }
        self.messages = try drafts.map { try $0.message() }
    }

    private mutating func read(_ word: String, _ value: String, _ primitives: any AuthenticationPrimitives) throws {
        switch word {
        case "tls": settings.tls = try Self.tlsUse(value)
        case "dialect": settings.dialect = value == "lmtp" ? .lmtp : .smtp
        case "withhold": settings.withheld.insert(try Self.peerExtension(value))
        case "login":
            let words = value.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw ClientScenarioError(text: "`? login account password`") }
            let credentials = ClientCredentials(account: words[0], password: Array(words[1].utf8))
            settings.login = ClientLogin(credentials: credentials, primitives: primitives)
        case "login-in-clear": settings.login?.permitsClearText = true
        case "helo", "one-by-one", "keep", "machine-only": break
        default: throw ClientScenarioError(text: "no word `\(word)` in a client's world")
        }
    }

    private static func tlsUse(_ value: String) throws -> ClientSettings.TLSUse {
        switch value {
        case "never": return .never
        case "opportunistic": return .opportunistic
        case "mandatory": return .mandatory
        case "implicit": return .implicit
        default: throw ClientScenarioError(text: "no use of TLS is called `\(value)`")
        }
    }

    private static func peerExtension(_ value: String) throws -> PeerExtensions {
        switch value {
        case "CHUNKING": return .chunking
        case "PIPELINING": return .pipelining
        case "DSN": return .dsn
        case "STARTTLS": return .startTLS
        default: throw ClientScenarioError(text: "`\(value)` is not withheld by any fixture")
        }
    }
}

/// A world that makes no sense.
package struct ClientScenarioError: Error, CustomStringConvertible {
    let text: String
    /// What is wrong with it.
    package var description: String { text }
}

/// A message while its lines are read.
private struct MessageDraft {
    let reversePath: String
    var recipients: [String] = []
    var mail: [String] = []
    var content: [UInt8] = []

    init(reversePath: String) { self.reversePath = reversePath }

    mutating func read(_ word: String, _ value: String) throws {
        switch word {
        case "to": recipients.append(value)
        case "mail": mail += value.split(separator: " ").map(String.init)
        default: content += try Self.unescaped(value)
        }
    }

    func message() throws -> ClientScenario.Message {
        var arena: [UInt8] = []
        var envelope = Envelope(arena: [], reversePath: arena.add(reversePath), recipients: [])
        for line in recipients { envelope.recipients.append(try Self.recipient(line, &arena)) }
        for word in mail {
            switch word {
            case "BODY=8BITMIME": envelope.body = .eightBitMIME
            case "BODY=BINARYMIME": envelope.body = .binaryMIME
            case "SMTPUTF8": envelope.smtpUTF8 = true
            case "RET=FULL": envelope.returned = .full
            case "RET=HDRS": envelope.returned = .headers
            default:
                guard word.hasPrefix("ENVID=") else { throw ClientScenarioError(text: "`? mail \(word)`") }
                envelope.envelopeID = arena.add(String(word.dropFirst(6)))
            }
        }
        envelope.arena = arena
        let octets = content.isEmpty ? Array("Subject: test\r\n\r\nHello.\r\n".utf8) : content
        let needs = ContentNeeds(byteCount: octets.count, declaredIn: envelope)
        return ClientScenario.Message(
            transaction: ClientTransaction(envelope: envelope, content: needs),
            content: octets
        )
    }

    private static func recipient(_ line: String, _ arena: inout [UInt8]) throws -> Envelope.Recipient {
        let words = line.split(separator: " ").map(String.init)
        let address = words[0]
        let range = arena.add(address)
        let at = address.utf8.lastIndex(of: UInt8(ascii: "@"))
        let domainLength = at.map { address.utf8.distance(from: $0, to: address.utf8.endIndex) - 1 } ?? 0
        var recipient = Envelope.Recipient(
            address: range,
            domain: ByteRange(Int(range.end) - domainLength, Int(range.end))
        )
        for word in words.dropFirst() {
            if word.hasPrefix("NOTIFY=") {
                recipient.notify = notify(word.dropFirst(7))
            } else if word.hasPrefix("ORCPT=") {
                recipient.originalRecipient = arena.add(String(word.dropFirst(6)))
            } else {
                throw ClientScenarioError(text: "`? to … \(word)`")
            }
        }
        return recipient
    }

    private static func notify(_ text: Substring) -> Notify {
        var notify: Notify = []
        if text.contains("SUCCESS") { notify.insert(.success) }
        if text.contains("FAILURE") { notify.insert(.failure) }
        if text.contains("DELAY") { notify.insert(.delay) }
        return notify
    }

    /// `\n` CRLF, `\l` LF, `\r` CR, `\(text*N)` a text N times.
    private static func unescaped(_ text: String) throws -> [UInt8] {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "\\") else {
                octets.append(octet)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): octets += [0x0D, 0x0A]
            case UInt8(ascii: "l"): octets.append(0x0A)
            case UInt8(ascii: "r"): octets.append(0x0D)
            case UInt8(ascii: "("):
                guard let close = rest.firstIndex(of: UInt8(ascii: ")")),
                    let star = rest[..<close].lastIndex(of: UInt8(ascii: "*")),
                    let count = Int(String(decoding: rest[(star + 1)..<close], as: UTF8.self))
                else { throw ClientScenarioError(text: "\\(text*N)") }
                let once = try unescaped(String(decoding: rest[..<star], as: UTF8.self))
                for _ in 0..<count { octets += once }
                rest = rest[(close + 1)...]
            default: throw ClientScenarioError(text: "known escapes are \\n \\l \\r \\(text*N)")
            }
        }
        return octets
    }
}

extension [UInt8] {
    fileprivate mutating func add(_ text: String) -> ByteRange {
        let start = count
        append(contentsOf: text.utf8)
        return ByteRange(start, count)
    }
}
