import SMTPProtocol
import SMTPTesting
import StatusCodes
import Testing

@Suite struct PlainServerTests {
    private func make() -> any ServerMechanism {
        ServerMechanisms(primitives: TestPrimitives(), secret: bytes("secret")).make(.plain)
    }

    /// RFC 4616 §4.
    @Test(
        arguments: [
            ("\0tim\0tanstaaftanstaaf", "password tim//tanstaaftanstaaf"),
            ("Ursel\0Kurt\0xipj3plmq", "password Kurt/Ursel/xipj3plmq"),
            ("tim\0tim\0secret", "password tim/tim/secret"),
            ("\0e\u{301}\0e\u{301}", "password \u{e9}//\u{e9}"),
        ])
    func `A message is name and password`(message: String, expected: String) {
        var direct = make()
        #expect(direct.begin(bytes(message)).text == expected)
        var prompted = make()
        #expect(prompted.begin(nil).text == "challenge ")
        #expect(prompted.responded(bytes(message)).text == expected)
    }

    @Test(
        arguments: [
            "", "tim", "\0tim", "tim\0secret", "\0tim\0secret\0more", "\0\0secret", "\0tim\0", "\0t\u{1}m\0secret",
            "\0tim\0sec\u{7F}ret", "\0" + String(repeating: "a", count: 321) + "\0secret",
            "\0tim\0" + String(repeating: "a", count: 1025), String(repeating: "a", count: 321) + "\0tim\0secret",
        ])
    func `Anything else is refused like a wrong password`(message: String) {
        var mechanism = make()
        #expect(mechanism.begin(bytes(message)).text == invalid)
        #expect(mechanism.answered(.accepted(account: "tim")).text == outOfOrder)
    }

    @Test func `A name that is not UTF-8 is refused`() {
        var mechanism = make()
        #expect(mechanism.begin([0, 0xFF, 0xFE, 0, 0x61]).text == invalid)
    }

    @Test func `The directory decides`() {
        var accepted = make()
        _ = accepted.begin(bytes("\0tim\0secret"))
        #expect(accepted.answered(.accepted(account: "tim@example.net")).text == "succeeded tim@example.net")
        for condition in [Condition.credentialsInvalid, .accountDisabled, .authLockedOut, .mechanismTooWeak] {
            var refused = make()
            _ = refused.begin(bytes("\0tim\0secret"))
            #expect(refused.answered(.refused(AuthenticationRefusal(condition))).text == "failed \(condition.id)")
        }
    }

    @Test func `Events out of order end the exchange`() {
        let verifier = SCRAMVerifier(account: "tim", salt: [], iterations: 4096, storedKey: [], serverKey: [])
        var twice = make()
        _ = twice.begin(nil)
        #expect(twice.begin(nil).text == outOfOrder)
        var early = make()
        #expect(early.responded([]).text == outOfOrder)
        #expect(early.begin(nil).text == outOfOrder)
        var unasked = make()
        #expect(unasked.answered(.accepted(account: "tim")).text == outOfOrder)
        var prompted = make()
        _ = prompted.begin(nil)
        #expect(prompted.answered(.accepted(account: "tim")).text == outOfOrder)
        var wrong = make()
        _ = wrong.begin(bytes("\0tim\0secret"))
        #expect(wrong.answered(.verifier(verifier)).text == outOfOrder)
        var chatty = make()
        _ = chatty.begin(bytes("\0tim\0secret"))
        #expect(chatty.responded(bytes("\0tim\0secret")).text == outOfOrder)
        #expect(chatty.answered(.accepted(account: "tim")).text == outOfOrder)
    }

    @Test func `Descriptions hide the password`() {
        let question = PasswordQuestion(
            mechanism: .plain,
            identity: "tim",
            authorization: "",
            password: bytes("secret")
        )
        #expect(!"\(question)".contains("secret"))
        #expect("\(question)".contains("tim"))
    }
}
