import SMTPProtocol
import SMTPTesting
import StatusCodes
import Testing

@Suite struct LoginServerTests {
    private func make() -> any ServerMechanism {
        ServerMechanisms(primitives: TestPrimitives(), secret: bytes("secret")).make(.login)
    }

    @Test func `Two prompts, name and password`() {
        var mechanism = make()
        #expect(mechanism.begin(nil).text == "challenge Username:")
        #expect(mechanism.responded(bytes("tim")).text == "challenge Password:")
        #expect(mechanism.responded(bytes("secret")).text == "password tim//secret")
        #expect(mechanism.answered(.accepted(account: "tim")).text == "succeeded tim")
    }

    @Test func `A name as initial response saves a prompt`() {
        var mechanism = make()
        #expect(mechanism.begin(bytes("tim")).text == "challenge Password:")
        #expect(mechanism.responded(bytes("secret")).text == "password tim//secret")
        #expect(
            mechanism.answered(.refused(AuthenticationRefusal(.accountDisabled))).text
                == "failed 5.7.13-account-disabled"
        )
    }

    @Test(
        arguments: [
            ("", "secret"), ("tim", ""), ("t\0m", "secret"), ("tim", "sec\0ret"),
            (String(repeating: "a", count: 5000), "secret"), ("tim", String(repeating: "a", count: 1025)),
        ])
    func `What cannot be a login is asked for its password and refused`(name: String, password: String) {
        var mechanism = make()
        _ = mechanism.begin(nil)
        #expect(mechanism.responded(bytes(name)).text == "challenge Password:")
        #expect(mechanism.responded(bytes(password)).text == invalid)
    }

    @Test func `Events out of order end the exchange`() {
        var early = make()
        #expect(early.responded([]).text == outOfOrder)
        #expect(early.begin(nil).text == outOfOrder)
        for steps in 0...3 {
            var unasked = make()
            if steps > 0 { _ = unasked.begin(nil) }
            if steps > 1 { _ = unasked.responded(bytes("tim")) }
            if steps > 2 {
                _ = unasked.responded(bytes("secret"))
                #expect(unasked.responded([]).text == outOfOrder)
            }
            #expect(unasked.answered(.accepted(account: "tim")).text == outOfOrder)
        }
        var twice = make()
        _ = twice.begin(nil)
        #expect(twice.begin(bytes("tim")).text == outOfOrder)
    }
}
