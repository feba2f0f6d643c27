import Relay
import Testing

extension PasswordHash.Cost {
    /// Quick, for tests that are not about the cost.
    static var low: Self {
        var cost = Self()
        cost.memory = 64
        cost.passes = 1
        return cost
    }
}

@Suite struct PasswordHashTests {
    @Test func `A hash knows its password and no other`() throws {
        let hash = try PasswordHash(of: Array("secret".utf8), cost: .low)
        #expect(try hash.matches(Array("secret".utf8)))
        #expect(try !hash.matches(Array("Secret".utf8)))
        #expect(try !hash.matches([]))
        #expect(hash.encoded.hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"))
    }

    @Test func `Two hashes of one password differ by their salts`() throws {
        let first = try PasswordHash(of: Array("secret".utf8), cost: .low)
        let second = try PasswordHash(of: Array("secret".utf8), cost: .low)
        #expect(first.encoded != second.encoded)
    }

    @Test func `The default cost is what the documents say`() throws {
        let hash = try PasswordHash(of: Array("secret".utf8))
        #expect(hash.encoded.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(hash.isCurrent(PasswordHash.Cost()))
        #expect(!hash.isCurrent(.low))
    }

    /// The reference implementation's `argon2 somesalt -id -t 2 -m 16 -p 1 -l 24` of "password".
    @Test func `Encoded hashes of other programs are taken`() throws {
        let hash = try #require(
            PasswordHash(
                encoded: "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
            )
        )
        #expect(try hash.matches(Array("password".utf8)))
        #expect(try !hash.matches(Array("passwort".utf8)))
    }

    @Test(
        arguments: [
            "", "secret", "$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAA", "$2b$10$abcdefghijklmnopqrstuv",
            "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHQ$AAAA", "$argon2id$v=19$m=64,t=1000,p=1$c2FsdHNhbHQ$AAAA",
            "$argon2id$v=19$m=64,t=1,p=200$c2FsdHNhbHQ$AAAA", "$argon2id$v=19$m=64,t=1$c2FsdHNhbHQ$AAAA",
            "$argon2id$v=19$c2FsdHNhbHQ$AAAA",
        ])
    func `What is no argon2id hash of a bearable cost is not taken`(text: String) {
        #expect(PasswordHash(encoded: text) == nil)
    }

    @Test func `Descriptions hide the hash`() throws {
        let hash = try PasswordHash(of: Array("secret".utf8), cost: .low)
        #expect(!"\(hash)".contains("argon2id"))
    }
}
