/// The client's half of SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding.
struct SCRAMClient: ClientMechanism, CustomStringConvertible {
    /// The server's challenge is read; the salted password is being made.
    private struct Challenge {
        let serverFirst: [UInt8]
        let nonce: [UInt8]
    }

    private enum State {
        case ready
        case awaitingFirst
        case awaitingDerivation(Challenge)
        case awaitingFinal(expected: [UInt8])
        case proven
        case finished
    }

    private let password: [UInt8]
    private let bare: [UInt8]
    private let nonce: [UInt8]
    private let primitives: any AuthenticationPrimitives
    private var state = State.ready

    /// "n": we cannot bind channels; no authzid (RFC 5802 §7).
    private static let header = Array("n,,".utf8)

    init(account: [UInt8], password: [UInt8], primitives: any AuthenticationPrimitives) {
        self.password = password
        self.primitives = primitives
        self.nonce = primitives.nonce()
        self.bare = Array("n=".utf8) + SCRAMAttributes.escape(account) + Array(",r=".utf8) + nonce
    }

    mutating func begin() -> [UInt8]? {
        state = .awaitingFirst
        return Self.header + bare
    }

    mutating func challenged(_ challenge: [UInt8]) -> ClientAuthenticationStep {
        switch state {
        case .awaitingFirst where challenge.isEmpty:
            // A server that did not take the initial response (RFC 4954 §4).
            return .respond(Self.header + bare)
        case .awaitingFirst: return firstReceived(challenge)
        case .awaitingFinal(let expected): return finalReceived(challenge, expected)
        case .ready, .awaitingDerivation, .proven, .finished: return abort(.malformedChallenge)
        }
    }

    mutating func derived(_ saltedPassword: [UInt8]) -> ClientAuthenticationStep {
        guard case .awaitingDerivation(let challenge) = state else { return abort(.malformedChallenge) }
        let keys = SCRAMKeys(saltedPassword: saltedPassword, primitives: primitives)
        let withoutProof =
            Array("c=".utf8) + SASLBase64.encode(Self.header) + Array(",r=".utf8) + challenge.nonce
        let comma = [UInt8(ascii: ",")]
        let signed = bare + comma + challenge.serverFirst + comma + withoutProof
        let signature = primitives.hmacSHA256(key: keys.storedKey, signed)
        state = .awaitingFinal(expected: primitives.hmacSHA256(key: keys.serverKey, signed))
        let proof = SASLBase64.encode(SCRAMKeys.exclusiveOr(keys.clientKey, signature))
        return .respond(withoutProof + Array(",p=".utf8) + proof)
    }

    mutating func completed() -> Bool {
        defer { state = .finished }
        return if case .proven = state { true } else { false }
    }

    /// Reads `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count` (RFC 5802 §7).
    private mutating func firstReceived(_ message: [UInt8]) -> ClientAuthenticationStep {
        guard let attributes = SCRAMAttributes(message[...]), let nonce = attributes.value(at: 0, named: "r"),
            let encodedSalt = attributes.value(at: 1, named: "s"),
            let count = attributes.value(at: 2, named: "i").flatMap(SCRAMAttributes.number),
            let salt = SASLBase64.decode(Array(encodedSalt).span), salt.count <= AuthenticationLimits.salt
        else { return abort(.malformedChallenge) }
        // RFC 5802 §5.1: our nonce and then something of the server's own, or an old exchange is being replayed.
        guard SCRAMAttributes.isNonce(nonce), nonce.starts(with: self.nonce), nonce.count > self.nonce.count else {
            return abort(.malformedChallenge)
        }
        guard AuthenticationLimits.iterations.contains(count) else { return abort(.iterationsOutOfBounds) }
        state = .awaitingDerivation(Challenge(serverFirst: message, nonce: Array(nonce)))
        return .derive(SCRAMDerivation(password: password, salt: salt, iterations: count))
    }

    /// Reads `server-final-message = (server-error / verifier)` and checks the server's signature (RFC 5802 §5).
    private mutating func finalReceived(_ message: [UInt8], _ expected: [UInt8]) -> ClientAuthenticationStep {
        guard let attributes = SCRAMAttributes(message[...]), let encoded = attributes.value(at: 0, named: "v"),
            let signature = SASLBase64.decode(Array(encoded).span), primitives.isEqual(signature, expected)
        else { return abort(.serverNotProven) }
        state = .proven
        return .respond([])
    }

    private mutating func abort(_ error: ClientAuthenticationError) -> ClientAuthenticationStep {
        state = .finished
        return .abort(error)
    }

    var description: String { "SCRAM-SHA-256 <redacted>" }
}
