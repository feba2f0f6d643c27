import SMTPProtocol
import SMTPTransport
import Testing

@Suite struct CryptoPrimitivesTests {
    private let primitives = CryptoPrimitives()

    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// RFC 6234 §8.5, test 1.
    @Test func `SHA-256 is that of the RFC`() {
        #expect(
            hex(primitives.sha256(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
    }

    /// RFC 4231 §4.3, test case 2.
    @Test func `HMAC is that of the RFC`() {
        #expect(
            hex(primitives.hmacSHA256(key: Array("Jefe".utf8), Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
    }

    /// RFC 7914 §11, first 32 octets of its two vectors.
    @Test(
        arguments: [
            ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
            ("Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"),
        ])
    func `PBKDF2 is that of the RFC`(password: String, salt: String, iterations: Int, expected: String) {
        let result = primitives.pbkdf2SHA256(
            password: Array(password.utf8),
            salt: Array(salt.utf8),
            iterations: iterations
        )
        #expect(hex(result) == expected)
    }

    @Test func `Equality looks at everything`() {
        #expect(primitives.isEqual([], []))
        #expect(primitives.isEqual([1, 2, 3], [1, 2, 3]))
        #expect(!primitives.isEqual([1, 2, 3], [1, 2, 4]))
        #expect(!primitives.isEqual([0, 2, 3], [1, 2, 3]))
        #expect(!primitives.isEqual([1, 2], [1, 2, 3]))
    }

    @Test func `Nonces differ and can stand in a message`() {
        let nonces = (0..<100).map { _ in primitives.nonce() }
        #expect(Set(nonces).count == 100)
        #expect(nonces.allSatisfy { nonce in nonce.count == 24 && !nonce.contains(UInt8(ascii: ",")) })
    }

    /// RFC 4013 §3, and each table once.
    @Test(
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
            ("e\u{301}", "\u{E9}"), ("a\u{A0}b", "a b"), ("a\u{3000}b", "a b"), ("\u{FB01}", "fi"),
            ("a\u{200B}b", "ab"),
            ("пароль", "пароль"), ("密码", "密码"),
        ])
    func `Preparation maps`(text: String, expected: String) {
        #expect(primitives.prepare(Array(text.utf8)) == Array(expected.utf8))
    }

    @Test(
        arguments: [
            "\u{7}", "a\u{7F}", "ä\u{7}", "ä\u{85}", "ä\u{E000}", "ä\u{FFFF}", "ä\u{FFFD}", "ä\u{2FF0}", "ä\u{200E}",
            "ä\u{E0001}", "ä\u{1FFFE}", "ä\u{2028}",
        ])
    func `Preparation refuses`(text: String) {
        #expect(primitives.prepare(Array(text.utf8)) == nil)
    }

    @Test func `Preparation refuses what is not UTF-8`() {
        #expect(primitives.prepare([0xC3, 0x28]) == nil)
        #expect(primitives.prepare([0xFF]) == nil)
    }

    @Test func `Both sides of SCRAM agree on it`() throws {
        let password = Array("pässword".utf8)
        let verifier = try #require(
            SCRAMVerifier(
                account: "user",
                password: password,
                salt: Array("salt".utf8),
                iterations: 4096,
                primitives: primitives
            )
        )
        var server = ServerMechanisms(primitives: primitives, secret: [1]).make(.scramSHA256)
        let credentials = ClientCredentials(account: "user", password: Array("pa\u{308}ssword".utf8))
        var client = try #require(credentials.mechanism(.scramSHA256, primitives: primitives))
        _ = server.begin(client.begin())
        guard case .challenge(let first) = server.answered(.verifier(verifier)),
            case .derive(let derivation) = client.challenged(first),
            case .respond(let proof) = client.derived(derivation.run(primitives)),
            case .ask(.scramProof(_, let isRight)) = server.responded(proof),
            case .challenge(let signature) = server.answered(.accepted(account: "user")),
            case .respond(let end) = client.challenged(signature),
            case .succeeded(let account) = server.responded(end)
        else {
            Issue.record("the exchange broke")
            return
        }
        let isServerProven = client.completed()
        #expect(isRight)
        #expect(isServerProven)
        #expect(account == "user")
    }
}
