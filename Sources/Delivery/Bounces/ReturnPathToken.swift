public import MailFormat
public import SMTPProtocol

/// What a return-path of ours stands for: one recipient of one message, and the day on which it was made.
///
/// `b-01m5x2k8q4r7t0000m1q9…@bounces.example.net`: a mark, the message's id, the recipient's place, the day, and the first
/// 128 bits of an HMAC-SHA256 over these (`docs/design/rulings.md` §5), in base 32. Hosts on the way may change the case
/// of it, so case means nothing.
public struct ReturnPathToken: Hashable, Sendable {
    /// Whose return-path it is.
    public let recipient: RecipientID
    /// Days since 1970-01-01.
    public let day: Int64

    /// Makes a token for a day.
    init(recipient: RecipientID, day: Int64) {
        self.recipient = recipient
        self.day = day
    }

    /// What stands before a token.
    ///
    /// No VERP of others and no local part of a person's begins like that and then has 47 characters of base 32.
    static let mark = "b-"
    /// 13 characters of message, 4 of recipient, 4 of day, 26 of the signature.
    static let length = 47
}

/// Makes and checks the return-paths by which a late report finds the message that it is about.
public struct ReturnPathSigner: Sendable {
    /// The domain of the return-paths, lower case.
    public let domain: String
    /// The first one signs, all of them check: so a key can be replaced.
    private let keys: [[UInt8]]
    private let primitives: any AuthenticationPrimitives

    /// For how long a return-path is good.
    public static let lifetimeDays: Int64 = 30
    /// The shortest key in octets.
    public static let leastKey = 16
    /// Recipients beyond this place in an envelope have no token: a place has 20 bits.
    static let mostRecipients: Int32 = 1 << 20

    /// Makes a signer; there must be a key.
    public init(domain: String, keys: [[UInt8]], primitives: any AuthenticationPrimitives) {
        precondition(!keys.isEmpty, "somebody has to sign")
        self.domain = domain.lowercased()
        self.keys = keys
        self.primitives = primitives
    }

    /// The return-path of a recipient; nil for one beyond those that a token can name.
    public func returnPath(of recipient: RecipientID, at now: Timestamp) -> String? {
        guard (0..<Self.mostRecipients).contains(recipient.index) else { return nil }
        let body = Self.body(ReturnPathToken(recipient: recipient, day: Self.day(now)))
        return "\(ReturnPathToken.mark)\(body)\(signature(of: body, by: keys[0]))@\(domain)"
    }

    /// What the local part of an address in our domain is.
    public enum Verdict: Hashable, Sendable {
        /// A return-path that we made.
        case valid(ReturnPathToken)
        /// One that we made too long ago.
        case expired(ReturnPathToken)
        /// It looks like one, and we did not make it.
        case forged
        /// Something else.
        case other
    }

    /// Judges a local part.
    public func verdict(onLocalPart text: some StringProtocol, at now: Timestamp) -> Verdict {
        let lower = text.lowercased()
        guard lower.utf8.starts(with: ReturnPathToken.mark.utf8) else { return .other }
        let characters = String(lower.dropFirst(ReturnPathToken.mark.count))
        guard characters.utf8.count == ReturnPathToken.length else { return .forged }
        let body = String(characters.prefix(21))
        let given = Array(characters.dropFirst(21).utf8)
        // All keys are tried, and all octets compared: how long it takes says nothing about either.
        let isOurs = keys.reduce(false) { found, key in
            primitives.isEqual(Array(signature(of: body, by: key).utf8), given) || found
        }
        guard isOurs, let token = Self.token(body) else { return .forged }
        return Self.day(now) - token.day > Self.lifetimeDays ? .expired(token) : .valid(token)
    }

    /// Judges an address: nil when it is not in our domain.
    public func verdict(on address: some StringProtocol, at now: Timestamp) -> Verdict? {
        guard let at = address.lastIndex(of: "@"), address[address.index(after: at)...].lowercased() == domain else {
            return nil
        }
        return verdict(onLocalPart: address[..<at], at: now)
    }

    /// The first return-path of ours that stands anywhere in some bytes and is still good; nil when there is none.
    ///
    /// Whoever quotes one has got it: reports name it in many fields, and no field of theirs is trusted more than another.
    public func token(in bytes: Span<UInt8>, at now: Timestamp) -> ReturnPathToken? {
        let local = ReturnPathToken.mark.utf8.count + ReturnPathToken.length
        let name = Array(domain.utf8)
        var checked = 0
        var offset = local
        while offset + name.count < bytes.count, checked < Self.mostCandidates {
            defer { offset += 1 }
            guard bytes[offset] == UInt8(ascii: "@"), Self.hasName(name, bytes, at: offset + 1) else { continue }
            checked += 1
            let text = String(decoding: bytes.copy(ByteRange(offset - local, offset)), as: UTF8.self)
            if case .valid(let token) = verdict(onLocalPart: text, at: now) { return token }
        }
        return nil
    }

    /// Signatures that are checked in one mail: more addresses of our domain are no report.
    private static let mostCandidates = 64

    private static func hasName(_ name: [UInt8], _ bytes: Span<UInt8>, at start: Int) -> Bool {
        for position in name.indices where FoldedIndex.folded(bytes[start + position]) != name[position] {
            return false
        }
        return true
    }

    private static func day(_ now: Timestamp) -> Int64 { now.seconds / 86_400 }

    private func signature(of body: String, by key: [UInt8]) -> String {
        let mac = primitives.hmacSHA256(key: key, Array("martlet return-path 1\0\(body)".utf8))
        return Base32.text(of: mac.prefix(16))
    }

    private static func body(_ token: ReturnPathToken) -> String {
        let place = Base32.text(of: UInt64(token.recipient.index), characters: 4)
        return "\(token.recipient.message)\(place)\(Base32.text(of: UInt64(token.day), characters: 4))"
    }

    private static func token(_ body: String) -> ReturnPathToken? {
        guard let message = MessageID(body.prefix(13)), let index = Base32.number(body.dropFirst(13).prefix(4)),
            let day = Base32.number(body.dropFirst(17))
        else { return nil }
        return ReturnPathToken(recipient: RecipientID(message: message, index: Int32(index)), day: Int64(day))
    }
}

/// Numbers and octets in the characters of `MessageID`: digits and lower-case letters without i, l, o, u.
enum Base32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// The low bits of a number, the highest first.
    static func text(of number: UInt64, characters: Int) -> String {
        String(
            decoding: (0..<characters).map { alphabet[Int(number >> UInt64(5 * (characters - 1 - $0))) & 31] },
            as: UTF8.self
        )
    }

    /// Octets, the last character padded with zero bits.
    static func text(of octets: some Sequence<UInt8>) -> String {
        var characters: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for octet in octets {
            bits = bits << 8 | UInt32(octet)
            count += 8
            while count >= 5 {
                count -= 5
                characters.append(alphabet[Int(bits >> UInt32(count)) & 31])
            }
        }
        if count > 0 { characters.append(alphabet[Int(bits << UInt32(5 - count)) & 31]) }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Reads a number of at most twelve characters; nil when one of them is none of ours.
    static func number(_ text: some StringProtocol) -> UInt64? {
        var value: UInt64 = 0
        for byte in text.utf8 {
            guard let digit = alphabet.firstIndex(of: byte) else { return nil }
            value = value << 5 | UInt64(digit)
        }
        return value
    }
}
