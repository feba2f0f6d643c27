import SMTPProtocol
import SMTPTesting
import StatusCodes
import Testing

@Suite struct SCRAMServerTests {
    private let primitives = TestPrimitives(fixedNonce: "SERVER")

    private func make() -> any ServerMechanism {
        ServerMechanisms(primitives: primitives, secret: bytes("secret"), iterations: 4096).make(.scramSHA256)
    }

    private func verifier(_ password: String = "pencil", iterations: Int = 2) throws -> SCRAMVerifier {
        try #require(
            SCRAMVerifier(
                account: "user@example.net",
                password: bytes(password),
                salt: bytes("saltsalt"),
                iterations: iterations,
                primitives: primitives
            )
        )
    }

    /// The client's last message, made by our own client.
    private func final(after serverFirst: String, password: String = "pencil") throws -> String {
        let client = TestPrimitives(fixedNonce: "CLIENT")
        let credentials = ClientCredentials(account: "user", password: bytes(password))
        var mechanism = try #require(credentials.mechanism(.scramSHA256, primitives: client))
        _ = mechanism.begin()
        guard case .derive(let derivation) = mechanism.challenged(bytes(serverFirst)) else { return "" }
        guard case .respond(let message) = mechanism.derived(derivation.run(client)) else { return "" }
        return String(decoding: message, as: UTF8.self)
    }

    /// RFC 7677 §3, the example exchange.
    @Test func `The exchange of RFC 7677 is reproduced`() throws {
        let rfc = TestPrimitives(fixedNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0")
        let decoded = SASLBase64.decode(bytes("W22ZaJ0SNY7soEsUEjb6gQ==").span)
        let salt = try #require(decoded)
        let verifier = try #require(
            SCRAMVerifier(
                account: "user",
                password: bytes("pencil"),
                salt: salt,
                iterations: 4096,
                primitives: rfc
            )
        )
        var server = ServerMechanisms(primitives: rfc, secret: [1]).make(.scramSHA256)
        #expect(server.begin(bytes("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")).text == "verifier user")
        #expect(
            server.answered(.verifier(verifier)).text
                == "challenge r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        )
        #expect(
            server.responded(
                bytes(
                    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
                )
            ).text == "proof user true"
        )
        #expect(
            server.answered(.accepted(account: "user")).text
                == "challenge v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        )
        #expect(server.responded([]).text == "succeeded user")
    }

    /// RFC 7677 §3, the same exchange from the other side.
    @Test func `The client of RFC 7677 is reproduced`() throws {
        let rfc = TestPrimitives(fixedNonce: "rOprNGfwEbeRWgbNEkqO")
        let credentials = ClientCredentials(account: "user", password: bytes("pencil"))
        var client = try #require(credentials.mechanism(.scramSHA256, primitives: rfc))
        #expect(client.begin() == bytes("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"))
        let step = client.challenged(
            bytes("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
        )
        guard case .derive(let derivation) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(!"\(derivation)".contains("pencil"))
        #expect(
            client.derived(derivation.run(rfc)).text
                == "respond c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        )
        #expect(client.challenged(bytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")).text == "respond ")
        let isDone1 = client.completed()
        #expect(isDone1)
    }

    @Test func `A wrong password is told to the directory and refused`() throws {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        let first = server.answered(.verifier(try verifier("other", iterations: 4096))).text.dropFirst(10)
        #expect(server.responded(bytes(try final(after: String(first)))).text == "proof user false")
        #expect(server.answered(.refused(AuthenticationRefusal(.credentialsInvalid))).text == invalid)
    }

    @Test func `An unknown user sees a salt that never changes, and no proof is right`() throws {
        var salts: Set<String> = []
        for _ in 0..<2 {
            var server = make()
            _ = server.begin(bytes("n,,n=nobody,r=CLIENT"))
            let step = server.answered(.refused(AuthenticationRefusal(.credentialsInvalid)))
            salts.insert(step.text)
            #expect(step.text.hasPrefix("challenge r=CLIENTSERVER,s="))
            #expect(step.text.hasSuffix("==,i=4096"))  // 16 octets of salt
            let proof = try final(after: String(step.text.dropFirst(10)))
            #expect(server.responded(bytes(proof)).text == "proof nobody false")
            #expect(server.answered(.refused(AuthenticationRefusal(.credentialsInvalid))).text == invalid)
        }
        #expect(salts.count == 1)
        var other = make()
        _ = other.begin(bytes("n,,n=somebody,r=CLIENT"))
        let another = other.answered(.refused(AuthenticationRefusal(.credentialsInvalid))).text
        #expect(!salts.contains(another))
    }

    @Test func `A user without verifier must log in once with a plain mechanism, 432 4.7.12`() {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        #expect(
            server.answered(.refused(AuthenticationRefusal(.passwordTransition))).text
                == "failed 4.7.12-password-transition"
        )
        #expect(Condition.passwordTransition.replyCode.rawValue == 432)
    }

    @Test func `A closed account is told so only after the right proof`() throws {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        let first = server.answered(.verifier(try verifier(iterations: 4096))).text.dropFirst(10)
        #expect(server.responded(bytes(try final(after: String(first)))).text == "proof user true")
        #expect(
            server.answered(.refused(AuthenticationRefusal(.accountDisabled))).text == "failed 5.7.13-account-disabled"
        )
    }

    @Test(
        arguments: [
            ("n,,n=user,r=CLIENT", "verifier user"), ("y,,n=user,r=CLIENT", "verifier user"),
            ("n,a=user,n=user,r=CLIENT", "verifier user"), ("n,,n=a=2Cb=3Dc,r=CLIENT", "verifier a,b=c"),
            ("n,,n=user,r=CLIENT,x=extension", "verifier user"), ("n,,n=e\u{301},r=CLIENT", "verifier \u{e9}"),
        ])
    func `First messages that are taken`(message: String, expected: String) {
        var direct = make()
        #expect(direct.begin(bytes(message)).text == expected)
        var prompted = make()
        #expect(prompted.begin(nil).text == "challenge ")
        #expect(prompted.responded(bytes(message)).text == expected)
    }

    @Test(
        arguments: [
            "", "n", "n,", "n,,", "n,,n=user", "n,,r=CLIENT", "n,,n=user,r=", "n,,n=,r=CLIENT",
            "n,,r=CLIENT,n=user", "p=tls-unique,,n=user,r=CLIENT", "x,,n=user,r=CLIENT", "N,,n=user,r=CLIENT",
            "n,a=other,n=user,r=CLIENT", "n,user,n=user,r=CLIENT", "n,,m=must,n=user,r=CLIENT",
            "n,,n=us=er,r=CLIENT", "n,,n=us=2cer,r=CLIENT", "n,,n=user=,r=CLIENT", "n,,n=us\0er,r=CLIENT",
            "n,,n=user,r=CLI ENT", "n,,n=user,r=CLI\u{e9}NT", "n,,n=user,r=CLIENT,,", "n,,n=user,r=CLIENT,x",
            "n,,n=user,r=" + String(repeating: "a", count: 513),
            "n,,n=" + String(repeating: "a", count: 321) + ",r=CLIENT",
            "n,,n=user,r=CLIENT" + String(repeating: ",x=y", count: 20),
            "n,,n=user,r=CLIENT,x=" + String(repeating: "a", count: 3000),
        ])
    func `First messages that are refused`(message: String) {
        var server = make()
        #expect(server.begin(bytes(message)).text == invalid)
        #expect(server.responded([]).text == outOfOrder)
    }

    @Test(
        arguments: [
            "", "c=biws", "c=biws,r=CLIENTSERVER", "r=CLIENTSERVER,c=biws,p=AAAA", "c=biws,r=CLIENTSERVER,p=",
            "c=eSws,r=CLIENTSERVER,p=AAAA", "c=biws,r=CLIENT,p=AAAA", "c=biws,r=CLIENTSERVERX,p=AAAA",
            "c=biws,r=CLIENTSERVER,p=A", "c=biws,r=CLIENTSERVER,p=AAAA,x=y", "c=,r=CLIENTSERVER,p=AAAA",
        ])
    func `Last messages that are refused`(message: String) throws {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        _ = server.answered(.verifier(try verifier()))
        #expect(server.responded(bytes(message)).text == invalid)
    }

    @Test(arguments: ["AAAA", "", String(repeating: "A", count: 44), String(repeating: "A", count: 400)])
    func `A proof of any length is only wrong`(proof: String) throws {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        _ = server.answered(.verifier(try verifier()))
        let step = server.responded(bytes("c=biws,r=CLIENTSERVER,p=\(proof)"))
        #expect(step.text == (proof.isEmpty ? invalid : "proof user false"))
    }

    @Test func `Nothing may follow the server's signature`() throws {
        var server = make()
        _ = server.begin(bytes("n,,n=user,r=CLIENT"))
        let first = server.answered(.verifier(try verifier(iterations: 4096))).text.dropFirst(10)
        _ = server.responded(bytes(try final(after: String(first))))
        let text2 = server.answered(.accepted(account: "user@example.net")).text
        #expect(text2.hasPrefix("challenge v="))
        #expect(server.responded(bytes("more")).text == invalid)
    }

    /// States: 0 ready, 1 awaiting the first message, 2 awaiting the verifier, 3 awaiting the last message, 4 awaiting
    /// the verdict, 5 awaiting the end, 6 finished.
    private func server(in state: Int) throws -> any ServerMechanism {
        var server = make()
        switch state {
        case 0: break
        case 1: _ = server.begin(nil)
        case 6: _ = server.begin([])
        default:
            _ = server.begin(bytes("n,,n=user,r=CLIENT"))
            if state > 2 { _ = server.answered(.verifier(try verifier())) }
            if state > 3 { _ = server.responded(bytes("c=biws,r=CLIENTSERVER,p=AAAA")) }
            if state > 4 { _ = server.answered(.accepted(account: "user")) }
        }
        return server
    }

    @Test(arguments: 0...6) func `Every event in every state ends or goes on`(state: Int) throws {
        var begun = try server(in: state)
        #expect((begun.begin(nil).text == "challenge ") == (state == 0))
        var responded = try server(in: state)
        let expectedAtEmpty = [1: invalid, 3: invalid, 5: "succeeded user"]
        #expect(responded.responded([]).text == expectedAtEmpty[state] ?? outOfOrder)
        var verified = try server(in: state)
        let text3 = verified.answered(.verifier(try verifier())).text
        #expect(text3.hasPrefix("challenge r=") == (state == 2))
        var accepted = try server(in: state)
        let text4 = accepted.answered(.accepted(account: "user")).text
        #expect(text4.hasPrefix("challenge v=") == (state == 4))
        var refused = try server(in: state)
        let text = refused.answered(.refused(AuthenticationRefusal(.authLockedOut))).text
        #expect(text == ([2, 4].contains(state) ? "failed 4.7.0-auth-locked-out" : outOfOrder))
    }
}
