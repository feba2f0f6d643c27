import SMTPProtocol
import SMTPTesting
import Testing

@Suite struct ClientMechanismTests {
    private let primitives = TestPrimitives(fixedNonce: "CLIENT")

    private func make(_ mechanism: AuthenticationMechanism, account: String = "user") throws -> any ClientMechanism {
        let credentials = ClientCredentials(account: account, password: bytes("secret"))
        return try #require(credentials.mechanism(mechanism, primitives: primitives))
    }

    @Test func `PLAIN sends everything at once, and again when asked`() throws {
        var client = try make(.plain)
        #expect(client.begin() == bytes("\0user\0secret"))
        #expect(client.challenged([]).text == "respond \0user\0secret")
        #expect(client.challenged(bytes("what?")).text == "abort malformedChallenge")
        let isDone1 = client.completed()
        #expect(isDone1)
    }

    @Test func `PLAIN that was never sent proves nothing`() throws {
        var client = try make(.plain)
        let isDone2 = client.completed()
        #expect(!isDone2)
        #expect(client.derived([]).text == "abort malformedChallenge")
    }

    @Test func `LOGIN answers two prompts, whatever they say`() throws {
        var client = try make(.login)
        #expect(client.begin() == nil)
        #expect(client.challenged(bytes("User Name")).text == "respond user")
        let isDone3 = client.completed()
        #expect(!isDone3)
        #expect(client.challenged([]).text == "respond secret")
        let isDone4 = client.completed()
        #expect(isDone4)
        #expect(client.challenged([]).text == "abort malformedChallenge")
        #expect(client.derived([]).text == "abort malformedChallenge")
        var early = try make(.login)
        #expect(early.challenged([]).text == "abort malformedChallenge")
    }

    @Test func `SCRAM escapes names`() throws {
        var client = try make(.scramSHA256, account: "a,b=c")
        #expect(client.begin() == bytes("n,,n=a=2Cb=3Dc,r=CLIENT"))
        #expect(client.challenged([]).text == "respond n,,n=a=2Cb=3Dc,r=CLIENT")
    }

    @Test(
        arguments: [
            ("r=CLIENTSERVER,s=c2FsdA==,i=4096", "derive 4096"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=200000,x=y", "derive 200000"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=4095", "abort iterationsOutOfBounds"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=200001", "abort iterationsOutOfBounds"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=99999999999999999999", "abort malformedChallenge"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=04096", "abort malformedChallenge"),
            ("r=CLIENTSERVER,s=c2FsdA==,i=4k", "abort malformedChallenge"),
            ("r=CLIENT,s=c2FsdA==,i=4096", "abort malformedChallenge"),
            ("r=OTHERSERVER,s=c2FsdA==,i=4096", "abort malformedChallenge"),
            ("m=must,r=CLIENTSERVER,s=c2FsdA==,i=4096", "abort malformedChallenge"),
            ("r=CLIENTSERVER,s=c2FsdA=,i=4096", "abort malformedChallenge"),
            ("r=CLIENTSERVER,i=4096,s=c2FsdA==", "abort malformedChallenge"),
            ("r=CLIENTSERVER,s=" + String(repeating: "AAAA", count: 43) + ",i=4096", "abort malformedChallenge"),
            ("e=other-error", "abort malformedChallenge"), ("nonsense", "abort malformedChallenge"),
        ])
    func `First challenges of SCRAM`(challenge: String, expected: String) throws {
        var client = try make(.scramSHA256)
        _ = client.begin()
        #expect(client.challenged(bytes(challenge)).text == expected)
        let isDone5 = client.completed()
        #expect(!isDone5)
    }

    @Test(arguments: ["v=AAAA", "e=invalid-proof", "", "v=", "x=y", "v=!!!!"])
    func `A server that does not know the password is no server of ours`(final: String) throws {
        var client = try make(.scramSHA256)
        _ = client.begin()
        _ = client.challenged(bytes("r=CLIENTSERVER,s=c2FsdA==,i=4096"))
        _ = client.derived([UInt8](repeating: 7, count: 32))
        #expect(client.challenged(bytes(final)).text == "abort serverNotProven")
        let isDone6 = client.completed()
        #expect(!isDone6)
    }

    @Test func `235 before the server's proof is an impostor's`() throws {
        var client = try make(.scramSHA256)
        _ = client.begin()
        let isDone7 = client.completed()
        #expect(!isDone7)
        var later = try make(.scramSHA256)
        _ = later.begin()
        _ = later.challenged(bytes("r=CLIENTSERVER,s=c2FsdA==,i=4096"))
        _ = later.derived([UInt8](repeating: 7, count: 32))
        let isDone8 = later.completed()
        #expect(!isDone8)
        #expect(later.challenged(bytes("v=AAAA")).text == "abort malformedChallenge")
    }

    @Test func `SCRAM events out of order end the exchange`() throws {
        var early = try make(.scramSHA256)
        #expect(early.challenged(bytes("r=CLIENTSERVER,s=c2FsdA==,i=4096")).text == "abort malformedChallenge")
        var unasked = try make(.scramSHA256)
        _ = unasked.begin()
        #expect(unasked.derived([]).text == "abort malformedChallenge")
        var impatient = try make(.scramSHA256)
        _ = impatient.begin()
        _ = impatient.challenged(bytes("r=CLIENTSERVER,s=c2FsdA==,i=4096"))
        #expect(impatient.challenged(bytes("r=CLIENTSERVER,s=c2FsdA==,i=4096")).text == "abort malformedChallenge")
    }

    @Test func `What cannot be sent gives no mechanism`() {
        for (account, password) in [("", "secret"), ("user", ""), ("us\0er", "secret"), ("user", "sec\0ret")] {
            for mechanism in AuthenticationMechanism.allCases {
                let credentials = ClientCredentials(account: account, password: bytes(password))
                #expect(credentials.mechanism(mechanism, primitives: primitives) == nil)
            }
        }
    }

    @Test func `The best mechanism is chosen, and none shows a password to listeners`() {
        let choose = ClientCredentials.choose
        #expect(choose([.login, .plain, .scramSHA256], false) == .scramSHA256)
        #expect(choose([.login, .plain], true) == .plain)
        #expect(choose([.login], true) == .login)
        #expect(choose([.login, .plain], false) == nil)
        #expect(choose([], true) == nil)
    }

    @Test(arguments: AuthenticationMechanism.allCases)
    func `Descriptions hide the password`(mechanism: AuthenticationMechanism) throws {
        #expect(!"\(try make(mechanism))".contains("secret"))
        let credentials = ClientCredentials(account: "user", password: bytes("secret"))
        #expect("\(credentials)" == "user password=<redacted>")
    }
}
