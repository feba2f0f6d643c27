import Foundation
import MailFormat
@testable import martlet
import Relay
import SMTPProtocol
import SMTPTransport
import Testing

@Suite struct `Accounts as text` {
    private func account(_ change: (inout Account) -> Void = { _ in }) throws -> Account {
        // Cheap: what is shown does not depend on what the hash costs.
        var cost = PasswordHash.Cost()
        cost.memory = 64
        cost.passes = 1
        var account = try #require(
            try Account.make(
                name: "alice@example.net",
                password: Array("a long sentence".utf8),
                now: Timestamp(seconds: 1_700_000_000),
                cost: cost,
                primitives: CryptoPrimitives(),
                salt: Array("saltsaltsaltsalt".utf8)
            )
        )
        change(&account)
        return account
    }

    @Test func `Neither hash nor verifier is shown, in any form`() throws {
        let account = try account()
        let verifier = try #require(account.verifier)
        let secrets =
            [account.password.encoded, "argon2", "a long sentence"]
            + [verifier.salt, verifier.storedKey, verifier.serverKey].flatMap { octets in
                [Data(octets).base64EncodedString(), String(decoding: octets, as: UTF8.self)]
            }
        let text = AccountText(account)
        for form in [text.line(.text), text.line(.json), text.lines.joined(separator: "\n"), "\(text)"] {
            #expect(form.contains("alice@example.net"))
            for secret in secrets { #expect(!form.contains(secret)) }
        }
    }

    @Test func `JSON has its keys in the promised order`() throws {
        let text = AccountText(
            try account {
                $0.isDisabled = true
                $0.demandsSCRAM = true
                $0.senders = ["@example.net"]
            }
        )
        #expect(
            text.line(.json)
                == #"{"name":"alice@example.net","disabled":true,"mechanisms":["SCRAM-SHA-256"],"senders":["@example.net"],"#
                + #""created":"2023-11-14T22:13:20Z","password_set":"2023-11-14T22:13:20Z"}"#
        )
        #expect(text.line(.text) == "alice@example.net  (disabled)  as @example.net")
    }

    @Test func `An account without a verifier does not have SCRAM`() throws {
        let with = AccountText(try account())
        #expect(with.lines.contains("mechanisms:    PLAIN LOGIN SCRAM-SHA-256"))
        #expect(with.lines.contains("senders:       any") && with.lines.contains("state:         enabled"))
        let without = AccountText(try account { $0.verifier = nil })
        #expect(without.lines.contains("mechanisms:    PLAIN LOGIN"))
    }
}
