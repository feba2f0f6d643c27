import StatusCodes

/// The server's half of SCRAM-SHA-256 (RFC 5802, RFC 7677 §3), without channel binding.
///
/// ```
/// C: n,,n=user,r=CLIENTNONCE                 → ask the directory for the verifier
/// S: r=CLIENTNONCE+SERVERNONCE,s=SALT,i=4096
/// C: c=biws,r=CLIENTNONCE+SERVERNONCE,p=PROOF  → tell the directory whether it was right
/// S: v=SIGNATURE
/// C: (empty)                                 → succeeded
/// ```
struct SCRAMServer: ServerMechanism {
    /// What the first message said.
    private struct Opening {
        let identity: String
        let header: [UInt8]
        let bare: [UInt8]
        let clientNonce: [UInt8]
    }

    /// The challenge is out.
    private struct Challenge {
        let opening: Opening
        let serverFirst: [UInt8]
        let nonce: [UInt8]
        let verifier: SCRAMVerifier
        /// An invented verifier: no proof is right.
        let isDecoy: Bool
    }

    private enum State {
        case ready
        case awaitingFirst
        case awaitingVerifier(Opening)
        case awaitingFinal(Challenge)
        case awaitingVerdict(signature: [UInt8])
        case awaitingEnd(account: String)
        case finished
    }

    private let primitives: any AuthenticationPrimitives
    private let decoy: SCRAMDecoy
    private var state = State.ready

    init(primitives: any AuthenticationPrimitives, decoy: SCRAMDecoy) {
        self.primitives = primitives
        self.decoy = decoy
    }

    mutating func begin(_ initialResponse: [UInt8]?) -> AuthenticationStep {
        guard case .ready = state else { return outOfOrder() }
        guard let initialResponse else {
            state = .awaitingFirst
            return .challenge([])
        }
        return firstReceived(initialResponse)
    }

    mutating func responded(_ response: [UInt8]) -> AuthenticationStep {
        switch state {
        case .awaitingFirst: return firstReceived(response)
        case .awaitingFinal(let challenge): return finalReceived(response, challenge)
        case .awaitingEnd(let account):
            // RFC 5802 §5 ends with the server's signature; RFC 4954 §4 makes that a challenge, answered by nothing.
            guard response.isEmpty else { return refuse() }
            state = .finished
            return .succeeded(account: account)
        case .ready, .awaitingVerifier, .awaitingVerdict, .finished: return outOfOrder()
        }
    }

    mutating func answered(_ answer: AuthenticationAnswer) -> AuthenticationStep {
        switch (state, answer) {
        case (.awaitingVerifier(let opening), .verifier(let verifier)):
            return challenge(opening, verifier, isDecoy: false)
        case (.awaitingVerifier(let opening), .refused(AuthenticationRefusal(.credentialsInvalid))):
            return challenge(opening, decoy.verifier(for: opening.identity, primitives), isDecoy: true)
        case (.awaitingVerdict(let signature), .accepted(let account)):
            state = .awaitingEnd(account: account)
            return .challenge(signature)
        case (.awaitingVerifier, .refused(let refusal)), (.awaitingVerdict, .refused(let refusal)):
            state = .finished
            return .failed(refusal)
        case (.awaitingVerifier, .accepted), (.awaitingVerdict, .verifier),
            (.ready, _), (.awaitingFirst, _), (.awaitingFinal, _), (.awaitingEnd, _), (.finished, _):
            return outOfOrder()
        }
    }

    /// Reads `client-first-message = gs2-header client-first-message-bare` (RFC 5802 §7).
    private mutating func firstReceived(_ message: [UInt8]) -> AuthenticationStep {
        guard let opening = read(message) else { return refuse() }
        state = .awaitingVerifier(opening)
        return .ask(.scramVerifier(identity: opening.identity))
    }

    private func read(_ message: [UInt8]) -> Opening? {
        guard message.count <= AuthenticationLimits.scramMessage else { return nil }
        // gs2-header = gs2-cbind-flag "," [ authzid ] ","
        let parts = message.split(separator: UInt8(ascii: ","), maxSplits: 2, omittingEmptySubsequences: false)
        // "y" is fine: the client could bind and believes that we cannot, which is so. "p=" names a binding that we
        // did not offer (RFC 5802 §6).
        guard parts.count == 3, parts[0].elementsEqual("n".utf8) || parts[0].elementsEqual("y".utf8) else { return nil }
        // A mandatory extension ("m=") comes first and is refused by the name of the first attribute (RFC 5802 §5.1).
        guard let attributes = SCRAMAttributes(parts[2]), let name = attributes.value(at: 0, named: "n"),
            let nonce = attributes.value(at: 1, named: "r"), SCRAMAttributes.isNonce(nonce),
            let plain = SCRAMAttributes.unescape(name), plain.count <= AuthenticationLimits.account,
            let identity = primitives.preparedName(plain)
        else { return nil }
        guard isSelf(parts[1], identity) else { return nil }
        return Opening(
            identity: identity,
            header: Array(message[..<parts[2].startIndex]),
            bare: Array(parts[2]),
            clientNonce: Array(nonce)
        )
    }

    /// `authzid = "a=" saslname`: nobody may act for somebody else.
    private func isSelf(_ authorization: ArraySlice<UInt8>, _ identity: String) -> Bool {
        guard !authorization.isEmpty else { return true }
        guard authorization.starts(with: "a=".utf8),
            let plain = SCRAMAttributes.unescape(authorization.dropFirst(2)),
            plain.count <= AuthenticationLimits.account
        else { return false }
        return primitives.preparedName(plain) == identity
    }

    private mutating func challenge(
        _ opening: Opening,
        _ verifier: SCRAMVerifier,
        isDecoy: Bool
    ) -> AuthenticationStep {
        let nonce = opening.clientNonce + primitives.nonce()
        let serverFirst =
            Array("r=".utf8) + nonce + Array(",s=".utf8) + SASLBase64.encode(verifier.salt)
            + Array(",i=\(verifier.iterations)".utf8)
        state = .awaitingFinal(
            Challenge(
                opening: opening,
                serverFirst: serverFirst,
                nonce: nonce,
                verifier: verifier,
                isDecoy: isDecoy
            )
        )
        return .challenge(serverFirst)
    }

    /// Reads `client-final-message-without-proof "," proof` (RFC 5802 §7) and checks the proof (§3).
    private mutating func finalReceived(_ message: [UInt8], _ challenge: Challenge) -> AuthenticationStep {
        guard let attributes = SCRAMAttributes(message[...]),
            let binding = attributes.value(at: 0, named: "c"),
            let nonce = attributes.value(at: 1, named: "r"),
            let encodedProof = attributes.value(at: attributes.list.count - 1, named: "p"),
            let proof = SASLBase64.decode(Array(encodedProof).span)
        else { return refuse() }
        // RFC 5802 §5.1: the header of the first message again, so that nobody could change the binding flag.
        guard binding.elementsEqual(SASLBase64.encode(challenge.opening.header)), nonce.elementsEqual(challenge.nonce)
        else { return refuse() }
        // encodedProof begins after ",p=", which is no part of the signed text.
        let withoutProof = message[..<(encodedProof.startIndex - 3)]
        let comma = [UInt8(ascii: ",")]
        let signed = challenge.opening.bare + comma + challenge.serverFirst + comma + withoutProof
        let signature = primitives.hmacSHA256(key: challenge.verifier.storedKey, signed)
        let clientKey = SCRAMKeys.exclusiveOr(proof, signature)
        // Computed for decoys too: time must not tell them apart.
        let isProven =
            primitives.isEqual(primitives.sha256(clientKey), challenge.verifier.storedKey)
            && proof.count == signature.count
        let answer = primitives.hmacSHA256(key: challenge.verifier.serverKey, signed)
        state = .awaitingVerdict(signature: Array("v=".utf8) + SASLBase64.encode(answer))
        return .ask(.scramProof(identity: challenge.opening.identity, isRight: isProven && !challenge.isDecoy))
    }

    private mutating func refuse() -> AuthenticationStep {
        state = .finished
        return .failed(AuthenticationRefusal(.credentialsInvalid))
    }

    private mutating func outOfOrder() -> AuthenticationStep {
        state = .finished
        return .outOfOrder
    }
}

/// What unknown accounts are challenged with, so that they look like known ones.
struct SCRAMDecoy: Sendable {
    /// Known to nobody, the same across restarts: an account must not change its salt.
    let secret: [UInt8]
    /// The rounds that real accounts have.
    let iterations: Int

    func verifier(for identity: String, _ primitives: any AuthenticationPrimitives) -> SCRAMVerifier {
        func derive(_ purpose: String) -> [UInt8] {
            primitives.hmacSHA256(key: secret, Array("\(purpose) \(identity)".utf8))
        }
        return SCRAMVerifier(
            account: identity,
            salt: Array(derive("salt").prefix(SCRAMVerifier.saltLength)),
            iterations: iterations,
            storedKey: derive("stored key"),
            serverKey: derive("server key")
        )
    }
}

extension SCRAMVerifier {
    /// Octets of the salts that we make; decoys have as many.
    public static let saltLength = 16
    /// PBKDF2 rounds of the verifiers that we make (RFC 7677 §4: at least 4096); decoys have as many.
    public static let defaultIterations = 10_000
}
